namespace Opportunism.Cli.Terminal;

/// <summary>Reports on the caller's thread, before the work goes on: what the
/// framework's own class is told may arrive when nobody shows it any more.</summary>
internal sealed class ImmediateProgress(Action<long> report) : IProgress<long>
{
    public void Report(long value) => report(value);
}
