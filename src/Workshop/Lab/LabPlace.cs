using System.Security.Cryptography;
using System.Text;

namespace Opportunism.Workshop.Lab;

/// <summary>The paths of a lab on this machine, and the names of what it makes outside its folder.</summary>
/// <param name="State">The folder of everything that the lab writes.</param>
/// <param name="Templates">The lab's part of the product's packaging folder.</param>
internal sealed record LabPlace(string State, string Templates)
{
    /// <summary>The default folder of this machine's lab.</summary>
    public const string DefaultState = "/var/lib/opportunism/lab";

    /// <summary>A different one for every folder.</summary>
    public string Id { get; } = State == DefaultState ? "lab" : "lab-"
        + Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(State)))[..6];

    public string Etc => Path.Combine(State, "etc");

    public string Logs => Path.Combine(State, "log");

    public string Shape => Path.Combine(State, "lab.json");

    public string Secrets => Path.Combine(State, "secrets.json");

    public string CloudsYaml => Path.Combine(State, "clouds.yaml");

    /// <summary>The tiny image, before it is uploaded to Glance.</summary>
    public string Image => Path.Combine(State, "tick.qcow2");

    /// <summary>Marks of steps that are done only once, such as creating the tables of a database.</summary>
    public string Done => Path.Combine(State, "done");

    /// <summary>For each running program the hash of the arguments and settings with which it was started.</summary>
    public string Started => Path.Combine(State, "started");

    public string DatabaseSocket => Path.Combine(State, "mariadb", "socket");

    /// <summary>The file with the name of the bridge that is the lab's flat network; written before the bridge is made.</summary>
    public string BridgeName => Path.Combine(State, "bridge");

    /// <summary>The cgroup in which all of the lab's processes start.</summary>
    public string Cgroup => "opportunism-" + Id;

    public string HostFolder(string host) => Path.Combine(State, "hosts", host);
}
