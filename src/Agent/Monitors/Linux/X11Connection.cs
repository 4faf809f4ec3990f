using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Runtime.Versioning;
using System.Text;
using Microsoft.Win32.SafeHandles;
using Opportunism.Agent.Platform.Linux.Kernel;

namespace Opportunism.Agent.Monitors.Linux;

/// <summary>A connection to an X server over its Unix socket: bytes out, packets of 32 bytes in, each within a time limit.</summary>
/// <remarks>The protocol's first part (X11, chapter 8): 1. the client sends its byte order and cookie, 2. the server accepts or returns why
/// not,
/// 3. requests are numbered from 1, and every reply, error and event carries the number of the last request the server has handled.
/// Used by one thread. A server that is gone gives <see cref="EndOfStreamException"/>, one that is too slow <see cref="TimeoutException"/>,
/// one that replies with invalid data <see cref="InvalidDataException"/>.</remarks>
[SupportedOSPlatform("linux")]
internal sealed class X11Connection(SafeFileHandle socket, TimeProvider time) : IDisposable
{
    /// <summary>Every reply, error and event is at least this long, and almost always exactly.</summary>
    public const int PacketSize = 32;

    /// <summary>A server that has not replied for this long cannot be watched.</summary>
    public static readonly TimeSpan ReplyLimit = TimeSpan.FromSeconds(2);

    // The set-up reply holds at most 65535 words; the counters' list of current servers is under 4 KiB.
    private const int LongestReply = 256 * 1024;
    private const string CookieProtocol = "MIT-MAGIC-COOKIE-1";

    private const int UnixDomain = 1, Stream = 1, CloseOnExec = 0x80000, NonBlocking = 0x800;
    private const int SocketLevel = 1, PeerCredentials = 17, NoSignal = 0x4000;

    private readonly byte[] packet = new byte[PacketSize];
    private readonly Libc.PollEntry[] waitFor = new Libc.PollEntry[1];
    private int have;
    private ushort sent;
    private uint nextId;

    public int Descriptor => (int)socket.DangerousGetHandle();

    /// <summary>Connects to the socket; null with the error number when no program listens or access is denied.</summary>
    /// <param name="address">A path, or <c>@</c> and a name for a socket without a file.</param>
    /// <param name="time">The clock for the time limits.</param>
    /// <param name="error">Why there is no connection.</param>
    /// <param name="user">The user to connect as, where the agent may change it: a server without cookies accepts only its own user. 0 to
    /// connect as the agent's user.</param>
    public static X11Connection? Open(string address, TimeProvider time, out int error, int user = 0)
    {
        // struct sockaddr_un: family, then the path; a name without a file begins with a zero byte and has no end mark.
        var name = Encoding.UTF8.GetBytes(address);
        var raw = new byte[2 + name.Length + (address[0] == '@' ? 0 : 1)];
        BinaryPrimitives.WriteUInt16LittleEndian(raw, UnixDomain);
        name.CopyTo(raw, 2);
        if (address[0] == '@') raw[2] = 0;

        var socket = Libc.Socket(UnixDomain, Stream | CloseOnExec | NonBlocking, 0);
        error = socket.IsInvalid ? Marshal.GetLastPInvokeError() : Connect(socket, raw, user);
        if (error == 0) return new X11Connection(socket, time);
        socket.Dispose();
        return null;
    }

    private static int Connect(SafeFileHandle socket, byte[] address, int user)
    {
        using var acting = new ActingAs(user);
        return Libc.Connect(socket, address, (uint)address.Length) == 0 ? 0 : Marshal.GetLastPInvokeError();
    }

    /// <summary>The process and the user that listen on the other side; 0 and -1 when they cannot be known.</summary>
    public (int Process, int User) Peer()
    {
        // struct ucred: pid, uid, gid.
        Span<int> credentials = stackalloc int[3];
        var length = (uint)(credentials.Length * sizeof(int));
        return Libc.GetSocketOption(socket, SocketLevel, PeerCredentials, credentials, ref length) == 0
            ? (credentials[0], credentials[1])
            : (0, -1);
    }

    /// <summary>Steps 1 and 2. Null when the server accepted, else its reason why not.</summary>
    public string? SetUp(byte[]? cookie)
    {
        var name = cookie is null ? [] : Encoding.ASCII.GetBytes(CookieProtocol);
        var request = new byte[12 + Padded(name.Length) + Padded(cookie?.Length ?? 0)];
        request[0] = (byte)'l'; // Little-endian, as every supported platform.
        BinaryPrimitives.WriteUInt16LittleEndian(request.AsSpan(2), 11);
        BinaryPrimitives.WriteUInt16LittleEndian(request.AsSpan(6), (ushort)name.Length);
        BinaryPrimitives.WriteUInt16LittleEndian(request.AsSpan(8), (ushort)(cookie?.Length ?? 0));
        name.CopyTo(request, 12);
        cookie?.CopyTo(request, 12 + Padded(name.Length));
        Write(request);

        var deadline = Deadline();
        Span<byte> head = stackalloc byte[8];
        ReadExactly(head, deadline);
        var rest = new byte[BinaryPrimitives.ReadUInt16LittleEndian(head[6..]) * 4];
        ReadExactly(rest, deadline);
        if (head[0] != 1)
        {
            var reason = Encoding.ASCII.GetString(rest, 0, Math.Min(rest.Length, head[0] == 0 ? head[1] : rest.Length));
            return new string([.. reason.Where(c => c is >= ' ' and <= '~').Take(100)]).Trim();
        }

        if (rest.Length < 32) throw new InvalidDataException("The set-up reply is too short.");
        nextId = BinaryPrimitives.ReadUInt32LittleEndian(rest.AsSpan(4));
        return null;
    }

