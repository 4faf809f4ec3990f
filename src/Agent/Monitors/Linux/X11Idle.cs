using System.Buffers.Binary;
using System.Runtime.Versioning;
using System.Text;

namespace Opportunism.Agent.Monitors.Linux;

/// <summary>The part of X11's SYNC extension that reports when a display's user becomes active and when idle.</summary>
/// <remarks>
/// 1. QueryExtension returns SYNC's opcode, Initialize agrees on its version, ListSystemCounters has the counter IDLETIME (milliseconds).
/// 2. One alarm on it exists. It is set to go off once when the counter falls to <see cref="ActiveBelow"/> or, while the user is
///    active, once when it rises to <see cref="IdleFrom"/>; then it is inactive until it is set again.
/// 3. The event it sends shows which of the two it was, by the value it waited for.
/// A counter may have moved while the alarm was being set, so the counter is read after setting it to wait for activity.
/// </remarks>
[SupportedOSPlatform("linux")]
internal sealed class X11Idle(X11Connection server, Action<X11IdleEvent> onEvent)
{
    // What the alarm waits for, in milliseconds. Far apart, so that neither fires at the other's limit.
    private const int ActiveBelow = 500;
    private static readonly int IdleFrom = (int)IActivityMonitor.IgnoresEventsFor.TotalMilliseconds;

    private const byte QueryExtension = 98;
    private const byte Initialize = 0, ListSystemCounters = 1, QueryCounter = 5, CreateAlarm = 8, ChangeAlarm = 9;
    private const uint AlarmCounter = 1, AlarmValueType = 2, AlarmValue = 4, AlarmTestType = 8, AlarmDelta = 16;
    private const int AtLeast = 2, AtMost = 3;
    private const int AlarmNotifyOffset = 1;

    private readonly byte[] alarmRequest = new byte[40];
    private byte opcode;
    private byte firstEvent;
    private uint counter;
    private uint alarm;

    /// <summary>Step 1 and the alarm of step 2, waiting for activity. Null when it works, else what the server lacks.</summary>
    public string? Start()
    {
        var name = "SYNC"u8;
        Span<byte> query = stackalloc byte[12];
        BinaryPrimitives.WriteUInt16LittleEndian(query[4..], (ushort)name.Length);
        name.CopyTo(query[8..]);
        server.Request(QueryExtension, 0, query);
        var extension = server.Reply(Take);
        if (extension[8] == 0) return "the extension SYNC";
        opcode = extension[9];
        firstEvent = extension[10];

        server.Request(opcode, Initialize, [0, 0, 0, 0, 3, 1, 0, 0]);
        server.Reply(Take);
        server.Request(opcode, ListSystemCounters, stackalloc byte[4]);
        if (IdleCounter(server.Reply(Take)) is not { } found) return "the counter IDLETIME";
        counter = found;

        Query();
        alarm = server.NewId();
        SetAlarm(CreateAlarm, ActiveBelow, AtMost);
        return null;
    }

    /// <summary>How long the user has been idle.</summary>
    public TimeSpan Query()
    {
        Span<byte> request = stackalloc byte[8];
        BinaryPrimitives.WriteUInt32LittleEndian(request[4..], counter);
        server.Request(opcode, QueryCounter, request);
        var reply = server.Reply(Take);
        return Milliseconds(reply.AsSpan(8));
    }

    /// <summary>Sets the alarm for the first activity; returns how long the user has been idle after it was set.</summary>
    public TimeSpan AwaitActivity()
    {
        SetAlarm(ChangeAlarm, ActiveBelow, AtMost);
        return Query();
    }

    /// <summary>Sets the alarm for when the user has been idle for <see cref="IdleFrom"/>. Allocates nothing, waits for nothing.</summary>
    public void AwaitIdle() => SetAlarm(ChangeAlarm, IdleFrom, AtLeast);

    /// <summary>Handles every event that has arrived.</summary>
    public void TakeEvents()
    {
        while (server.NextEvent() is { } packet) Take(packet);
    }

    private void Take(byte[] packet)
    {
        // AlarmNotify: code, kind, number, alarm, counter's value, alarm's value (8 bytes each), time, state.
        if ((packet[0] & 0x7f) != firstEvent + AlarmNotifyOffset || BinaryPrimitives.ReadUInt32LittleEndian(packet.AsSpan(4)) != alarm)
            return;
        onEvent(Milliseconds(packet.AsSpan(16)).TotalMilliseconds < IdleFrom ? X11IdleEvent.Active : X11IdleEvent.Idle);
    }

    private void SetAlarm(byte request, int milliseconds, int test)
    {
        var body = alarmRequest.AsSpan();
        BinaryPrimitives.WriteUInt32LittleEndian(body[4..], alarm);
        BinaryPrimitives.WriteUInt32LittleEndian(body[8..], AlarmCounter | AlarmValueType | AlarmValue | AlarmTestType | AlarmDelta);
        BinaryPrimitives.WriteUInt32LittleEndian(body[12..], counter);
        BinaryPrimitives.WriteUInt32LittleEndian(body[16..], 0); // An absolute value: high word, low word.
        BinaryPrimitives.WriteUInt32LittleEndian(body[20..], 0);
        BinaryPrimitives.WriteUInt32LittleEndian(body[24..], (uint)milliseconds);
        BinaryPrimitives.WriteUInt32LittleEndian(body[28..], (uint)test);
        body[32..40].Clear(); // No delta: it fires once.
        server.Request(opcode, request, body);
    }

    private static uint? IdleCounter(byte[] reply)
    {
        // Each: id, resolution (8 bytes), length of the name, the name; rounded up to words.
        var count = BinaryPrimitives.ReadUInt32LittleEndian(reply.AsSpan(8));
        var at = X11Connection.PacketSize;
        for (var i = 0; i < count && at + 14 <= reply.Length; i++)
        {
            var length = BinaryPrimitives.ReadUInt16LittleEndian(reply.AsSpan(at + 12));
            if (at + 14 + length > reply.Length) break;
            if (Encoding.ASCII.GetString(reply, at + 14, length) == "IDLETIME")
                return BinaryPrimitives.ReadUInt32LittleEndian(reply.AsSpan(at));
            at += 12 + X11Connection.Padded(2 + length);
        }

        return null;
    }

    private static TimeSpan Milliseconds(ReadOnlySpan<byte> value)
    {
        var high = BinaryPrimitives.ReadInt32LittleEndian(value);
        var low = BinaryPrimitives.ReadUInt32LittleEndian(value[4..]);
        return TimeSpan.FromMilliseconds(Math.Clamp(((long)high << 32) | low, 0, uint.MaxValue));
    }
}
