using System.Globalization;
using System.Xml;
using Opportunism.Core;
using Opportunism.Core.Guests;

namespace Opportunism.Hypervisors.Libvirt;

/// <summary>The status file that libvirt's QEMU driver keeps of a domain in memory.</summary>
/// <param name="Spec">The known part of its specification.</param>
/// <param name="State">What it does.</param>
/// <param name="Reason">libvirt's reason, such as <c>user</c>.</param>
/// <param name="Pid">Its QEMU process; 0 while there is none yet.</param>
/// <remarks>
/// The driver replaces the file whole at every change, to find its domains again after its own restart. Reading it works without a
/// daemon that replies and with a frozen QEMU, which is when it is needed.
/// </remarks>
internal sealed record DomainFile(GuestSpec Spec, DomainState State, string Reason, int Pid)
{
    // The rest of the file (every device) is not read.
    private static readonly XmlReaderSettings Reading = new()
    {
        IgnoreComments = true,
        IgnoreWhitespace = true,
        DtdProcessing = DtdProcessing.Prohibit,
    };

    public GuestId Id => Spec.Id;

    /// <summary>Its identity as libvirt and Nova write it.</summary>
    public string Uuid => Guid.ParseExact(Id.Value, "N").ToString("D");

    /// <summary>Reads a status file.</summary>
    /// <exception cref="FormatException">The file is invalid.</exception>
    public static DomainFile Parse(TextReader text)
    {
        try
        {
            using var reader = XmlReader.Create(text, Reading);
            reader.MoveToContent();
            if (reader.Name != "domstatus") throw new FormatException($"It begins with <{reader.Name}> instead of <domstatus>.");
            var (state, reason) = (reader.GetAttribute("state") ?? "", reader.GetAttribute("reason") ?? "");
            var pid = int.Parse(reader.GetAttribute("pid") ?? "0", CultureInfo.InvariantCulture);
            while (reader.Depth != 1 || reader.NodeType != XmlNodeType.Element || reader.Name != "domain")
            {
                if (!reader.Read()) throw new FormatException("It has no <domain>.");
            }

            return new DomainFile(ReadSpec(reader), StateOf(state, reason), reason, pid);
        }
        catch (XmlException exception)
        {
            throw new FormatException(exception.Message, exception);
        }
    }

    private static GuestSpec ReadSpec(XmlReader reader)
    {
        string name = "", uuid = "";
        long memoryKiB = 0;
        var vcpus = 0;
        reader.Read();
        while (reader.Depth >= 2 && vcpus == 0)
        {
            // Each of these leaves the reader behind the element.
            if (reader is { Depth: 2, Name: "name" }) name = reader.ReadElementContentAsString();
            else if (reader is { Depth: 2, Name: "uuid" }) uuid = reader.ReadElementContentAsString();
            else if (reader is { Depth: 2, Name: "memory" }) memoryKiB = reader.ReadElementContentAsLong();
            else if (reader is { Depth: 2, Name: "vcpu" }) vcpus = reader.ReadElementContentAsInt();
            else reader.Skip();
        }

        if (!Guid.TryParseExact(uuid, "D", out var id)) throw new FormatException($"Its uuid is '{uuid}'.");
        return new GuestSpec(
            GuestId.Parse(id.ToString("N")), name, vcpus, (int)(memoryKiB / 1024), DiskMiB: 0, ImageSha256: "", ImageFormat.Raw);
    }

    // A domain that is not known to be paused counts as running.
    private static DomainState StateOf(string state, string reason) => (state, reason) switch
    {
        ("paused", "starting up") => DomainState.Starting,
        ("paused" or "pmsuspended" or "crashed", _) => DomainState.Paused,
        _ => DomainState.Running,
    };
}
