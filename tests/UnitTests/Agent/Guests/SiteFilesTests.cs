using Google.Protobuf;
using Grpc.Core;
using Microsoft.Extensions.Time.Testing;
using Opportunism.Agent.Guests;
using Opportunism.Agent.Transfers;
using Opportunism.Contracts.Nodes;
using Xunit;

namespace Opportunism.UnitTests.Agent.Guests;

public sealed class SiteFilesTests
{
    private readonly FakeTimeProvider time = new();

    [Fact]
    public async Task What_is_fetched_at_the_same_time_shares_one_pace()
    {
        const int chunks = 10, chunkBytes = 1000;
        var client = new PlayedClient(chunks, chunkBytes);
        var traffic = new OwnerTraffic(new NoNetwork(), () => 0, 1, time);
        var files = new SiteFiles(
            () => client, () => client, new TransferPace(new Pace(1000, time), traffic, () => true, time), new FileHash(new Pace(1, time)),
            () => true, time);
        var both = Task.WhenAll(
            ReadAsync(files.ReadImageAsync("a", 0, CancellationToken.None)),
            ReadAsync(files.ReadDiskAsync("b", "c", 0, CancellationToken.None)));

        var seconds = 0;
        for (var began = TimeProvider.System.GetTimestamp(); !both.IsCompleted;)
        {
            Assert.True(TimeProvider.System.GetElapsedTime(began) < TimeSpan.FromMinutes(1), "Both are fetched.");
            time.Advance(TimeSpan.FromSeconds(1));
            seconds++;
            await Task.Delay(TimeSpan.FromMilliseconds(5), TimeProvider.System, TestContext.Current.CancellationToken);
        }

        Assert.All(await both, bytes => Assert.Equal(chunks * chunkBytes, bytes));
        // The first chunk is free, the others are paid for before they are taken.
        Assert.InRange(seconds, (2 * chunks) - 1, 1000);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_disk_is_read_once_where_the_controller_takes_the_checksum_last(bool takesLate)
    {
        var path = Path.GetTempFileName();
        var disk = new byte[700_000];
        new Random(1).NextBytes(disk);
        File.WriteAllBytes(path, disk);
        var client = new PlayedClient(0, 0);
        // A second piece of a file that is hashed before it is sent would take days.
        var reading = new Pace(takesLate ? 1 : 1_000_000_000_000, time);
        await reading.TakeAsync(1_000_000, CancellationToken.None);
        var fileHash = new FileHash(reading);
        var traffic = new OwnerTraffic(new NoNetwork(), () => 0, 1, time);
        var files = new SiteFiles(
            () => null, () => client, new TransferPace(new Pace(1_000_000_000_000, time), traffic, () => true, time), fileHash,
            () => takesLate, time);

        var sending = files.WriteDiskAsync("a", path, _ => { }, CancellationToken.None);
        for (var began = TimeProvider.System.GetTimestamp(); !sending.IsCompleted; time.Advance(TimeSpan.FromMilliseconds(1)))
        {
            Assert.True(TimeProvider.System.GetElapsedTime(began) < TimeSpan.FromMinutes(1), "It is sent.");
            await Task.Delay(TimeSpan.FromMilliseconds(1), TimeProvider.System, TestContext.Current.CancellationToken);
        }

        var sha256 = Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(disk));
        Assert.Equal(sha256, await sending);
        Assert.Equal((takesLate ? "" : sha256, takesLate ? sha256 : ""), (client.Sent[0].Sha256, client.Sent[^1].Sha256));
        Assert.Equal(disk, client.Sent.SelectMany(request => request.Chunk.Data).ToArray());
        File.Delete(path);
    }

    private static async Task<long> ReadAsync(IAsyncEnumerable<ReadOnlyMemory<byte>> chunks)
    {
        long bytes = 0;
        await foreach (var chunk in chunks) bytes += chunk.Length;
        return bytes;
    }

    private sealed class NoNetwork : INetworkReader
    {
        public long? TotalBytes() => 0;
    }

    private sealed class PlayedClient(int chunks, int chunkBytes) : Nodes.NodesClient
    {
        public override AsyncServerStreamingCall<Chunk> ReadImage(
            ReadImageRequest request, Metadata? headers = null, DateTime? deadline = null, CancellationToken cancellationToken = default) =>
            Call();

        public override AsyncServerStreamingCall<Chunk> ReadDisk(
            ReadDiskRequest request, Metadata? headers = null, DateTime? deadline = null, CancellationToken cancellationToken = default) =>
            Call();

        public List<WriteDiskRequest> Sent { get; } = [];

        public override AsyncClientStreamingCall<WriteDiskRequest, WriteDiskReply> WriteDisk(
            Metadata? headers = null, DateTime? deadline = null, CancellationToken cancellationToken = default)
        {
            var reply = new TaskCompletionSource<WriteDiskReply>();
            var writer = new PlayedWriter(
                Sent, () => reply.SetResult(new WriteDiskReply { Sha256 = Sent.Single(request => request.Sha256.Length > 0).Sha256 }));
            return new(writer, reply.Task, Task.FromResult(new Metadata()), () => Status.DefaultSuccess, () => [], () => { });
        }

        private AsyncServerStreamingCall<Chunk> Call() =>
            new(new PlayedChunks(chunks, chunkBytes), Task.FromResult(new Metadata()), () => Status.DefaultSuccess, () => [], () => { });
    }

    private sealed class PlayedWriter(List<WriteDiskRequest> sent, Action onComplete) : IClientStreamWriter<WriteDiskRequest>
    {
        public WriteOptions? WriteOptions { get; set; }

        public Task WriteAsync(WriteDiskRequest message)
        {
            sent.Add(message);
            return Task.CompletedTask;
        }

        public Task WriteAsync(WriteDiskRequest message, CancellationToken cancellationToken) => WriteAsync(message);

        public Task CompleteAsync()
        {
            onComplete();
            return Task.CompletedTask;
        }
    }

    private sealed class PlayedChunks(int chunks, int chunkBytes) : IAsyncStreamReader<Chunk>
    {
        private int next;

        public Chunk Current { get; private set; } = new();

        public Task<bool> MoveNext(CancellationToken cancellationToken)
        {
            Current = new Chunk { Offset = (ulong)(next * chunkBytes), Data = ByteString.CopyFrom(new byte[chunkBytes]) };
            return Task.FromResult(next++ < chunks);
        }
    }
}
