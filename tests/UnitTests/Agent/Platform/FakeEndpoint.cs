using System.IO.Pipelines;
using System.Text.Json;
using System.Threading.Channels;
using Opportunism.Agent.LocalSocket;
using Opportunism.Contracts.Local;

namespace Opportunism.UnitTests.Agent.Platform;

/// <summary>A local endpoint in memory: no socket, no file.</summary>
internal sealed class FakeEndpoint : ILocalEndpoint
{
    private readonly Channel<ILocalConnection> waiting = Channel.CreateUnbounded<ILocalConnection>();

    public bool IsDisposed { get; private set; }

    public Task<ILocalConnection> AcceptAsync(CancellationToken cancellationToken) => waiting.Reader.ReadAsync(cancellationToken).AsTask();

    public void Dispose() => IsDisposed = true;

    /// <summary>Connects as this user, makes one request and returns the reply.</summary>
    public async Task<LocalReply> AskAsync(string ask, LocalUser user)
    {
        Pipe requests = new(), replies = new();
        await waiting.Writer.WriteAsync(new Connection(user, requests.Reader.AsStream(), replies.Writer.AsStream()));
        var line = JsonSerializer.SerializeToUtf8Bytes(new LocalRequest(ask), LocalJson.Default.LocalRequest);
        await requests.Writer.WriteAsync((byte[])[.. line, (byte)'\n']);
        var reply = await LineReader.ReadAsync(replies.Reader.AsStream(), LocalAgent.LongestLine, CancellationToken.None);
        return JsonSerializer.Deserialize(reply, LocalJson.Default.LocalReply)!;
    }

    private sealed class Connection(LocalUser user, Stream requests, Stream replies) : Stream, ILocalConnection
    {
        public LocalUser User => user;

        public Stream Stream => this;

        public override bool CanRead => true;

        public override bool CanSeek => false;

        public override bool CanWrite => true;

        public override long Length => throw new NotSupportedException();

        public override long Position
        {
            get => throw new NotSupportedException();
            set => throw new NotSupportedException();
        }

        public void SendNow(ReadOnlySpan<byte> line) => replies.Write(line);

        public override int Read(byte[] buffer, int offset, int count) => requests.Read(buffer, offset, count);

        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) =>
            requests.ReadAsync(buffer, cancellationToken);

        public override void Write(byte[] buffer, int offset, int count) => replies.Write(buffer, offset, count);

        public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default) =>
            replies.WriteAsync(buffer, cancellationToken);

        public override void Flush() => replies.Flush();

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();

        protected override void Dispose(bool disposing)
        {
            requests.Dispose();
            replies.Dispose();
            base.Dispose(disposing);
        }
    }
}
