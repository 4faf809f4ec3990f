using System.Runtime.Versioning;
using Opportunism.TestKit.Sites;
using Xunit;

namespace Opportunism.SystemTests.Days;

/// <summary>Wrong settings stop the start of the published programs, with every problem named at once.</summary>
[Collection(WholeMachine.Name)]
[SupportedOSPlatform("linux")]
public sealed class WrongSettingsTests : IDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory("settings-").FullName;

    private string State => Path.Combine(folder, "state");

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [Fact]
    public async Task An_agent_names_every_problem_and_starts_nothing()
    {
        var said = await RefusedAsync(RealSite.AgentProgram, $"""
            [Agent]
            StateFolder = {State}
            Socket = agent.sock
            Colour = red

            [Times]
            IdleFor = soon
            ThawAfter = 00:00:01

            [Monitors]
            Enabled = x11, telepathy

            [Guests]
            Cgroup = /opp-day-wrong
            MaxVcpus = -1

            [Weather]
            Rain = yes

            """, path => ["run", "--settings", path]);
        foreach (var problem in new[] { "Socket", "Colour", "IdleFor", "ThawAfter", "telepathy", "Cgroup", "MaxVcpus", "Weather" })
            Assert.Contains(problem, said, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_controller_names_every_problem_and_starts_nothing()
    {
        var said = await RefusedAsync(RealSite.ControllerProgram, """
            [Controller]
            Listen = nowhere
            Cloud = cumulus
            LostAfter = 00:00:01
            Colour = red

            [Policy]
            IdleFor = 5

            [Weather]
            Rain = yes

            """, path => ["--settings", path, "--state", State]);
        foreach (var problem in new[] { "Listen", "cumulus", "LostAfter", "Colour", "IdleFor", "Weather" })
            Assert.Contains(problem, said, StringComparison.Ordinal);
    }

    private async Task<string> RefusedAsync(string program, string settings, Func<string, string[]> arguments)
    {
        var path = Path.Combine(folder, "wrong.ini");
        await File.WriteAllTextAsync(path, settings);
        await using var refused = RealProgram.Start("refused", program, arguments(path));
        Assert.True(refused.EndsWithin(TimeSpan.FromSeconds(60)), $"It started: {refused.Said}");
        await refused.Reading.WaitAsync(TimeSpan.FromSeconds(10), TimeProvider.System);
        Assert.Equal(2, refused.ExitCode);
        Assert.False(Directory.Exists(State), $"It began to work: {refused.Said}");
        return refused.Said;
    }
}
