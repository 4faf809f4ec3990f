using System.IO.Hashing;
using System.Runtime.InteropServices;
using System.Runtime.Versioning;
using Microsoft.Extensions.Time.Testing;
using Opportunism.Hypervisors.Qemu;
using Xunit;

namespace Opportunism.UnitTests.Hypervisors;

[SupportedOSPlatform("linux")]
public sealed class MemoryCopyTests : IDisposable
{
    private const int MiB = 1024 * 1024;
    private const long Seed = 0x0123_4567_89ab_cdef;
    private readonly string folder = Directory.CreateTempSubdirectory("opp-copy-").FullName;
    private readonly string ram, saved, back;

    public MemoryCopyTests() =>
        (ram, saved, back) = (Path.Combine(folder, "ram"), Path.Combine(folder, "saved"), Path.Combine(folder, "back"));

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [Fact]
    public async Task Memory_comes_back_bit_for_bit_and_zeros_take_no_room()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "Guests are saved on Linux only.");
        var memory = new byte[(20 * MiB) + 4096];
        var random = new Random(7);
        // Islands of noise of odd sizes at odd places, one across the border of two pieces, one at the very end.
        foreach (var (at, length) in new[] { (0, 1), (70_001, 300_000), (MemoryCopy.PieceBytes - 3, 7), (15 * MiB, 2 * MiB),
            (memory.Length - 1, 1) })
            random.NextBytes(memory.AsSpan(at, length));
        memory[0] = 1;
        memory[^1] = 1;
        await File.WriteAllBytesAsync(ram, memory);

        var pieces = new MemoryPieces(memory.Length, Seed);
        await SaveAsync(pieces);
        Assert.InRange(pieces.StoredBytes, 2 * MiB, 4 * MiB);
        Assert.Equal(memory.Length, new FileInfo(saved).Length);
        Assert.Equal(3, pieces.SavedCount);

        AssertSame(memory, await LoadAsync(pieces));
    }

    [Theory]
    [InlineData(70_001)]
    [InlineData(5 * MiB)]
    public async Task One_changed_bit_is_noticed(int at)
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "Guests are saved on Linux only.");
        var memory = new byte[10 * MiB];
        new Random(7).NextBytes(memory.AsSpan(70_000, 10));
        await File.WriteAllBytesAsync(ram, memory);
        var pieces = new MemoryPieces(memory.Length, Seed);
        await SaveAsync(pieces);
        var bytes = await File.ReadAllBytesAsync(saved);
        bytes[at] ^= 4;
        await File.WriteAllBytesAsync(saved, bytes);
        await Assert.ThrowsAsync<InvalidDataException>(() => LoadAsync(pieces));
    }

    [Fact]
    public async Task A_cancelled_paced_copy_continues_unpaced_where_it_ended_and_is_the_same_as_an_unbroken_one()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "Guests are saved on Linux only.");
        var memory = new byte[40 * MiB];
        new Random(7).NextBytes(memory);
        await File.WriteAllBytesAsync(ram, memory);
        using var source = File.OpenHandle(ram, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
        var unbroken = new MemoryPieces(memory.Length, Seed);
        await MemoryCopy.SaveAsync(source, back, back + ".hashes", unbroken, null, TimeProvider.System, CancellationToken.None);

        var time = new FakeTimeProvider();
        var pieces = new MemoryPieces(memory.Length, Seed);
        using var cancel = new CancellationTokenSource();
        var paced = MemoryCopy.SaveAsync(source, saved, saved + ".hashes", pieces, 4 * MiB, time, cancel.Token);
        while (pieces.SavedCount < 2)
        {
            time.Advance(TimeSpan.FromMilliseconds(250));
            await Task.Yield();
        }

        await cancel.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => paced);
        Assert.InRange(pieces.SavedCount, 2, 4);
        // What is saved is not looked at again.
        using (var handle = File.OpenHandle(ram, FileMode.Open, FileAccess.Write, FileShare.ReadWrite))
            RandomAccess.Write(handle, new byte[MiB], 0);
        await SaveAsync(pieces);
        Assert.Equal(unbroken.Digests, pieces.Digests);
        Assert.Equal(memory.Length, pieces.StoredBytes);
        var bytes = await File.ReadAllBytesAsync(saved);
        Assert.True(memory.AsSpan().SequenceEqual(bytes));
    }

    [Theory]
    [InlineData(null)]
    [InlineData(1_000_000_000L)]
    public async Task Of_memory_that_was_saved_before_only_what_changed_is_written(long? pace)
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "Guests are saved on Linux only.");
        var random = new Random(7);
        var memory = new byte[64 * MiB];
        random.NextBytes(memory.AsSpan(0, 48 * MiB));
        await File.WriteAllBytesAsync(ram, memory);
        var pieces = new MemoryPieces(memory.Length, Seed);
        await SaveAsync(pieces);
        Assert.Equal(48 * MiB, pieces.WrittenBytes);
        pieces.EndHold();

        // 4 MiB in one place, 100 pages far from each other, one bit, memory that was zero before, and pages that are zero now.
        var changed = new HashSet<int>();
        void Change(int at, int count, Action<int> change)
        {
            for (var i = at; i < at + count; i++) change(i);
            for (var page = at / MemoryCopy.PageBytes; page <= (at + count - 1) / MemoryCopy.PageBytes; page++) changed.Add(page);
        }

        Change(9 * MiB, 4 * MiB, at => memory[at] ^= 0xff);
        for (var i = 0; i < 100; i++) Change((20 * MiB) + (i * 64 * 1024) + 17, 1, at => memory[at]++);
        Change(47 * MiB, 1, at => memory[at] ^= 1);
        Change(60 * MiB, 100_000, at => memory[at] = (byte)random.Next(1, 256));
        Change(40 * MiB, 300_000, at => memory[at] = 0);
        await File.WriteAllBytesAsync(ram, memory);
        await SaveAsync(pieces, pace);

        AssertSame(memory, await File.ReadAllBytesAsync(saved));
        AssertSame(memory, await LoadAsync(pieces));
        Assert.InRange(
            pieces.WrittenBytes, changed.Count * (long)MemoryCopy.PageBytes, changed.Count * (long)MemoryCopy.PageBytes * 13 / 10);
    }

    [Fact]
    public async Task A_base_whose_hashes_were_damaged_or_whose_copy_was_interrupted_is_written_again()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "Guests are saved on Linux only.");
        var memory = new byte[32 * MiB];
        new Random(7).NextBytes(memory);
        await File.WriteAllBytesAsync(ram, memory);
        var pieces = new MemoryPieces(memory.Length, Seed);
        await SaveAsync(pieces);
        pieces.EndHold();

        // Piece 0: the hash of a page is that of its new content, so it would seem unchanged. Piece 2: interrupted after it had begun.
        var was = memory[5000];
        memory[5000] ^= 1;
        await File.WriteAllBytesAsync(ram, memory);
        var hashes = await File.ReadAllBytesAsync(saved + ".hashes");
        MemoryMarshal.Write(hashes.AsSpan(16), XxHash128.HashToUInt128(memory.AsSpan(4096, 4096), Seed));
        await File.WriteAllBytesAsync(saved + ".hashes", hashes);
        _ = pieces.Begin(2, out var isEmpty);
        Assert.False(isEmpty);
        using (var handle = File.OpenHandle(saved, FileMode.Open, FileAccess.Write))
            RandomAccess.Write(handle, new byte[] { 1, 2, 3 }, 2L * MemoryCopy.PieceBytes);

        await SaveAsync(pieces);
        Assert.NotEqual(was, memory[5000]);
        AssertSame(memory, await File.ReadAllBytesAsync(saved));
        Assert.Equal(2L * MemoryCopy.PieceBytes, pieces.WrittenBytes);
        AssertSame(memory, await LoadAsync(pieces));
    }

    private static void AssertSame(byte[] expected, byte[] actual) =>
        Assert.True(expected.AsSpan().SequenceEqual(actual), $"differs from byte {expected.AsSpan().CommonPrefixLength(actual)} on");

    private async Task SaveAsync(MemoryPieces pieces, long? pace = null)
    {
        using var source = File.OpenHandle(ram);
        await MemoryCopy.SaveAsync(source, saved, saved + ".hashes", pieces, pace, TimeProvider.System, CancellationToken.None);
    }

    private async Task<byte[]> LoadAsync(MemoryPieces pieces)
    {
        using (var handle = File.OpenHandle(back, FileMode.Create, FileAccess.Write)) RandomAccess.SetLength(handle, pieces.Length);
        await MemoryCopy.LoadAsync(saved, back, pieces, CancellationToken.None);
        return await File.ReadAllBytesAsync(back);
    }
}
