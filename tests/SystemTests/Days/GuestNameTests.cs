using System.Diagnostics;
using System.Runtime.Versioning;
using Opportunism.TestKit.Sites;
using Xunit;

namespace Opportunism.SystemTests.Days;

/// <summary>What a user of the desktop learns of its guests who neither sits there nor is root, with the published agent.</summary>
[Collection(WholeMachine.Name)]
[SupportedOSPlatform("linux")]
public sealed class GuestNameTests
{
    [Fact]
    public async Task Another_user_does_not_learn_the_tenants_name_for_a_guest()
    {
        await using var site = await LoneDesktop.MakeAsync();
        var desktop = site.Desktop;
        var guest = Path.Combine(Path.GetDirectoryName(desktop.SocketPath)!, "state", "guests", "0123456789abcdef0123456789abcdef");
        Directory.CreateDirectory(guest, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        await File.WriteAllTextAsync(
            Path.Combine(guest, "guest.json"),
            $$"""
            {
                "Id": "0123456789abcdef0123456789abcdef", "Name": "merger-of-acme", "Vcpus": 1, "MemoryMiB": 128, "DiskMiB": 32,
                "ImageSha256": "{{new string('0', 64)}}", "ImageFormat": "Raw", "ImagePath": "/nowhere", "Uid": null
            }
            """);
        desktop.StartAgent();
        var answer = "";
        for (var tries = 0; tries < 300 && !answer.Contains("0123456789abcdef", StringComparison.Ordinal); tries++)
        {
            await Task.Delay(TimeSpan.FromMilliseconds(200), TimeProvider.System);
            var start = new ProcessStartInfo(
                "setpriv",
                [
                    "--reuid=65534", "--regid=65534", "--clear-groups", "perl", "-e",
                    "use Socket; socket(my $s, AF_UNIX, SOCK_STREAM, 0); connect($s, pack_sockaddr_un($ARGV[0])) or exit; syswrite $s, "
                    + "qq({\"ask\":\"status\"}\\n); print <$s>;",
                    desktop.SocketPath])
            { RedirectStandardOutput = true };
            using var other = Process.Start(start)!;
            answer = await other.StandardOutput.ReadToEndAsync();
            await other.WaitForExitAsync();
        }

        Assert.Contains("0123456789abcdef", answer, StringComparison.Ordinal);
        Assert.DoesNotContain("merger-of-acme", answer, StringComparison.Ordinal);
    }
}
