using System.Net.NetworkInformation;
using System.Runtime.Versioning;
using Opportunism.Workshop.Lab;
using Opportunism.Workshop.Site;

namespace Opportunism.Workshop.Try;

/// <summary>A real OpenStack: a lab of its own, with this machine as its only compute host.</summary>
[SupportedOSPlatform("linux")]
internal sealed class OpenStackStage : IStage
{
    private const string Host = "desktop-01";

    // Different from the lab's default and below the ports that the kernel assigns by itself.
    private const int FirstPort = 27000, EndPort = 32000;

    private readonly LabPlace place;
    private readonly SiteFolders folders;
    private readonly DayBoard board;
    private readonly TimeProvider time;
    private LabShape? shape;

    public OpenStackStage(SiteFolders folders, string name, DayBoard board, TimeProvider time)
    {
        (this.folders, this.board, this.time) = (folders, board, time);
        place = new(Path.Combine(folders.State, "lab"), Path.Combine(folders.Packaging, "lab"));
        Settings = SettingsFor(place, Host, name);
    }

    public string Sentence => "A real OpenStack comes up on this machine";

    public SiteSettings Settings { get; }

    /// <summary>The settings of a site's programs for one host of a lab.</summary>
    public static SiteSettings SettingsFor(LabPlace place, string host, string name)
    {
        var run = Path.Combine(place.HostFolder(host), "run", "libvirt");
        return new(
            name,
            // A bump lasts until Nova shows the host as disabled, plus ThawAfter; on a busy machine the first part is longer.
            Day.Times with { EvictAfter = TimeSpan.FromSeconds(15) },
            BusyOwner: true)
        {
            NodeName = host,
            ControllerIni = $"""
                [Controller]
                Cloud = openstack
                [OpenStack]
                Cloud = {LabIdentity.Controller}
                CloudsFile = {place.CloudsYaml}
                Hosts = {host}

                """,
            GuestLines = $"""
                Hypervisor = libvirt
                LibvirtUri = qemu+unix:///system?socket={run}/libvirt-sock
                LibvirtFolder = {run}/qemu
                """,
        };
    }

    public async Task<string> MakeAsync(CancellationToken cancellationToken)
    {
        if (LabSystem.Hindrance() is { Length: > 0 } hindrance) throw new IOException(hindrance);
        if (!Environment.IsPrivilegedProcess)
            throw new IOException(
                "The lab starts programs as several users and makes a bridge, so it needs root: sudo ./opportunism try --cloud openstack");
        var taken = IPGlobalProperties.GetIPGlobalProperties().GetActiveTcpListeners().Select(end => end.Port).ToHashSet();
        // Two that start at the same time begin their search at different ports.
        var slot = Environment.ProcessId % ((EndPort - FirstPort) / 2 / LabShape.Ports);
        var port = LabShape.FreeFrom(FirstPort + (slot * LabShape.Ports), EndPort, taken)
            ?? throw new IOException(
                $"From {FirstPort} to {EndPort} there are no {LabShape.Ports} ports side by side that are free: end some of the programs "
                    + "that listen there (ss -ltn).");
        shape = new(port, [new LabHost(Host, LabHostKind.Libvirt)]);
        await new LabUp(place, shape, new StageLabBoard(board, time), time).RunAsync(cancellationToken);
        return $"Keystone, Glance, Placement, Nova, Neutron at 127.0.0.1:{shape.Keystone} and up; {Host} is this machine";
    }

    public async Task<IDayCloud> EnterAsync(LocalSite site, CancellationToken cancellationToken) =>
        await OpenStackDayCloud.EnterAsync(place, shape!, Host, site, time, cancellationToken);

    public async Task RemoveAsync()
    {
        if (!Directory.Exists(place.State)) return;
        await new LabDown(place, new StageLabBoard(board, time), time).RunAsync(wipe: false, CancellationToken.None);
        var processes = new LabProcesses(place, time);
        if (processes.Running().Count > 0 || processes.InHosts() is { Count: > 0 })
            throw new IOException(
                $"Processes of the lab in {place.State} could not be ended: ./opportunism lab down --wipe --state {place.State}");
        Directory.CreateDirectory(folders.Logs);
        if (Directory.Exists(place.Logs)) Directory.Move(place.Logs, Path.Combine(folders.Logs, "lab"));
        Directory.Delete(place.State, recursive: true);
    }
}
