using Opportunism.Core.Eviction;
using Opportunism.Core.Guests;

namespace Opportunism.Agent.Guests;

/// <summary>A guest of the plan that was checked and may be acted upon.</summary>
/// <param name="Spec">What it is made of.</param>
/// <param name="Wish">The state it should have.</param>
/// <param name="Generation">Grows with each request of the tenant.</param>
/// <param name="Policy">How it leaves when the owner stays.</param>
/// <param name="ImageBytes">Size of its image.</param>
/// <param name="DiskSha256">The disk it starts from instead of the image; empty for none.</param>
/// <param name="DiskBytes">Size of that disk.</param>
/// <param name="ConsoleWanted">Whether its console is being watched.</param>
internal sealed record WantedGuest(
    GuestSpec Spec, GuestWish Wish, ulong Generation, EvictionPolicy Policy, long ImageBytes, string DiskSha256, long DiskBytes,
    bool ConsoleWanted);
