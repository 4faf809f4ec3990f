using System.Runtime.Versioning;
using Opportunism.Agent.Guests;
using Opportunism.Hypervisors.Cgroups;

namespace Opportunism.Agent.Availability.Linux;

/// <summary>Freezes all guests without an agent: <c>Opportunism.Agent freeze</c>, which systemd runs whenever the agent has ended; also the
/// first step of <c>run</c>.</summary>
/// <remarks>Takes a few milliseconds and needs nothing but the kernel: no valid settings, no state, no lock, no log.</remarks>
[SupportedOSPlatform("linux")]
internal static class FreezeCommand
{
    /// <summary>Freezes the guests of the cgroup that the settings name.</summary>
    /// <returns>0 when no guest runs any more, else 1.</returns>
    public static int Run(string settingsPath)
    {
        var cgroup = CgroupIn(settingsPath);
        try
        {
            if (GuestFreezers.Find(cgroup) is not { } freezer) return 0;
            var result = new GuestBrake(freezer, BrakeTimes.Default, TimeProvider.System, ShortPause.For).FreezeAll();
            if (result.Brake != Brake.None) return 0;
            Console.Error.WriteLine($"Guests in the cgroup {cgroup} still run; they could be neither frozen nor killed.");
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            Console.Error.WriteLine($"Could not freeze the guests in the cgroup {cgroup}: {exception.Message}");
        }

        return 1;
    }

    /// <summary>The guests' cgroup, read from settings that need not be valid; the default where they name none.</summary>
    internal static string CgroupIn(string settingsPath)
    {
        var (section, found) = ("", new GuestOptions().Cgroup);
        try
        {
            foreach (var line in File.ReadLines(settingsPath).Select(line => line.Trim()))
            {
                if (line is ['[', .. var name, ']']) section = name.Trim();
                var equals = line.IndexOf('=', StringComparison.Ordinal);
                if (equals < 0 || !section.Equals(GuestOptions.Section, StringComparison.OrdinalIgnoreCase)) continue;
                if (line[..equals].Trim().Equals(nameof(GuestOptions.Cgroup), StringComparison.OrdinalIgnoreCase))
                    found = line[(equals + 1)..].Trim().Trim('"');
            }
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            // Without readable settings the default is used.
        }

        return GuestOptionsValidator.IsCgroup(found) ? found : new GuestOptions().Cgroup;
    }
}
