using Microsoft.Extensions.Logging;
using Opportunism.Agent.Enrolment;
using Opportunism.Core;
using Opportunism.TestKit.Sites;
using Xunit;

namespace Opportunism.UnitTests.Agent.Enrolment;

/// <summary>What the log of an agent contains when a join token is missing, or has no effect.</summary>
public sealed class EnrollerTests : IDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory("opp-enrol-").FullName;
    private readonly RecordedLog log = new();
    private readonly ILoggerFactory logs;

    public EnrollerTests() => logs = LoggerFactory.Create(logging => logging.AddProvider(log));

    private string TokenFile => Path.Combine(folder, "join-token");

    public void Dispose()
    {
        logs.Dispose();
        Directory.Delete(folder, recursive: true);
    }

    [Fact]
    public async Task A_missing_join_token_is_logged_once()
    {
        var enroller = New();
        Assert.Null(await enroller.IdentityAsync(TestContext.Current.CancellationToken));
        Assert.Null(await enroller.IdentityAsync(TestContext.Current.CancellationToken));
        var line = Assert.Single(log.Lines);
        Assert.Equal((1312, true), (line.Id, line.Text.Contains(TokenFile, StringComparison.Ordinal)));
    }

    [Fact]
    public async Task A_join_token_of_an_enrolled_node_is_not_used_and_that_is_logged_once_without_the_token()
    {
        await File.WriteAllTextAsync(TokenFile, "opp-secret", TestContext.Current.CancellationToken);
        Assert.True(NodeId.TryParse("pc-1", out var node));
        new IdentityFile(folder).Write(new(node, "secret", new string('0', 64)));
        var enroller = New();
        Assert.Equal(node, (await enroller.IdentityAsync(TestContext.Current.CancellationToken))?.Node);
        Assert.Equal(node, (await enroller.IdentityAsync(TestContext.Current.CancellationToken))?.Node);
        var line = Assert.Single(log.Lines);
        Assert.Equal(1311, line.Id);
        Assert.Contains(TokenFile, line.Text, StringComparison.Ordinal);
        Assert.DoesNotContain("secret", line.Text, StringComparison.Ordinal);
        Assert.True(File.Exists(TokenFile));
    }

    private Enroller New() =>
        new(
            new SiteOptions { Controller = new("https://localhost:1"), JoinTokenFile = TokenFile }, new IdentityFile(folder),
            logs.CreateLogger<Enroller>());
}
