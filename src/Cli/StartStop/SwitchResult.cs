using System.Text.Json.Serialization;

namespace Opportunism.Cli.StartStop;

/// <summary>The result of <c>start-node</c> or <c>stop-node</c>; also its JSON output. The names never change.</summary>
/// <param name="Command">start-node or stop-node.</param>
/// <param name="Host">The compute host.</param>
/// <param name="End">How it ended.</param>
/// <param name="Open">Whether the host is open in Nova; null when that is unknown.</param>
/// <param name="Seconds">How long it took.</param>
/// <param name="Sentence">The result in words.</param>
/// <param name="Did">What was changed, in order.</param>
/// <param name="Left">Servers that are not where they should be.</param>
/// <param name="Remarks">Other remarks for the user.</param>
internal sealed record SwitchResult(
    string Command, string Host, SwitchEnd End, bool? Open, double Seconds, string Sentence, IReadOnlyList<string> Did,
    IReadOnlyList<LeftServer> Left, IReadOnlyList<string> Remarks);

/// <summary>A server that is not where it should be, and why.</summary>
internal sealed record LeftServer(string Server, string Why);

/// <summary>How a switch of a host ended.</summary>
internal enum SwitchEnd
{
    /// <summary>The host has reached its target.</summary>
    Done,

    /// <summary>The time was over before that.</summary>
    TimeOver,

    /// <summary>What is left needs a person first.</summary>
    NeedsPerson,

    /// <summary>The time was over before the cloud replied at all.</summary>
    NoAnswer,

    /// <summary>A newer start-node or stop-node has taken the host over.</summary>
    Overtaken,

    /// <summary>It was interrupted.</summary>
    Interrupted,
}

/// <summary>The JSON serialization of the result.</summary>
[JsonSourceGenerationOptions(System.Text.Json.JsonSerializerDefaults.Web, UseStringEnumConverter = true)]
[JsonSerializable(typeof(SwitchResult))]
internal sealed partial class SwitchJson : JsonSerializerContext;
