using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace Opportunism.Clouds.OpenStack;

/// <summary>The part of Nova's API that is used, in the newest microversion that both sides support.</summary>
internal sealed class NovaApi(OpenStackCalls calls)
{
    // Services have been named by UUID since 2.53 (Pike); nothing older is supported.
    private const int Oldest = 53;

    // The newest whose changes were reviewed: 2.96 (2024.1). Later releases of Nova support it too.
    private const int Newest = 96;

    // Nova's default for its largest page.
    private const int PageSize = 1000;

    // A host with more servers than this is no desktop, and a chain of pages that never ends is an error.
    private const int MostPages = 20;

    private string microversion = "";

    /// <summary>The compute service of that host; a list because an empty one is a valid result.</summary>
    public Task<Reply<ServicesReply>> ServicesAsync(string host, CancellationToken cancellationToken) =>
        GetAsync(
            $"/os-services?binary=nova-compute&host={Uri.EscapeDataString(host)}", WireJson.Default.ServicesReply,
            reply => reply.Services is not null, cancellationToken);

    /// <summary>Changes a compute service. Nova stores the change at once and then waits for the host, up to a minute: so the limit is the
    /// caller's.</summary>
    public Task<Reply<ServiceReply>> ChangeServiceAsync(
        string id, ServiceChange change, TimeSpan limit, CancellationToken cancellationToken) =>
        SendAsync(
            new(OpenStackCall.Compute, HttpMethod.Put, $"/os-services/{Uri.EscapeDataString(id)}")
            {
                Body = JsonSerializer.SerializeToUtf8Bytes(change, WireJson.Default.ServiceChange),
                Limit = limit,
            },
            WireJson.Default.ServiceReply, cancellationToken);

    /// <summary>Every server on that host, builds under way included.</summary>
    public async Task<Reply<ServersReply>> ServersAsync(string host, CancellationToken cancellationToken)
    {
        var reply = await ListAsync($"host={Uri.EscapeDataString(host)}", cancellationToken);
        if (!reply.IsDone) return reply;

        // Nova silently ignores a filter that the caller's role may not use, and then lists all servers: without this check we would evict
        // them.
        if (reply.Value!.Servers!.Any(server => server.Host is not null && server.Host != host))
            return Refused(
                $"Nova lists servers of other hosts when asked for those of {host}: the controller's role may not filter by host. Give "
                    + "it os_compute_api:servers:allow_all_filters, as docs/operating/openstack.md says.");
        if (reply.Value.Servers!.Any(server => server.Host is null))
            return Refused(
                $"Nova does not say which host the servers of {host} are on. Give the controller's role "
                    + "os_compute_api:os-extended-server-attributes, as docs/operating/openstack.md says.");
        return reply;
    }

    /// <summary>Every server that is shelved and on no host.</summary>
    public Task<Reply<ServersReply>> ShelvedAsync(CancellationToken cancellationToken) =>
        ListAsync("status=SHELVED_OFFLOADED", cancellationToken);

    /// <summary>One server, wherever it is.</summary>
    public Task<Reply<ServerReply>> ServerAsync(string id, CancellationToken cancellationToken) =>
        GetAsync($"/servers/{id}", WireJson.Default.ServerReply, reply => reply.Server?.Id is not null, cancellationToken);

    /// <summary>The actions on a server, newest first.</summary>
    public Task<Reply<ActionsReply>> ActionsAsync(string id, CancellationToken cancellationToken) =>
        GetAsync(
            $"/servers/{id}/os-instance-actions", WireJson.Default.ActionsReply, reply => reply.Actions is not null, cancellationToken);

    /// <summary>Requests an action without arguments; done means accepted.</summary>
    public Task<Reply<Ignored>> ActAsync(string id, string action, CancellationToken cancellationToken) =>
        SendAsync(
            new(OpenStackCall.Compute, HttpMethod.Post, $"/servers/{id}/action")
            {
                Body = Encoding.UTF8.GetBytes($"{{\"{action}\":null}}"),
            },
            WireJson.Default.Ignored, cancellationToken);

    /// <summary>Requests that a server is rebuilt on another host; its own must be down.</summary>
    public Task<Reply<Ignored>> EvacuateAsync(string id, CancellationToken cancellationToken) =>
        SendAsync(
            new(OpenStackCall.Compute, HttpMethod.Post, $"/servers/{id}/action") { Body = "{\"evacuate\":{}}"u8.ToArray() },
            WireJson.Default.Ignored, cancellationToken);

    /// <summary>Deletes a server.</summary>
    public Task<Reply<Ignored>> DeleteAsync(string id, CancellationToken cancellationToken) =>
        SendAsync(new(OpenStackCall.Compute, HttpMethod.Delete, $"/servers/{id}"), WireJson.Default.Ignored, cancellationToken);

