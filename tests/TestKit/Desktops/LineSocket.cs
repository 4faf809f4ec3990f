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
    private readonly string path;

    public LineSocket(string path, TimeSpan answersWithin)
    {
        this.path = path;
        this.answersWithin = answersWithin;
        socket.Connect(new UnixDomainSocketEndPoint(path));
        var stream = new NetworkStream(socket);
        reader = new StreamReader(stream);
        writer = new StreamWriter(stream, new UTF8Encoding(false)) { NewLine = "\n", AutoFlush = true };
    }

    public Task SayAsync(string line) => writer.WriteLineAsync(line);

    public async Task<string> HearAsync()
    {
        using var limit = new CancellationTokenSource(answersWithin, TimeProvider.System);
        try
        {
            return await reader.ReadLineAsync(limit.Token) ?? throw new IOException($"{path} was closed by the other side.");
        }
        catch (OperationCanceledException)
        {
            throw new TimeoutException($"Nothing was heard from {path} for {answersWithin.TotalSeconds:0} s.");
        }
    }

    public void Dispose()
    {
        writer.Dispose();
        reader.Dispose();
        socket.Dispose();
    }
}
