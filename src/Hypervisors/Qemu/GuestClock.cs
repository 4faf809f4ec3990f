using System.Net.Sockets;
using System.Runtime.Versioning;
using System.Text.Json;
using Opportunism.Hypervisors.Qemu.Qmp;

namespace Opportunism.Hypervisors.Qemu;

/// <summary>Sets a guest's clock after a hold or a resume, through its guest agent. Without one its own NTP sets it.</summary>
[SupportedOSPlatform("linux")]
internal static class GuestClock
{
    // The agent in the guest replies in under a second; a guest whose agent does not keeps its clock.
    private static readonly TimeSpan TimeLimit = TimeSpan.FromSeconds(2);

    /// <summary>Asks the guest's agent to set the clock from the RTC, which follows the host's clock. A failure changes nothing.</summary>
    public static async Task SetAsync(QemuGuest guest, QemuProcess process, TimeProvider time, CancellationToken cancellationToken)
    {
        try
        {
            var answer = await process.Qmp!.ExecuteAsync("query-chardev", TimeLimit, cancellationToken);
            if (!IsAgentThere(answer)) return;
            using var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
            await socket.ConnectAsync(new UnixDomainSocketEndPoint(guest.Folder.AgentSocket), cancellationToken);
            // The socket's folder is QEMU's, which could have put a link to another socket there.
            if (QmpClient.ListenerOf(socket) != process.Process.Pid) return;
            await socket.SendAsync("{\"execute\":\"guest-set-time\"}\n"u8.ToArray(), cancellationToken);
            // The reply's content is not used, but closing before it arrives would cancel the request.
            await socket.ReceiveAsync(new byte[512], cancellationToken).AsTask().WaitAsync(TimeLimit, time, cancellationToken);
        }
        catch (Exception exception) when (exception is QmpException or SocketException or TimeoutException or OperationCanceledException)
        {
            return; // the guest runs, with its clock unset
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
