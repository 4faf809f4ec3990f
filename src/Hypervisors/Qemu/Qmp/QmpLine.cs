using System.Buffers;
using System.Text.Json;

namespace Opportunism.Hypervisors.Qemu.Qmp;

/// <summary>The lines of QEMU's machine protocol.</summary>
internal static class QmpLine
{
    /// <summary>Longest text of a reply that is passed on.</summary>
    private const int LongestText = 300;

    /// <summary>A command as one line.</summary>
    public static byte[] Write(long id, string command, Action<Utf8JsonWriter>? arguments)
    {
        var buffer = new ArrayBufferWriter<byte>(256);
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            json.WriteString("execute"u8, command);
            if (arguments is not null)
            {
                json.WriteStartObject("arguments"u8);
                arguments(json);
                json.WriteEndObject();
            }

            json.WriteNumber("id"u8, id);
            json.WriteEndObject();
        }

        buffer.Write("\n"u8);
        return buffer.WrittenSpan.ToArray();
    }

    /// <summary>The text of an error reply.</summary>
    public static string ErrorOf(JsonElement answer)
    {
        var text = answer.TryGetProperty("error"u8, out var error) && error.ValueKind == JsonValueKind.Object
            && error.TryGetProperty("desc"u8, out var description) && description.ValueKind == JsonValueKind.String
            ? description.GetString()!.TrimEnd('.')
            : "an error without a description";
        return Shortened(text);
    }

    /// <summary>A member of a reply, at most <see cref="LongestText"/> characters of it; empty if the reply has no such text.</summary>
    /// <remarks>A QEMU that its guest has taken over may reply anything: a number, a list, a text of megabytes.</remarks>
    public static string TextOf(JsonElement answer, ReadOnlySpan<byte> name) =>
        answer.ValueKind == JsonValueKind.Object && answer.TryGetProperty(name, out var text) && text.ValueKind == JsonValueKind.String
            ? Shortened(text.GetString()!)
            : "";

    private static string Shortened(string text) => text.Length > LongestText ? text[..LongestText] : text;
}
