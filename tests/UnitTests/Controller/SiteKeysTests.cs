using System.Net.Security;
using System.Security.Cryptography.X509Certificates;
using Microsoft.Extensions.Time.Testing;
using Opportunism.Contracts;
using Opportunism.Controller.Access;
using Opportunism.Controller.Store;
using Xunit;

namespace Opportunism.UnitTests.Controller;

public sealed class SiteKeysTests : IDisposable
{
    private readonly string path = Directory.CreateTempSubdirectory("keys-").FullName;
    private readonly FakeTimeProvider time = new(TimeProvider.System.GetUtcNow());

    public void Dispose() => Directory.Delete(path, recursive: true);

    [Fact]
    public void The_ca_stays_and_the_servers_certificate_is_renewed_thirty_days_before_it_ends()
    {
        using var folder = new StateFolder(path);
        var keys = new SiteKeys(folder, time, []);
        var first = keys.Server.Thumbprint;
        Assert.Equal(
            (keys.CaFingerprint, first), (new SiteKeys(folder, time, []).CaFingerprint, new SiteKeys(folder, time, []).Server.Thumbprint));
        time.Advance(TimeSpan.FromDays(59));
        Assert.False(keys.RenewIfDue());
        time.Advance(TimeSpan.FromDays(1.1));
        Assert.True(keys.RenewIfDue());
        Assert.NotEqual(first, keys.Server.Thumbprint);
        Assert.Equal(keys.Server.Thumbprint, new SiteKeys(folder, time, []).Server.Thumbprint);
    }

    [Fact]
    public void A_new_name_needs_a_new_certificate_of_the_same_ca()
    {
        using var folder = new StateFolder(path);
        var before = new SiteKeys(folder, time, []);
        var after = new SiteKeys(folder, time, ["site.example.org"]);
        Assert.Equal(before.CaFingerprint, after.CaFingerprint);
        Assert.True(after.Server.MatchesHostname("site.example.org"));
    }

    [Fact]
    public void Only_a_certificate_of_the_pinned_ca_is_accepted()
    {
        using var folder = new StateFolder(path);
        using var otherFolder = new StateFolder(Path.Combine(path, "other"));
        var (keys, other) = (new SiteKeys(folder, time, []), new SiteKeys(otherFolder, time, []));
        var pinned = new PinnedCa(keys.CaFingerprint);
        using var ca = X509Certificate2.CreateFromPem(File.ReadAllText(keys.CaPath));
        Assert.True(pinned.Validate(this, keys.Server, null, SslPolicyErrors.RemoteCertificateChainErrors));
        Assert.False(pinned.Validate(this, keys.Server, null, SslPolicyErrors.RemoteCertificateNameMismatch));
        Assert.False(pinned.Validate(this, other.Server, null, SslPolicyErrors.None));
        Assert.False(pinned.Validate(this, ca, null, SslPolicyErrors.None));
        Assert.False(pinned.Validate(this, null, null, SslPolicyErrors.RemoteCertificateNotAvailable));
    }
}
