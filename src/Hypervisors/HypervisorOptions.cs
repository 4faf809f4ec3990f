using System.Diagnostics.CodeAnalysis;

namespace Opportunism.Hypervisors;

/// <summary>Settings of section [Guests] that only one hypervisor has; a hypervisor that has some derives from it. Every key is a row in
/// docs/settings.md.</summary>
/// <remarks>The properties of derived classes are kept when the agent is compiled ahead of time.</remarks>
[DynamicallyAccessedMembers(DynamicallyAccessedMemberTypes.PublicProperties)]
public class HypervisorOptions;
