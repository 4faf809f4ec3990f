using System.Diagnostics.CodeAnalysis;

namespace Opportunism.Agent.Conditions;

/// <summary>Settings of section [Conditions] that only one condition has; a condition that has some derives from it. Every key is a row in
/// docs/settings.md.</summary>
/// <remarks>The properties of derived classes are kept when the agent is compiled ahead of time.</remarks>
[DynamicallyAccessedMembers(DynamicallyAccessedMemberTypes.PublicProperties)]
public class OwnConditionOptions;
