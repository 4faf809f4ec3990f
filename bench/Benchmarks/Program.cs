using Opportunism.Benchmarks;
using Opportunism.Benchmarks.AgentAlone;
using Opportunism.Benchmarks.Freeze;
using Opportunism.Benchmarks.Suspend;

string[] known = ["freeze", "suspend", "agent"];
var json = args.Contains("--json");
if (args.Length == 0 || !known.Contains(args[0]) || !OperatingSystem.IsLinux())
{
    await Console.Error.WriteLineAsync($"usage: bench {{{string.Join('|', known)}}} [--json] [-n TIMES] [--seconds SECONDS]; on Linux only");
    return 2;
}

using var end = new CancellationTokenSource();
Console.CancelKeyPress += (_, pressed) => { pressed.Cancel = true; end.Cancel(); };
var report = new BenchReport(args[0]);
switch (args[0])
{
    case "freeze":
        await new FreezeBench(Number("-n", 100), TimeProvider.System).RunAsync(report, end.Token);
        break;
    case "agent":
        await new AgentBench(TimeSpan.FromSeconds(Number("--seconds", 300)), TimeProvider.System).RunAsync(report, end.Token);
        break;
    case "suspend":
        await new SuspendBench(Number("-n", 20), TimeProvider.System).RunAsync(report, end.Token);
        break;
    default:
        await Console.Error.WriteLineAsync($"The benchmark {args[0]} is not there yet.");
        return 2;
}

report.Write(json);
return 0;

int Number(string option, int fallback) => Array.IndexOf(args, option) is var at and >= 0 && at + 1 < args.Length ? int.Parse(args[at + 1], System.Globalization.CultureInfo.InvariantCulture) : fallback;
