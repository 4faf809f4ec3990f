using System.Globalization;
using System.Runtime.InteropServices;
using Opportunism.Benchmarks;
using Opportunism.Benchmarks.AgentAlone;
using Opportunism.Benchmarks.Freeze;
using Opportunism.Benchmarks.OpenStack;
using Opportunism.Benchmarks.Owner;
using Opportunism.Benchmarks.Suspend;

const int WrongUse = 2;
const int Interrupted = 130; // 128 + SIGINT, as shells have it
const string Usage = "usage: bench {freeze|suspend|agent|owner|openstack} [--json] [-n TIMES] [--seconds SECONDS] [--sizes MIB,MIB,...]; "
    + "on Linux only, as root";

if (args.Any(argument => argument is "-h" or "--help"))
{
    Console.WriteLine(Usage);
    return 0;
}

var unknown = UnknownArgument();
if (!OperatingSystem.IsLinux() || args.Length == 0 || unknown is not null || !TryNumber("-n", out var times)
    || !TryNumber("--seconds", out var seconds) || !TrySizes(out var sizes))
{
    if (unknown is not null) await Console.Error.WriteLineAsync($"'{unknown}' is not an option.");
    await Console.Error.WriteLineAsync(Usage);
    return WrongUse;
}

using var end = new CancellationTokenSource();
// Ended by Ctrl-C or by SIGTERM, it ends the guests that it started.
using var interrupted = PosixSignalRegistration.Create(PosixSignal.SIGINT, End);
using var terminated = PosixSignalRegistration.Create(PosixSignal.SIGTERM, End);
var report = new BenchReport(args[0]);
Task? run = args[0] switch
{
    "freeze" => new FreezeBench(times ?? 100, TimeProvider.System).RunAsync(report, end.Token),
    "suspend" => new SuspendBench(times ?? 20, sizes, TimeProvider.System).RunAsync(report, end.Token),
    "agent" => new AgentBench(TimeSpan.FromSeconds(seconds ?? 300), TimeProvider.System).RunAsync(report, end.Token),
    "owner" => new OwnerBench(times ?? 10, TimeSpan.FromSeconds(seconds ?? 60), TimeProvider.System).RunAsync(report, end.Token),
    "openstack" => new OpenStackBench(times ?? 30, TimeProvider.System).RunAsync(report, end.Token),
    _ => null,
};
if (run is null)
{
    await Console.Error.WriteLineAsync(Usage);
    return WrongUse;
}

try
{
    await run;
}
catch (OperationCanceledException) when (end.IsCancellationRequested)
{
    await Console.Error.WriteLineAsync("Interrupted: no figures.");
    return Interrupted;
}

report.Write(args.Contains("--json"));
return 0;

void End(PosixSignalContext signal)
{
    signal.Cancel = true;
    end.Cancel();
}

// The first argument after the name that is neither an option nor an option's value.
string? UnknownArgument()
{
    for (var i = 1; i < args.Length; i++)
    {
        if (args[i] is "-n" or "--seconds" or "--sizes") i++;
        else if (args[i] != "--json") return args[i];
    }

    return null;
}

// False when the option is there without a whole number from 1 to a million.
bool TryNumber(string option, out int? number)
{
    number = null;
    var at = Array.IndexOf(args, option);
    if (at < 0) return true;
    if (at + 1 == args.Length || !int.TryParse(args[at + 1], NumberStyles.None, CultureInfo.InvariantCulture, out var given)
        || given is < 1 or > 1_000_000)
        return false;
    number = given;
    return true;
}

// False when the option is there without sizes from 128 MiB to 64 GiB.
bool TrySizes(out IReadOnlyList<int> sizesMiB)
{
    sizesMiB = SuspendBench.DefaultSizesMiB;
    var at = Array.IndexOf(args, "--sizes");
    if (at < 0) return true;
    if (at + 1 == args.Length) return false;
    var given = args[at + 1].Split(',')
        .Select(
            text => int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var size) && size is >= 128 and <= 65536
                ? size
                : 0)
        .ToArray();
    sizesMiB = given;
    return !given.Contains(0);
}
