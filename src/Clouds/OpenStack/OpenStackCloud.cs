using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;
using Opportunism.Core;
using Opportunism.Core.Fleet;

namespace Opportunism.Clouds.OpenStack;

/// <summary>An OpenStack cloud whose compute hosts are our nodes: opens and closes them, and gets servers off them and back.</summary>
/// <remarks>
/// Any thread; at most one call per node at a time. Split by concern: hosts here, servers in <c>.Servers</c>, lost nodes and network marks
/// in <c>.Settle</c>. Nothing is believed that was not read back: 202 means under way, and the next look shows how far.
/// </remarks>
public sealed partial class OpenStackCloud : IHostCloud
{
    /// <summary>Its name in settings.</summary>
    public const string CloudName = "openstack";

    // Nova's own limit for a service's disabled_reason, and Neutron's for an agent's description.
    private const int LongestReason = 255;

    // Ends the reason of a service that we forced down, so that we take back what was ours and leave what was not.
    private const string ForcedDownEnd = " (forced down)";

    private readonly NovaApi nova;
    private readonly NeutronApi neutron;
    private readonly OpenStackCalls calls;
    private readonly EvictionMemory memory;
    private readonly OpenStackOptions options;
    private readonly ServerPolicies policies;
    private readonly TimeProvider time;
    private readonly ILogger<OpenStackCloud> log;
    private readonly IReadOnlyDictionary<string, string> hosts;

    // Nodes whose nova-compute did not report at the last look: what is asked of it now hangs and runs when nobody wants it any more.
    private readonly ConcurrentDictionary<NodeId, bool> silent = new();

    // Nodes whose nova-compute did not answer a change of its service, as it was then: until it has reported again, what is asked of it may be
    // lost, and Nova would wait for ever. So it is while a message queue starts anew: Nova's API is back before nova-compute is.
    private readonly ConcurrentDictionary<NodeId, NovaService> unanswered = new();

    /// <summary>Composed by <see cref="OpenStackParts"/>.</summary>
    internal OpenStackCloud(NovaApi nova, NeutronApi neutron, OpenStackCalls calls, EvictionMemory memory, OpenStackOptions options, TimeProvider time, ILogger<OpenStackCloud> log)
    {
        this.nova = nova;
        this.neutron = neutron;
        this.calls = calls;
        this.memory = memory;
        this.options = options;
        this.time = time;
        this.log = log;
        policies = new ServerPolicies(options);
        hosts = PairList.Read(options.Hosts).ToDictionary(pair => pair.Key, pair => pair.Value);
    }

    /// <inheritdoc/>
    public string Name => CloudName;

    /// <inheritdoc/>
    public HostCapabilities Capabilities { get; } = new(BuildsAppearLate: true);

    /// <summary>Takes up what is stored; called once, before the first request.</summary>
    public Task LoadAsync(CancellationToken cancellationToken) => memory.LoadAsync(cancellationToken);

    /// <inheritdoc/>
    public async Task<CloudSight> LookAsync(NodeId node, CancellationToken cancellationToken)
    {
        var (answer, service) = await FindAsync(node, cancellationToken);
        if (service is null) return new(answer, null);
        if (unanswered.TryGetValue(node, out var then) && service.HasReportedSince(then)) unanswered.TryRemove(node, out _);
        silent[node] = !service.IsUp || unanswered.ContainsKey(node);

        // At the same time, so that no server waits for a Neutron that hangs.
        var listing = nova.ServersAsync(HostOf(node), cancellationToken);
        var looking = AgentsAsync(node, cancellationToken);
        await Task.WhenAll(listing, looking);
        var (servers, agents) = (await listing, await looking);
        if (!servers.IsDone) return new(servers.Answer, null);

        var open = service is { IsEnabled: true, ForcedDown: false };
        var sentences = new List<string>();
        if (!service.IsUp && !service.ForcedDown) sentences.Add($"nova-compute on {service.Host} does not report to Nova: see its log on the desktop");
        var guests = await GuestsAsync(node, servers.Value!.Servers!, open, cancellationToken);
        var host = new CloudHost(open, guests) { Network = NetworkMark(agents, sentences), Lost = LostMark(node, service, servers.Value.Servers!) };
        return new(CloudAnswer.Done, host with { Sentence = string.Join("; ", sentences) });
    }

