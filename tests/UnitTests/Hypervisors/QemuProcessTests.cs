using System.Runtime.InteropServices;
using System.Runtime.Versioning;
using Opportunism.Hypervisors.Linux;
using Opportunism.Hypervisors.Qemu;
using Xunit;

namespace Opportunism.UnitTests.Hypervisors;

/// <summary>This process stands for a QEMU that its guest has taken over: it
/// puts another file behind the descriptor of the guest's memory.</summary>
[SupportedOSPlatform("linux")]
public sealed partial class QemuProcessTests : IDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory("opp-ram-").FullName;

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [Theory]
    [InlineData("file")]
    [InlineData("pipe without a writer")]
    public void Another_file_behind_the_descriptor_of_the_memory_is_refused_at_once(string kind)
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "Guests run on Linux only.");
        var (path, other) = (Path.Combine(folder, "ram"), Path.Combine(folder, "other"));
        File.WriteAllBytes(path, new byte[4096]);
        using var ram = File.OpenHandle(path, FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite | FileShare.Delete);
        using var process = new QemuProcess(
            LinuxProcess.Find(Environment.ProcessId)!,
            new LaunchRecord { MachineType = "", Accelerator = "", QemuVersion = "", Network = "" }, FileIdentity.Of(ram));
        process.TakeRam(path);
        using (var opened = process.OpenRam()) Assert.Equal(4096, RandomAccess.GetLength(opened));

        if (kind == "file") File.WriteAllBytes(other, new byte[4096]);
        else Assert.Equal(0, MakePipe(other, 0b110_000_000));
        var fd = Open(other, 2); // O_RDWR, which opens a pipe at once
        Assert.True(fd >= 0 && Duplicate(fd, (int)ram.DangerousGetHandle()) >= 0);
        _ = Close(fd);
        Assert.Contains("another file", Assert.Throws<IOException>(process.OpenRam).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Its_memory_is_found_while_it_opens_and_closes_other_files()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "Guests run on Linux only.");
        var (path, other) = (Path.Combine(folder, "ram"), Path.Combine(folder, "other"));
        await File.WriteAllBytesAsync(other, []);
        using var enough = new CancellationTokenSource();
        // Before the memory, so that its descriptor comes after theirs in each list.
        var busy = Enumerable.Range(0, 2).Select(_ => Task.Run(() =>
        {
            while (!enough.IsCancellationRequested) File.OpenHandle(other).Dispose();
        })).ToArray();
        using var ram = File.OpenHandle(path, FileMode.CreateNew, FileAccess.ReadWrite, FileShare.ReadWrite | FileShare.Delete);
        using var process = LinuxProcess.Find(Environment.ProcessId)!;
        var found = Enumerable.Range(0, 500).Count(_ => process.PathOfOpen(path) is not null);
        await enough.CancelAsync();
        await Task.WhenAll(busy);
        Assert.Equal(500, found);
    }

    [LibraryImport("libc", EntryPoint = "mkfifo", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int MakePipe(string path, uint mode);

    [LibraryImport("libc", EntryPoint = "open", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Open(string path, int flags);

    [LibraryImport("libc", EntryPoint = "dup2")]
    private static partial int Duplicate(int from, int to);

    [LibraryImport("libc", EntryPoint = "close")]
    private static partial int Close(int fd);
}
