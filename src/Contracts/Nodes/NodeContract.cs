using Opportunism.Core.Guests;

namespace Opportunism.Contracts.Nodes;

/// <summary>Version and limits of the messages between agent and controller (nodes.proto). Each side keeps them, and rejects what exceeds
/// them.</summary>
public static class NodeContract
{
    /// <summary>Version of nodes.proto. A peer with a newer one is answered
    /// all the same; fields that are unknown here are ignored.</summary>
    public const uint Version = 1;

    /// <summary>Guests in a plan or a report.</summary>
    public const int MostGuests = GuestSpec.MostOnANode;

    /// <summary>Monitors, conditions, obstacles and health items in a report, each.</summary>
    public const int MostItems = 64;

    /// <summary>Characters of a name or code.</summary>
    public const int LongestName = 64;

    /// <summary>Characters of a sentence or remedy.</summary>
    public const int LongestSentence = 1000;

    /// <summary>Bytes of a report: the most guests and items with the longest texts need less; a larger report can only hold unknown
    /// fields.</summary>
    public const int LargestReport = 512 * 1024;

    /// <summary>Bytes of an image or a disk in one message.</summary>
    public const int LargestPiece = 1024 * 1024;

    /// <summary>Bytes of a console in one message.</summary>
    public const int LargestConsolePiece = 64 * 1024;

    /// <summary>Bytes of any message to the controller: a chunk and the other fields.</summary>
    public const int LargestMessage = LargestPiece + (64 * 1024);

    /// <summary>True for 64 lower-case hexadecimal digits.</summary>
    public static bool IsSha256(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        return text.Length == 64 && text.All(char.IsAsciiHexDigitLower);
    }

    /// <summary>A text, cut to what a sentence may have.</summary>
    public static string Sentence(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        return text.Length <= LongestSentence ? text : text[..LongestSentence];
    }
}