    /// <inheritdoc/>
    public async Task<CloudAnswer> OpenAsync(NodeId node, CancellationToken cancellationToken)
    {
        var (answer, service) = await FindAsync(node, cancellationToken);
        if (service is null) return answer;
        if (service.ForcedDown)
        {
            if (!IsForcedDownByUs(service)) return Refused($"Somebody forced {service.Host} down in Nova. When it may be used again: openstack compute service set --up {service.Host} nova-compute.");
            var up = await ForceUpAsync(service, cancellationToken);
            if (!up.IsDone) return up;
        }

        if (service.IsEnabled) return service.ForcedDown ? CloudAnswer.Done : CloudAnswer.AlreadySo;
        if (!service.IsOurs)
        {
            var why = string.IsNullOrEmpty(service.DisabledReason) ? "without a reason" : $"with the reason '{ErrorText.Shown(service.DisabledReason)}'";
            return Refused($"An operator disabled nova-compute on {service.Host} {why}. When it may be used again: openstack compute service set --enable {service.Host} nova-compute.");
        }

        return await ChangeAsync(node, service, new ServiceChange(Status: "enabled"), after => after.IsEnabled, cancellationToken);
    }

    /// <inheritdoc/>
    public async Task<CloudAnswer> CloseAsync(NodeId node, string reason, CancellationToken cancellationToken)
    {
        var (answer, service) = await FindAsync(node, cancellationToken);
        if (service is null) return answer;

        // A service that an operator disabled is closed, and keeps the operator's reason: else we would enable it later.
        if (!service.IsEnabled) return CloudAnswer.AlreadySo;
        return await ChangeAsync(node, service, new ServiceChange("disabled", ReasonOf(reason)), after => !after.IsEnabled, cancellationToken);
    }

    private static CloudAnswer Refused(string sentence) => new(CloudOutcome.Refused, sentence);

    private static CloudAnswer TryLater(string sentence) => new(CloudOutcome.TryLater, sentence);

    private static string ReasonOf(string reason, string end = "")
    {
        var most = LongestReason - NovaService.Mark.Length - end.Length;
        var shown = new string([.. reason.Select(c => char.IsControl(c) ? ' ' : c)]).Trim();
        return NovaService.Mark + (shown.Length > most ? shown[..most] : shown) + end;
    }

    private static bool IsForcedDownByUs(NovaService service) => service is { ForcedDown: true, IsOurs: true } && service.DisabledReason!.EndsWith(ForcedDownEnd, StringComparison.Ordinal);

    private string HostOf(NodeId node) => hosts.GetValueOrDefault(node.Value, node.Value);

    private async Task<(CloudAnswer Answer, NovaService? Service)> FindAsync(NodeId node, CancellationToken cancellationToken)
    {
        var host = HostOf(node);
        var reply = await nova.ServicesAsync(host, cancellationToken);
        if (!reply.IsDone) return (reply.Answer, null);
        return reply.Value!.Services!.FirstOrDefault(service => service.Host == host && service.Id is not null) is { } service
            ? (CloudAnswer.Done, service)
            : (Refused($"Nova knows no compute service on {host}. Start nova-compute there, or map the node's name in OpenStack.Hosts."), null);
    }

    /// <summary>Changes a service within the short limit. Nova writes the change down before it waits for the host, so without an answer it is asked what holds.</summary>
    private async Task<CloudAnswer> ChangeAsync(NodeId node, NovaService service, ServiceChange change, Func<NovaService, bool> isSo, CancellationToken cancellationToken)
    {
        var reply = await nova.ChangeServiceAsync(service.Id!, change, options.CloseTimeLimit, cancellationToken);
        if (reply.IsDone && reply.Value?.Service is { } after && isSo(after)) return CloudAnswer.Done;
        if (reply.Answer.Outcome is CloudOutcome.Refused) return reply.Answer;
        var (answer, now) = await FindAsync(node, cancellationToken);
        if (now is null) return answer.Outcome is CloudOutcome.Refused ? answer : reply.Answer.IsDone ? answer : reply.Answer;
        if (isSo(now))
        {
            HostDidNotAnswer(node.Value, service.Host!);
            unanswered[node] = now;
            return CloudAnswer.Done;
        }

        return reply.IsDone ? TryLater($"Nova accepted a change of nova-compute on {service.Host} and did not make it.") : reply.Answer;
    }

    private async Task<CloudAnswer> ForceUpAsync(NovaService service, CancellationToken cancellationToken)
    {
        var reply = await nova.ChangeServiceAsync(service.Id!, new ServiceChange(ForcedDown: false), options.CloseTimeLimit, cancellationToken);

        // Nova refuses while servers that were evacuated may still run there: nova-compute deletes them when it starts.
        return reply.Status is 400 or 409 ? Refused($"Nova does not take {service.Host} back yet: {reply.Answer.Sentence} Restart nova-compute there, which clears up what was evacuated.") : reply.Answer;
    }
}
