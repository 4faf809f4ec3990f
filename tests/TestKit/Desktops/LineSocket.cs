using System.Net.Sockets;
using System.Text;

namespace Opportunism.TestKit.Desktops;

/// <summary>Lines to and from a Unix socket: a VM's serial port or QEMU's control.</summary>
internal sealed class LineSocket : IDisposable
{
    private readonly Socket socket = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
    private readonly StreamReader reader;
    private readonly StreamWriter writer;
    private readonly TimeSpan answersWithin;
    private readonly Func<Task<string>> tell;
    private readonly string path;

    /// <param name="path">The socket.</param>
    /// <param name="answersWithin">The longest wait for a line.</param>
    /// <param name="tell">Returns the state of the other side, for the message when it no longer replies.</param>
    public LineSocket(string path, TimeSpan answersWithin, Func<Task<string>> tell)
    {
        this.path = path;
        this.answersWithin = answersWithin;
        this.tell = tell;
        socket.Connect(new UnixDomainSocketEndPoint(path));
        var stream = new NetworkStream(socket);
        reader = new StreamReader(stream);
        writer = new StreamWriter(stream, new UTF8Encoding(false)) { NewLine = "\n", AutoFlush = true };
    }

    public async Task SayAsync(string line)
    {
        try
        {
            await writer.WriteLineAsync(line);
        }
        catch (IOException broken)
        {
            throw await ClosedAsync(broken);
        }
    }

    public async Task<string> HearAsync()
    {
        using var limit = new CancellationTokenSource(answersWithin, TimeProvider.System);
        try
        {
            return await reader.ReadLineAsync(limit.Token) ?? throw new IOException("End of the stream.");
        }
        catch (OperationCanceledException)
        {
            throw new TimeoutException($"Nothing was heard from {path} for {answersWithin.TotalSeconds:0} s. {await tell()}");
        }
        catch (IOException broken)
        {
            throw await ClosedAsync(broken);
        }
    }

    public void Dispose()
    {
        writer.Dispose();
        reader.Dispose();
        socket.Dispose();
    }

    private async Task<IOException> ClosedAsync(IOException broken) => new($"{path} was closed by the other side. {await tell()}", broken);
}
