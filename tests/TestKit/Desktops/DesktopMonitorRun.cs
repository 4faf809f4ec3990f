using System.Globalization;
using Opportunism.Agent.Monitors;
using Opportunism.Core.Health;
using Opportunism.TestKit.Conformance;

namespace Opportunism.TestKit.Desktops;

/// <summary>The monitor that the probe runs in a desktop VM.</summary>
public sealed class DesktopMonitorRun : IMonitorRun
{
    private readonly DesktopVm desktop;

    private DesktopMonitorRun(DesktopVm desktop, int process)
    {
        this.desktop = desktop;
        Process = process;
    }

    /// <summary>The probe's process in the guest.</summary>
    public int Process { get; }

    /// <summary>Waits until the probe reports that it runs.</summary>
    public static async Task<DesktopMonitorRun> StartedAsync(DesktopVm desktop)
    {
        var words = (await desktop.Probe.HearAsync()).Split(' ');
        return words[0] == "ready"
            ? new(desktop, Number(words[1]))
            : throw new InvalidOperationException($"The probe said '{string.Join(' ', words)}' instead of 'ready'.");
    }

    public async Task<int> SightingsAsync() => Number(await AskAsync("sightings"));

    public async Task<TimeSpan> LastSeenAgoAsync() =>
        TimeSpan.FromMilliseconds(double.Parse(await AskAsync("ago"), CultureInfo.InvariantCulture));

    public async Task<long> SleepsAsync() => Number(await AskAsync("sleeps"));

    public async Task<long> AllocatedBetweenSightingsAsync() => Number(await AskAsync("allocated"));

    public Task StartMeasuringAllocationsAsync() => AskAsync("measure");

    public async Task<bool> SeesMoreThanAsync(int sightings, TimeSpan within) =>
        await AskAsync($"more {sightings} {within.TotalMilliseconds:0}") == "yes";

    /// <summary>The display name of the device that was active last.</summary>
    public Task<string> LastSourceAsync() => AskAsync("last");

    public async Task<bool> StopsAsync(TimeSpan within) => await AskAsync($"stop {within.TotalMilliseconds:0}") == "yes";

    public async Task<MonitorStatus> LookAsync()
    {
        var words = (await AskAsync("look")).Split(' ', 4);
        var codes = words[2] == "-" ? [] : words[2].Split(',');
        return new(
            Number(words[0]), bool.Parse(words[1]), words[3],
            [.. codes.Select(code => new HealthItem(code, HealthSeverity.Error, words[3], "told in the guest"))]);
    }

    public async ValueTask DisposeAsync()
    {
        await StopsAsync(TimeSpan.FromSeconds(5));

        // The reader of the serial port must have ended before the next probe's starts, or they would share the lines.
        await desktop.RunAsync("killall -q probe probe-on-serial; while pidof probe-on-serial probe >/dev/null; do sleep 0.1; done");
    }

    private static int Number(string text) => int.Parse(text, CultureInfo.InvariantCulture);

    private async Task<string> AskAsync(string question)
    {
        await desktop.Probe.SayAsync(question);
        return (await desktop.Probe.HearAsync()).TrimEnd();
    }
}
