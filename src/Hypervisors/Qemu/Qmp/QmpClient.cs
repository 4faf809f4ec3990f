using System.Collections.Concurrent;
using System.Globalization;
using System.Net.Sockets;
using System.Runtime.Versioning;
using System.Text.Json;

namespace Opportunism.Hypervisors.Qemu.Qmp;

/// <summary>Client of QEMU's machine protocol over its Unix socket.</summary>
/// <remarks>
/// 1. The client writes <c>qmp_capabilities</c> without waiting for the greeting, so that commands can be queued for a frozen QEMU.
/// 2. Each command has a number; QEMU replies in order, and replies that no caller waits for are dropped.
/// 3. Lines without that number are events, or the greeting.
/// 4. When the socket closes, everything under way fails and <see cref="Closed"/> completes.
/// QEMU may have been taken over by its guest: lines are limited in length, and of their values only the type is trusted.
/// </remarks>
[SupportedOSPlatform("linux")]
internal sealed class QmpClient : IAsyncDisposable
{
    /// <summary>Longest line accepted: the largest reply used (query-migrate) has under 4 KiB.</summary>
    public const int LongestLine = 256 * 1024;

    private readonly Socket socket;
    private readonly TimeProvider time;
    private readonly Action<QmpEvent> onEvent;
    private readonly ConcurrentDictionary<long, TaskCompletionSource<JsonElement>> waiting = new();
    private readonly Lock writing = new();
    private readonly CancellationTokenSource stop = new();
    private readonly Task reading;
    private long lastId;

    private QmpClient(Socket socket, TimeProvider time, Action<QmpEvent> onEvent)
    {
        this.socket = socket;
        this.time = time;
        this.onEvent = onEvent;
        Capabilities = Queue("qmp_capabilities");
        reading = Task.Run(ReadAsync);
    }

    /// <summary>Completes when QEMU has accepted the protocol.</summary>
    public Task<JsonElement> Capabilities { get; }

    /// <summary>Completes, never failing, when the connection has ended.</summary>
    public Task Closed => reading;

