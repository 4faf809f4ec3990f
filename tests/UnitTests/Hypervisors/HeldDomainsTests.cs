using System.Runtime.Versioning;
using Opportunism.Core;
using Opportunism.Hypervisors.Libvirt;
using Xunit;

namespace Opportunism.UnitTests.Hypervisors;

[SupportedOSPlatform("linux")]
public sealed class HeldDomainsTests : IDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory("opp-held-").FullName;
    private readonly GuestId guest = GuestId.New();

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [Fact]
    public void What_was_asked_for_or_held_is_still_known_after_a_restart()
    {
        var other = GuestId.New();
        var held = new HeldDomains(folder);
        held.SetAsked([guest, other]);
        held.SetHeld(other);

        var next = new HeldDomains(folder);
        Assert.True(next.Contains(guest) && next.IsAsked(guest));
        Assert.True(next.Contains(other) && !next.IsAsked(other));
        next.Forget(guest);
        Assert.False(new HeldDomains(folder).Contains(guest));
    }

    [Fact]
    public void What_cannot_be_written_down_is_not_taken_for_ours()
    {
        var held = new HeldDomains(folder);
        // Where the new file is to be written lies a folder.
        Directory.CreateDirectory(Path.Combine(folder, "libvirt-held.json.part"));
        Assert.ThrowsAny<Exception>(() => held.SetAsked([guest]));
        Assert.False(held.Contains(guest));
    }

    [Fact]
    public void A_garbled_file_is_said_to_be_lost()
    {
        File.WriteAllText(Path.Combine(folder, "libvirt-held.json"), "{\"");
        var held = new HeldDomains(folder);
        Assert.True(held.IsIncomplete);
        held.SetAsked([guest]);
        Assert.True(new HeldDomains(folder) is { IsIncomplete: false } next && next.Contains(guest));
    }
}
