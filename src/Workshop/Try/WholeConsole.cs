namespace Opportunism.Workshop.Try;

/// <summary>Finds the new part of a console that is returned as a whole each time, as Nova does; libvirt starts the console again from
/// empty when it brings a guest back from disk. Pure.</summary>
/// <remarks>Nova returns the last 100 KiB; a guest that prints a line a second takes days to fill that.</remarks>
internal sealed class WholeConsole
{
    private string seen = "";

    /// <summary>The output since the previous call.</summary>
    public string Take(string whole)
    {
        var more = whole.StartsWith(seen, StringComparison.Ordinal) ? whole[seen.Length..] : whole;
        seen = whole;
        return more;
    }
}
