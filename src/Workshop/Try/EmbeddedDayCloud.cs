using System.Runtime.Versioning;
using Opportunism.Contracts.Api;
using Opportunism.Core.Fleet;
using Opportunism.Workshop.Site;

namespace Opportunism.Workshop.Try;

/// <summary>The controller's own cloud, through the site's API.</summary>
[SupportedOSPlatform("linux")]
internal sealed class EmbeddedDayCloud(LocalSite site) : IDayCloud
{
    /// <summary>The image's name.</summary>
    public const string Image = "tick";

    private const string Vm = "tick";
    private const int GuestMemoryMiB = 128;
    private long offset;

    public bool GuestsWait => true;

    public bool HasHosts => false;

    public TimeSpan LookEvery => TimeSpan.FromMilliseconds(50);

    public async Task<string> AskAsync(CancellationToken cancellationToken)
    {
        var vm = await site.Client.CreateVmAsync(
            new NewVm { Name = Vm, Image = Image, Vcpus = 1, MemoryMiB = GuestMemoryMiB }, cancellationToken);
        return vm.Why;
    }

    public async Task<GuestSight> LookAsync(CancellationToken cancellationToken)
    {
        // A deleted VM is still found by its name, but no longer listed.
        var vms = await site.Client.VmsAsync(cancellationToken: cancellationToken);
        return vms.FirstOrDefault(vm => vm.Name == Vm) is { } vm
            ? new(vm.Status, vm.Status is VmStatus.Running or VmStatus.Suspended ? $"on {vm.Node}" : vm.Why)
            : new(null, "");
    }

    public async Task<string> ReadConsoleAsync(CancellationToken cancellationToken)
    {
        var piece = await site.Client.ConsoleAsync(Vm, offset, TimeSpan.FromSeconds(5), cancellationToken);
        if (piece.Offset > offset) throw new DayBrokenException($"console output from {offset} to {piece.Offset} is missing");
        offset = piece.NextOffset;
        return piece.Text;
    }

    public Task DeleteAsync(CancellationToken cancellationToken) => site.Client.DeleteVmAsync(Vm, cancellationToken);

    public Task<HostSight> LookAtHostAsync(CancellationToken cancellationToken) =>
        throw new NotSupportedException("The controller's own cloud has no hosts besides its nodes.");

    public string StillInMemory()
    {
        var folder = site.Settings.RamFolder;
        // A mount of its own: all space in use there, by named or deleted files, is guests' memory.
        var left = Directory.Exists(folder) && new DriveInfo(folder) is var mount ? mount.TotalSize - mount.TotalFreeSpace : 0;
        return left > 0 ? $"{left} bytes of guest memory are still in {folder}" : "";
    }

    /// <summary>The times that the node's agent measured.</summary>
    public async Task<VmTimes> TimesAsync(DateTimeOffset? evicting, CancellationToken cancellationToken) =>
        (await site.Client.VmAsync(Vm, cancellationToken)).Times;

    public void Dispose()
    {
        // The site disposes its client.
    }
}
