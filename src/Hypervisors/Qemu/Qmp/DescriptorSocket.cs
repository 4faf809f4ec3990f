using System.Net.Sockets;
using System.Runtime.InteropServices;
using System.Runtime.Versioning;
using Opportunism.Hypervisors.Linux;

namespace Opportunism.Hypervisors.Qemu.Qmp;

/// <summary>Sends bytes, and a file descriptor with them (SCM_RIGHTS, unix(7)), over a Unix socket without ever waiting.</summary>
[SupportedOSPlatform("linux")]
internal static unsafe class DescriptorSocket
{
    private const int LevelSocket = 1, Rights = 1;

    // cmsghdr on 64-bit Linux: size_t length, int level, int type, then the descriptor, padded to 8.
    private const int ControlHeader = 16, ControlRoom = 24;

    /// <exception cref="QmpException">The socket is closed, or full because it was not read.</exception>
    public static void Send(Socket socket, ReadOnlySpan<byte> line, int passFd)
    {
        var handle = (int)socket.SafeHandle.DangerousGetHandle();
        var control = stackalloc byte[ControlRoom];
        new Span<byte>(control, ControlRoom).Clear();
        *(nuint*)control = ControlHeader + sizeof(int);
        *(int*)(control + 8) = LevelSocket;
        *(int*)(control + 12) = Rights;
        *(int*)(control + ControlHeader) = passFd;
        fixed (byte* start = line)
        {
            var vector = new Libc.IoVector { Base = start, Length = (nuint)line.Length };
            var message = new Libc.MessageHeader { Vectors = &vector, VectorCount = 1 };
            if (passFd >= 0)
            {
                message.Control = control;
                message.ControlLength = ControlRoom;
            }

            nint sent;
            do
            {
                sent = Libc.SendMessage(handle, &message, Libc.DontWait | Libc.NoSignal);
            }
            while (sent < 0 && Marshal.GetLastPInvokeError() == Libc.ErrorInterrupted);

            if (sent == line.Length) return;
            if (sent >= 0) throw new QmpException("QEMU's control socket does not accept a whole command: QEMU does not read from it.");
            throw new QmpException(
                $"QEMU's control socket does not accept a command: {Marshal.GetPInvokeErrorMessage(Marshal.GetLastPInvokeError())}.");
        }
    }
}
