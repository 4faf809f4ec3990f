using System.Net.Security;
using System.Security.Cryptography.X509Certificates;
using Microsoft.Extensions.Time.Testing;
using Opportunism.Contracts;
using Opportunism.Server;
using Opportunism.Server.Access;
using Opportunism.Server.State;
using Xunit;

namespace Opportunism.UnitTests.Server;

public sealed class ServerKeysTests : IDisposable
{
    private static readonly ServerProgram Program = new("controller", "Opportunism site", "1");
    private readonly string path = Directory.CreateTempSubdirectory("keys-").FullName;
    private readonly FakeTimeProvider time = new(TimeProvider.System.GetUtcNow());

    public void Dispose() => Directory.Delete(path, recursive: true);

    [Fact]
    public void The_ca_stays_and_the_servers_certificate_is_renewed_thirty_days_before_it_ends()
    {
        using var folder = new StateFolder(path);
        var keys = new ServerKeys(folder, Program, [], time);
        var first = keys.Server.Thumbprint;
        Assert.Equal(
            (keys.CaFingerprint, first), (Again().CaFingerprint, Again().Server.Thumbprint));
        time.Advance(TimeSpan.FromDays(59));
        Assert.False(keys.RenewIfDue());
        time.Advance(TimeSpan.FromDays(1.1));
        Assert.True(keys.RenewIfDue());
        Assert.NotEqual(first, keys.Server.Thumbprint);
        Assert.Equal(keys.Server.Thumbprint, Again().Server.Thumbprint);

        ServerKeys Again() => new(folder, Program, [], time);
    }

    [Fact]
    public void A_new_name_needs_a_new_certificate_of_the_same_ca()
    {
        using var folder = new StateFolder(path);
        var before = new ServerKeys(folder, Program, [], time);
        var after = new ServerKeys(folder, Program, ["site.example.org"], time);
        Assert.Equal(before.CaFingerprint, after.CaFingerprint);
        Assert.True(after.Server.MatchesHostname("site.example.org"));
    }

    [Fact]
    public void Only_a_certificate_of_the_pinned_ca_is_accepted()
    {
        using var folder = new StateFolder(path);
        using var otherFolder = new StateFolder(Path.Combine(path, "other"));
        var (keys, other) = (new ServerKeys(folder, Program, [], time), new ServerKeys(otherFolder, Program, [], time));
        var pinned = new PinnedCa(keys.CaFingerprint);
        using var ca = X509Certificate2.CreateFromPem(File.ReadAllText(keys.CaPath));
        Assert.True(pinned.Validate(this, keys.Server, null, SslPolicyErrors.RemoteCertificateChainErrors));
        Assert.False(pinned.Validate(this, keys.Server, null, SslPolicyErrors.RemoteCertificateNameMismatch));
        Assert.False(pinned.Validate(this, other.Server, null, SslPolicyErrors.None));
        Assert.False(pinned.Validate(this, ca, null, SslPolicyErrors.None));
        Assert.False(pinned.Validate(this, null, null, SslPolicyErrors.RemoteCertificateNotAvailable));
    }
}
