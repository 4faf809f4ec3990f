using System.Globalization;
using Opportunism.Cli.Terminal;
using Opportunism.Contracts.Api;

namespace Opportunism.Cli.Vms;

/// <summary>How virtual machines are shown.</summary>
internal static class VmText
{
    public static TextTable Table(IEnumerable<VmView> vms, TimeProvider time)
    {
        var table = TextTable.With("vm", "status", "for", "node", "size", "image", "policy", "why");
        foreach (var vm in vms)
        {
            table.Row(
                vm.Name, vm.Status.ToString(), Words.Since(vm.Since, time), vm.Node ?? "-",
                $"{Words.Count(vm.Vcpus, "vcpu")}, {Words.MiB(vm.MemoryMiB)}", vm.Image, vm.Policy, Why(vm));
        }

        return table;
    }

    public static void Write(CliWorld world, VmView vm) => world.Console.Write(TextTable.Of(
        ("vm", vm.Name),
        ("id", vm.Id),
        ("status", vm.Status.ToString()),
        ("because", Why(vm)),
        ("for", Words.Since(vm.Since, world.Time)),
        ("node", vm.Node ?? "none yet"),
        ("size", $"{Words.Count(vm.Vcpus, "vcpu")}, {Words.MiB(vm.MemoryMiB)} memory, {Words.MiB(vm.DiskMiB)} disk"),
        ("image", $"{vm.Image} ({vm.ImageSha256})"),
        ("when the owner stays", vm.Policy),
        ("placed", $"{Words.Count(vm.Placements, "time")}, asked for {Words.At(vm.Created, world.Time)}"),
        ("last hold", Ms(vm.Times.HoldMs)),
        ("last thaw", Ms(vm.Times.ThawMs)),
        ("memory given back", vm.Times.MemoryReturnedMs is { } returned ? $"{vm.Times.MemoryReturnedMiB} MiB in {Ms(returned)}" : ""),
        ("last resume", Ms(vm.Times.ResumeMs)),
        ("checkpoint", vm.Times.CheckpointMiB is { } size ? Words.MiB(size) : "")));

    private static string Why(VmView vm) =>
        vm.Progress is > 0 and < 1 ? string.Create(CultureInfo.InvariantCulture, $"{vm.Why} {vm.Progress * 100:0} %").Trim() : vm.Why;

    private static string Ms(double? milliseconds) =>
        milliseconds is { } value ? string.Create(CultureInfo.InvariantCulture, $"{value:0.0} ms") : "";
}
