using System.Runtime.Versioning;
using Opportunism.Files;
using Xunit;

namespace Opportunism.UnitTests.Files;

/// <summary>Files that are replaced whole, and for their owner alone.</summary>
[SupportedOSPlatform("linux")]
public sealed class DurableFileTests : IDisposable
{
    private const UnixFileMode OwnerReadsAndWrites = UnixFileMode.UserRead | UnixFileMode.UserWrite;
    private readonly string folder = Directory.CreateTempSubdirectory("opp-files").FullName;

    public void Dispose() => Directory.Delete(folder, recursive: true);

    private string this[string name] => Path.Combine(folder, name);

    [Fact]
    public void A_file_is_made_and_replaced_and_nothing_else_is_left()
    {
        DurableFile.Replace(this["book"], "a long first one"u8);
        DurableFile.Replace(this["book"], "second"u8);

        Assert.Equal("second", File.ReadAllText(this["book"]));
        Assert.Equal([this["book"]], Directory.GetFileSystemEntries(folder));
    }

    [Fact]
    public void Nobody_else_can_read_it_even_where_everybody_could_read_the_old_one()
    {
        File.WriteAllText(this["book"], "old");
        File.SetUnixFileMode(this["book"], OwnerReadsAndWrites | UnixFileMode.GroupRead | UnixFileMode.OtherRead);

        DurableFile.Replace(this["book"], "new"u8);

        Assert.Equal(OwnerReadsAndWrites, File.GetUnixFileMode(this["book"]));
    }

    [Fact]
    public void What_a_crash_has_left_is_neither_kept_nor_followed()
    {
        File.WriteAllText(this["elsewhere"], "untouched");
        File.CreateSymbolicLink(this["book.part"], this["elsewhere"]);

        DurableFile.Replace(this["book"], "new"u8);

        Assert.Equal("new", File.ReadAllText(this["book"]));
        Assert.Equal("untouched", File.ReadAllText(this["elsewhere"]));
        Assert.False(Path.Exists(this["book.part"]));
    }

    [Fact]
    public void The_old_one_stays_where_the_new_one_cannot_be_written()
    {
        File.WriteAllText(this["book"], "old");
        Directory.CreateDirectory(this["book.part"]);

        var failure = Assert.ThrowsAny<SystemException>(() => DurableFile.Replace(this["book"], "new"u8));

        Assert.True(failure is IOException or UnauthorizedAccessException, failure.ToString());
        Assert.Contains(this["book.part"], failure.Message, StringComparison.Ordinal);
        Assert.Equal("old", File.ReadAllText(this["book"]));
    }

    [Fact]
    public void A_move_goes_over_what_has_that_name()
    {
        File.WriteAllText(this["from"], "new");
        File.WriteAllText(this["to"], "old");

        DurableFile.Move(this["from"], this["to"]);

        Assert.Equal([this["to"]], Directory.GetFileSystemEntries(folder));
        Assert.Equal("new", File.ReadAllText(this["to"]));
    }

    [Fact]
    public void What_is_not_there_cannot_be_brought_to_the_disk()
    {
        Assert.Contains(
            this["nothing"], Assert.Throws<IOException>(() => DurableFile.Sync(this["nothing"])).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_folder_for_the_owner_alone_is_made_with_its_parents_and_one_that_is_there_is_closed()
    {
        Directory.CreateDirectory(this["open"]);
        File.SetUnixFileMode(
            this["open"], OwnerReadsAndWrites | UnixFileMode.UserExecute | UnixFileMode.OtherRead | UnixFileMode.OtherExecute);

        foreach (var path in new[] { this["open"], this["new/deep"] })
        {
            Assert.Equal(path, OwnerOnly.MakeFolder(path));
            Assert.Equal(OwnerReadsAndWrites | UnixFileMode.UserExecute, File.GetUnixFileMode(path));
        }
    }
}