    /// <summary>A new id for an object created on the server.</summary>
    public uint NewId() => nextId++;

    /// <summary>Sends a request whose first four bytes (opcode, detail, length in words) are filled in here. Allocates nothing.</summary>
    public void Request(byte opcode, byte detail, Span<byte> request)
    {
        request[0] = opcode;
        request[1] = detail;
        BinaryPrimitives.WriteUInt16LittleEndian(request[2..], (ushort)(request.Length / 4));
        sent++;
        Write(request);
    }

    /// <summary>Waits for the reply to the last request. Events that come before it are handed to <paramref name="onEvent"/>.</summary>
    /// <returns>The whole reply.</returns>
    public byte[] Reply(Action<byte[]> onEvent)
    {
        // An event's handler may send a request of its own.
        var expected = sent;
        var deadline = Deadline();
        while (true)
        {
            ReadPacket(deadline);
            var number = BinaryPrimitives.ReadUInt16LittleEndian(packet.AsSpan(2));
            switch (packet[0])
            {
                case 0:
                    throw new InvalidDataException($"The X server refused request {number} with error {packet[1]}.");
                case 1:
                    var extra = BinaryPrimitives.ReadUInt32LittleEndian(packet.AsSpan(4)) * 4L;
                    if (extra > LongestReply)
                        throw new InvalidDataException($"The X server's reply of {extra} bytes is longer than allowed ({LongestReply}).");
                    var reply = new byte[PacketSize + extra];
                    packet.CopyTo(reply, 0);
                    ReadExactly(reply.AsSpan(PacketSize), deadline);
                    if (number == expected) return reply;
                    break;
                default:
                    onEvent(packet);
                    break;
            }
        }
    }

    /// <summary>Takes the next complete event; null when there is none. The bytes are valid until the next call. Allocates
    /// nothing.</summary>
    public byte[]? NextEvent()
    {
        while (have < PacketSize)
        {
            var read = ReadSome(packet.AsSpan(have));
            if (read == 0) return null;
            have += read;
        }

        have = 0;
        if (packet[0] == 0)
            throw new InvalidDataException(
                $"The X server refused request {BinaryPrimitives.ReadUInt16LittleEndian(packet.AsSpan(2))} with error {packet[1]}.");
        return packet;
    }

    public void Dispose() => socket.Dispose();

    /// <summary>Rounded up to whole words, as everything in the protocol.</summary>
    public static int Padded(int length) => (length + 3) & ~3;

    private long Deadline() => time.GetTimestamp() + (long)(ReplyLimit.TotalSeconds * time.TimestampFrequency);

    private void ReadPacket(long deadline)
    {
        ReadExactly(packet.AsSpan(have), deadline);
        have = 0;
    }

    private void ReadExactly(Span<byte> buffer, long deadline)
    {
        while (buffer.Length > 0)
        {
            var read = ReadSome(buffer);
            buffer = buffer[read..];
            if (read > 0) continue;
            Await(Libc.POLLIN, deadline);
        }
    }

    private int ReadSome(Span<byte> buffer)
    {
        var read = Libc.Read(socket, buffer, (nuint)buffer.Length);
        if (read > 0) return (int)read;
        if (read < 0 && Marshal.GetLastPInvokeError() is Libc.EAGAIN or Libc.EINTR) return 0;
        throw new EndOfStreamException("The X server closed the connection.");
    }

    private void Write(ReadOnlySpan<byte> bytes)
    {
        var deadline = Deadline();
        while (bytes.Length > 0)
        {
            var written = Libc.Send(socket, bytes, (nuint)bytes.Length, NoSignal);
            if (written >= 0) bytes = bytes[(int)written..];
            else if (Marshal.GetLastPInvokeError() is Libc.EAGAIN or Libc.EINTR) Await(Libc.POLLOUT, deadline);
            else throw new EndOfStreamException("The X server closed the connection.");
        }
    }

    private void Await(short events, long deadline)
    {
        var left = time.GetElapsedTime(time.GetTimestamp(), deadline);
        if (left <= TimeSpan.Zero) throw new TimeoutException($"The X server has not replied for {ReplyLimit.TotalSeconds:0} s.");
        waitFor[0] = new() { Descriptor = Descriptor, Events = events };
        Libc.Wait(waitFor, (int)Math.Ceiling(left.TotalMilliseconds));
    }
}
