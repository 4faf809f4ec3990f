namespace Opportunism.Workshop.Try;

/// <summary>Finds what is new in a console that is told as a whole each time, as Nova
/// does; libvirt begins it anew when it brings a guest back from disk. Pure.</summary>
/// <remarks>Nova tells the last 100 KiB; a guest that prints a line a second takes days for that.</remarks>
internal sealed class WholeConsole
{
    private string seen = "";

    /// <summary>What was printed since the whole console was told before.</summary>
    public string Take(string whole)
    {
        var more = whole.StartsWith(seen, StringComparison.Ordinal) ? whole[seen.Length..] : whole;
        seen = whole;
        return more;
    }
}
