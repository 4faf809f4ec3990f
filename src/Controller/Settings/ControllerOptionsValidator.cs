using System.Net;
using Opportunism.Clouds;
using Opportunism.Core;
using Opportunism.Core.Availability;
using Opportunism.Server.Telemetry;

namespace Opportunism.Controller.Settings;

/// <summary>Finds every reason why settings cannot be used, each naming key, value and what is allowed.</summary>
internal static class ControllerOptionsValidator
{
    public static IEnumerable<string> Problems(ControllerOptions options, SiteTimes policy)
    {
        if (!IPEndPoint.TryParse(options.Listen, out _) || !options.Listen.Contains(':', StringComparison.Ordinal))
            yield return $"[Controller] Listen is '{options.Listen}'; allowed is ADDRESS:PORT with an IP address, such as 127.0.0.1:7443 "
                + "or [::]:7443.";
        if (string.IsNullOrWhiteSpace(options.State))
            yield return "[Controller] State is empty; a folder that the controller may write is needed.";
        foreach (var name in NamesOf(options).Where(name => Uri.CheckHostName(name) is UriHostNameType.Unknown))
            yield return $"[Controller] Names holds '{name}'; allowed are host names and IP addresses, separated by commas.";
        if (CloudCatalog.Find(options.Cloud) is null)
            yield return $"[Controller] Cloud is '{options.Cloud}'; allowed are {CloudCatalog.Kinds}.";
        if (options.LostAfter < TimeSpan.FromSeconds(5) || options.LostAfter > TimeSpan.FromHours(1))
            yield return $"[Controller] LostAfter is {Duration.Format(options.LostAfter)}; allowed is 5s to 1h.";
        if (options.CompareEvery < TimeSpan.FromSeconds(5) || options.CompareEvery > TimeSpan.FromHours(1))
            yield return $"[Controller] CompareEvery is {Duration.Format(options.CompareEvery)}; allowed is 5s to 1h.";
        if (options.LargestImageMiB is < 1 or > 1 << 24)
            yield return $"[Controller] LargestImageMiB is {options.LargestImageMiB}; allowed is 1 to 16777216.";
        if (options.KeepFreeMiB is < 0 or > 1 << 24)
            yield return $"[Controller] KeepFreeMiB is {options.KeepFreeMiB}; allowed is 0 to 16777216.";
        if (options.EnrolmentsPerMinute is < 1 or > 10000)
            yield return $"[Controller] EnrolmentsPerMinute is {options.EnrolmentsPerMinute}; allowed is 1 to 10000.";
        if (options.ReportsPerSecond is < 1 or > 1000)
            yield return $"[Controller] ReportsPerSecond is {options.ReportsPerSecond}; allowed is 1 to 1000.";
        if (!TelemetryExport.IsValidEndpoint(options.OtlpEndpoint))
            yield return $"[Controller] OtlpEndpoint is '{options.OtlpEndpoint}'; allowed is empty or an http or https URL.";
        foreach (var problem in PolicyProblems(policy)) yield return $"[Policy] {problem}";
    }

    /// <summary>The names in <see cref="ControllerOptions.Names"/>.</summary>
    public static string[] NamesOf(ControllerOptions options) =>
        CommaList.Read(options.Names);

    private static IEnumerable<string> PolicyProblems(SiteTimes policy)
    {
        // A time that is not set here is the node's own, so the times set here are checked with the most lenient values for the others.
        var idle = policy.IdleFor ?? AvailabilityTimes.Longest;
        var thaw = policy.ThawAfter ?? (policy.IdleFor < new AvailabilityTimes().ThawAfter ? idle : new AvailabilityTimes().ThawAfter);
        var evict = policy.EvictAfter ?? AvailabilityTimes.Longest;
        var short0 = TimeSpan.FromTicks(1);
        return new AvailabilityTimes
        {
            IdleFor = idle,
            ThawAfter = thaw,
            EvictAfter = evict,
            HoldAfter = short0,
            PresaveAfter = short0,
        }.Problems();
    }
}
