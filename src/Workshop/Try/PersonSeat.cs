namespace Opportunism.Workshop.Try;

/// <summary>The machine's real seat: the person who started this plays the owner.</summary>
internal sealed class PersonSeat(Action<string> say) : ISeat
{
    private bool asked;

    public string Sentence => "this machine's own keyboard and mouse: you are the owner";

    /// <summary>True where a person can play the owner: there is a keyboard, a pointer or a display, and a terminal for prompts.</summary>
    public static bool IsHere() =>
        !Console.IsOutputRedirected && !Console.IsInputRedirected
        && (Directory.Exists("/tmp/.X11-unix") && Directory.EnumerateFileSystemEntries("/tmp/.X11-unix").Any()
            || Directory.Exists("/run/systemd/seats") && File.Exists("/run/systemd/seats/seat0"));

    public Task TouchAsync(CancellationToken cancellationToken)
    {
        if (!asked) say("Please keep moving the mouse or pressing keys until this asks you to stop.");
        asked = true;
        return Task.CompletedTask;
    }

    public void Rest()
    {
        say("Please take your hands off keyboard and mouse.");
        asked = false;
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;
}
