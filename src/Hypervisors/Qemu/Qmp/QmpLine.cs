using System.Buffers;
using System.Text.Json;

namespace Opportunism.Hypervisors.Qemu.Qmp;

/// <summary>The lines of QEMU's machine protocol.</summary>
internal static class QmpLine
{
    /// <summary>Longest text of an error that is passed on.</summary>
    private const int LongestError = 300;

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

    /// <summary>What an error answer says.</summary>
    public static string ErrorOf(JsonElement answer)
    {
        var text = answer.TryGetProperty("error"u8, out var error) && error.ValueKind == JsonValueKind.Object
            && error.TryGetProperty("desc"u8, out var description) && description.ValueKind == JsonValueKind.String
            ? description.GetString()!.TrimEnd('.')
            : "an error without a description";
        return text.Length > LongestError ? text[..LongestError] : text;
    }
}
