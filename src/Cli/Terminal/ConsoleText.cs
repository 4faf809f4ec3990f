namespace Opportunism.Cli.Terminal;

/// <summary>Text from a guest, made safe for a terminal. Pure.</summary>
internal static class ConsoleText
{
    /// <summary>Makes control characters except line feed and tab visible: an escape sequence from a tenant could rename windows or type
    /// commands.</summary>
    public static string Safe(string text) => string.Create(text.Length, text, static (safe, original) =>
    {
        for (var i = 0; i < original.Length; i++)
        {
            var c = original[i];
            safe[i] = c is '\n' or '\t' ? c
                : c == '\r' ? '\u200b'
                : c < ' ' ? (char)('\u2400' + c)
                : c is >= '\u007f' and <= '\u009f' ? '\ufffd'
                : c;
        }
    }).Replace("\u200b", "", StringComparison.Ordinal);
}
