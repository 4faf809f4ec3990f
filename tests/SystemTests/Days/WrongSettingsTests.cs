using System.Runtime.Versioning;
using Opportunism.Hypervisors.Linux;
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

    public void Dispose()
    {
        GuestMemoryMount.Remove(Path.Combine(folder, "memory"));
        Directory.Delete(folder, recursive: true);
    }

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

    [Fact]
    public async Task An_agent_whose_state_folder_is_a_file_says_so_in_one_sentence()
    {
        await File.WriteAllTextAsync(State, "");
        var said = await RefusedAsync(
            RealSite.AgentProgram,
            $"[Agent]\nStateFolder = {State}\nSocket = {folder}/socket\n[Guests]\nHypervisor = fake\nRamFolder = {folder}/memory\n",
            path => ["run", "--settings", path], exitCode: 1);
        Assert.Contains(
            $"[Agent] StateFolder = {State} cannot be used: The file '{State}' already exists.", said, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", said, StringComparison.Ordinal);
    }

    private async Task<string> RefusedAsync(string program, string settings, Func<string, string[]> arguments, int exitCode = 2)
    {
        var path = Path.Combine(folder, "wrong.ini");
        await File.WriteAllTextAsync(path, settings);
        await using var refused = RealProgram.Start("refused", program, arguments(path));
        Assert.True(refused.EndsWithin(TimeSpan.FromSeconds(60)), $"It started: {refused.Said}");
        await refused.Reading.WaitAsync(TimeSpan.FromSeconds(10), TimeProvider.System);
        Assert.Equal(exitCode, refused.ExitCode);
        Assert.False(Directory.Exists(State), $"It began to work: {refused.Said}");
        return refused.Said;
    }
}
