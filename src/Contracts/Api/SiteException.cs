using System.Net;

namespace Opportunism.Contracts.Api;

/// <summary>A request to the site that was refused, or did not reach it.</summary>
public sealed class SiteException(string message, HttpStatusCode? status = null, Exception? inner = null) : Exception(message, inner)
{
    /// <summary>The site's answer; null when the site could not be reached.</summary>
    public HttpStatusCode? Status { get; } = status;
}
