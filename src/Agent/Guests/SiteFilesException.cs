namespace Opportunism.Agent.Guests;

/// <summary>A file could not be transferred between the node and its controller.</summary>
internal sealed class SiteFilesException : Exception
{
    public SiteFilesException(string message)
        : base(message)
    {
    }

    public SiteFilesException(string message, Exception inner)
        : base(message, inner)
    {
    }
}
