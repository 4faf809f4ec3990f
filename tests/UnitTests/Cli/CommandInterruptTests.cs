using System.CommandLine;
using Opportunism.Cli.Terminal;
using Xunit;

namespace Opportunism.UnitTests.Cli;

/// <summary>What an interrupted command leaves and says.</summary>
public sealed class CommandInterruptTests : SiteCommands
{
    [Fact]
    public async Task A_wait_that_is_interrupted_is_no_success_and_says_that_the_vm_stays()
    {
        using var interrupt = new CancellationTokenSource();
        Pause = async (_, cancellationToken) =>
        {
            await interrupt.CancelAsync();
            cancellationToken.ThrowIfCancellationRequested();
        };
        Site.Answers("POST /v1/vms", Vm);
        Assert.Equal(ExitCode.Interrupted, await RunAsync(["vm", "create", "sum", "--image", "tiny", "--wait"], interrupt.Token));
        Assert.Equal(["POST /v1/vms"], Site.Requests);
        Assert.StartsWith(
            "Interrupted while waiting: the VM sum was made, is Waiting and stays.", Error.ToString(), StringComparison.Ordinal);
        Assert.Empty(Output.ToString());
    }

    [Theory]
    [InlineData(300_000, "Interrupted after 0 MiB of 1 MiB: the site keeps nothing of it. Upload big again from the start.")]
    [InlineData(1 << 20, "Interrupted before the site answered: 'opportunism image list' shows whether it has big.")]
    public async Task An_upload_that_is_interrupted_is_no_success_and_says_what_is_kept(int sent, string sentence)
    {
        var file = Path.Combine(Folder, "big.qcow2");
        await File.WriteAllBytesAsync(file, new byte[1 << 20]);
        using var interrupt = new CancellationTokenSource();
        Site.Interrupts(sent, interrupt);
        Assert.Equal(ExitCode.Interrupted, await RunAsync(["image", "upload", file, "--format", "qcow2"], interrupt.Token));
        Assert.Equal(sentence, Error.ToString().Trim());
    }

    [Theory]
    [InlineData(ExitCode.Interrupted, "vm", "list")]
    [InlineData(ExitCode.Done, "events", "--follow")]
    [InlineData(ExitCode.Done, "watch")]
    [InlineData(ExitCode.Done, "vm", "console", "sum", "--follow")]
    public async Task Only_what_has_no_other_end_may_be_interrupted_without_failing(int exit, params string[] words)
    {
        using var interrupt = new CancellationTokenSource();
        Site.Answers("GET /v1/events?after=0&take=50", "[]").Answers("GET /v1/nodes", "[]")
            .Interrupts(0, interrupt, "GET /v1/vms", "GET /v1/vms/sum/console?offset=-1&waitSeconds=0", "GET /v1/status");
        Assert.Equal(exit, await RunAsync(words, interrupt.Token));
    }
}
