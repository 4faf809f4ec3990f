using Grpc.Core;
using Grpc.Net.Client;
using Opportunism.Contracts;
using Opportunism.Contracts.Nodes;
using Opportunism.Core;

namespace Opportunism.TestKit.Sites;

/// <summary>A node whose messages a test writes: real gRPC over TLS, without guests.</summary>
public sealed class FakeAgent : IAsyncDisposable
{
    // Generous for a busy machine; a test that waits this long has failed.
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    private readonly GrpcChannel channel;
    private readonly Level<NodePlan> plans = new(new NodePlan());
    private AsyncDuplexStreamingCall<NodeReport, NodePlan>? stream;
    private Task reading = Task.CompletedTask;

    private FakeAgent(Uri url, string caFingerprint)
    {
        channel = GrpcChannel.ForAddress(
            url, new GrpcChannelOptions { HttpHandler = new PinnedCa(caFingerprint).CreateHandler(), DisposeHttpClient = true });
        Client = new Nodes.NodesClient(channel);
    }

    /// <summary>The bare client.</summary>
    public Nodes.NodesClient Client { get; }

    /// <summary>The id that the site assigned.</summary>
    public string Id { get; private set; } = "";

    /// <summary>The credential that the site issued.</summary>
    public string Secret { get; private set; } = "";

    /// <summary>Its report; tests change it and send it with <see cref="ReportAsync"/>.</summary>
    public NodeReport Report { get; } = new()
    {
        ContractVersion = 1,
        RunId = Guid.NewGuid().ToString("N"),
        AgentVersion = "0.1.0",
        State = NodeStateKind.InUse,
        ReasonCode = "Starting",
        Capacity = new Capacity { Vcpus = 4, MemoryMib = 4096, DiskMib = 20000, Hypervisor = "fake", Accelerator = "none" },
    };

    /// <summary>The newest plan that it received.</summary>
    public NodePlan Plan => plans.Current;

    /// <summary>Its credentials.</summary>
    public Metadata Credentials => new() { { "authorization", $"Node {Id}:{Secret}" } };

    /// <summary>Enrols with a join token.</summary>
    public static Task<FakeAgent> EnrolAsync(TestSite site, string joinToken, string name)
    {
        ArgumentNullException.ThrowIfNull(site);
        return EnrolAsync(site.Url, joinToken, name);
    }

    /// <summary>Enrols with a join token at the site with this address.</summary>
    public static async Task<FakeAgent> EnrolAsync(Uri site, string joinToken, string name)
    {
        if (!JoinToken.TryParse(joinToken, out var token))
            throw new ArgumentException($"'{joinToken}' is not a join token.", nameof(joinToken));
        var agent = new FakeAgent(site, token.CaFingerprint);
        var reply = await agent.Client.EnrolAsync(
            new EnrolRequest { ContractVersion = 1, JoinSecret = token.Secret, ProposedName = name, AgentVersion = "0.1.0" });
        agent.Id = reply.NodeId;
        agent.Secret = reply.NodeSecret;
        return agent;
    }

    /// <summary>The same node connecting to a site that was restarted.</summary>
    public FakeAgent At(TestSite site)
    {
        ArgumentNullException.ThrowIfNull(site);
        return At(site.Url, site.CaFingerprint);
    }

    /// <summary>The same node connecting to the site with this address.</summary>
    public FakeAgent At(Uri site, string caFingerprint)
    {
        var agent = new FakeAgent(site, caFingerprint) { Id = Id, Secret = Secret };
        agent.Report.MergeFrom(Report);
        return agent;
    }

    /// <summary>Opens the stream and waits for the first plan.</summary>
    public async Task ConnectAsync()
    {
        stream = Client.Connect(Credentials);
        var first = plans.Current;
        reading = ReadAsync(stream);
        await Task.WhenAny(plans.NewerThanAsync(first, CancellationToken.None), reading).WaitAsync(Patience);
        if (reading.IsFaulted) await reading;
    }

    /// <summary>Sends its report and waits until the site has stored it.</summary>
    public async Task ReportAsync(Action<NodeReport>? change = null)
    {
        change?.Invoke(Report);
        Report.Sequence++;
        Report.PlanVersion = Plan.Version;
        await SendAsync(Report.Clone());
        await PlanAsync(plan => plan.AcknowledgedSequence >= Report.Sequence);
    }

