using System.Runtime.Versioning;
using Microsoft.Extensions.Time.Testing;
using Opportunism.Agent.Guests;
using Opportunism.Contracts.Nodes;
using Opportunism.Core;
using Opportunism.Core.Eviction;
using Opportunism.Core.Guests;
using Opportunism.TestKit.Disks;
using Xunit;

namespace Opportunism.UnitTests.Agent.Guests;

[SupportedOSPlatform("linux")]
public sealed class GuestJournalTests : IDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory("opp-book-").FullName;

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [Theory]
    [InlineData(GuestFate.Terminated, 1, GuestWish.Running, "", true)]
    [InlineData(GuestFate.Terminated, 2, GuestWish.Running, "", false)]
    [InlineData(GuestFate.ShutItselfDown, 1, GuestWish.Running, "", true)]
    [InlineData(GuestFate.ShutItselfDown, 2, GuestWish.Running, "", false)]
    [InlineData(GuestFate.Relocating, 1, GuestWish.Running, "", true)]
    [InlineData(GuestFate.Relocating, 2, GuestWish.Running, "", false)]
    [InlineData(GuestFate.Relocating, 2, GuestWish.HandedOver, "", true)]
    [InlineData(GuestFate.HandedOver, 1, GuestWish.Running, "", true)]
    [InlineData(GuestFate.HandedOver, 9, GuestWish.Running, "", true)]
    [InlineData(GuestFate.HandedOver, 9, GuestWish.HandedOver, "", true)]
    [InlineData(GuestFate.HandedOver, 1, GuestWish.Running, "planned", true)]
    [InlineData(GuestFate.HandedOver, 1, GuestWish.Running, "left", false)]
    [InlineData(GuestFate.HandedOver, 1, GuestWish.Running, "later", false)]
    internal void What_became_of_a_guest_counts_until_a_newer_wish_overtakes_it(
        GuestFate fate, ulong generation, GuestWish wish, string disk, bool holds)
    {
        var entry = new GuestEntry { Fate = fate, Generation = 1, DiskSha256 = "left", PlannedDiskSha256 = "planned" };
        Assert.Equal(holds, GuestJournal.Holds(entry, Wanted(GuestId.New(), generation, wish, disk), here: true));
    }

    [Fact]
    public void It_is_known_again_after_a_restart()
    {
        var id = GuestId.New();
        var book = new GuestJournal(folder, TimeProvider.System);
        book.TakePlan(new NodePlan { Version = 3, Guests = { new GuestPlan { GuestId = id.Value, Name = "a" } } });
        book.Set(id, GuestFate.HandedOver, Wanted(id, 5, GuestWish.Running, ""), "abc");
        Assert.Null(book.Save());
        var again = new GuestJournal(folder, TimeProvider.System);
        Assert.Equal(
            (GuestFate.HandedOver, "abc", id.Value), (again.FateOf(id), again.HandedOverSha256(id), Assert.Single(again.Plan).GuestId));
    }

    [Fact]
    public void Garbled_files_are_as_none()
    {
        File.WriteAllText(Path.Combine(folder, "plan.bin"), "garbled, more than a little");
        File.WriteAllText(Path.Combine(folder, "fates.json"), "{ garbled");
        Assert.Empty(new GuestJournal(folder, TimeProvider.System).Plan);
    }

    [Fact]
    public void What_a_full_disk_refuses_counts_at_once_and_is_written_until_it_is_there()
    {
        using var disk = new SmallDisk(64);
        var time = new FakeTimeProvider();
        var (id, kept) = (GuestId.New(), GuestId.New());
        var book = new GuestJournal(disk.Folder, time);
        book.Set(kept, GuestFate.ShutItselfDown, Wanted(kept, 1, GuestWish.Running, ""));
        Assert.Null(book.Save());
        disk.Fill();

        book.Set(id, GuestFate.Terminated, Wanted(id, 1, GuestWish.Running, ""));
        book.TakePlan(new NodePlan { Version = 3, Guests = { new GuestPlan { GuestId = id.Value } } });
        Assert.NotNull(book.Save());

        Assert.Equal(
            (GuestFate.Terminated, false, true, 0UL), (book.FateOf(id), book.IsStored(id), book.IsStored(kept), book.StoredVersion));
        Assert.Equal(["fates.json", "plan.bin"], book.Problems.Select(item => Path.GetFileName(item.Sentence.Split(' ')[0])));
        Assert.All(book.Problems, item => Assert.Contains("No space left", item.Sentence, StringComparison.Ordinal));
        disk.MakeRoom();
        Assert.NotNull(book.Save()); // too early
        time.Advance(TimeSpan.FromSeconds(1));
        Assert.Null(book.Save());

        Assert.Equal((true, 3UL, 0), (book.IsStored(id), book.StoredVersion, book.Problems.Count));
        var again = new GuestJournal(disk.Folder, time);
        Assert.Equal((GuestFate.Terminated, GuestFate.ShutItselfDown, 1), (again.FateOf(id), again.FateOf(kept), again.Plan.Count));
    }

    [Fact]
    public void What_only_an_unwritten_plan_overtakes_stays_in_the_file()
    {
        using var disk = new SmallDisk(64);
        var id = GuestId.New();
        var book = new GuestJournal(disk.Folder, TimeProvider.System);
        book.Set(id, GuestFate.Terminated, Wanted(id, 1, GuestWish.Running, ""));
        Assert.Null(book.Save());
        disk.Fill(pagesLeft: 1);

        // Larger than the page that is left, so that fates can be written and the plan cannot.
        book.TakePlan(new NodePlan { Version = 3, Guests = { new GuestPlan { GuestId = id.Value, Name = new string('a', 6000) } } });
        book.Reconcile(new Dictionary<GuestId, WantedGuest> { [id] = Wanted(id, 2, GuestWish.Running, "") }, new HashSet<GuestId>());
        Assert.NotNull(book.Save());

        Assert.Equal(GuestFate.None, book.FateOf(id));
        Assert.Equal(GuestFate.Terminated, new GuestJournal(disk.Folder, TimeProvider.System).FateOf(id));
    }

    private static WantedGuest Wanted(GuestId id, ulong generation, GuestWish wish, string disk) =>
        new(
            new GuestSpec(id, "a", 1, 64, 1, new string('a', 64), ImageFormat.Raw), wish, generation, EvictionPolicies.Suspend, 0, disk, 0,
            false);
}
