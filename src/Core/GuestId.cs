using System.Diagnostics.CodeAnalysis;

namespace Opportunism.Core;

/// <summary>Identity of a guest, the same in the cloud, on the controller and on the node.</summary>
/// <remarks>A UUID written as 32 lower-case hexadecimal digits; it names folders, sockets and cgroups, so nothing else is ever
/// accepted.</remarks>
public readonly record struct GuestId
{
    private GuestId(string value) => Value = value;

    public string Value { get; }

    /// <summary>A new random id.</summary>
    public static GuestId New() => new(Guid.NewGuid().ToString("N"));

    /// <summary>Reads a guest id; false if it is not one.</summary>
    public static bool TryParse([NotNullWhen(true)] string? text, out GuestId id)
    {
        var valid = text is { Length: 32 } && text.All(char.IsAsciiHexDigitLower);
        id = valid ? new GuestId(text!) : default;
        return valid;
    }

    /// <summary>Reads a guest id that our own code wrote.</summary>
    /// <exception cref="FormatException">It is not one.</exception>
    public static GuestId Parse(string text) =>
        TryParse(text, out var id)
            ? id
            : throw new FormatException($"'{text}' is not a guest id: 32 lower-case hexadecimal digits are expected.");

    public override string ToString() => Value;
}
