using Opportunism.Contracts.Nodes;
using Opportunism.Core;
using Opportunism.Core.Guests;
using Opportunism.Core.Health;

namespace Opportunism.Agent.Guests;

/// <summary>The valid part of a plan. Whatever the controller sends, at worst a guest is not run here. Pure.</summary>
/// <param name="Guests">Guests that may be acted upon, by id.</param>
/// <param name="Problems">What was skipped and why.</param>
internal sealed record PlanReading(IReadOnlyDictionary<GuestId, WantedGuest> Guests, IReadOnlyList<HealthItem> Problems)
{
    /// <summary>Largest image or disk: 16 TiB, as for a guest's own disk.</summary>
    private const ulong LargestFile = 1UL << 44;

    // Enough to see what is wrong, few enough that a hostile plan does not fill the report.
    private const int MostProblems = 8;

    public static PlanReading Of(IReadOnlyCollection<GuestPlan> plan)
    {
        var guests = new Dictionary<GuestId, WantedGuest>();
        var twice = new HashSet<GuestId>();
        var problems = new List<string>();
        foreach (var guest in plan.Take(NodeContract.MostGuests))
        {
            if (Read(guest, out var problem) is not { } wanted) problems.Add(problem);
            else if (!guests.TryAdd(wanted.Spec.Id, wanted) && twice.Add(wanted.Spec.Id))
                problems.Add($"Guest {wanted.Spec.Id} stands in the plan twice.");
        }

        // It is unclear which of the two is meant, so neither is changed.
        foreach (var id in twice) guests.Remove(id);
        if (plan.Count > NodeContract.MostGuests)
            problems.Add($"The plan names {plan.Count} guests; {NodeContract.MostGuests} are the most a node takes.");
        return new PlanReading(
            guests,
            [
                .. problems.Take(MostProblems)
                    .Select(
                        text => new HealthItem(
                            "guests.plan.refused", HealthSeverity.Error, text,
                            "Look at the controller: it asks for something no node may do."))]);
    }

    private static WantedGuest? Read(GuestPlan plan, out string problem)
    {
        problem = "";
        if (!GuestId.TryParse(plan.GuestId, out var id))
        {
            problem = "A guest of the plan has an id that is not 32 lower-case hexadecimal digits.";
            return null;
        }

        if (!EnumName.TryParse<GuestWish>(plan.Wish, out var wish)) problem = $"Guest {id}: this version does not support its wish.";
        else if (GuestActions.Policies.Find(plan.EvictionPolicy) is null)
            problem = $"Guest {id}: its eviction policy is none of {GuestActions.Policies.Names}.";
        else if (!EnumName.TryParse<ImageFormat>(plan.ImageFormat, out _))
            problem = $"Guest {id}: its image format is none of {string.Join(", ", Enum.GetNames<ImageFormat>())}.";
        else if (plan.Vcpus > int.MaxValue || plan.MemoryMib > int.MaxValue || plan.DiskMib > int.MaxValue)
            problem = $"Guest {id}: a size is out of range.";
        else if (plan.ImageBytes > LargestFile || plan.DiskBytes > LargestFile)
            problem = $"Guest {id}: its image or disk is larger than 16 TiB.";
        else if (plan.DiskSha256.Length > 0 && !NodeContract.IsSha256(plan.DiskSha256))
            problem = $"Guest {id}: disk_sha256 is not 64 lower-case hexadecimal digits.";
        if (problem.Length > 0) return null;

        _ = EnumName.TryParse<ImageFormat>(plan.ImageFormat, out var format);
        var spec = new GuestSpec(id, plan.Name, (int)plan.Vcpus, (int)plan.MemoryMib, (int)plan.DiskMib, plan.ImageSha256, format);
        if (spec.Problems().FirstOrDefault() is { } refused)
        {
            problem = $"Guest {id}: {refused}";
            return null;
        }

        return new WantedGuest(
            spec, wish, plan.Generation, GuestActions.Policies.Find(plan.EvictionPolicy)!, (long)plan.ImageBytes, plan.DiskSha256,
            (long)plan.DiskBytes, plan.ConsoleWanted);
    }
}
