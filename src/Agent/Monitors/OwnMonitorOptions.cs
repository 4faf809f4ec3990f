using System.Diagnostics.CodeAnalysis;

namespace Opportunism.Agent.Monitors;

/// <summary>Settings of section [Monitors] that only one monitor has; a monitor that has some derives from it. Every key is a row in
/// docs/settings.md.</summary>
/// <remarks>The properties of derived classes are kept when the agent is compiled ahead of time.</remarks>
[DynamicallyAccessedMembers(DynamicallyAccessedMemberTypes.PublicProperties)]
public class OwnMonitorOptions;
