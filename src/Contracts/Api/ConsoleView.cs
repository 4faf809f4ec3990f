namespace Opportunism.Contracts.Api;

/// <summary>A piece of a VM's console output.</summary>
/// <param name="Offset">Of its first byte, counted from the VM's first boot.</param>
/// <param name="NextOffset">Where to continue.</param>
/// <param name="Text">The output as UTF-8; bytes that are not valid are replaced. Empty when there is no more yet.</param>
public sealed record ConsoleView(long Offset, long NextOffset, string Text);
