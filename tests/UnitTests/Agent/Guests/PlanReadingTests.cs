using CsCheck;
using Google.Protobuf;
using Opportunism.Agent.Guests;
using Opportunism.Contracts.Nodes;
using Opportunism.Core.Guests;
using Xunit;

namespace Opportunism.UnitTests.Agent.Guests;

public sealed class PlanReadingTests
{
    public static TheoryData<string, Action<GuestPlan>> Hostile { get; } = new()
    {
        { "id with a path", plan => plan.GuestId = "../../../../etc/cron.d/aaaaaaaaa" },
        { "empty id", plan => plan.GuestId = "" },
        { "upper case id", plan => plan.GuestId = new string('A', 32) },
        { "unknown wish", plan => plan.Wish = "Flying" },
        { "wish as a number", plan => plan.Wish = "3" },
        { "wish as a list", plan => plan.Wish = "Running, Gone" },
        { "unknown policy", plan => plan.EvictionPolicy = "shoot" },
        { "format probed", plan => plan.ImageFormat = "Auto" },
        { "name with options", plan => plan.Name = "a,process=b" },
        { "name with newline", plan => plan.Name = "a\nb" },
        { "no CPU", plan => plan.Vcpus = 0 },
        { "CPUs that wrap around", plan => plan.Vcpus = uint.MaxValue },
        { "memory that wraps around", plan => plan.MemoryMib = 0x8000_0001 },
        { "no memory", plan => plan.MemoryMib = 0 },
        { "huge disk", plan => plan.DiskMib = uint.MaxValue },
        { "image name that is a path", plan => plan.ImageSha256 = "/etc/shadow" },
        { "disk name that is a path", plan => plan.DiskSha256 = "../../etc/shadow" },
        { "image of an exabyte", plan => plan.ImageBytes = ulong.MaxValue },
        { "disk of an exabyte", plan => plan.DiskBytes = 1UL << 60 },
    };

    [Fact]
    public void A_good_guest_is_taken_up()
    {
        var reading = PlanReading.Of([Good()]);
        Assert.Empty(reading.Problems);
        var guest = Assert.Single(reading.Guests).Value;
        Assert.Equal((GuestWish.Running, 7UL, "relocate", 128), (guest.Wish, guest.Generation, guest.Policy.Name, guest.Spec.MemoryMiB));
    }

    [Theory]
    [MemberData(nameof(Hostile), DisableDiscoveryEnumeration = true)]
    public void A_hostile_guest_is_skipped_and_reported_and_the_others_are_not_harmed(string what, Action<GuestPlan> spoil)
    {
        var bad = Good();
        spoil(bad);
        var reading = PlanReading.Of([bad, Good('b')]);
        Assert.True(reading.Guests.Count == 1 && reading.Guests.Keys.Single().Value == new string('b', 32), what);
        Assert.Single(reading.Problems);
    }

    [Fact]
    public void A_guest_named_twice_is_not_touched()
    {
        var reading = PlanReading.Of([Good(), Good(), Good('b')]);
        Assert.Equal(new string('b', 32), Assert.Single(reading.Guests).Key.Value);
        Assert.Single(reading.Problems);
    }

    [Fact]
    public void A_plan_with_too_many_guests_is_taken_in_part_and_its_problems_are_few()
    {
        var plans = Enumerable.Range(0, 5000).Select(i =>
        {
            var plan = Good();
            plan.GuestId = i.ToString("x32", System.Globalization.CultureInfo.InvariantCulture);
            if (i % 2 == 0) plan.Vcpus = 0;
            return plan;
        }).ToArray();
        var reading = PlanReading.Of(plans);
        Assert.Equal(NodeContract.MostGuests / 2, reading.Guests.Count);
        Assert.InRange(reading.Problems.Count, 1, 8);
    }

    [Fact]
    public void Any_text_and_number_in_any_field_harms_no_other_guest()
    {
        var text = Gen.OneOf(
            Gen.String, Gen.String[Gen.Char.AlphaNumeric, 0, 80], Gen.Const("Running"), Gen.Const(new string('d', 32)),
            Gen.Const(new string('c', 64)));
        var guests = Gen.Select(
            text, text, text, text, text, text, Gen.UInt, Gen.ULong, (id, name, wish, policy, image, disk, number, size) => new GuestPlan
            {
                GuestId = id,
                Name = name,
                Wish = wish,
                EvictionPolicy = policy,
                ImageFormat = name,
                ImageSha256 = image,
                DiskSha256 = disk,
                Vcpus = number,
                MemoryMib = number,
                DiskMib = number,
                ImageBytes = size,
                DiskBytes = size,
                Generation = size,
            });
        guests.Array[0, 5].Sample(others =>
        {
            var reading = PlanReading.Of([.. others, Good()]);
            Assert.Contains(reading.Guests, guest => guest.Key.Value == new string('a', 32));
            Assert.DoesNotContain(reading.Guests.Values, guest => guest.Spec.Problems().Any());
        }, iter: 5000);
    }

    [Fact]
    public void Any_bytes_are_no_plan_or_one_that_can_be_read()
    {
        var good = new NodePlan
        {
            Version = 7,
            Guests = { Good(), Good('b') },
            Policy = new PolicyPlan { IdleFor = new() { Seconds = 60 } },
        }.ToByteArray();
        var read = 0;
        Gen.Select(Gen.Int[0, good.Length - 1], Gen.Byte, Gen.Int[0, good.Length], Gen.Byte.Array[0, 20]).Array[1, 3].Sample(changes =>
        {
            var bytes = good.ToArray();
            foreach (var (at, value, cut, more) in changes)
            {
                if (at < bytes.Length) bytes[at] = value;
                if (value % 8 == 0) bytes = [.. bytes[..Math.Min(cut, bytes.Length)], .. more];
            }

            if (TryParse(bytes) is not { } plan) return;
            Interlocked.Increment(ref read);
            Assert.InRange(PlanReading.Of(plan.Guests).Guests.Count, 0, plan.Guests.Count);
        }, iter: 20_000);
        Assert.InRange(read, 100, 20_000);

        static NodePlan? TryParse(byte[] bytes)
        {
            try
            {
                return NodePlan.Parser.ParseFrom(bytes);
            }
            catch (InvalidProtocolBufferException)
            {
                return null; // gRPC ends the stream, and the agent dials again
            }
        }
    }

    private static GuestPlan Good(char digit = 'a') => new()
    {
        GuestId = new string(digit, 32),
        Name = "guest",
        Wish = "Running",
        Generation = 7,
        EvictionPolicy = "relocate",
        Vcpus = 1,
        MemoryMib = 128,
        DiskMib = 64,
        ImageSha256 = new string('c', 64),
        ImageFormat = "Qcow2",
        ImageBytes = 1000,
    };
}