    /// <summary>Connects to a socket; works for a frozen QEMU too, since the kernel accepts the connection and queues the data.</summary>
    /// <param name="path">The socket.</param>
    /// <param name="listener">Id of the process that must listen there.</param>
    /// <param name="time">For time limits.</param>
    /// <param name="onEvent">Called on the reading thread, one at a time; must not block.</param>
    /// <exception cref="QmpException">No process listens there, or another one.</exception>
    public static QmpClient Connect(string path, int listener, TimeProvider time, Action<QmpEvent> onEvent)
    {
        var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            socket.Connect(new UnixDomainSocketEndPoint(path));
            // The socket's folder is QEMU's: a QEMU that its guest has taken over could put a link there to that of another guest.
            if (ListenerOf(socket) is var found && found != listener)
                throw new QmpException($"Process {found} listens at {path}, not QEMU (process {listener}).");
            return new QmpClient(socket, time, onEvent);
        }
        catch (SocketException exception)
        {
            socket.Dispose();
            throw new QmpException($"QEMU does not listen at {path} ({exception.SocketErrorCode}).", exception);
        }
        catch (QmpException)
        {
            socket.Dispose();
            throw;
        }
    }

    /// <summary>The process that listens at the other end of a connection (man 7 unix, SO_PEERCRED).</summary>
    internal static int ListenerOf(Socket socket)
    {
        const int SocketLevel = 1, PeerCredentials = 17;
        Span<byte> credentials = stackalloc byte[12]; // struct ucred: pid, uid, gid
        _ = socket.GetRawSocketOption(SocketLevel, PeerCredentials, credentials);
        return BitConverter.ToInt32(credentials);
    }

    /// <summary>Writes a command without waiting; the task returns the reply.</summary>
    /// <param name="command">Its name.</param>
    /// <param name="arguments">Writes the members of its arguments; null for none.</param>
    /// <param name="passFd">A descriptor that goes with it; -1 for none.</param>
    /// <exception cref="QmpException">The socket does not accept it: QEMU has ended or has not read for long.</exception>
    public Task<JsonElement> Queue(string command, Action<Utf8JsonWriter>? arguments = null, int passFd = -1)
    {
        var id = Interlocked.Increment(ref lastId);
        var line = QmpLine.Write(id, command, arguments);
        var answer = new TaskCompletionSource<JsonElement>(TaskCreationOptions.RunContinuationsAsynchronously);
        waiting[id] = answer;
        try
        {
            lock (writing)
            {
                // Once closed, the descriptor's number may be another file's.
                if (stop.IsCancellationRequested) throw Gone();
                DescriptorSocket.Send(socket, line, passFd);
            }
        }
        catch (QmpException)
        {
            waiting.TryRemove(id, out _);
            throw;
        }

        // The reader may have ended between the two lines above: then nothing else would fail this command.
        if (stop.IsCancellationRequested && waiting.TryRemove(id, out _)) answer.TrySetException(Gone());
        // A reply that fails later need not be awaited.
        _ = answer.Task.ContinueWith(
            static task => task.Exception, CancellationToken.None, TaskContinuationOptions.OnlyOnFaulted, TaskScheduler.Default);
        return answer.Task;
    }

    /// <summary>Writes a command and waits for its reply.</summary>
    /// <exception cref="QmpException">QEMU rejected it, has ended, or has not replied within <paramref name="timeout"/>.</exception>
    public async Task<JsonElement> ExecuteAsync(
        string command, TimeSpan timeout, CancellationToken cancellationToken, Action<Utf8JsonWriter>? arguments = null, int passFd = -1)
    {
        try
        {
            return await Queue(command, arguments, passFd).WaitAsync(timeout, time, cancellationToken);
        }
        catch (TimeoutException exception)
        {
            throw new QmpException(
                $"QEMU has not replied to '{command}' within {timeout.TotalSeconds.ToString(CultureInfo.InvariantCulture)} s.", exception);
        }
    }

    public async ValueTask DisposeAsync()
    {
        await CloseAsync();
        await reading;
    }

    private async Task CloseAsync()
    {
        await stop.CancelAsync();
        lock (writing) socket.Dispose();
    }

    private static QmpException Gone() => new("QEMU has closed its control socket.");

    private async Task ReadAsync()
    {
        var buffer = new byte[8192];
        var used = 0;
        try
        {
            while (true)
            {
                if (used == buffer.Length)
                {
                    if (buffer.Length >= LongestLine) break; // no expected reply is that long: this is not a usual QEMU
                    Array.Resize(ref buffer, buffer.Length * 2);
                }

                var count = await socket.ReceiveAsync(buffer.AsMemory(used), stop.Token);
                if (count == 0) break;
                used += count;
                var start = 0;
                int end;
                while ((end = buffer.AsSpan(start, used - start).IndexOf((byte)'\n')) >= 0)
                {
                    Take(buffer.AsMemory(start, end));
                    start += end + 1;
                }

                buffer.AsSpan(start, used - start).CopyTo(buffer);
                used -= start;
            }
        }
        catch (Exception exception) when (
            exception is SocketException or OperationCanceledException or ObjectDisposedException or JsonException)
        {
            // The connection has ended, for whatever reason; waiting commands fail below.
        }

        await CloseAsync();
        foreach (var id in waiting.Keys)
        {
            if (waiting.TryRemove(id, out var answer)) answer.TrySetException(Gone());
        }
    }

    private void Take(ReadOnlyMemory<byte> line)
    {
        if (line.Span.Trim(" \r\t"u8).IsEmpty) return;
        using var document = JsonDocument.Parse(line);
        var root = document.RootElement;
        if (root.ValueKind != JsonValueKind.Object) return;
        if (root.TryGetProperty("event"u8, out var name) && name.ValueKind == JsonValueKind.String)
        {
            onEvent(new QmpEvent(name.GetString()!, root.TryGetProperty("data"u8, out var data) ? data.Clone() : default));
            return;
        }

        if (!root.TryGetProperty("id"u8, out var idElement) || idElement.ValueKind != JsonValueKind.Number
            || !idElement.TryGetInt64(out var id))
            return;
        if (!waiting.TryRemove(id, out var answer)) return;
        if (root.TryGetProperty("return"u8, out var value)) answer.TrySetResult(value.Clone());
        else answer.TrySetException(new QmpException($"QEMU refused: {QmpLine.ErrorOf(root)}.") { IsRefusal = true });
    }
}
