using Opportunism.Settings;
using Xunit;

namespace Opportunism.UnitTests.Settings;

public sealed class SettingsFileTests : IDisposable
{
    private const string Allowed = "; allowed are [Section], Key = value, and lines that begin with #.";

    private readonly string folder = Directory.CreateTempSubdirectory("settings-").FullName;

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [Fact]
    public void A_file_that_is_not_there_is_named_with_what_to_do() =>
        Assert.Equal(
            "There is no settings file /nowhere/x.ini. Name one with --settings; docs/settings.md lists the keys, and an empty file uses "
                + "every default.",
            ProblemWith("/nowhere/x.ini"));

    [Fact]
    public void A_folder_is_no_settings_file() => Assert.StartsWith($"There is no settings file {folder}. ", ProblemWith(folder));

    [Theory]
    [InlineData("[S]\nN = 1\n\nmy-secret\n", "line 4 is malformed" + Allowed)]
    [InlineData("[S\n", "line 1 is malformed" + Allowed)]
    [InlineData(
        "[S]\n# N = my-secret\nN = my-secret\n[T]\nN = 2\n[s]\nn = my-secret\n", "line 7 sets [s] n a second time; once is allowed.")]
    public void A_malformed_line_is_named_by_its_number_and_never_repeated(string text, string problem)
    {
        var path = Write("x.ini", text);

        Assert.Equal($"{path} cannot be read: {problem}", ProblemWith(path));
    }

    [Theory]
    [InlineData("{\"S\":\n{\"N\": tmysecret}}", "line 2 is not valid JSON.")]
    [InlineData("{\"S\": {\"N\": 1, \"n\": 2}}", "allowed is one JSON object that holds an object for each section, each key once.")]
    [InlineData("[1]", "allowed is one JSON object that holds an object for each section, each key once.")]
    [InlineData("", "line 1 is not valid JSON.")]
    public void Malformed_JSON_is_named_by_its_line(string text, string problem)
    {
        var path = Write("x.json", text);

        Assert.Equal($"{path} cannot be read: {problem}", ProblemWith(path));
    }

    [Fact]
    public void A_file_may_have_1_MiB_and_not_a_byte_more()
    {
        var path = Write("x.ini", new string('#', SettingsFile.MaxBytes));
        Assert.NotNull(SettingsFile.Read(path, out var none));
        Assert.Null(none);

        File.AppendAllText(path, "#");
        Assert.Equal($"{path} cannot be read: it has more than 1048576 bytes; a settings file may have no more.", ProblemWith(path));
    }

    [Theory]
    [InlineData("/proc/sys/vm/drop_caches", "the user of this program may not open it.")] // it can only be written, even by root
    [InlineData("/proc/self/mem", "Input/output error : '/proc/self/mem'")]
    public void A_file_that_cannot_be_read_is_named_with_the_reason(string path, string reason)
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "Linux only.");

        Assert.Equal($"{path} cannot be read: {reason}", ProblemWith(path));
    }

    [Fact]
    public void An_ini_file_stays_one_whatever_its_name()
    {
        Assert.Equal(["S"], SettingsFile.ReadIni(Write("x.json", "[S]\nN = 1\n"), out _)!.Sections);
        Assert.Null(SettingsFile.ReadIni(Write("y.json", "{}"), out var problem));
        Assert.Contains("line 1 is malformed", problem, StringComparison.Ordinal);
    }

    [Fact]
    public void A_key_is_there_even_without_a_value()
    {
        var file = SettingsFile.Read(Write("x.ini", "[S]\nN =\n"), out _)!;

        Assert.True(file.Has("s", "n"));
        Assert.False(file.Has("S", "M"));
    }

    private static string? ProblemWith(string path)
    {
        Assert.Null(SettingsFile.Read(path, out var problem));
        return problem;
    }

    private string Write(string name, string text)
    {
        var path = Path.Combine(folder, name);
        File.WriteAllText(path, text);
        return path;
    }
}
