using Opportunism.Cli.Terminal;

namespace Opportunism.Cli.StartStop;

/// <summary>Says what a switch does as it does it, and keeps it for those who read JSON.</summary>
internal sealed class SwitchOutput(CliWorld world, bool json)
{
    private readonly List<string> did = [];
    private readonly List<string> remarks = [];
    private string waits = "";

    /// <summary>What changed hands so far.</summary>
    public IReadOnlyList<string> AllDid => did;

    /// <summary>What else was said.</summary>
    public IReadOnlyList<string> AllRemarks => remarks;

    /// <summary>Something changed hands.</summary>
    public void Did(string line)
    {
        did.Add(line);
        if (json) return;
        world.Output.WriteLine(ConsoleText.Safe(line));
        world.Output.Flush();
    }

    /// <summary>Something that people should know.</summary>
    public void Remark(string line)
    {
        remarks.Add(line);
        world.Error.WriteLine(ConsoleText.Safe(line));
    }

    /// <summary>What is waited for; said once, however often it is found.</summary>
    public void Waits(string host, string why)
    {
        if (waits == why) return;
        waits = why;
        Remark($"{host}: {why}");
    }
}
