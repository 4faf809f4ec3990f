using Opportunism.Cli.Terminal;
using Opportunism.Clouds.OpenStack;
using Opportunism.UnitTests.Cli.OpenStack;
using Xunit;

namespace Opportunism.UnitTests.Cli.StartStop;

/// <summary>What is remembered of evicted servers, whatever happens to the files, and whose turn it is.</summary>
public sealed class SwitchMemoryTests
{
    [Theory]
    [InlineData("suspend")]
    [InlineData("shelve")]
    public async Task A_lost_file_is_made_up_for_by_the_marks(string policy)
    {
        await using var desk = await CloudDesk.StartAsync();
        var server = desk.StandIn.Run("pc-1");
        await desk.SwitchAsync("stop-node", "--policy", policy);
        Directory.Delete(desk.State, recursive: true);
        Assert.Equal(ExitCode.Done, await desk.SwitchAsync("start-node"));
        Assert.Equal(("active", 0), (server.VmState, server.Metadata.Count));
    }

    [Fact]
    public async Task Marks_that_a_tenant_removed_are_made_up_for_by_the_file()
    {
        await using var desk = await CloudDesk.StartAsync();
        var server = desk.StandIn.Run("pc-1");
        await desk.SwitchAsync("stop-node");
        server.Metadata.Clear();
        Assert.Equal(ExitCode.Done, await desk.SwitchAsync("start-node"));
        Assert.Equal("active", server.VmState);
    }

    [Theory]
    [InlineData("")]
    [InlineData("null")]
    [InlineData("{}")]
    [InlineData("{\"servers\":[null]}")]
    [InlineData("{\"servers\":[{}]}")]
    [InlineData("{\"servers\":[{\"guest\":\"../../etc\",\"node\":\"pc-1\",\"action\":\"suspend\"}]}")]
    [InlineData("{\"servers\":[{\"guest\":\"0123456789abcdef0123456789abcdef\",\"node\":\"pc-1\",\"action\":\"fly\"}]}")]
    [InlineData("{\"servers\":[{\"guest\":\"0123456789abcdef")]
    [InlineData("\0\0\0\0")]
    public async Task A_garbled_file_is_put_aside_and_told_of(string content)
    {
        foreach (var command in new[] { "stop-node", "start-node" })
        {
            await using var desk = await CloudDesk.StartAsync();
            var server = desk.StandIn.Run("pc-1");
            await desk.SwitchAsync("stop-node");
            var file = Path.Combine(desk.State, "pc-1.json");
            File.WriteAllText(file, content);
            Assert.Equal(ExitCode.Done, await desk.SwitchAsync(command));
            Assert.Contains($"{file} was garbled and is now {file}.garbled", desk.Error, StringComparison.Ordinal);
            Assert.Equal(content, File.ReadAllText(file + ".garbled"));
            Assert.Equal(command == "stop-node" ? "suspended" : "active", server.VmState);
            Assert.Equal(ExitCode.Done, await desk.SwitchAsync("start-node"));
            Assert.Equal("active", server.VmState);
        }
    }

    [Fact]
    public async Task A_folder_that_cannot_be_made_does_not_keep_an_owner_waiting_and_the_marks_remember()
    {
        await using var desk = await CloudDesk.StartAsync();
        var server = desk.StandIn.Run("pc-1");
        File.WriteAllText(desk.State, "a file where a folder should be");
        Assert.Equal(ExitCode.Done, await desk.SwitchAsync("stop-node"));
        Assert.Equal(("suspended", "suspend"), (server.VmState, server.Metadata[ServerRules.EvictedKey]));
        Assert.Contains($"{desk.State} cannot be made", desk.Error, StringComparison.Ordinal);

        // A start waits until it can remember.
        var before = desk.StandIn.Requests.Count;
        Assert.Equal(ExitCode.Failed, await desk.SwitchAsync("start-node"));
        Assert.Contains(
            "Nothing was done: the list of evicted servers must be kept until they run again.", desk.Error, StringComparison.Ordinal);
        Assert.Equal(before, desk.StandIn.Requests.Count);
        File.Delete(desk.State);
        Assert.Equal(ExitCode.Done, await desk.SwitchAsync("start-node"));
        Assert.Equal("active", server.VmState);
    }

    [Fact]
    public async Task A_file_that_cannot_be_written_does_not_keep_an_owner_waiting_either()
    {
        await using var desk = await CloudDesk.StartAsync();
        var server = desk.StandIn.Run("pc-1");
        Directory.CreateDirectory(Path.Combine(desk.State, "pc-1.json.part", "full"));
        Assert.Equal(ExitCode.Done, await desk.SwitchAsync("stop-node"));
        Assert.Equal(("suspended", "suspend"), (server.VmState, server.Metadata[ServerRules.EvictedKey]));
        Assert.Contains("pc-1.json cannot be written", desk.Error, StringComparison.Ordinal);
        Assert.Equal(ExitCode.Failed, await desk.SwitchAsync("start-node"));
        Assert.Equal("suspended", server.VmState);
        Assert.Contains("servers that could not be recorded meanwhile are not brought back", desk.Error, StringComparison.Ordinal);
        Directory.Delete(Path.Combine(desk.State, "pc-1.json.part"), recursive: true);
        Assert.Equal(ExitCode.Done, await desk.SwitchAsync("start-node"));
        Assert.Equal("active", server.VmState);
    }

