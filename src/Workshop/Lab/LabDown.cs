using System.Runtime.Versioning;

namespace Opportunism.Workshop.Lab;

/// <summary>Ends a lab: its programs in the reverse order of their start, then everything else of the lab that is left, and nothing that is
/// not the lab's.</summary>
[SupportedOSPlatform("linux")]
internal sealed class LabDown(LabPlace place, ILabBoard board, TimeProvider time)
{
    public async Task RunAsync(bool wipe, CancellationToken cancellationToken)
    {
        var processes = new LabProcesses(place, time);
        if (LabShape.Read(place.Shape) is { } shape)
        {
            // First the hosts, all at once, then the services, then the database and the message queue.
            var programs = new LabPrograms(place, shape);
            var last = new[] { programs.RabbitMq, programs.MariaDb };
            foreach (var round in new[] { programs.All.Where(program => program.Host is not null),
                programs.All.Where(program => program.Host is null && !last.Contains(program)), last })
            {
                await Task.WhenAll(
                    round.Where(program => processes.Of(program.Name).Count > 0)
                        .Select(program => board.StepAsync($"{program.Name} is ended", async () =>
                {
                    if (!await processes.StopAsync(program.Name, program.EndTimeLimit))
                        board.Say($"   {program.Name} had to be killed after {program.EndTimeLimit.TotalSeconds} s.");
                })));
            }
        }

        await board.StepAsync("Guests and whatever else is left are ended", () => processes.EndRestAsync());
        var bridge = File.Exists(place.BridgeName) ? await File.ReadAllTextAsync(place.BridgeName, cancellationToken) : "";
        if (bridge.Length > 0 && Directory.Exists($"/sys/class/net/{bridge}"))
            await board.StepAsync("The bridge is removed", () => LinkAsync(["link", "delete", bridge], cancellationToken));
        if (wipe && Directory.Exists(place.State))
            await board.StepAsync(
                $"{place.State} is removed", () => Task.Run(() => Directory.Delete(place.State, recursive: true), cancellationToken));
    }

    private static async Task LinkAsync(string[] words, CancellationToken cancellationToken)
    {
        using var ip = System.Diagnostics.Process.Start("/usr/sbin/ip", words);
        await ip.WaitForExitAsync(cancellationToken);
        if (ip.ExitCode != 0) throw new IOException($"'ip {string.Join(' ', words)}' ended with {ip.ExitCode}.");
    }
}
