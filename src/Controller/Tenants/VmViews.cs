using Opportunism.Clouds;
using Opportunism.Contracts.Api;

namespace Opportunism.Controller.Tenants;

/// <summary>The API's view of VMs.</summary>
internal static class VmViews
{
    public static VmView ViewOf(FoundVm found) => ViewOf(found.Vm, found.Cloud.Name);

    private static VmView ViewOf(TenantVm vm, string cloud) => new()
    {
        Id = vm.Id.Value,
        Cloud = cloud,
        Name = vm.Spec.Name,
        Status = vm.Status,
        Why = vm.Why,
        Since = vm.Since,
        Node = vm.Node?.Value,
        Vcpus = vm.Spec.Vcpus,
        MemoryMiB = vm.Spec.MemoryMiB,
        DiskMiB = vm.Spec.DiskMiB,
        Image = vm.ImageName,
        ImageSha256 = vm.Spec.ImageSha256,
        Policy = vm.Policy,
        Progress = vm.Seen?.Progress ?? 0,
        Times = new()
        {
            HoldMs = vm.Seen?.HoldMs,
            MemoryReturnedMs = vm.Seen?.MemoryReturnedMs,
            MemoryReturnedMiB = vm.Seen?.MemoryReturnedMiB,
            ResumeMs = vm.Seen?.ResumeMs,
            ThawMs = vm.Seen?.ThawMs,
            CheckpointMiB = vm.Seen?.CheckpointMiB,
        },
        Placements = vm.Placements,
        Created = vm.Created,
    };
}
