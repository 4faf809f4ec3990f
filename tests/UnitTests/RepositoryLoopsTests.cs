using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;
using Xunit;

namespace Opportunism.UnitTests;

/// <summary>Holds the code to the table of loops in ARCHITECTURE.md: which class writes which level.</summary>
public sealed class RepositoryLoopsTests
{
    // A node has either guests that its agent starts or those that others start, and one of the two keepers.
    private static readonly string[] WrittenByOneOfTwo = ["agent GuestsReport"];

    // The name in the table, and the project. A loop of Server runs in every server program.
    private static readonly (string Name, string Project)[] Programs =
        [("agent", "Agent"), ("server", "Server"), ("controller", "Controller")];

    [Fact]
    public void Each_level_is_written_by_the_loop_that_the_table_names()
    {
        var written = Programs.SelectMany(program => WrittenLevels(program.Name, program.Project)).Order(StringComparer.Ordinal).ToList();
        var listed = from row in Rows()
                     from name in row.Writes.Split(';')[0].Split(", ")
                     where name.StartsWith('`') && !name.StartsWith("`ActivityLedger", StringComparison.Ordinal)
                     select $"{row.Program} {row.Loop} {name.Trim('`', ' ')}";
        Assert.NotEmpty(written);
        Assert.Equal(listed.Select(one => one.Split(" (")[0].TrimEnd('`')).Order(StringComparer.Ordinal), written);
    }

    [Fact]
    public void Each_level_has_one_writer() =>
        Assert.Equal(
            WrittenByOneOfTwo,
            Programs.SelectMany(program => WrittenLevels(program.Name, program.Project))
                .GroupBy(one => one.Split(' ', 3) is var parts ? $"{parts[0]} {parts[2]}" : "")
                .Where(level => level.Count() > 1).Select(level => level.Key));

    [Fact]
    public void Each_loop_of_the_table_is_a_class()
    {
        var classes = RepositoryTests.Sources("src").Select(file => Path.GetFileName(file).Split('.')[0]).ToHashSet();
        Assert.NotEmpty(Rows());
        Assert.DoesNotContain(Rows(), row => !classes.Contains(row.Loop));
    }

    /// <summary>Every class of a project that sets a level, and the level's content.</summary>
    private static List<string> WrittenLevels(string program, string project)
    {
        var files = RepositoryTests.Sources(Path.Combine("src", project))
            .Select(file => CSharpSyntaxTree.ParseText(File.ReadAllText(file)).GetRoot()).ToList();
        var members = files.SelectMany(root => root.DescendantNodes().OfType<PropertyDeclarationSyntax>())
            .Select(property => (Name: property.Identifier.Text, Content: ContentOf(property.Type))).Where(one => one.Content is not null)
                .ToList();
        return
        [
            .. (from root in files
                let own = Declared(root)
                from call in root.DescendantNodes().OfType<InvocationExpressionSyntax>()
                where call.Expression is MemberAccessExpressionSyntax { Name.Identifier.Text: "Set" }
                let receiver = ((MemberAccessExpressionSyntax)call.Expression).Expression
                let name = receiver is MemberAccessExpressionSyntax member ? member.Name.Identifier.Text : receiver.ToString()
                let content = own.FirstOrDefault(one => one.Name == name).Content
                    ?? (receiver is MemberAccessExpressionSyntax ? members.FirstOrDefault(one => one.Name == name).Content : null)
                where content is not null
                select $"{program} {call.Ancestors().OfType<TypeDeclarationSyntax>().Last().Identifier.Text} {content}").Distinct(),
        ];
    }

    /// <summary>The levels that a file declares: fields, properties, parameters and variables.</summary>
    private static List<(string Name, string? Content)> Declared(SyntaxNode root) =>
    [
        .. from node in root.DescendantNodes()
           let one = node switch
           {
               PropertyDeclarationSyntax property => (property.Identifier.Text, ContentOf(property.Type)),
               ParameterSyntax { Type: { } type } parameter => (parameter.Identifier.Text, ContentOf(type)),
               VariableDeclaratorSyntax { Parent: VariableDeclarationSyntax variable } declarator =>
                   (declarator.Identifier.Text, ContentOf(variable.Type)),
               _ => ("", null),
           }
           where one.Item2 is not null
           select one,
    ];

    private static string? ContentOf(TypeSyntax type) => type switch
    {
        NullableTypeSyntax nullable => ContentOf(nullable.ElementType),
        GenericNameSyntax { Identifier.Text: "Level" } level => level.TypeArgumentList.Arguments[0].ToString(),
        _ => null,
    };

    private static List<(string Program, string Loop, string Writes)> Rows() =>
    [
        .. from line in File.ReadLines(Path.Combine(RepositoryTests.Root, "ARCHITECTURE.md"))
           where Programs.Any(program => line.StartsWith($"| {program.Name} | `", StringComparison.Ordinal))
           let cells = line.Trim('|', ' ').Split(" | ")
           select (cells[0], cells[1].Trim('`'), cells[4]),
    ];
}
