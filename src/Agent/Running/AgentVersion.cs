namespace Opportunism.Agent.Running;

/// <summary>The version of this program, as it reports it.</summary>
internal static class AgentVersion
{
    public static string Text { get; } = typeof(AgentVersion).Assembly.GetName().Version?.ToString(3) ?? "unknown";
}