    [Fact]
    public async Task What_can_neither_be_written_down_nor_marked_stays()
    {
        await using var desk = await CloudDesk.StartAsync();
        var server = desk.StandIn.Run("pc-1");
        File.WriteAllText(desk.State, "a file where a folder should be");
        desk.StandIn.Deny("os_compute_api:server-metadata:create");
        Assert.Equal(ExitCode.Failed, await desk.SwitchAsync("stop-node"));
        Assert.Equal(("active", true), (server.VmState, desk.StandIn.Host("pc-1").Disabled));
        Assert.Contains(
            "neither the mark nor the store could be written, so it could not be brought back", desk.Error, StringComparison.Ordinal);

        // With one of both it goes.
        File.Delete(desk.State);
        Assert.Equal(ExitCode.Done, await desk.SwitchAsync("stop-node"));
        Assert.Equal("suspended", server.VmState);
        Assert.Contains("could not be marked as evicted; only the store has it", desk.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_folder_that_others_may_write_to_is_not_believed()
    {
        if (OperatingSystem.IsWindows()) return;
        await using var desk = await CloudDesk.StartAsync();
        Directory.CreateDirectory(desk.State);
        File.SetUnixFileMode(desk.State, (UnixFileMode)0b111_111_101);
        Assert.Equal(ExitCode.Failed, await desk.SwitchAsync("start-node"));
        Assert.Contains("may be written by others", desk.Error, StringComparison.Ordinal);
        Assert.Equal((UnixFileMode)0b111_111_101, File.GetUnixFileMode(desk.State));
        Assert.Empty(desk.StandIn.Requests);
    }

    [Fact]
    public async Task Two_hosts_share_a_folder_and_know_nothing_of_each_other()
    {
        await using var desk = await CloudDesk.StartAsync();
        desk.StandIn.AddHost("pc-2");
        var servers = new[] { desk.StandIn.Run("pc-1"), desk.StandIn.Run("pc-2") };
        foreach (var host in new[] { "pc-1", "pc-2" }) Assert.Equal(ExitCode.Done, await desk.SwitchHostAsync("stop-node", host, default));
        Assert.Equal(ExitCode.Done, await desk.SwitchHostAsync("start-node", "pc-2", default));
        Assert.Equal(["suspended", "active"], servers.Select(server => server.VmState));
    }

    [Theory]
    [InlineData("stop-node", "start-node", "active")]
    [InlineData("start-node", "stop-node", "suspended")]
    [InlineData("stop-node", "stop-node", "suspended")]
    public async Task The_newest_gets_its_way_and_the_one_before_lets_go(string first, string second, string state)
    {
        await using var desk = await CloudDesk.StartAsync();
        var server = desk.StandIn.Run("pc-1");
        if (first == "start-node")
        {
            await desk.SwitchAsync("stop-node");
            desk.StandIn.WorksByItself = false;
        }

        // The first one waits, and meanwhile the second comes and waits for it; the clock stands still until the first has let go.
        var (came, gone) = (new TaskCompletionSource(), new TaskCompletionSource());
        Task<int>? newer = null;
        var isFirst = true;
        desk.Pause = async (wait, cancellationToken) =>
        {
            if (isFirst)
            {
                isFirst = false;
                desk.StandIn.WorksByItself = true;
                newer = desk.SwitchAsync(second);
                await came.Task;
                return;
            }

            came.TrySetResult();
            await gone.Task;
            cancellationToken.ThrowIfCancellationRequested();
            desk.Time.Advance(wait);
        };
        Assert.Equal(ExitCode.Failed, await desk.SwitchAsync(first));
        Assert.Equal("A newer start-node or stop-node has taken pc-1 over.\n", desk.Error);
        gone.SetResult();
        Assert.Equal(ExitCode.Done, await newer!);
        Assert.Equal(state, server.VmState);
    }

    [Fact]
    public async Task One_that_hangs_is_told_of_and_keeps_a_start_waiting_but_not_an_owner()
    {
        await using var desk = await CloudDesk.StartAsync();
        var server = desk.StandIn.Run("pc-1");
        Directory.CreateDirectory(desk.State);
        using (new FileStream(Path.Combine(desk.State, "pc-1.lock"), FileMode.Create, FileAccess.ReadWrite, FileShare.None))
        {
            Assert.Equal(ExitCode.Done, await desk.SwitchAsync("stop-node"));
            Assert.Contains("holds pc-1; continuing without the lock. Check why it hangs", desk.Error, StringComparison.Ordinal);
            Assert.Equal("suspended", server.VmState);
            Assert.InRange(desk.Took.TotalSeconds, 75, 80);

            Assert.Equal(ExitCode.Failed, await desk.SwitchAsync("start-node"));
            Assert.Contains("works on pc-1 and has not finished in time. Nothing was done", desk.Error, StringComparison.Ordinal);
            Assert.Equal(("suspended", 120), (server.VmState, desk.Took.TotalSeconds));
        }

        Assert.Equal(ExitCode.Done, await desk.SwitchAsync("start-node"));
        Assert.Equal("active", server.VmState);
    }
}
