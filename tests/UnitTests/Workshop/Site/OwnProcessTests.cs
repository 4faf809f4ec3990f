using System.Runtime.Versioning;
using Opportunism.Workshop.Site;
using Xunit;

namespace Opportunism.UnitTests.Workshop.Site;

[SupportedOSPlatform("linux")]
public sealed class OwnProcessTests : IDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory("process-").FullName;

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [Theory]
    [InlineData("kill -KILL $$", 9, "The agent was ended by signal 9 before it was ready.")]
    [InlineData("kill -TERM $$", 15, "The agent was ended by signal 15 before it was ready.")]
    [InlineData("echo 'Unhandled exception. The reason.'; kill -ABRT $$", null, "The agent ended before it was ready. The end of ")]
    [InlineData("echo broken; exit 1", null, "The agent ended before it was ready. The end of ")]
    [InlineData("echo 'The port is in use.'; exit 3", null, "The port is in use.")]
    public async Task What_has_ended_it_is_named(string script, int? signal, string sentence)
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "Signals are Linux's.");
        await using var process = OwnProcess.Start("agent", "/bin/sh", ["-c", script], folder);
        Assert.True(SpinWait.SpinUntil(() => process.HasExited, TimeSpan.FromMinutes(1)));

        Assert.Equal(signal, process.EndedBySignal);
        Assert.StartsWith(sentence, await process.WhyEndedAsync("before it was ready"), StringComparison.Ordinal);
    }
}
