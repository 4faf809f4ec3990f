using Microsoft.Extensions.Time.Testing;
using Opportunism.Agent.Transfers;
using Xunit;

namespace Opportunism.UnitTests.Agent.Transfers;

public sealed class OwnerTrafficTests
{
    private const int Limit = 250_000;

    private readonly FakeTimeProvider time = new();
    private readonly PlayedNetwork network = new();
    private readonly OwnerTraffic traffic;
    private long own;

    public OwnerTrafficTests() => traffic = new OwnerTraffic(network, () => own, Limit, time);

    [Fact]
    public void Nothing_travels_before_the_first_count() => Assert.Equal([true, false], [Waits(), NextWaits(others: 0)]);

    [Theory]
    [InlineData(Limit - 1, false)]
    [InlineData(Limit, true)]
    public void The_owner_uses_the_network_from_the_limit_on(long others, bool waits)
    {
        Waits();
        Assert.Equal(waits, NextWaits(others));
    }

    [Fact]
    public void Our_own_transfers_with_their_headers_are_not_the_owners()
    {
        Waits();
        for (var second = 0; second < 60; second++)
        {
            own += 50_000_000;
            Assert.False(NextWaits(others: 50_000_000L * 107 / 100));
        }
    }

    [Fact]
    public void The_owners_traffic_is_noticed_beside_a_transfer()
    {
        Waits();
        own += 1_000_000;
        Assert.True(NextWaits(others: 1_100_000 + Limit));
    }

    [Fact]
    public void Transfers_go_on_some_seconds_after_the_owners_last_traffic()
    {
        Waits();
        Assert.True(NextWaits(others: Limit));
        Assert.True(NextWaits(others: Limit));
        var seconds = 0;
        while (NextWaits(others: 1000)) Assert.InRange(++seconds, 1, 100);
        Assert.Equal(OwnerTraffic.QuietAfter.TotalSeconds - 1, seconds);
    }

    [Fact]
    public void What_cannot_be_counted_is_the_owners()
    {
        Waits();
        network.Total = null;
        time.Advance(OwnerTraffic.Window);
        Assert.True(Waits());
    }

    [Fact]
    public void A_count_that_is_too_old_says_nothing_about_now()
    {
        Waits();
        Assert.False(NextWaits(others: 0));
        network.Total += 1_000_000_000; // an hour ago
        time.Advance(TimeSpan.FromHours(1));
        Assert.True(Waits());
        Assert.False(NextWaits(others: 0));
    }

    [Fact]
    public async Task While_the_owner_is_away_nothing_waits_for_it()
    {
        var away = false;
        var pace = new TransferPace(new Pace(1_000_000, time), traffic, () => away, time);
        Waits();
        Assert.True(NextWaits(others: 10 * Limit));
        var taken = pace.TakeAsync(1, CancellationToken.None).AsTask();
        network.Total += 10 * Limit;
        time.Advance(OwnerTraffic.Window);
        Assert.False(taken.IsCompleted);

        away = true;
        time.Advance(OwnerTraffic.Window);
        await taken.WaitAsync(TimeSpan.FromMinutes(1), TimeProvider.System, TestContext.Current.CancellationToken);
    }

    private bool NextWaits(long others)
    {
        network.Total += others;
        time.Advance(OwnerTraffic.Window);
        return Waits();
    }

    private bool Waits() => traffic.Wait() > TimeSpan.Zero;

    private sealed class PlayedNetwork : INetworkReader
    {
        public long? Total { get; set; } = 12345;

        public long? TotalBytes() => Total;
    }
}
