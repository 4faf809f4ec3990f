using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;
using Opportunism.Core;

namespace Opportunism.Clouds.OpenStack;

/// <summary>The compute services of our nodes in Nova: found, opened, closed, forced down and up.</summary>
/// <remarks>Any thread; at most one call per node at a time.</remarks>
internal sealed partial class ComputeServices(NovaApi nova, OpenStackOptions options, ILogger log)
{
    private readonly HostMap hosts = new(options.Hosts);

    // Nodes whose nova-compute did not report at the last reading: a request to it hangs now and runs later, when it is no longer wanted.
    private readonly ConcurrentDictionary<NodeId, bool> down = new();

    // Nodes whose nova-compute did not reply to a change of its service, with the service as it was then: until it has reported again,
    // requests to it may be lost, and Nova would wait for ever. This happens while a message queue restarts: Nova's API is back before
    // nova-compute is.
    private readonly ConcurrentDictionary<NodeId, NovaService> unanswered = new();

    /// <summary>The name of a node's host in Nova; null when the operator gave it none, which is then not touched.</summary>
    public string? HostOf(NodeId node) => hosts.Of(node);

    /// <summary>Why nothing is done for a node without a host.</summary>
    public CloudAnswer HasNoHost(NodeId node) =>
        CloudAnswer.Refused(
            $"[{options.Section}] Hosts gives node {node} no host of Nova. Add '{node}' there, or '{node}=HOST' where the host has another "
                + "name.");

    /// <summary>True when the node's nova-compute did not report at the last reading: a request to it hangs now and runs later, when it is
    /// no longer wanted.</summary>
    public bool IsDown(NodeId node) => down.GetValueOrDefault(node);

    /// <summary>Records how the service was at a reading.</summary>
    public void Note(NodeId node, NovaService service)
    {
        if (unanswered.TryGetValue(node, out var then) && service.HasReportedSince(then)) unanswered.TryRemove(node, out _);
        down[node] = !service.IsUp || unanswered.ContainsKey(node);
    }

    /// <summary>The node's service; when there is none the answer has the reason.</summary>
    public async Task<(CloudAnswer Answer, NovaService? Service)> FindAsync(NodeId node, CancellationToken cancellationToken)
    {
        if (HostOf(node) is not { } host) return (HasNoHost(node), null);
        var reply = await nova.ServicesAsync(host, cancellationToken);
        if (!reply.IsDone) return (reply.Answer, null);
        return reply.Value!.Services!.FirstOrDefault(service => service.Host == host && service.Id is not null) is { } service
            ? (CloudAnswer.Done, service)
            : (
                CloudAnswer.Refused(
                    $"Nova has no compute service on {host}. Start nova-compute there, or set '{node}=HOST' in [{options.Section}] "
                        + "Hosts."),
                null);
    }

    /// <summary>Opens the node's host. One that an operator closed stays closed.</summary>
    public async Task<CloudAnswer> OpenAsync(NodeId node, CancellationToken cancellationToken)
    {
        var (answer, service) = await FindAsync(node, cancellationToken);
        if (service is null) return answer;
        if (service.ForcedDown)
        {
            if (!HostReason.IsForcedDownByUs(service))
                return CloudAnswer.Refused(
                    $"{service.Host} was forced down in Nova. When it may be used again: openstack compute service set --up "
                        + $"{service.Host} nova-compute.");
            var up = await ForceUpAsync(service, cancellationToken);
            if (!up.IsDone) return up;
        }

        if (service.IsEnabled) return service.ForcedDown ? CloudAnswer.Done : CloudAnswer.AlreadySo;
        if (!service.IsOurs)
        {
            var why = string.IsNullOrEmpty(service.DisabledReason)
                ? "without a reason"
                : $"with the reason '{ErrorText.Shown(service.DisabledReason)}'";
            return CloudAnswer.Refused(
                $"An operator disabled nova-compute on {service.Host} {why}. When it may be used again: openstack compute service set "
                    + $"--enable {service.Host} nova-compute.");
        }

        return await ChangeAsync(node, service, new ServiceChange(Status: "enabled"), after => after.IsEnabled, cancellationToken);
    }

    /// <summary>Closes the node's host.</summary>
    public async Task<CloudAnswer> CloseAsync(NodeId node, string reason, CancellationToken cancellationToken)
    {
        var (answer, service) = await FindAsync(node, cancellationToken);
        if (service is null) return answer;

        // A service that an operator disabled is closed, and keeps the operator's reason: otherwise we would enable it later.
        if (!service.IsEnabled) return CloudAnswer.AlreadySo;
        return await ChangeAsync(
            node, service, new ServiceChange("disabled", HostReason.Of(reason)), after => !after.IsEnabled, cancellationToken);
    }

    /// <summary>Disables a service and marks it as down, so that Nova evacuates its servers.</summary>
    public Task<CloudAnswer> ForceDownAsync(NodeId node, NovaService service, string reason, CancellationToken cancellationToken) =>
        ChangeAsync(
            node, service, new ServiceChange("disabled", HostReason.OfForcedDown(reason), true), after => after.ForcedDown,
            cancellationToken);

    /// <summary>Removes the forced-down flag of a service.</summary>
    public async Task<CloudAnswer> ForceUpAsync(NovaService service, CancellationToken cancellationToken)
    {
        var reply =
            await nova.ChangeServiceAsync(service.Id!, new ServiceChange(ForcedDown: false), options.CloseTimeLimit, cancellationToken);

        // Nova refuses while servers that were evacuated may still run there: nova-compute deletes them when it starts.
        return reply.Status is 400 or 409
            ? CloudAnswer.Refused(
                $"Nova does not take {service.Host} back yet: {reply.Answer.Sentence} Restart nova-compute there, which clears up what "
                    + "was evacuated.")
            : reply.Answer;
    }

    /// <summary>Changes a service within the short limit. Nova stores the change before it waits for the host, so after a timeout the
    /// service is read again.</summary>
    private async Task<CloudAnswer> ChangeAsync(
        NodeId node, NovaService service, ServiceChange change, Func<NovaService, bool> isSo, CancellationToken cancellationToken)
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

        return reply.IsDone
            ? CloudAnswer.TryLater($"Nova accepted a change of nova-compute on {service.Host} and did not make it.")
            : reply.Answer;
    }
}
