using System.Globalization;
using Opportunism.Agent.Monitors;
using Opportunism.MonitorProbe;
using Opportunism.TestKit.Conformance;

// Runs one monitor on this machine and answers questions about it, one line each: the far end of TestKit's DesktopMonitorRun.
//   sightings -> N      ago -> MS      sleeps -> N      allocated -> N      measure -> ok
//   more N MS -> yes|no look -> SOURCES BLIND CODES SENTENCE      stop MS -> yes|no      last -> the device that was active last
// With the first word device, grab, remap or record it is another program that has to do with devices: DevicePlay.cs.
if (DevicePlay.Knows(args[0])) return DevicePlay.Run(args);
var options = new MonitorOptions { Enabled = { args[0] } };
await using var run = new LocalMonitorRun(MonitorCatalog.Create(options, TimeProvider.System)[0]);
Console.WriteLine($"ready {Environment.ProcessId} {run.ThreadName}");
while (await Console.In.ReadLineAsync() is { } line)
{
    var words = line.Trim().Split(' ');
    Console.WriteLine(words[0] switch
    {
        "sightings" => $"{await run.SightingsAsync()}",
        "ago" => (await run.LastSeenAgoAsync()).TotalMilliseconds.ToString("0.###", CultureInfo.InvariantCulture),
        "sleeps" => $"{await run.SleepsAsync()}",
        "allocated" => $"{await run.AllocatedBetweenSightingsAsync()}",
        "last" => run.LastSource?.Text ?? "-",
        "measure" => await MeasureAsync(),
        "more" => await run.SeesMoreThanAsync(int.Parse(words[1], CultureInfo.InvariantCulture), Milliseconds(words[2])) ? "yes" : "no",
        "look" => await LookAsync(),
        "stop" => await run.StopsAsync(Milliseconds(words[1])) ? "yes" : "no",
        _ => $"what is '{line}'?",
    });
}

return 0;

async Task<string> MeasureAsync()
{
    await run.StartMeasuringAllocationsAsync();
    return "ok";
}

async Task<string> LookAsync()
{
    var sight = await run.LookAsync();
    return $"{sight.Sources} {sight.Blind} {string.Join(',', sight.Health.Select(item => item.Code).DefaultIfEmpty("-"))} {sight.Sentence}";
}

static TimeSpan Milliseconds(string text) => TimeSpan.FromMilliseconds(double.Parse(text, CultureInfo.InvariantCulture));
