using System.Globalization;
using System.Net.Sockets;
using System.Runtime.Versioning;
using Opportunism.Agent.Platform.Linux.Kernel;

namespace Opportunism.Agent.Availability.Linux;

/// <summary>Shows systemd that the deciding thread runs (sd_notify(3), WATCHDOG=1). When the thread hangs this stops, and systemd ends the
/// agent and freezes the guests.</summary>
/// <remarks>Wraps the wait of the deciding thread, which the thread enters after each decision: at least every 5 s. Never blocks or
/// allocates: a message that does not fit is dropped.</remarks>
[SupportedOSPlatform("linux")]
internal sealed class ServiceWatchdog : IOwnedWakeUp
{
    // Times per period that systemd allows: the thread may be late by half a period.
    private const int FedPerPeriod = 2;

    private static readonly byte[] Message = [.. "WATCHDOG=1"u8];

    private readonly IOwnedWakeUp wakeUp;
    private readonly TimeProvider time;
    private readonly Socket socket;
    private readonly int descriptor;
    private readonly TimeSpan every;
    private long? fedAt;

    private ServiceWatchdog(IOwnedWakeUp wakeUp, TimeProvider time, Socket socket, TimeSpan every)
    {
        (this.wakeUp, this.time, this.socket, this.every) = (wakeUp, time, socket, every);
        descriptor = (int)socket.Handle;
    }

    /// <summary>The wait unchanged where no supervisor watches this process, else one that feeds its watchdog.</summary>
    /// <param name="wakeUp">The wait of the deciding thread; the result disposes of it.</param>
    /// <param name="time">Clock.</param>
    /// <param name="variable">Reads an environment variable: NOTIFY_SOCKET, WATCHDOG_USEC, WATCHDOG_PID.</param>
    public static IOwnedWakeUp Over(IOwnedWakeUp wakeUp, TimeProvider time, Func<string, string?> variable)
    {
        if (variable("NOTIFY_SOCKET") is not { Length: > 1 } path
            || !long.TryParse(variable("WATCHDOG_USEC"), NumberStyles.None, CultureInfo.InvariantCulture, out var period) || period <= 0)
            return wakeUp;
        if (variable("WATCHDOG_PID") is { Length: > 0 } pid && pid != Environment.ProcessId.ToString(CultureInfo.InvariantCulture))
            return wakeUp;
        var socket = new Socket(AddressFamily.Unix, SocketType.Dgram, ProtocolType.Unspecified);
        // A name that begins with @ is in the kernel's abstract namespace.
        socket.Connect(new UnixDomainSocketEndPoint(path[0] == '@' ? "\0" + path[1..] : path));
        return new ServiceWatchdog(wakeUp, time, socket, TimeSpan.FromMicroseconds(period) / FedPerPeriod);
    }

    public void Wake() => wakeUp.Wake();

    public void Wait(TimeSpan? atMost)
    {
        Feed();
        wakeUp.Wait(atMost is { } shorter && shorter < every ? atMost : every);
    }

    public void Dispose()
    {
        socket.Dispose();
        wakeUp.Dispose();
    }

    private unsafe void Feed()
    {
        if (fedAt is { } before && time.GetElapsedTime(before) < every / FedPerPeriod) return;
        fedAt = time.GetTimestamp();
        const int DontWait = 0x40, NoSignal = 0x4000;
        fixed (byte* start = Message) _ = Libc.Send(descriptor, start, (nuint)Message.Length, DontWait | NoSignal);
    }
}
