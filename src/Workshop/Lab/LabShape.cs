using System.Text.Json;

namespace Opportunism.Workshop.Lab;

/// <summary>The ports and hosts of a lab as last requested; kept in its folder.</summary>
/// <param name="FirstPort">The first of the <see cref="Ports"/> ports it listens on, all on loopback.</param>
/// <param name="Hosts">Its compute hosts.</param>
internal sealed record LabShape(int FirstPort, IReadOnlyList<LabHost> Hosts)
{
    /// <summary>How many ports a lab takes.</summary>
    public const int Ports = 8;

    public int Keystone => FirstPort;

    public int Placement => FirstPort + 1;

    public int Glance => FirstPort + 2;

    public int Nova => FirstPort + 3;

    public int Neutron => FirstPort + 4;

    public int RabbitMq => FirstPort + 5;

    public int RabbitMqDistribution => FirstPort + 6;

    /// <summary>Erlang's port mapper, which RabbitMQ needs.</summary>
    public int PortMapper => FirstPort + 7;

    /// <summary>The lowest start of a range of free ports for a lab, searched from <paramref name="first"/>; null where there is none.
    /// Pure.</summary>
    public static int? FreeFrom(int first, int end, IReadOnlySet<int> taken)
    {
        for (var port = first; port + Ports <= end; port += Ports)
        {
            if (!Enumerable.Range(port, Ports).Any(taken.Contains)) return port;
        }

        return null;
    }

    /// <summary>The shape in a file, or null where there is none.</summary>
    public static LabShape? Read(string path) =>
        File.Exists(path) ? JsonSerializer.Deserialize(File.ReadAllText(path), LabJson.Default.LabShape) : null;

    /// <summary>Writes it to a file, whole or not at all.</summary>
    public void Write(string path)
    {
        File.WriteAllText(path + ".part", JsonSerializer.Serialize(this, LabJson.Default.LabShape));
        File.Move(path + ".part", path, overwrite: true);
    }
}
