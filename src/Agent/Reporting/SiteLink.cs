using System.Security.Authentication;
using Grpc.Core;
using Grpc.Net.Client;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Opportunism.Agent.Availability;
using Opportunism.Agent.Enrolment;
using Opportunism.Agent.Transfers;
using Opportunism.Contracts;
using Opportunism.Contracts.Nodes;
using Opportunism.Core;

namespace Opportunism.Agent.Reporting;

/// <summary>Keeps the stream to the controller: sends the node's report whenever it changed, receives its plan.</summary>
/// <remarks>
/// 1. Enrol where there is a join token. 2. Dial the controller, trusting only its pinned CA. 3. Send the whole report.
/// 4. Apply each plan that is newer. 5. Send again on every change and at least every <see cref="SiteOptions.ReportEvery"/>.
/// 6. When the stream breaks, wait longer each time and continue at 2. No decision of the node ever waits for any of this.
/// </remarks>
internal sealed partial class SiteLink(
    SiteOptions options, Enroller enroller, ReportView reports, Level<NodePlan> plan, AvailabilityLoop loop,
    BackgroundConnection background, TimeProvider time,
    ILogger<SiteLink> log) : BackgroundService
{
    // A plan with 64 guests is 30 KiB; a chunk of an image is 1 MiB.
    private const int LargestMessage = 4 * 1024 * 1024;

    private static readonly Backoff Retries = new(TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(30));

    // Changes come in bursts: a freeze is followed by what it did to the guests.
    private static readonly TimeSpan Gather = TimeSpan.FromMilliseconds(20);

    private volatile Nodes.NodesClient? client, transfers;
    private readonly string runId = Guid.NewGuid().ToString("N");
    private ulong sequence;

    /// <summary>The controller; null while it is not connected.</summary>
    public Nodes.NodesClient? Client => client;

    /// <summary>The controller, for transfers of files as background traffic; null while it is not connected.</summary>
    public Nodes.NodesClient? Transfers => transfers;

    /// <summary>The connection to the site, for people.</summary>
    public Level<SiteState> State { get; } = new(new SiteState(null, false, "not connected yet"));

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        if (options.Controller is null)
        {
            State.Set(new(null, false, "no controller is set"));
            return;
        }

        var failures = 0;
        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                var identity = await enroller.IdentityAsync(stoppingToken);
                if (identity is null)
                    State.Set(new(null, false, "not enrolled: put a join token into the file that [Site] JoinTokenFile names"));
                else await TalkAsync(identity, () => failures = 0, stoppingToken);
            }
            catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
            {
                return;
            }
            catch (Exception e)
            {
                // The top of a long-lived loop: whatever failed, the node keeps deciding and retries.
                var why = ReasonOf(e);
                LogBroken(options.Controller, why, Retries.After(failures + 1).TotalSeconds);
                State.Set(State.Current with { Connected = false, Trouble = why });
            }

            client = transfers = null;
            // Up to half longer, so that a site's nodes do not all connect in the same second.
            await Task.Delay(Retries.After(++failures) * (1 + (Random.Shared.NextDouble() / 2)), time, stoppingToken)
                .ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    /// <summary>What failed, in words of the operator.</summary>
    internal static string ReasonOf(Exception failure)
    {
        var cause = failure;
        for (var inner = failure; inner is not null; inner = inner is RpcException rpc ? rpc.Status.DebugException : inner.InnerException)
        {
            cause = inner;
            if (inner is AuthenticationException)
                return "the certificate there is not of the CA that the join token names, or not for this address; if the address is "
                    + "right, the site has new keys: enrol this desktop again";
        }

        return failure is not RpcException refused ? failure.Message
            : refused.StatusCode is StatusCode.Unavailable or StatusCode.Internal
                ? ReferenceEquals(cause, refused) ? refused.Status.Detail : cause.Message
            : $"the controller rejected this node ({refused.StatusCode}): {refused.Status.Detail}";
    }

    private async Task TalkAsync(NodeIdentity identity, Action succeeded, CancellationToken stopping)
    {
        using var channel = Open(identity, new PinnedCa(identity.CaFingerprint).CreateHandler());
        var handler = new PinnedCa(identity.CaFingerprint).CreateHandler();
        handler.ConnectCallback = background.ConnectAsync;
        // Dials at its first call.
        using var transferChannel = Open(identity, handler);
        var nodes = new Nodes.NodesClient(channel);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(stopping);
        using var call = nodes.Connect(cancellationToken: either.Token);
        (client, transfers) = (nodes, new Nodes.NodesClient(transferChannel));
        var receiving = ReceiveAsync(call.ResponseStream, identity, succeeded, either.Token);
        var sending = SendAsync(call.RequestStream, either.Token);
        try
        {
            await (await Task.WhenAny(receiving, sending));
        }
        finally
        {
            await either.CancelAsync();
            await Task.WhenAll(receiving, sending).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            client = transfers = null;
        }

        throw new IOException("The controller ended the stream.");
    }

    private GrpcChannel Open(NodeIdentity identity, SocketsHttpHandler handler)
    {
        var credentials = CallCredentials.FromInterceptor((_, metadata) =>
        {
            metadata.Add("authorization", $"Node {identity.Node}:{identity.Secret}");
            return Task.CompletedTask;
        });
        return GrpcChannel.ForAddress(options.Controller!, new GrpcChannelOptions
        {
            HttpHandler = handler,
            DisposeHttpClient = true,
            Credentials = ChannelCredentials.Create(ChannelCredentials.SecureSsl, credentials),
            MaxReceiveMessageSize = LargestMessage,
            MaxSendMessageSize = LargestMessage,
        });
    }

    private async Task ReceiveAsync(
        IAsyncStreamReader<NodePlan> plans, NodeIdentity identity, Action succeeded, CancellationToken cancellationToken)
    {
        await foreach (var next in plans.ReadAllAsync(cancellationToken))
        {
            if (!State.Current.Connected)
            {
                LogConnected(options.Controller!, identity.Node);
                State.Set(new(identity.Node.Value, true, ""));
                succeeded();
            }

            if (next.ContractVersion > NodeContract.Version) LogNewerContract(next.ContractVersion, NodeContract.Version);
            // The same version again is only an acknowledgement.
            if (next.Version != plan.Current.Version || plan.Current.Version == 0) plan.Set(next);
        }
    }

    private async Task SendAsync(IClientStreamWriter<NodeReport> stream, CancellationToken cancellationToken)
    {
        while (true)
        {
            var status = loop.Status.Current;
            var guests = reports.Guests.Current;
            await stream.WriteAsync(reports.Report(runId, ++sequence), cancellationToken);

            using var enough = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
            await Task.WhenAny(
                loop.Status.NewerThanAsync(status, enough.Token),
                reports.Guests.NewerThanAsync(guests, enough.Token),
                Task.Delay(options.ReportEvery, time, enough.Token));
            await enough.CancelAsync();
            await Task.Delay(Gather, time, cancellationToken);
        }
    }
}
