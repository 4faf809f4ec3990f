using System.Text.Json;
using System.Text.RegularExpressions;
using Microsoft.AspNetCore.Http;

namespace Opportunism.Server.Http;

/// <summary>Describes why a request could not be read, without the framework's message, which names types of this program.</summary>
internal static partial class RequestFault
{
    /// <summary>The end of a sentence.</summary>
    public static string Sentence(BadHttpRequestException fault)
    {
        if (fault.InnerException is JsonException json) return OfJson(json);
        if (MissingBody().IsMatch(fault.Message)) return "a JSON object is needed as its body.";
        return QueryParameter().Match(fault.Message) is { Success: true } match
            ? $"the parameter '{match.Groups[1].Value}' is missing or has the wrong type."
            : fault.Message;
    }

    private static string OfJson(JsonException fault)
    {
        if (UnknownField().Match(fault.Message) is { Success: true } unknown)
            return $"'{Answers.Shown(unknown.Groups[1].Value)}' is no field of it.";
        if (MissingFields().Match(fault.Message) is { Success: true } missing) return $"it lacks {missing.Groups[1].Value.TrimEnd('.')}.";
        var place = fault.Path is { Length: > 2 } path ? $"the value of '{Answers.Shown(path[2..])}'" : "it";
        return WrongType().IsMatch(fault.Message)
            ? $"{place} has the wrong type, or is too large."
            : $"it is not valid JSON (line {fault.LineNumber + 1}, byte {fault.BytePositionInLine + 1}).";
    }

    [GeneratedRegex("from body")]
    private static partial Regex MissingBody();

    [GeneratedRegex("parameter \"(?:[^\" ]+ )*([A-Za-z]+)\"")]
    private static partial Regex QueryParameter();

    [GeneratedRegex("^The JSON property '(.*)' could not be mapped", RegexOptions.Singleline)]
    private static partial Regex UnknownField();

    [GeneratedRegex("missing required properties including: (.*)$", RegexOptions.Singleline)]
    private static partial Regex MissingFields();

    [GeneratedRegex("^The JSON value could not be converted")]
    private static partial Regex WrongType();
}
