using System.Net;

namespace Opportunism.Contracts.Api;

/// <summary>A request that the site rejected, or that did not reach it.</summary>
public sealed class SiteException(string message, HttpStatusCode? status = null, Exception? inner = null) : Exception(message, inner)
{
    /// <summary>The site's reply; null when the site was unreachable.</summary>
    public HttpStatusCode? Status { get; } = status;
}
