using Opportunism.Core.Guests;
using Opportunism.Hypervisors;

namespace Opportunism.Agent.Guests;

/// <summary>Whether a guest has room in the memory and the CPUs that the node lends.</summary>
internal sealed class LentRoom(IHypervisor hypervisor, GuestOptions options)
{
    /// <summary>Why a guest has no room, or null.</summary>
    /// <param name="spec">The guest.</param>
    /// <param name="works">Steps that are under way: those that take memory count too.</param>
    public string? ProblemOf(GuestSpec spec, IEnumerable<GuestWork> works)
    {
        var others = hypervisor.Guests.Where(guest => guest.TakesMemory && guest.Id != spec.Id).Select(guest => guest.Spec)
            .Concat(works
                .Where(work => GuestStepRules.TakesMemory(work.Step) && work.Under is not null && work.Guest != spec.Id)
                .Select(work => work.Under!.Spec))
            .DistinctBy(other => other.Id).ToArray();
        var (memory, vcpus) = (others.Sum(other => (long)other.MemoryMiB), others.Sum(other => other.Vcpus));
        var (mostMemory, mostVcpus) = (options.LentMemoryMiB(), options.LentVcpus());
        if (memory + spec.MemoryMiB > mostMemory)
            return $"waits for room: {spec.MemoryMiB} MiB of memory are needed, {memory} of {mostMemory} MiB are taken";
        return vcpus + spec.Vcpus > mostVcpus ? $"waits for room: {spec.Vcpus} CPUs are needed, {vcpus} of {mostVcpus} are taken" : null;
    }
}
