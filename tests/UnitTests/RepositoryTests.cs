using System.Text.RegularExpressions;
using System.Xml.Linq;
using Xunit;

namespace Opportunism.UnitTests;

/// <summary>Holds the repository to what ARCHITECTURE.md and CONTRIBUTING.md say about it.</summary>
public sealed partial class RepositoryTests
{
    internal static readonly string Root = FindRoot();

    private static readonly Dictionary<string, string[]> AllowedReferences = new()
    {
        ["Core"] = [],
        ["Files"] = [],
        ["Contracts"] = ["Core"],
        ["Settings"] = ["Core"],
        ["Hypervisors"] = ["Core", "Files"],
        ["Clouds"] = ["Core"],
        ["Server"] = ["Core", "Files", "Contracts"],
        ["Agent"] = ["Core", "Files", "Contracts", "Settings", "Hypervisors"],
        ["Controller"] = ["Core", "Files", "Contracts", "Settings", "Clouds", "Server"],
        ["Cli"] = ["Core", "Files", "Contracts", "Clouds"],
        // No other program may use it: what plays a site on one machine is not part of what desktops, servers and tenants get.
        ["Workshop"] = ["Core", "Files", "Contracts", "Hypervisors", "Clouds", "Cli"],
    };

    [Fact]
    public void Projects_refer_only_to_those_they_may_use()
    {
        var projects = Directory.EnumerateDirectories(Path.Combine(Root, "src")).Select(Path.GetFileName).Order();
        Assert.Equal(AllowedReferences.Keys.Order(), projects);
        foreach (var (project, allowed) in AllowedReferences)
        {
            var used = XDocument.Load(Path.Combine(Root, "src", project, project + ".csproj")).Descendants("ProjectReference")
                .Select(reference => Path.GetFileNameWithoutExtension(reference.Attribute("Include")!.Value));
            Assert.Empty(used.Except(allowed));
        }
    }

    [Theory]
    [InlineData("src", 400)]
    [InlineData("bench", 400)]
    [InlineData("tests", 600)]
    public void No_file_is_longer_than_a_reader_can_hold(string folder, int most) =>
        Assert.DoesNotContain(
            Sources(folder), file => !file.Contains("/Migrations/", StringComparison.Ordinal) && File.ReadLines(file).Count() > most);

    [Fact]
    public void Every_class_that_CI_leaves_out_is_listed_with_what_it_adds()
    {
        var marked = Sources("tests").Select(file => LongClass().Match(File.ReadAllText(file))).Where(match => match.Success)
            .Select(match => match.Groups[1].Value).Order();
        var contributing = File.ReadAllText(Path.Combine(Root, "CONTRIBUTING.md"));
        var listed = LongRow().Matches(contributing).Select(match => match.Groups[1].Value).Order();
        Assert.Equal(listed, marked);
        Assert.EndsWith(
            "\nexec ./opportunism test -trait- Suite=Long\n", File.ReadAllText(Path.Combine(Root, ".ci", "run")), StringComparison.Ordinal);
    }

    [Fact]
    public void Every_event_id_is_used_once_and_stands_in_the_list_of_events()
    {
        var used = Sources("src").SelectMany(file => LoggerMessage().Matches(File.ReadAllText(file)))
            .Select(match => match.Groups[1].Value + " " + match.Groups[2].Value).ToList();
        var listed = File.ReadLines(Path.Combine(Root, "docs", "events.md")).Select(line => EventRow().Match(line))
            .Where(match => match.Success).Select(match => match.Groups[1].Value + " " + match.Groups[2].Value).ToList();

        Assert.NotEmpty(used);
        Assert.Empty(used.GroupBy(id => id.Split(' ')[0]).Where(group => group.Count() > 1).Select(group => group.Key));
        Assert.Equal(used.Order(), listed.Order());
    }

    [Fact]
    public void Log_messages_live_beside_their_class_in_a_file_of_their_own() =>
        Assert.DoesNotContain(
            Sources("src"), file => !file.EndsWith(".Log.cs", StringComparison.Ordinal) && LoggerMessage().IsMatch(File.ReadAllText(file)));

    [Fact]
    public void No_type_has_a_name_that_says_nothing()
    {
        var empty = Sources("src").Select(Path.GetFileNameWithoutExtension).Where(name => EmptyName().IsMatch(name!));

        Assert.Empty(empty);
    }

    [Fact]
    public void Every_link_in_the_documents_leads_somewhere()
    {
        var broken =
            from file in Directory.EnumerateFiles(Root, "*.md")
                .Concat(Directory.EnumerateFiles(Path.Combine(Root, "docs"), "*.md", SearchOption.AllDirectories))
            from Match link in MarkdownLink().Matches(File.ReadAllText(file))
            let target = link.Groups[1].Value.Split('#')[0]
            where target.Length > 0 && !target.Contains("://", StringComparison.Ordinal)
                && !Path.Exists(Path.Combine(Path.GetDirectoryName(file)!, target))
            select $"{Path.GetRelativePath(Root, file)} -> {target}";

        Assert.Empty(broken);
    }

    [Fact]
    public void Every_list_of_packages_is_one_that_the_bootstrap_installs_and_has_one_package_a_line()
    {
        var bootstrap = File.ReadAllText(Path.Combine(Root, "opportunism"));
        var named = PackageList().Matches(bootstrap).Select(match => match.Groups[1].Value).Distinct();
        var lists = Directory.GetFiles(Path.Combine(Root, "packaging", "packages"));

        Assert.Equal(named.Order(), lists.Select(Path.GetFileNameWithoutExtension).Order());
        Assert.DoesNotContain(
            lists.SelectMany(path => File.ReadLines(path)), line => !line.StartsWith('#') && !PackageName().IsMatch(line));
    }

    internal static IEnumerable<string> Sources(string folder) =>
        Directory.EnumerateFiles(Path.Combine(Root, folder), "*.cs", SearchOption.AllDirectories)
            .Where(file => !file.Contains("/obj/", StringComparison.Ordinal) && !file.Contains("/bin/", StringComparison.Ordinal));

    private static string FindRoot()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (folder is not null && !File.Exists(Path.Combine(folder.FullName, "Opportunism.slnx"))) folder = folder.Parent;
        return folder?.FullName ?? throw new DirectoryNotFoundException($"No repository above {AppContext.BaseDirectory}.");
    }

    [GeneratedRegex(@"\[LoggerMessage\(\s*(\d{4}), LogLevel\.(\w+)")]
    private static partial Regex LoggerMessage();

    [GeneratedRegex("""\[Trait\("Suite", "Long"\)\]\s+(?:\[.*\]\s+)*public sealed class (\w+)""")]
    private static partial Regex LongClass();

    [GeneratedRegex(@"^\| `(\w+Tests)` \|", RegexOptions.Multiline)]
    private static partial Regex LongRow();

    [GeneratedRegex(@"^\| (\d{4}) \| (\w+) \|")]
    private static partial Regex EventRow();

    [GeneratedRegex("(Manager|Helper|Util|Utils|Common|Base|Info)$")]
    private static partial Regex EmptyName();

    [GeneratedRegex(@"\b(?:need_list|packages_of) ([a-z]+)")]
    private static partial Regex PackageList();

    [GeneratedRegex("^[a-z0-9][a-z0-9.+-]+$")]
    private static partial Regex PackageName();

    [GeneratedRegex(@"\]\(([^)\s]+)\)")]
    private static partial Regex MarkdownLink();
}
