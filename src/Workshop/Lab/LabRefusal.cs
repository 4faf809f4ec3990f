using System.Net;

namespace Opportunism.Workshop.Lab;

/// <summary>The lab's OpenStack refused a call.</summary>
internal sealed class LabRefusal(HttpStatusCode status, string message) : IOException(message)
{
    public HttpStatusCode Status { get; } = status;
}
