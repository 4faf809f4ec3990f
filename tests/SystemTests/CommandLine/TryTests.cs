using System.Runtime.Versioning;
using System.Text.Json;
using Opportunism.SystemTests.Days;
using Opportunism.TestKit.Sites;
using Xunit;

namespace Opportunism.SystemTests.CommandLine;

/// <summary><c>opportunism try</c> with the controller's own cloud, as a newcomer runs it.</summary>
[Collection(WholeMachine.Name)]
[SupportedOSPlatform("linux")]
public sealed class TryTests
{
    // A guest boots in 4 s on two free cores; the controller and the agent may take 20 s each to end.
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(90);

    [Fact]
    public async Task A_day_that_is_interrupted_while_a_guest_runs_ends_everything_it_began_and_leaves_nothing()
    {
        await using var day = RealProgram.Start("try", RealSite.WorkshopProgram, "try", "--json", "--seat", "virtual");
        var began = TimeProvider.System.GetTimestamp();
        while (!day.Said.Contains("ok  The guest counts", StringComparison.Ordinal))
        {
            Assert.False(day.HasExited || TimeProvider.System.GetElapsedTime(began) > Patience, day.Said);
            await Task.Delay(TimeSpan.FromMilliseconds(100), TimeProvider.System);
        }

        Signals.AskToEnd(day.Id);
        await day.Reading.WaitAsync(Patience, TimeProvider.System);
        Assert.True(day.EndsWithin(Patience), day.Said);

        Assert.True(day.ExitCode == 1, day.Said);
        var result = JsonDocument.Parse(day.Said.TrimEnd().Split('\n')[^1]).RootElement;
        Assert.Equal((false, "Interrupted."), (result.GetProperty("ok").GetBoolean(), result.GetProperty("error").GetString()));
        Assert.Empty(TracesOf($"opportunism-try-{day.Id}"));
    }

    /// <summary>Folders, cgroups and processes that bear the name of a site.</summary>
    private static List<string> TracesOf(string name) =>
    [
        .. new[] { $"/var/lib/opportunism/{name}", $"/dev/shm/{name}" }.Where(Path.Exists),
        .. RealRemains.CgroupsOf(name),
        .. Directory.EnumerateDirectories("/proc").Where(folder => char.IsAsciiDigit(Path.GetFileName(folder)[0]))
            .Where(folder => WordsOf(folder).Contains(name, StringComparison.Ordinal)),
    ];

    private static string WordsOf(string process)
    {
        try
        {
            return File.ReadAllText(Path.Combine(process, "cmdline"));
        }
        catch (IOException)
        {
            // It has ended since it was listed.
            return "";
        }
    }
}