    /// <summary>Reports that a guest is in that phase.</summary>
    public Task ReportGuestAsync(string guest, string phase, Action<GuestReport>? change = null) => ReportAsync(report =>
    {
        var known = report.Guests.FirstOrDefault(other => other.GuestId == guest);
        if (known is null) report.Guests.Add(known = new GuestReport { GuestId = guest });
        known.Phase = phase;
        known.Generation = Plan.Guests.FirstOrDefault(plan => plan.GuestId == guest)?.Generation ?? known.Generation;
        change?.Invoke(known);
    });

    /// <summary>Hands over a guest's disk by the contract, and returns the checksum that the site confirmed.</summary>
    /// <param name="guest">The guest.</param>
    /// <param name="disk">Its disk.</param>
    /// <param name="sha256">The checksum to send; null for the right one.</param>
    /// <param name="isLate">Whether it is sent in the last message.</param>
    public async Task<string> WriteDiskAsync(string guest, byte[] disk, string? sha256 = null, bool isLate = false)
    {
        ArgumentNullException.ThrowIfNull(disk);
        sha256 ??= Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(disk));
        using var call = Client.WriteDisk(Credentials);
        try
        {
            await SendDiskAsync(call.RequestStream, guest, disk, sha256, isLate);
        }
        catch (RpcException)
        {
            // The site ended the call before all was sent; its status has the reason.
            return (await call).Sha256;
        }

        return (await call).Sha256;
    }

    /// <summary>Reads a whole stream of chunks.</summary>
    public static async Task<byte[]> ReadAllAsync(AsyncServerStreamingCall<Chunk> call)
    {
        ArgumentNullException.ThrowIfNull(call);
        using var content = new MemoryStream();
        await foreach (var chunk in call.ResponseStream.ReadAllAsync()) chunk.Data.WriteTo(content);
        return content.ToArray();
    }

    /// <summary>Sends any report and waits for nothing.</summary>
    public Task SendAsync(NodeReport report) => stream!.RequestStream.WriteAsync(report);

    /// <summary>Waits for a plan that fulfils a condition.</summary>
    public async Task<NodePlan> PlanAsync(Func<NodePlan, bool> wanted)
    {
        ArgumentNullException.ThrowIfNull(wanted);
        using var deadline = new CancellationTokenSource(Patience);
        var plan = plans.Current;
        while (!wanted(plan))
        {
            var next = plans.NewerThanAsync(plan, deadline.Token);
            if (await Task.WhenAny(next, reading) == reading) await reading;
            plan = await next;
        }

        return plan;
    }

    /// <summary>Ends the stream and returns how the site ended it.</summary>
    public async Task<StatusCode> EndedAsync()
    {
        try
        {
            await reading.WaitAsync(Patience);
            return StatusCode.OK;
        }
        catch (RpcException end)
        {
            return end.StatusCode;
        }
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        stream?.Dispose();
        await reading.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        channel.Dispose();
    }

    private static async Task SendDiskAsync(IClientStreamWriter<WriteDiskRequest> to, string guest, byte[] disk, string sha256, bool isLate)
    {
        await to.WriteAsync(new WriteDiskRequest { GuestId = guest, Sha256 = isLate ? "" : sha256, TotalBytes = (ulong)disk.Length });
        for (var offset = 0; offset < disk.Length; offset += 50_000)
        {
            var piece = disk.AsSpan(offset, Math.Min(50_000, disk.Length - offset));
            await to.WriteAsync(
                new WriteDiskRequest { Chunk = new Chunk { Offset = (ulong)offset, Data = Google.Protobuf.ByteString.CopyFrom(piece) } });
        }

        if (isLate) await to.WriteAsync(new WriteDiskRequest { Sha256 = sha256 });
        await to.CompleteAsync();
    }

    private async Task ReadAsync(AsyncDuplexStreamingCall<NodeReport, NodePlan> call)
    {
        await foreach (var plan in call.ResponseStream.ReadAllAsync()) plans.Set(plan);
    }
}
