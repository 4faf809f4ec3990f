using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;
using Xunit;

namespace Opportunism.UnitTests;

/// <summary>Holds classes, methods and lines to the sizes that CONTRIBUTING.md names.</summary>
public sealed class RepositoryShapeTests
{
    private const int LongestClass = 400, LongestMethod = 60, LongestTestMethod = 100, WidestLine = 140;

    // Composition, and what keeps or is told of one kind of cloud; the list is to become the catalog alone.
    private static readonly string[] FilesThatNameAKindOfCloud =
    [
        "src/Cli/OpenStack/NotTried.cs",
        "src/Cli/OpenStack/OpenStackArguments.cs",
        "src/Cli/OpenStack/OpenStackCheckCommand.cs",
        "src/Cli/OpenStack/OpenStackDriver.cs",
        "src/Cli/StartStop/EvictedFile.cs",
        "src/Cli/StartStop/SwitchCommand.cs",
        "src/Cli/StartStop/SwitchWords.cs",
    ];

    [Fact]
    public void Only_the_catalog_names_a_kind_of_cloud()
    {
        var kinds = Directory.EnumerateDirectories(Path.Combine(RepositoryTests.Root, "src", "Clouds"))
            .Select(folder => "Clouds." + Path.GetFileName(folder)).Where(kind => kind is not "Clouds.obj" and not "Clouds.bin").ToList();
        var naming = from file in Files("src")
                     let path = Path.GetRelativePath(RepositoryTests.Root, file)
                     where path != "src/Clouds/CloudCatalog.cs"
                         && !kinds.Exists(kind => path.StartsWith("src/" + kind.Replace('.', '/') + "/", StringComparison.Ordinal))
                     where kinds.Exists(kind => File.ReadAllText(file).Contains(kind, StringComparison.Ordinal))
                     select path;
        Assert.Equal(FilesThatNameAKindOfCloud, naming.Order(StringComparer.Ordinal));
    }

    [Fact]
    public void No_class_is_longer_than_its_limit_over_all_its_parts() =>
        Assert.DoesNotContain(SizesOf("src"), size => size.Value > LongestClass);

    [Theory]
    [InlineData("src", LongestMethod)]
    [InlineData("tests", LongestTestMethod)]
    [InlineData("bench", LongestTestMethod)]
    public void No_method_is_longer_than_its_limit(string folder, int most) =>
        Assert.Empty(
            from file in Files(folder)
            from method in Parse(file).DescendantNodes().OfType<BaseMethodDeclarationSyntax>()
            where LinesOf(method) > most
            select $"{Path.GetRelativePath(RepositoryTests.Root, file)}: {LinesOf(method)} lines at "
                + $"'{method.ToString().Split('\n')[0].Trim()}'");

    [Fact]
    public void The_C_library_is_bound_in_one_file_of_each_project() =>
        Assert.Empty(
            from file in Files("src")
            where Path.GetFileName(file) != "Libc.cs" && File.ReadAllText(file).Contains("LibraryImport(\"libc\"", StringComparison.Ordinal)
            select Path.GetRelativePath(RepositoryTests.Root, file));

    // Text of another language (SQL, a shell's) that has lines of its own is as wide as that language needs.
    [Fact]
    public void No_line_is_wider_than_its_limit() =>
        Assert.Empty(
            from folder in new[] { "src", "tests", "bench" }
            from file in Files(folder)
            let lines = File.ReadAllLines(file)
            where lines.Any(line => line.Length > WidestLine)
            let foreign = LinesInsideRawStrings(Parse(file))
            from at in Enumerable.Range(0, lines.Length)
            where lines[at].Length > WidestLine && !foreign.Contains(at)
            select $"{Path.GetRelativePath(RepositoryTests.Root, file)}:{at + 1}: {lines[at].Length} columns");

    private static HashSet<int> LinesInsideRawStrings(SyntaxNode root) =>
    [
        .. from node in root.DescendantNodes()
           where node is LiteralExpressionSyntax { Token.RawKind: (int)SyntaxKind.MultiLineRawStringLiteralToken }
               or InterpolatedStringExpressionSyntax { StringStartToken.RawKind: (int)SyntaxKind.InterpolatedMultiLineRawStringStartToken }
           let span = node.GetLocation().GetLineSpan()
           from line in Enumerable.Range(span.StartLinePosition.Line + 1, span.EndLinePosition.Line - span.StartLinePosition.Line - 1)
           select line,
    ];

    /// <summary>Lines of each class, struct and record, over all its parts; a nested one counts with the one around it.</summary>
    private static Dictionary<string, int> SizesOf(string folder) =>
        (from file in Files(folder)
         from type in Parse(file).DescendantNodes(node => node is not TypeDeclarationSyntax).OfType<TypeDeclarationSyntax>()
         group LinesOf(type) by $"{Project(file)}.{type.Identifier.Text}").ToDictionary(type => type.Key, type => type.Sum());

    private static string Project(string file) =>
        Path.GetRelativePath(Path.Combine(RepositoryTests.Root, "src"), file).Split(Path.DirectorySeparatorChar)[0];

    private static int LinesOf(SyntaxNode node) =>
        node.GetLocation().GetLineSpan() is var span ? span.EndLinePosition.Line - span.StartLinePosition.Line + 1 : 0;

    private static SyntaxNode Parse(string file) => CSharpSyntaxTree.ParseText(File.ReadAllText(file)).GetRoot();

    private static IEnumerable<string> Files(string folder) =>
        RepositoryTests.Sources(folder).Where(file => !file.Contains("/Migrations/", StringComparison.Ordinal));
}
