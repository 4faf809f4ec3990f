using System.Security.Cryptography;
using System.Text;

namespace Opportunism.Workshop.Lab;

/// <summary>A program that a lab keeps running.</summary>
/// <param name="Name">Its name in <c>lab status</c>, of its log and of its cgroup.</param>
/// <param name="User">The user it runs as.</param>
/// <param name="Words">The program and its arguments; never a secret.</param>
internal sealed record LabProgram(string Name, LabUser User, IReadOnlyList<string> Words)
{
    /// <summary>Its environment variables besides a path and a language.</summary>
    public IReadOnlyDictionary<string, string> Environment { get; init; } = new Dictionary<string, string>();

    /// <summary>The settings files that it reads at its start: when one of them changes it has to be restarted.</summary>
    public IReadOnlyList<string> Settings { get; init; } = [];

    /// <summary>The port of its HTTP server; null when it has none.</summary>
    public int? HttpPort { get; init; }

    /// <summary>The compute host that it is part of, or null.</summary>
    public LabHost? Host { get; init; }

    /// <summary>How long it may take to end after SIGTERM: a database writes its pages first.</summary>
    public TimeSpan EndTimeLimit { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>A hash that changes when the program has to be restarted.</summary>
    public string Fingerprint()
    {
        var text = new StringBuilder().AppendJoin('\n', Words).Append('\n');
        foreach (var (name, value) in Environment) text.Append(name).Append('=').Append(value).Append('\n');
        foreach (var path in Settings) text.Append(File.ReadAllText(path));
        return Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text.ToString())));
    }
}
