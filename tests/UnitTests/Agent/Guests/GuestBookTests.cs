using Opportunism.Agent.Guests;
using Opportunism.Contracts.Nodes;
using Opportunism.Core;
using Opportunism.Core.Eviction;
using Opportunism.Core.Guests;
using Xunit;

namespace Opportunism.UnitTests.Agent.Guests;

public sealed class GuestBookTests : IDisposable
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
    internal void What_became_of_a_guest_counts_until_a_newer_wish_overtakes_it(GuestFate fate, ulong generation, GuestWish wish, string disk, bool holds)
    {
        var entry = new GuestEntry { Fate = fate, Generation = 1, DiskSha256 = "left", PlannedDiskSha256 = "planned" };
        Assert.Equal(holds, GuestBook.Holds(entry, Wanted(GuestId.New(), generation, wish, disk), here: true));
    }

    [Fact]
    public void It_is_known_again_after_a_restart()
    {
        var id = GuestId.New();
        var book = new GuestBook(folder);
        book.TakePlan(new NodePlan { Version = 3, Guests = { new GuestPlan { GuestId = id.Value, Name = "a" } } });
        book.Set(id, GuestFate.HandedOver, Wanted(id, 5, GuestWish.Running, ""), "abc");
        var again = new GuestBook(folder);
        Assert.Equal((GuestFate.HandedOver, "abc", id.Value), (again.FateOf(id), again.HandedOverSha256(id), Assert.Single(again.Plan).GuestId));
    }

    [Fact]
    public void Garbled_files_are_as_none()
    {
        File.WriteAllText(Path.Combine(folder, "plan.bin"), "garbled, more than a little");
        File.WriteAllText(Path.Combine(folder, "fates.json"), "{ garbled");
        Assert.Empty(new GuestBook(folder).Plan);
    }

    private static WantedGuest Wanted(GuestId id, ulong generation, GuestWish wish, string disk) =>
        new(new GuestSpec(id, "a", 1, 64, 1, new string('a', 64), ImageFormat.Raw), wish, generation, EvictionPolicies.Default, 0, disk, 0, false);
}
