using System.Text.Json;

namespace Opportunism.Clouds.OpenStack;

/// <summary>Finds the sentence in an error's body: every OpenStack service wraps it in an object with another name.</summary>
internal static class ErrorText
{
    private const int Longest = 300;

    /// <summary>The sentence, bounded and printable; empty when there is none.</summary>
    public static string Of(byte[] body)
    {
        try
        {
            using var document = JsonDocument.Parse(body);
            if (document.RootElement.ValueKind is not JsonValueKind.Object) return "";
            foreach (var property in document.RootElement.EnumerateObject())
            {
                if (property.Value.ValueKind is JsonValueKind.String) return Shown(property.Value.GetString()!);
                if (property.Value.ValueKind is JsonValueKind.Object && property.Value.TryGetProperty("message", out var message)
                    && message.ValueKind is JsonValueKind.String)
                    return Shown(message.GetString()!);
            }
        }
        catch (JsonException)
        {
            // A proxy's HTML page: its status is enough.
            return "";
        }

        return "";
    }

    /// <summary>Text from outside, bounded and printable, so that it can be shown and logged.</summary>
    public static string Shown(string text) => new([.. text.Take(Longest).Select(c => char.IsControl(c) ? ' ' : c)]);
}
