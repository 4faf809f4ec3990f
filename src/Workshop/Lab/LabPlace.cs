using System.Security.Cryptography;
using System.Text;

namespace Opportunism.Workshop.Lab;

/// <summary>Where a lab lies on this machine, and the names of what it makes outside its folder.</summary>
/// <param name="State">Everything the lab writes.</param>
/// <param name="Templates">The lab's part of the product's packaging folder.</param>
internal sealed record LabPlace(string State, string Templates)
{
    /// <summary>Where the lab of this machine is unless told otherwise.</summary>
    public const string DefaultState = "/var/lib/opportunism/lab";

    /// <summary>Another one for every folder.</summary>
    public string Id { get; } = State == DefaultState ? "lab" : "lab-"
        + Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(State)))[..6];

    public string Etc => Path.Combine(State, "etc");

    public string Logs => Path.Combine(State, "log");

    public string Shape => Path.Combine(State, "lab.json");

    public string Secrets => Path.Combine(State, "secrets.json");

    public string CloudsYaml => Path.Combine(State, "clouds.yaml");

    /// <summary>The tiny image, before Glance has it.</summary>
    public string Image => Path.Combine(State, "tick.qcow2");

    /// <summary>Marks of what was done once and for all, such as the tables of a database.</summary>
    public string Done => Path.Combine(State, "done");

    /// <summary>For each running program the words and settings it was started with, as a hash.</summary>
    public string Started => Path.Combine(State, "started");

    public string DatabaseSocket => Path.Combine(State, "mariadb", "socket");

    /// <summary>Holds the name of the bridge that is the lab's flat network, from before it is made.</summary>
    public string BridgeName => Path.Combine(State, "bridge");

    /// <summary>The cgroup all of the lab's processes are born in.</summary>
    public string Cgroup => "opportunism-" + Id;

    public string HostFolder(string host) => Path.Combine(State, "hosts", host);
}
