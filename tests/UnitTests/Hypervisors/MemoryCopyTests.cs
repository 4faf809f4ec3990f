using Microsoft.Extensions.Time.Testing;
using Opportunism.Hypervisors.Qemu;
using Xunit;

namespace Opportunism.UnitTests.Hypervisors;

[System.Runtime.Versioning.SupportedOSPlatform("linux")]
public sealed class MemoryCopyTests : IDisposable
{
    private const int MiB = 1024 * 1024;
    private readonly string folder = Directory.CreateTempSubdirectory("opp-copy-").FullName;

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [Fact]
    public async Task Memory_comes_back_bit_for_bit_and_zeros_take_no_room()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "Guests are saved on Linux only.");
        var memory = new byte[(20 * MiB) + 4096];
        var random = new Random(7);
        // Islands of noise of odd sizes at odd places, one across the border of two pieces, one at the very end.
        foreach (var (at, length) in new[] { (0, 1), (70_001, 300_000), (MemoryCopy.PieceBytes - 3, 7), (15 * MiB, 2 * MiB), (memory.Length - 1, 1) }) random.NextBytes(memory.AsSpan(at, length));
        memory[0] = 1;
        memory[^1] = 1;
        var (ram, saved, back) = (Path.Combine(folder, "ram"), Path.Combine(folder, "saved"), Path.Combine(folder, "back"));
        await File.WriteAllBytesAsync(ram, memory);

        var pieces = new MemoryPieces(memory.Length);
        await MemoryCopy.SaveAsync(ram, saved, pieces, null, TimeProvider.System, CancellationToken.None);
        Assert.InRange(pieces.StoredBytes, 2 * MiB, 4 * MiB);
        Assert.Equal(memory.Length, new FileInfo(saved).Length);
        Assert.Equal(3, pieces.SavedCount);

        using (var handle = File.OpenHandle(back, FileMode.CreateNew, FileAccess.Write)) RandomAccess.SetLength(handle, memory.Length);
        await MemoryCopy.LoadAsync(saved, back, pieces.Crcs, CancellationToken.None);
        var restored = await File.ReadAllBytesAsync(back);
        Assert.True(memory.AsSpan().SequenceEqual(restored));
    }

    [Theory]
    [InlineData(70_001)]
    [InlineData(5 * MiB)]
    public async Task One_changed_bit_is_noticed(int at)
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "Guests are saved on Linux only.");
        var memory = new byte[10 * MiB];
        new Random(7).NextBytes(memory.AsSpan(70_000, 10));
        var (ram, saved, back) = (Path.Combine(folder, "ram"), Path.Combine(folder, "saved"), Path.Combine(folder, "back"));
        await File.WriteAllBytesAsync(ram, memory);
        var pieces = new MemoryPieces(memory.Length);
        await MemoryCopy.SaveAsync(ram, saved, pieces, null, TimeProvider.System, CancellationToken.None);
        var bytes = await File.ReadAllBytesAsync(saved);
        bytes[at] ^= 4;
        await File.WriteAllBytesAsync(saved, bytes);
        using (var handle = File.OpenHandle(back, FileMode.CreateNew, FileAccess.Write)) RandomAccess.SetLength(handle, memory.Length);
        await Assert.ThrowsAsync<InvalidDataException>(() => MemoryCopy.LoadAsync(saved, back, pieces.Crcs, CancellationToken.None));
    }

    [Fact]
    public async Task A_cancelled_paced_copy_goes_on_unpaced_where_it_ended_and_is_the_same_as_an_unbroken_one()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "Guests are saved on Linux only.");
        var memory = new byte[40 * MiB];
        new Random(7).NextBytes(memory);
        var (ram, saved, back) = (Path.Combine(folder, "ram"), Path.Combine(folder, "saved"), Path.Combine(folder, "back"));
        await File.WriteAllBytesAsync(ram, memory);
        var unbroken = new MemoryPieces(memory.Length);
        await MemoryCopy.SaveAsync(ram, back, unbroken, null, TimeProvider.System, CancellationToken.None);

        var time = new FakeTimeProvider();
        var pieces = new MemoryPieces(memory.Length);
        using var cancel = new CancellationTokenSource();
        var paced = MemoryCopy.SaveAsync(ram, saved, pieces, 4 * MiB, time, cancel.Token);
        while (pieces.SavedCount < 2)
        {
            time.Advance(TimeSpan.FromMilliseconds(250));
            await Task.Yield();
        }

        await cancel.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => paced);
        Assert.InRange(pieces.SavedCount, 2, 4);
        // What is saved is not looked at again.
        using (var handle = File.OpenHandle(ram, FileMode.Open, FileAccess.Write)) RandomAccess.Write(handle, new byte[MiB], 0);
        await MemoryCopy.SaveAsync(ram, saved, pieces, null, TimeProvider.System, CancellationToken.None);
        Assert.Equal(unbroken.Crcs, pieces.Crcs);
        Assert.Equal(memory.Length, pieces.StoredBytes);
        var bytes = await File.ReadAllBytesAsync(saved);
        Assert.True(memory.AsSpan().SequenceEqual(bytes));
    }
}
