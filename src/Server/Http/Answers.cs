using System.Globalization;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Mvc;
using Opportunism.Contracts.Api;

namespace Opportunism.Server.Http;

/// <summary>Errors of the API as problem details (RFC 9457).</summary>
public static class Answers
{
    /// <summary>May read.</summary>
    public const string Viewer = nameof(Role.Viewer);

    /// <summary>May change VMs, images and nodes.</summary>
    public const string Operator = nameof(Role.Operator);

    /// <summary>May do everything.</summary>
    public const string Admin = nameof(Role.Admin);

    /// <summary>All requests except uploads are small JSON documents.</summary>
    public static RequestSizeLimitAttribute SmallRequests { get; } = new(64 * 1024);

    /// <summary>Maps an exception to a response: a caller's mistake is a 4xx, not a fault of ours.</summary>
    public static ExceptionHandlerOptions ForFaults { get; } = new()
    {
        StatusCodeSelector = failure => failure is BadHttpRequestException bad ? bad.StatusCode : StatusCodes.Status500InternalServerError,
        SuppressDiagnosticsCallback = fault => fault.Exception is BadHttpRequestException,
    };

    /// <summary>Something that was named is not here; 404.</summary>
    public static ProblemHttpResult NoSuch(string what, string which, string remedy = "") =>
        TypedResults.Problem(
            $"There is no {what} '{Shown(which)}' here{(remedy.Length > 0 ? $": {remedy}" : "")}.",
            statusCode: StatusCodes.Status404NotFound);

    /// <summary>The request is wrong; 400.</summary>
    public static ProblemHttpResult Wrong(string sentence) => TypedResults.Problem(sentence, statusCode: StatusCodes.Status400BadRequest);

    /// <summary>The request does not fit the present state; 409.</summary>
    public static ProblemHttpResult Conflict(string sentence) => TypedResults.Problem(sentence, statusCode: StatusCodes.Status409Conflict);

    /// <summary>Not possible now; 503.</summary>
    public static ProblemHttpResult Unavailable(string sentence) =>
        TypedResults.Problem(sentence, statusCode: StatusCodes.Status503ServiceUnavailable);

    /// <summary>Describes what was wrong with a request that could not be read, or what to do about a fault of ours.</summary>
    public static void Explain(ProblemDetailsContext context, string program) => context.ProblemDetails.Detail ??= context switch
    {
        { Exception: BadHttpRequestException bad } => $"The request could not be read: {RequestFault.Sentence(bad)}",
        { Exception: not null } => $"Internal error. Retry; if it persists, see the {program}'s log.",
        { ProblemDetails.Status: StatusCodes.Status404NotFound } => "No such endpoint; see /openapi/v1.json.",
        _ => null,
    };

    /// <summary>Text from a caller, bounded and printable, so that it can be shown and logged.</summary>
    public static string Shown(string text) => Printable(text.Length > 80 ? text[..80] : text);

    /// <summary>Text without characters that move a terminal's cursor, begin a line or change the direction of writing.</summary>
    public static string Printable(string text) => new([.. text.Select(c => IsPrintable(c) ? c : '?')]);

    /// <summary>Whether <see cref="Printable"/> leaves a character as it is.</summary>
    public static bool IsPrintable(char c) => char.GetUnicodeCategory(c) is not (UnicodeCategory.Control or UnicodeCategory.Format
        or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator or UnicodeCategory.OtherNotAssigned);
}
