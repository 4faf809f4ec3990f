using System.Net;
using System.Runtime.Versioning;
using Opportunism.Contracts.Api;
using Opportunism.Core.Fleet;
using Opportunism.Workshop.Lab;
using Opportunism.Workshop.Site;

namespace Opportunism.Workshop.Try;

/// <summary>A lab's OpenStack: tenant and operator each have their own login; the guest's memory is read on this machine, which is the
/// host.</summary>
[SupportedOSPlatform("linux")]
internal sealed class OpenStackDayCloud : IDayCloud
{
    private const string ServerName = "tick";

    // The beginning of the reason with which the controller disables a host (docs/operating/openstack.md).
    private const string ReasonBegins = "opportunism: ";

    // For each reading Nova calls Keystone to check the token, and the host for the file.
    private static readonly TimeSpan ReadEvery = TimeSpan.FromMilliseconds(500);

    private readonly LabPlace place;
    private readonly string host;
    private readonly LocalSite site;
    private readonly LabApi tenant;
    private readonly LabApi admin;
    private readonly TimeProvider time;
    private readonly ServerSights sights = new();
    private readonly WholeConsole console = new();
    private string server = "";
    private HostGuest? guest;

    private OpenStackDayCloud(LabPlace place, string host, LocalSite site, LabApi tenant, LabApi admin, TimeProvider time) =>
        (this.place, this.host, this.site, this.tenant, this.admin, this.time) = (place, host, site, tenant, admin, time);

    public bool GuestsWait => false;

    public bool HasHosts => true;

    public TimeSpan LookEvery => TimeSpan.FromMilliseconds(250);

    /// <summary>Logs in as the lab's tenant and as its administrator.</summary>
    public static async Task<OpenStackDayCloud> EnterAsync(
        LabPlace place, LabShape shape, string host, LocalSite site, TimeProvider time, CancellationToken cancellationToken)
    {
        var secrets = new LabSecrets(place.Secrets);
        var tenant = await LabApi.LogInAsync(shape, LabIdentity.Tenant, secrets["tenant"], LabIdentity.Tenant, cancellationToken);
        try
        {
            return new(
                place, host, site, tenant, await LabApi.LogInAsync(shape, "admin", secrets["admin"], "admin", cancellationToken), time);
        }
        catch
        {
            tenant.Dispose();
            throw;
        }
    }

    public async Task<string> AskAsync(CancellationToken cancellationToken)
    {
        server = await LabServers.AskForAsync(tenant, ServerName, zone: null, [], cancellationToken);
        return $"server {server} of Nova";
    }

    public async Task<GuestSight> LookAsync(CancellationToken cancellationToken)
    {
        var seen = sights.Judge(await LabServers.FindAsync(tenant, server, cancellationToken));
        if (seen.Status is VmStatus.Failed) return seen with { Sentence = $"{seen.Sentence}. The logs are in {place.Logs}." };
        if (seen.Status is not VmStatus.Running) return seen;
        guest ??= HostGuest.Watch(server, Path.Combine(place.HostFolder(host), "nova", "instances", server, "console.log"), time);
        return seen with { Sentence = $"{seen.Sentence}, on {host}" };
    }

    public async Task<string> ReadConsoleAsync(CancellationToken cancellationToken)
    {
        await Task.Delay(ReadEvery, time, cancellationToken);
        try
        {
            return console.Take(await LabServers.ConsoleAsync(tenant, server, cancellationToken));
        }
        catch (LabRefusal refusal) when (refusal.Status is HttpStatusCode.NotFound or HttpStatusCode.Conflict)
        {
            // While it is written to disk or read back it has no console; earlier output was read while it was held.
            return "";
        }
    }

    public Task DeleteAsync(CancellationToken cancellationToken) => LabServers.DeleteAsync(tenant, server, cancellationToken);

    public async Task<HostSight> LookAtHostAsync(CancellationToken cancellationToken)
    {
        var service = await LabHosts.OneAsync(admin, host, cancellationToken);
        var (status, reason) = ((string)service["status"]!, (string?)service["disabled_reason"] ?? "");
        if (status == "disabled" && !reason.StartsWith(ReasonBegins, StringComparison.Ordinal))
            throw new DayBrokenException($"{host} was disabled in Nova by another program than the controller: '{reason}'.");
        // Before the controller's first change every host is enabled: the controller must have opened it.
        var wanted = (await site.Client.NodeAsync(host, cancellationToken)).Open;
        return new(
            wanted == (status == "enabled") ? wanted : null, $"{host} is {status} in Nova{(reason.Length > 0 ? $": {reason}" : "")}");
    }

    public string StillInMemory() =>
        guest is { Gone: null } here ? $"The guest's QEMU, process {here.Process}, is still there with {here.MemoryMiB} MiB" : "";

    /// <summary>Hold and thaw as the agent measured them; memory and return as measured on this machine.</summary>
    public async Task<VmTimes> TimesAsync(DateTimeOffset? evicting, CancellationToken cancellationToken)
    {
        var id = Guid.Parse(server).ToString("N");
        var measured = (await site.Client.NodeAsync(host, cancellationToken)).Guests.FirstOrDefault(one => one.Id == id);
        var events = await site.Client.EventsAsync(take: 1000, cancellationToken: cancellationToken);
        var asked = events.LastOrDefault(one => one.Kind == "cloud.bring-back" && one.Vm == id)?.At;
        return new VmTimes
        {
            HoldMs = measured?.HoldMs,
            ThawMs = measured?.ThawMs,
            MemoryReturnedMiB = guest?.Gone is null ? null : guest.MemoryMiB,
            MemoryReturnedMs = (guest?.Gone - evicting)?.TotalMilliseconds,
            ResumeMs = (guest?.Printed - asked)?.TotalMilliseconds,
        };
    }

    public void Dispose()
    {
        guest?.Dispose();
        tenant.Dispose();
        admin.Dispose();
    }
}
