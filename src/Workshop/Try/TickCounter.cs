using System.Globalization;
using System.Text;
using Opportunism.Contracts.Api;

namespace Opportunism.Workshop.Try;

/// <summary>Reads a guest's console and checks that its ticks are 0, 1, 2, ...: none lost, none repeated.</summary>
/// <param name="read">Returns the guest's output since the previous call.</param>
/// <remarks>One reader; any thread may read the results.</remarks>
internal sealed class TickCounter(Func<CancellationToken, Task<string>> read)
{
    private readonly StringBuilder partial = new();
    private volatile int last = -1;
    private volatile string? fault;

    /// <summary>The newest tick; -1 before the first.</summary>
    public int Last => last;

    /// <summary>What was wrong with the count, or why the console could not be read; null while there is nothing.</summary>
    public string? Fault => fault;

    /// <summary>Reads until cancelled, or until the console cannot be read.</summary>
    public async Task ReadAsync(CancellationToken cancellationToken)
    {
        try
        {
            while (true) Take(await read(cancellationToken));
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            // Cancelled.
        }
        catch (Exception e) when (e is DayBrokenException or SiteException or IOException)
        {
            fault ??= e.Message;
        }
    }

    internal void Take(string text)
    {
        partial.Append(text);
        var all = partial.ToString();
        var end = all.LastIndexOf('\n');
        if (end < 0) return;
        partial.Clear().Append(all, end + 1, all.Length - end - 1);
        foreach (var line in all[..end].Split('\n'))
        {
            if (!line.StartsWith("tick ", StringComparison.Ordinal)
                || !int.TryParse(line.AsSpan(5).TrimEnd('\r'), NumberStyles.None, CultureInfo.InvariantCulture, out var tick))
                continue;
            if (tick != last + 1) fault ??= $"tick {tick} came after tick {last}";
            last = tick;
        }
    }
}
