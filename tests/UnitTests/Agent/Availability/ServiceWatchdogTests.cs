using System.Net.Sockets;
using System.Runtime.Versioning;
using System.Text;
using Microsoft.Extensions.Time.Testing;
using Opportunism.Agent.Availability;
using Opportunism.Agent.Availability.Linux;
using Xunit;

namespace Opportunism.UnitTests.Agent.Availability;

[SupportedOSPlatform("linux")]
public sealed class ServiceWatchdogTests : IDisposable
{
    private readonly string path = Path.Combine(Path.GetTempPath(), $"notify-{Guid.NewGuid():N}");
    private readonly Socket supervisor = new(AddressFamily.Unix, SocketType.Dgram, ProtocolType.Unspecified);
    private readonly FakeTimeProvider time = new();
    private readonly RecordedWait wait = new();

    public ServiceWatchdogTests() => supervisor.Bind(new UnixDomainSocketEndPoint(path));

    public void Dispose()
    {
        supervisor.Dispose();
        File.Delete(path);
    }

    [Fact]
    public void A_thread_that_waits_again_and_again_is_shown_to_the_supervisor_in_time()
    {
        var watched = Watched("20000000");
        for (var second = 0; second < 20; second += 5)
        {
            watched.Wait(TimeSpan.FromSeconds(5));
            time.Advance(TimeSpan.FromSeconds(5));
        }

        Assert.Equal(4, Received());
        Assert.Equal(Enumerable.Repeat<TimeSpan?>(TimeSpan.FromSeconds(5), 4), wait.Waits);
    }

    [Fact]
    public void It_is_never_waited_for_longer_than_half_of_what_the_supervisor_allows()
    {
        var watched = Watched("20000000");
        watched.Wait(null);
        watched.Wait(TimeSpan.FromHours(1));
        Assert.Equal([TimeSpan.FromSeconds(10), TimeSpan.FromSeconds(10)], wait.Waits);
    }

    [Fact]
    public void A_busy_thread_does_not_flood_the_supervisor()
    {
        var watched = Watched("20000000");
        for (var i = 0; i < 1000; i++) watched.Wait(TimeSpan.Zero);
        Assert.Equal(1, Received());
    }

    [Fact]
    public void A_supervisor_that_does_not_read_holds_up_nothing_and_nothing_is_allocated()
    {
        var watched = Watched("20000000");
        watched.Wait(null);
        for (var i = 0; i < 10_000; i++)
        {
            time.Advance(TimeSpan.FromSeconds(5));
            var before = GC.GetAllocatedBytesForCurrentThread();
            watched.Wait(null);
            Assert.Equal(before, GC.GetAllocatedBytesForCurrentThread());
        }
    }

    [Theory]
    [InlineData(null, "20000000", null)]
    [InlineData("socket", null, null)]
    [InlineData("socket", "0", null)]
    [InlineData("socket", "-5", null)]
    [InlineData("socket", "20000000", "1")]
    public void Without_a_watchdog_the_thread_waits_as_it_did(string? socket, string? period, string? pid) =>
        Assert.Same(
            wait,
            ServiceWatchdog.Over(
                wait, time, name => name switch { "NOTIFY_SOCKET" => socket is null ? null : path, "WATCHDOG_USEC" => period, _ => pid }));

    [Fact]
    public void It_disposes_of_the_wait_that_it_wraps()
    {
        Watched("20000000").Dispose();
        Assert.True(wait.IsDisposed);
    }

    private IOwnedWakeUp Watched(string period) =>
        ServiceWatchdog.Over(wait, time, name => name switch { "NOTIFY_SOCKET" => path, "WATCHDOG_USEC" => period, _ => null });

    private int Received()
    {
        var (count, buffer) = (0, new byte[64]);
        while (supervisor.Available > 0)
        {
            Assert.Equal("WATCHDOG=1", Encoding.ASCII.GetString(buffer, 0, supervisor.Receive(buffer)));
            count++;
        }

        return count;
    }

    /// <summary>Returns at once and keeps what it was asked for.</summary>
    private sealed class RecordedWait : IOwnedWakeUp
    {
        public List<TimeSpan?> Waits { get; } = new(20_000);

        public void Wake()
        {
        }

        public bool IsDisposed { get; private set; }

        public void Wait(TimeSpan? atMost) => Waits.Add(atMost);

        public void Dispose() => IsDisposed = true;
    }
}
