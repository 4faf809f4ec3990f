using Microsoft.Extensions.Logging;
using Opportunism.Core;
using Opportunism.Core.Fleet;

namespace Opportunism.Clouds.OpenStack;

/// <summary>An OpenStack cloud whose compute hosts are our nodes: opens and closes them, and gets servers off them and back.</summary>
/// <remarks>Any thread; at most one call per node at a time. No change counts as done before it was read back: 202 means under way, and the
/// next reading shows the progress.</remarks>
public sealed class OpenStackCloud : IHostCloud
{
    /// <summary>The kind's name in settings.</summary>
    public const string CloudName = "openstack";

    private readonly NovaApi nova;
    private readonly EvictionMemory memory;
    private readonly ComputeServices services;
    private readonly ServerEvictions evictions;
    private readonly ServerList servers;
    private readonly NetworkMarks network;
    private readonly LostNodes lost;

    /// <summary>Called by <see cref="OpenStackParts"/>.</summary>
    internal OpenStackCloud(
        NovaApi nova, NeutronApi neutron, OpenStackCalls calls, EvictionMemory memory, OpenStackOptions options, TimeProvider time,
        ILogger<OpenStackCloud> log)
    {
        this.nova = nova;
        this.memory = memory;
        services = new ComputeServices(nova, options, log);
        evictions = new ServerEvictions(nova, calls, memory, services, new ServerPolicies(options), time, log);
        servers = new ServerList(nova, memory, services, evictions, time);
        network = new NetworkMarks(neutron, services, options);
        lost = new LostNodes(nova, services, options, time, log);
    }

    /// <inheritdoc/>
    public required string Name { get; init; }

    /// <inheritdoc/>
    public HostCapabilities Capabilities { get; } = new(BuildsAppearLate: true);

    /// <summary>Reads the stored records; called once, before the first request.</summary>
    public Task LoadAsync(CancellationToken cancellationToken) => memory.LoadAsync(cancellationToken);

    /// <inheritdoc/>
    public async Task<CloudSight> LookAsync(NodeId node, CancellationToken cancellationToken)
    {
        var (answer, service) = await services.FindAsync(node, cancellationToken);
        if (service is null) return new(answer, null);
        services.Note(node, service);

        // At the same time, so that no server waits while Neutron hangs.
        var listing = nova.ServersAsync(service.Host!, cancellationToken);
        var looking = network.AgentsAsync(node, cancellationToken);
        await Task.WhenAll(listing, looking);
        var (listed, agents) = (await listing, await looking);
        if (!listed.IsDone) return new(listed.Answer, null);

        var open = service is { IsEnabled: true, ForcedDown: false };
        var sentences = new List<string>();
        if (!service.IsUp && !service.ForcedDown)
            sentences.Add($"nova-compute on {service.Host} does not report to Nova: see its log on the desktop");
        var guests = await servers.GuestsAsync(node, listed.Value!.Servers!, open, cancellationToken);
        var host = new CloudHost(open, guests)
        {
            Network = NetworkMarks.MarkOf(agents, sentences),
            Lost = lost.MarkOf(node, service, listed.Value.Servers!),
        };
        return new(CloudAnswer.Done, host with { Sentence = string.Join("; ", sentences) });
    }

    /// <inheritdoc/>
    public Task<CloudAnswer> OpenAsync(NodeId node, CancellationToken cancellationToken) => services.OpenAsync(node, cancellationToken);

    /// <inheritdoc/>
    public Task<CloudAnswer> CloseAsync(NodeId node, string reason, CancellationToken cancellationToken) =>
        services.CloseAsync(node, reason, cancellationToken);

    /// <inheritdoc/>
    public Task<CloudAnswer> EvictAsync(NodeId node, GuestId guest, CancellationToken cancellationToken) =>
        evictions.EvictAsync(node, guest, cancellationToken);

    /// <inheritdoc/>
    public Task<CloudAnswer> BringBackAsync(NodeId node, GuestId guest, CancellationToken cancellationToken) =>
        evictions.BringBackAsync(node, guest, cancellationToken);

    /// <inheritdoc/>
    public async Task<CloudAnswer> SettleAsync(NodeId node, HostTarget target, CancellationToken cancellationToken)
    {
        var told = target.Lost ? await lost.LoseAsync(node, cancellationToken) : await lost.FindAgainAsync(node, cancellationToken);
        var marked = await network.MarkAsync(node, target, cancellationToken);
        return told.IsDone ? marked : told;
    }
}
