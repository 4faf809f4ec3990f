using System.Runtime.Versioning;
using Opportunism.Agent.Guests;
using Opportunism.Contracts.Nodes;
using Opportunism.Core;
using Opportunism.Core.Availability;
using Opportunism.Core.Guests;
using Opportunism.TestKit.Disks;
using Xunit;

namespace Opportunism.UnitTests.Agent.Guests;

/// <summary>No room at every write of the agent: a real file system is filled before each part
/// of a day so that it fails at the first, second, third ... page that is written.</summary>
[SupportedOSPlatform("linux")]
public sealed class FullDiskTests
{
    // More than a part of the day ever writes: the last columns of the matrix are days without a failure.
    private const int MostPages = 8;

    private static readonly string[] Parts = ["plan", "start", "shut down", "terminate", "hand over", "delete", "start again"];

    public static TheoryData<string> AllParts { get; } = [.. Parts];

    [Theory]
    [MemberData(nameof(AllParts))]
    public async Task Nothing_that_was_acknowledged_is_lost_and_all_of_it_happens_once_there_is_room_again(string full)
    {
        var failed = 0;
        for (var pages = 0; pages <= MostPages; pages++)
        {
            await using var day = new Day(full, pages);
            await day.PlayAsync();
            failed += day.Failed ? 1 : 0;
        }

        Assert.InRange(failed, 1, MostPages);
    }

    /// <summary>One day with four guests, of which each ends in another way.</summary>
    private sealed class Day : IAsyncDisposable
    {
        private readonly SmallDisk disk = new(512);
        private readonly string fullPart;
        private readonly int pages;
        private readonly KeeperSite site;
        private readonly CancellationTokenSource end = new();
        private Task watching = Task.CompletedTask;

        public Day(string fullPart, int pages)
        {
            (this.fullPart, this.pages) = (fullPart, pages);
            site = new KeeperSite(disk.Folder);
        }

        /// <summary>Whether a write failed.</summary>
        public bool Failed { get; private set; }

        public async Task PlayAsync()
        {
            await site.StartAsync();
            watching = WatchAsync();
            GuestId stays = default, off = default, terminated = default, leaves = default;
            await PartAsync("plan", () => stays = site.Wish(GuestWish.Running), () => Acknowledged());
            await PartAsync("start", () =>
            {
                site.Enter(NodeState.Available);
                (off, terminated) = (site.Wish(GuestWish.Running),
                    site.Wish(GuestWish.Running, change: plan => plan.EvictionPolicy = "terminate"));
                leaves = site.Wish(GuestWish.Running, change: plan => plan.EvictionPolicy = "relocate");
            }, () => Acknowledged() && new[] { stays, off, terminated, leaves }.All(id => site.StatusOf(id)?.Phase == GuestPhase.Running));
            await PartAsync("shut down", () => site.Machine.ShutDownFromInside(off), () => FateOnDisk(off) == GuestFate.ShutItselfDown);
            await PartAsync(
                "terminate", () => site.Enter(NodeState.Evicting),
                () => FateOnDisk(terminated) == GuestFate.Terminated && site.StatusOf(terminated) is null);
            await PartAsync(
                "hand over", () => site.Wish(GuestWish.HandedOver, leaves),
                () => site.ReportOf(leaves)?.Phase == "HandedOver" && Acknowledged());
            await PartAsync("delete", () => site.Wish(GuestWish.Gone, leaves), () => site.StatusOf(leaves) is null && Acknowledged());
            await site.UntilAsync(stays, GuestPhase.Suspended);
            await site.RestartAsync();
            await PartAsync("start again", () =>
            {
                site.Send();
                site.Enter(NodeState.Available);
            }, () => site.StatusOf(stays)?.Phase == GuestPhase.Running && Acknowledged());
            await site.AssertNothingStartsAsync(off, terminated, leaves);
            // The disk of this test is too small to lend a GiB of it.
            await site.UntilAsync(() => site.Keeper.Reports.Current.Health is [{ Code: "guests.no-disk" }], "all is well again");
        }

        public async ValueTask DisposeAsync()
        {
            await end.CancelAsync();
            await watching;
            end.Dispose();
            await site.DisposeAsync();
            disk.Dispose();
        }

        /// <summary>Plays a part with a full disk where it is that part's turn: it
        /// comes to its end, or health names the failure until there is room.</summary>
        private async Task PartAsync(string part, Action begin, Func<bool> ended)
        {
            var isFull = part == fullPart;
            if (isFull)
            {
                await SettleAsync();
                disk.Fill(pages);
            }

            begin();
            await site.UntilAsync(() =>
            {
                // What the keeper removes meanwhile makes no room where there is to be none.
                if (isFull && pages == 0) disk.TopUp();
                return ended() || HealthNamesIt();
            }, $"{part} with {pages} pages left has ended or failed by name");
            Failed |= HealthNamesIt();
            disk.MakeRoom();
            await site.UntilAsync(ended, $"{part} has ended once there is room");
        }

        /// <summary>Lets the keeper end what the part before has left to do, such as removing files that are not needed any more.</summary>
        private async Task SettleAsync()
        {
            const int Looks = 30;
            for (var (still, before) = (0, disk.FreePages); still < Looks; still++)
            {
                site.Time.Advance(TimeSpan.FromMilliseconds(50));
                await Task.Delay(TimeSpan.FromMilliseconds(1), TimeProvider.System);
                if (disk.FreePages == before) continue;
                (still, before) = (0, disk.FreePages);
            }
        }

        private bool HealthNamesIt() =>
            site.Keeper.Reports.Current.Health.Any(item => item.Code is "agent.state.not-stored" or "guests.step-failed"
            && (
                item.Sentence.Contains("No space left", StringComparison.Ordinal)
                    || item.Sentence.Contains("no room", StringComparison.Ordinal))
                && item.Remedy.Length > 0);

        private bool Acknowledged() => site.Keeper.Reports.Current.PlanVersion == site.Plan.Current.Version;

        private GuestFate FateOnDisk(GuestId id) => new GuestJournal(disk.Folder, site.Time).FateOf(id);

        /// <summary>Holds every report against what is on the disk at that moment: what it acknowledges is there.</summary>
        private async Task WatchAsync()
        {
            var seen = GuestsReport.NotYet;
            while (!end.IsCancellationRequested)
            {
                var keeper = site.Keeper;
                seen = keeper.Reports.Current;
                var stored = StoredVersion();
                Assert.True(seen.PlanVersion <= stored, $"Plan {seen.PlanVersion} is acknowledged, {stored} is stored.");
                foreach (var guest in seen.Guests.Where(guest => guest.Phase == nameof(GuestPhase.HandedOver)))
                {
                    Assert.True(
                        FateOnDisk(GuestId.Parse(guest.GuestId)) == GuestFate.HandedOver
                            || site.ReportOf(GuestId.Parse(guest.GuestId)) is not { Phase: nameof(GuestPhase.HandedOver) },
                        "handed over is reported and not stored");
                }

                await Task.Delay(TimeSpan.FromMilliseconds(1), TimeProvider.System);
            }
        }

        private ulong StoredVersion()
        {
            var path = Path.Combine(disk.Folder, "plan.bin");
            return File.Exists(path) ? NodePlan.Parser.ParseFrom(File.ReadAllBytes(path)).Version : 0;
        }
    }
}
