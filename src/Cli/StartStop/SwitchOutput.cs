using Opportunism.Cli.Terminal;

namespace Opportunism.Cli.StartStop;

/// <summary>Prints what a switch does while it runs, and keeps it for the JSON output.</summary>
internal sealed class SwitchOutput(CliWorld world, bool json)
{
    private readonly List<string> did = [];
    private readonly List<string> remarks = [];
    private string waits = "";

    /// <summary>All lines about changes so far.</summary>
    public IReadOnlyList<string> AllDid => did;

    /// <summary>All remarks so far.</summary>
    public IReadOnlyList<string> AllRemarks => remarks;

    /// <summary>Prints a line about a change.</summary>
    public void Did(string line)
    {
        did.Add(line);
        if (json) return;
        world.Output.WriteLine(ConsoleText.Safe(line));
        world.Output.Flush();
    }

    /// <summary>Prints a remark for the user.</summary>
    public void Remark(string line)
    {
        remarks.Add(line);
        world.Error.WriteLine(ConsoleText.Safe(line));
    }

    /// <summary>Prints what is waited for; the same reason only once.</summary>
    public void Waits(string host, string why)
    {
        if (waits == why) return;
        waits = why;
        Remark($"{host}: {why}");
    }
}
