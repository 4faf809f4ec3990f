using System.Runtime.Versioning;
using Xunit;

namespace Opportunism.SystemTests.OpenStack;

/// <summary>One lab for all tests that need a real OpenStack: from nothing it takes a minute. Each test leaves it as it was.</summary>
[CollectionDefinition(Name, DisableParallelization = true)]
[SupportedOSPlatform("linux")]
public sealed class SharedLab : IAsyncLifetime, ICollectionFixture<SharedLab>
{
    public const string Name = "a real OpenStack";

    /// <summary>Two hosts with libvirt for real guests, and two whose guests are imagined and so are quick.</summary>
    internal const string Hosts = "desktop-01=libvirt,desktop-02=libvirt,desktop-03=fake,desktop-04=fake";

    private RealLab? lab;

    internal RealLab Lab => lab ?? throw new InvalidOperationException("The lab is only there on Debian 12.");

    /// <summary>Comes up from nothing although a first attempt was killed in the middle.</summary>
    public async ValueTask InitializeAsync()
    {
        if (!LabFactAttribute.IsLabSystem) return;
        lab = new RealLab(firstPort: 26100);
        // A run that was killed could not clean up after itself; two runs at a time would share these ports and cannot be.
        if (lab.Traces().Count > 0) await lab.SayAsync(expected: 0, "down", "--wipe");
        Assert.Empty(lab.Traces());
        await using (var first = lab.BeginUp(Hosts))
        {
            await RealLab.UntilAsync(
                "Keystone has its tables", () => Task.FromResult(first.Said),
                said => said.Contains("Keystone has its tables", StringComparison.Ordinal) || first.HasExited, said => said);
            Assert.False(first.HasExited, first.Said);
            first.Kill();
        }

        await lab.StatusAsync(expected: 1);
        await lab.UpAsync(Hosts);
    }

    /// <summary>Nothing of it may be left.</summary>
    public async ValueTask DisposeAsync()
    {
        if (lab is null) return;
        await lab.DisposeAsync();
        Assert.Empty(lab.Traces());
    }
}
