using System.Globalization;
using System.Runtime.Versioning;

namespace Opportunism.Agent.LocalSocket.Linux;

/// <summary>Finds which users sit at this desktop, from logind's seat files (man 5 org.freedesktop.login1; /run/systemd/seats).</summary>
/// <remarks>Without logind only root counts as sitting here.</remarks>
[SupportedOSPlatform("linux")]
internal sealed class SeatOwner(string seatsFolder = "/run/systemd/seats")
{
    /// <summary>True when the user has the active session of a seat. Any thread; reads small files in memory.</summary>
    public bool SitsHere(LocalUser user)
    {
        if (!uint.TryParse(user.Id, NumberStyles.None, CultureInfo.InvariantCulture, out var userId)) return false;
        try
        {
            if (!Directory.Exists(seatsFolder)) return false;
            return Directory.EnumerateFiles(seatsFolder)
                .SelectMany(File.ReadLines)
                .Any(line => line.StartsWith("ACTIVE_UID=", StringComparison.Ordinal)
                    && uint.TryParse(line.AsSpan("ACTIVE_UID=".Length), NumberStyles.None, CultureInfo.InvariantCulture, out var active)
                    && active == userId);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // A seat that disappeared during the check: not proven, so not allowed.
            return false;
        }
    }
}
