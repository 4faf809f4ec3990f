using System.Globalization;
using System.Text;
using System.Text.Json;
using Opportunism.Core.Guests;

namespace Opportunism.Hypervisors.Qemu;

/// <summary>QEMU's command line for a guest.</summary>
internal static class QemuArguments
{
    /// <summary>Most memory for translated code with TCG; QEMU's own default of 1 GiB would not fit under the guest's limit.</summary>
    public const int TranslationMiB = 128;

    /// <summary>What QEMU needs besides the guest's memory: measured 84 MiB with TCG, most of it translated code; 40 MiB with
    /// KVM.</summary>
    public static long OverheadMiB(string accelerator) => accelerator == "tcg" ? 192 + TranslationMiB : 192;

    /// <param name="spec">The guest.</param>
    /// <param name="imagePath">The backing image of its disk; empty for a disk without one.</param>
    /// <param name="folder">Its files.</param>
    /// <param name="machine">QEMU on this machine.</param>
    /// <param name="launch">What must be the same as when the checkpoint was made; for a new boot, what was chosen.</param>
    /// <param name="incoming">True to load a checkpoint.</param>
    public static IReadOnlyList<string> For(
        GuestSpec spec, string imagePath, GuestFolder folder, QemuMachine machine, LaunchRecord launch, bool incoming)
    {
        List<string> arguments =
        [
            // Every user of the desktop can read this line, so it does not have the tenant's name for the guest.
            "-name", spec.Id.Value,
            "-nodefaults", "-no-user-config", "-display", "none",
            "-sandbox", "on,obsolete=deny,elevateprivileges=deny,spawn=deny,resourcecontrol=deny",
            // Paused until the agent releases it: nothing of a guest runs before it can be held.
            "-S",
            "-machine", $"{launch.MachineType},memory-backend=ram,vmport=off",
            "-accel", launch.Accelerator == "tcg" ? $"tcg,tb-size={TranslationMiB}" : launch.Accelerator,
            // la57: TCG would offer five-level page tables, which cost it a third of its speed.
            "-cpu", launch.Accelerator == "tcg" ? "max,la57=off" : "host",
            "-smp", Number(spec.Vcpus),
            "-m", $"size={Number(spec.MemoryMiB)}M",
            "-object", $"memory-backend-file,id=ram,size={Number(spec.MemoryMiB)}M,mem-path={Quoted(folder.Ram)},share=on,prealloc=off",
            "-rtc", "base=utc,clock=host",
            "-boot", "strict=on",
            "-chardev", $"socket,id=qmp,path={Quoted(folder.QmpSocket)},server=on,wait=off",
            "-mon", "chardev=qmp,mode=control",
            "-chardev", $"file,id=console,path={Quoted(folder.Console)},append=on",
            "-serial", "chardev:console",
            "-object", "rng-builtin,id=rng",
            "-device", "virtio-rng-pci,rng=rng",
            "-device", "virtio-serial-pci,id=serial",
            "-chardev", $"socket,id=agent,path={Quoted(folder.AgentSocket)},server=on,wait=off",
            "-device", "virtserialport,bus=serial.0,chardev=agent,name=org.qemu.guest_agent.0",
        ];
        AddDisk(arguments, spec, imagePath, folder, machine);
        if (launch.Network != nameof(GuestNetwork.None))
        {
            arguments.AddRange(["-netdev", launch.Network == nameof(GuestNetwork.User) ? "user,id=net" : "user,id=net,restrict=on"]);
            arguments.AddRange(["-device", $"virtio-net-pci,netdev=net,romfile=,mac={MacOf(spec)}"]);
        }

        if (incoming) arguments.AddRange(["-incoming", "defer"]);
        return arguments;
    }

    /// <summary>A card's address that is the same for a guest wherever it runs.</summary>
    public static string MacOf(GuestSpec spec)
    {
        // 52:54:00 is QEMU's own prefix; the rest is as random as the guest's id.
        var id = spec.Id.Value;
        return $"52:54:00:{id[..2]}:{id[2..4]}:{id[4..6]}";
    }

    /// <summary>The disk for QEMU and qemu-img: every format and every file is stated, nothing is read from the file itself.</summary>
    public static void WriteDisk(Utf8JsonWriter json, GuestSpec spec, string imagePath, string diskPath, bool direct, bool readOnly)
    {
        json.WriteString("driver"u8, "qcow2"u8);
        json.WriteBoolean("read-only"u8, readOnly);
        json.WriteStartObject("file"u8);
        WriteFile(json, diskPath, direct, readOnly);
        json.WriteEndObject();
        if (imagePath.Length == 0)
        {
            json.WriteNull("backing"u8);
            return;
        }

        json.WriteStartObject("backing"u8);
        json.WriteString("driver"u8, spec.ImageFormat == ImageFormat.Raw ? "raw"u8 : "qcow2"u8);
        json.WriteBoolean("read-only"u8, true);
        json.WriteStartObject("file"u8);
        WriteFile(json, imagePath, direct, readOnly: true);
        json.WriteEndObject();
        if (spec.ImageFormat == ImageFormat.Qcow2) json.WriteNull("backing"u8);
        json.WriteEndObject();
    }

    private static void AddDisk(List<string> arguments, GuestSpec spec, string imagePath, GuestFolder folder, QemuMachine machine)
    {
        using var buffer = new MemoryStream();
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            json.WriteString("node-name"u8, "disk"u8);
            json.WriteString("discard"u8, "unmap"u8);
            WriteDisk(json, spec, imagePath, folder.Disk, machine.DirectDisk, readOnly: false);
            json.WriteEndObject();
        }

        arguments.AddRange(["-blockdev", Encoding.UTF8.GetString(buffer.ToArray())]);
        arguments.AddRange(["-device", "virtio-blk-pci,drive=disk,bootindex=0"]);
    }

    private static void WriteFile(Utf8JsonWriter json, string path, bool direct, bool readOnly)
    {
        json.WriteString("driver"u8, "file"u8);
        json.WriteString("filename"u8, path);
        json.WriteBoolean("read-only"u8, readOnly);
        if (!readOnly) json.WriteString("discard"u8, "unmap"u8);
        json.WriteStartObject("cache"u8);
        json.WriteBoolean("direct"u8, direct);
        json.WriteEndObject();
    }

    // In QEMU's option lists a comma in a value is written twice.
    private static string Quoted(string path) => path.Replace(",", ",,", StringComparison.Ordinal);

    private static string Number(int value) => value.ToString(CultureInfo.InvariantCulture);
}
