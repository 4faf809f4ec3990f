using Opportunism.Core;

namespace Opportunism.Clouds;

/// <summary>Which of the site's files are needed for guests that have not ended.</summary>
/// <param name="Images">SHA-256 of each image, with the number of guests that need it.</param>
/// <param name="Disks">Disks that wait for a node.</param>
/// <param name="Consoles">Guests whose console is kept.</param>
public sealed record ContentInUse(IReadOnlyDictionary<string, int> Images, IReadOnlySet<GuestDisk> Disks, IReadOnlySet<GuestId> Consoles);

/// <summary>A disk that a node handed over.</summary>
/// <param name="Guest">The guest whose disk it is.</param>
/// <param name="Sha256">SHA-256 of its content.</param>
public readonly record struct GuestDisk(GuestId Guest, string Sha256);
