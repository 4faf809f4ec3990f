namespace Opportunism.Cli.Terminal;

/// <summary>Reports on the caller's thread, before the work continues: reports through the framework's own class may arrive after the
/// display has ended.</summary>
internal sealed class ImmediateProgress(Action<long> report) : IProgress<long>
{
    public void Report(long value) => report(value);
}
