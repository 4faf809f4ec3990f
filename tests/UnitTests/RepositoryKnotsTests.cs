using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;
using Xunit;

namespace Opportunism.UnitTests;

/// <summary>Inside a project, folders use each other in one direction.</summary>
public sealed class RepositoryKnotsTests
{
    public static TheoryData<string> Projects =>
        [
            .. Directory.EnumerateDirectories(Path.Combine(RepositoryTests.Root, "src")).Select(folder => Path.GetFileName(folder))
                .Order(StringComparer.Ordinal)];

    [Theory]
    [MemberData(nameof(Projects))]
    public void No_folders_of_a_project_use_each_other_both_ways(string project)
    {
        var files = RepositoryTests.Sources(Path.Combine("src", project))
            .Where(file => !file.Contains("/Migrations/", StringComparison.Ordinal)).Select(SourceFile.Read).ToList();
        Assert.Empty(KnotsOf(files));
    }

    [Fact]
    public void A_knot_of_three_folders_is_found_and_what_only_a_catalog_closes_is_none()
    {
        SourceFile[] files =
        [
            SourceFile.Parse("X/A/One.cs", "using X.B;\nnamespace X.A;\nclass One { Two two; }"),
            SourceFile.Parse("X/B/Two.cs", "using X.C;\nnamespace X.B;\nclass Two { Three three; }"),
            SourceFile.Parse("X/C/Three.cs", "namespace X.C;\nclass Three;"),
            SourceFile.Parse("X/C/ThreeCatalog.cs", "using X.A;\nnamespace X.C;\nclass ThreeCatalog { One one; }"),
        ];
        Assert.Empty(KnotsOf(files));
        var closing = SourceFile.Parse("X/C/Four.cs", "using X.A;\nnamespace X.C;\nclass Four { One one; }");
        Assert.Equal(
            "X.A -> X.B (One.cs: Two), X.B -> X.C (Two.cs: Three), X.C -> X.A (Four.cs: One)", Assert.Single(KnotsOf([.. files, closing])));
    }

    /// <summary>Each set of folders that use each other in a circle, as the uses that make it one.</summary>
    private static List<string> KnotsOf(IReadOnlyList<SourceFile> files)
    {
        var declared = files.SelectMany(file => file.Types.Select(type => (Type: type, file.Namespace)))
            .ToLookup(one => one.Type, one => one.Namespace);
        var uses = (from file in files
                    where !IsCatalog(file.Name)
                    from name in file.Names
                    let homes = declared[name].Distinct().ToList()
                    where !homes.Contains(file.Namespace)
                    from home in homes
                    where file.Sees(home)
                    select (From: file.Namespace, To: home, What: $"{file.Name}: {name}")).ToLookup(use =>
                        (use.From, use.To), use => use.What);
        var reach = uses.Select(use => use.Key).ToHashSet();
        var folders = reach.SelectMany(use => new[] { use.From, use.To }).Distinct().ToList();
        foreach (var middle in folders)
        {
            foreach (var from in folders.Where(from => reach.Contains((from, middle))).ToList())
            {
                foreach (var to in folders.Where(to => reach.Contains((middle, to))).ToList()) reach.Add((from, to));
            }
        }

        return
        [
            .. from folder in folders
               where reach.Contains((folder, folder))
               let knot = folders.Where(other => reach.Contains((folder, other)) && reach.Contains((other, folder)))
                   .Order(StringComparer.Ordinal).ToList()
               where knot[0] == folder
               select string.Join(", ", from use in uses
                                        where knot.Contains(use.Key.From) && knot.Contains(use.Key.To)
                                        orderby use.Key
                                        select $"{use.Key.From} -> {use.Key.To} ({use.Order(StringComparer.Ordinal).First()})"),
        ];
    }

    // A catalog lists what else depends on its folder: that is its only job.
    private static bool IsCatalog(string file) => file.EndsWith("Catalog.cs", StringComparison.Ordinal) || file == "CommandList.cs";

    /// <summary>What a file declares and names.</summary>
    private sealed record SourceFile(
        string Name, string Namespace, IReadOnlyCollection<string> Usings, IReadOnlyList<string> Types, IReadOnlySet<string> Names)
    {
        public static SourceFile Read(string path) => Parse(path, File.ReadAllText(path));

        public static SourceFile Parse(string path, string text)
        {
            var root = (CompilationUnitSyntax)CSharpSyntaxTree.ParseText(text).GetRoot();
            var nodes = root.DescendantNodes().ToList();
            return new(
                Path.GetFileName(path),
                nodes.OfType<BaseNamespaceDeclarationSyntax>().FirstOrDefault()?.Name.ToString() ?? "",
                root.Usings.Select(one => one.Name?.ToString() ?? "").ToHashSet(),
                [
                    .. nodes.OfType<BaseTypeDeclarationSyntax>().Where(type => type.Parent is not BaseTypeDeclarationSyntax)
                        .Select(type => type.Identifier.Text)],
                nodes.OfType<SimpleNameSyntax>()
                    .Where(name => name.Parent is not MemberAccessExpressionSyntax access || access.Expression == name)
                    .Select(name => name.Identifier.Text).ToHashSet());
        }

        /// <summary>True when a type of that namespace can be named without it.</summary>
        public bool Sees(string home) => Usings.Contains(home) || Namespace.StartsWith(home + ".", StringComparison.Ordinal);
    }
}