    /// <summary>Sets one key of a server's metadata.</summary>
    public Task<Reply<Ignored>> MarkAsync(string id, string key, string value, CancellationToken cancellationToken) =>
        SendAsync(
            new(OpenStackCall.Compute, HttpMethod.Post, $"/servers/{id}/metadata")
            {
                Body = JsonSerializer.SerializeToUtf8Bytes(
                    new MetadataRequest(new Dictionary<string, string> { [key] = value }), WireJson.Default.MetadataRequest),
            },
            WireJson.Default.Ignored, cancellationToken);

    /// <summary>Removes one key of a server's metadata; 404 when it is not there.</summary>
    public Task<Reply<Ignored>> UnmarkAsync(string id, string key, CancellationToken cancellationToken) =>
        SendAsync(
            new(OpenStackCall.Compute, HttpMethod.Delete, $"/servers/{id}/metadata/{Uri.EscapeDataString(key)}"), WireJson.Default.Ignored,
            cancellationToken);

    /// <summary>Any call with the agreed microversion; for the check of rights.</summary>
    public async Task<Reply<T>> SendAsync<T>(OpenStackCall call, JsonTypeInfo<T> type, CancellationToken cancellationToken)
        where T : class
    {
        if (Volatile.Read(ref microversion) is { Length: 0 })
        {
            var agreed = await AgreeAsync(cancellationToken);
            if (!agreed.IsDone) return new(agreed, 0, null);
        }

        var reply = await calls.SendAsync(call with { Microversion = Volatile.Read(ref microversion) }, type, cancellationToken);

        // Nova was replaced by an older release: negotiate again at the next call.
        if (reply.Status == 406) Volatile.Write(ref microversion, "");
        return reply;
    }

    private static Reply<ServersReply> Refused(string sentence) => new(new CloudAnswer(CloudOutcome.Refused, sentence), 0, null);

    private async Task<Reply<ServersReply>> ListAsync(string filter, CancellationToken cancellationToken)
    {
        var all = new List<NovaServer>();
        for (var page = 0; page < MostPages; page++)
        {
            var marker = all.Count > 0 ? $"&marker={all[^1].Id}" : "";
            var reply = await GetAsync(
                string.Create(CultureInfo.InvariantCulture, $"/servers/detail?all_tenants=1&{filter}&limit={PageSize}{marker}"),
                WireJson.Default.ServersReply, reply => reply.Servers is not null && reply.Servers.All(server => server.Id is not null),
                cancellationToken);
            if (!reply.IsDone) return reply;
            all.AddRange(reply.Value!.Servers!);
            if (reply.Value.Servers!.Count < PageSize) return new(CloudAnswer.Done, 200, new ServersReply(all));
        }

        return Refused(
            $"Nova lists more than {MostPages * PageSize} servers with {filter}; that is no site of desktops. Check Hosts in this "
                + "cloud's settings, and the rights of its credential.");
    }

    private async Task<Reply<T>> GetAsync<T>(
        string path, JsonTypeInfo<T> type, Func<T, bool> makesSense, CancellationToken cancellationToken)
        where T : class
    {
        var call = new OpenStackCall(OpenStackCall.Compute, HttpMethod.Get, path);
        var reply = await SendAsync(call, type, cancellationToken);
        return !reply.IsDone || makesSense(reply.Value!) ? reply : OpenStackCalls.Nonsense<T>(call, "");
    }

    private async Task<CloudAnswer> AgreeAsync(CancellationToken cancellationToken)
    {
        var call = new OpenStackCall(OpenStackCall.Compute, HttpMethod.Get, "/");
        var reply = await calls.SendAsync(call, WireJson.Default.VersionReply, cancellationToken);
        if (!reply.IsDone) return reply.Answer;
        if (MinorOf(reply.Value!.Version?.Version) is not { } highest || MinorOf(reply.Value.Version?.MinVersion) is not { } lowest)
            return OpenStackCalls.Nonsense<VersionReply>(call, "").Answer;
        if (highest < Oldest || lowest > Newest)
            return new(
                CloudOutcome.Refused,
                $"Nova supports microversions 2.{lowest} to 2.{highest}, this program 2.{Oldest} to 2.{Newest}. Upgrade the older of the "
                + "two.");
        Volatile.Write(ref microversion, string.Create(CultureInfo.InvariantCulture, $"2.{Math.Min(highest, Newest)}"));
        return CloudAnswer.Done;
    }

    private static int? MinorOf(string? version) =>
        version?.Split('.') is ["2", var minor] && int.TryParse(minor, NumberStyles.None, CultureInfo.InvariantCulture, out var number)
            ? number
            : null;
}
