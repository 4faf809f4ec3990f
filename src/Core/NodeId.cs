using System.Diagnostics.CodeAnalysis;

namespace Opportunism.Core;

/// <summary>Name under which a desktop is enrolled; unique within a site and never reused for another desktop.</summary>
/// <remarks>1 to 63 characters of <c>a-z 0-9 . -</c>, first one a letter or digit: it is used in file names, log lines and cloud host
/// names.</remarks>
public readonly record struct NodeId
{
    private NodeId(string value) => Value = value;

    public string Value { get; }

    /// <summary>Reads a node id; false if it is not one.</summary>
    public static bool TryParse([NotNullWhen(true)] string? text, out NodeId id)
    {
        var valid = Names.IsDnsLike(text);
        id = valid ? new NodeId(text!) : default;
        return valid;
    }

    /// <summary>Reads a node id that our own code wrote.</summary>
    /// <exception cref="FormatException">It is not one.</exception>
    public static NodeId Parse(string text) =>
        TryParse(text, out var id)
            ? id
            : throw new FormatException($"'{text}' is not a node id: 1 to 63 characters of a-z 0-9 . - are allowed.");

    public override string ToString() => Value;
}
