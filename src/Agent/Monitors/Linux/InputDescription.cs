using System.Runtime.Versioning;

namespace Opportunism.Agent.Monitors.Linux;

/// <summary>The kernel's description of an input device, read before it is opened.</summary>
/// <param name="Node">The kernel's name of it, such as <c>event3</c>.</param>
/// <param name="Name">Its maker's name, such as <c>AT Translated Set 2 keyboard</c>.</param>
/// <param name="Phys">Where it is plugged in, such as <c>usb-0000:00:14.0-1/input0</c>; empty when the driver does not set it.</param>
/// <param name="Kind">The kind of device.</param>
/// <param name="MovesByItself">True when it may report without a person.</param>
/// <param name="Virtual">True when a program created it (uinput).</param>
/// <param name="OfSeat">True when it shows that a person may sit at this machine.</param>
[SupportedOSPlatform("linux")]
internal sealed record InputDescription(
    string Node, string Name, string Phys, InputKind Kind, bool MovesByItself, bool Virtual, bool OfSeat)
{
    // A maker's name is shown in logs and terminals: the kernel allows 80 or more arbitrary bytes.
    private const int LongestText = 100;

    /// <summary>The device as a source of activity, with a place that distinguishes devices of the same name.</summary>
    public ActivitySource Source { get; } = new(Name, Phys.Length == 0 ? Node : $"{Node} at {Phys}", MovesByItself);

    /// <summary>True when the list contains it: by its name, its event node with or without the folder, where it is plugged in, or as
    /// <c>status</c> shows it.</summary>
    public bool IsOn(IgnoreList ignore) =>
        ignore.Has(Name) || ignore.Has(Node) || ignore.Has($"/dev/input/{Node}") || (Phys.Length > 0 && ignore.Has(Phys))
            || ignore.Has(Source.Text);

    /// <summary>Reads the description; null when there is none or it is incomplete.</summary>
    public static InputDescription? Read(string classFolder, string node)
    {
        var folder = Path.Combine(classFolder, node, "device");
        try
        {
            string Text(string file) => Printable(File.ReadAllText(Path.Combine(folder, file)));
            string Bits(string file) => File.ReadAllText(Path.Combine(folder, file));
            var (name, phys) = (Text("name"), Text("phys"));
            var capabilities = new InputCapabilities(
                Bits("capabilities/key"), Bits("capabilities/rel"), Bits("capabilities/abs"), Bits("properties"), Bits("capabilities/sw"),
                name, phys);
            var place = new DirectoryInfo(Path.Combine(classFolder, node)).ResolveLinkTarget(returnFinalTarget: true)?.FullName ?? "";
            return new(
                node, name, phys, capabilities.Kind, capabilities.MovesByItself,
                place.Contains("/devices/virtual/input/", StringComparison.Ordinal), capabilities.IsOfSeat);
        }
        catch (Exception missing) when (missing is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    private static string Printable(string text)
    {
        var trimmed = text.Trim();
        return string.Concat(trimmed.Take(LongestText).Select(letter => char.IsControl(letter) ? '?' : letter));
    }
}
