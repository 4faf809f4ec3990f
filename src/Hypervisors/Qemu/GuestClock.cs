using System.Net.Sockets;
using System.Runtime.Versioning;
using System.Text.Json;
using Opportunism.Hypervisors.Qemu.Qmp;

namespace Opportunism.Hypervisors.Qemu;

/// <summary>Sets a guest's clock after it stood still, where a guest agent is there to do so. Without one its own NTP does.</summary>
[SupportedOSPlatform("linux")]
internal static class GuestClock
{
    // The agent in the guest answers in under a second; a guest that does not is none of our business.
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(2);

    /// <summary>Asks the guest's agent to set the clock from the RTC, which runs on the host's clock. Failing changes nothing.</summary>
    public static async Task SetAsync(QemuGuest guest, QemuProcess process, TimeProvider time, CancellationToken cancellationToken)
    {
        try
        {
            var answer = await process.Qmp!.ExecuteAsync("query-chardev", Patience, cancellationToken);
            if (!IsAgentThere(answer)) return;
            using var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
            await socket.ConnectAsync(new UnixDomainSocketEndPoint(guest.Folder.AgentSocket), cancellationToken);
            // The socket's folder is QEMU's, which could have put a link to another one there.
            if (QmpClient.ListenerOf(socket) != process.Process.Pid) return;
            await socket.SendAsync("{\"execute\":\"guest-set-time\"}\n"u8.ToArray(), cancellationToken);
            // The answer's content changes nothing, but closing before it would take the question back.
            await socket.ReceiveAsync(new byte[512], cancellationToken).AsTask().WaitAsync(Patience, time, cancellationToken);
        }
        catch (Exception exception) when (exception is QmpException or SocketException or TimeoutException or OperationCanceledException)
        {
            return; // the guest runs; its clock is its own matter
        }
    }

    private static bool IsAgentThere(JsonElement chardevs)
    {
        if (chardevs.ValueKind != JsonValueKind.Array) return false;
        foreach (var chardev in chardevs.EnumerateArray())
        {
            if (chardev.ValueKind == JsonValueKind.Object
                && chardev.TryGetProperty("label"u8, out var label) && label.ValueEquals("agent"u8)
                && chardev.TryGetProperty("frontend-open"u8, out var open)) return open.ValueKind == JsonValueKind.True;
        }

        return false;
    }
}
