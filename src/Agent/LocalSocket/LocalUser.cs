namespace Opportunism.Agent.LocalSocket;

/// <summary>A user of this desktop who connected to the agent, as the kernel identifies the user.</summary>
/// <param name="Id">The system's identifier of the account, as text: on Linux the user's number. Never a name.</param>
/// <param name="IsAdministrator">Whether the user administers this machine: on Linux root. May do everything the owner may.</param>
internal readonly record struct LocalUser(string Id, bool IsAdministrator);
