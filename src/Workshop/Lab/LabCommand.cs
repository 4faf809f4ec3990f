using System.CommandLine;
using System.Runtime.Versioning;
using System.Text.Json;
using System.Text.RegularExpressions;
using Opportunism.Cli.Terminal;
using Spectre.Console;

namespace Opportunism.Workshop.Lab;

/// <summary><c>opportunism lab</c>: a real OpenStack on this machine, for trying and testing.</summary>
[SupportedOSPlatform("linux")]
internal static partial class LabCommand
{
    // Different from OpenStack's own ports, so that a real one on this machine is not affected.
    private const int DefaultFirstPort = 25000;

    private const string DefaultHosts = "desktop-01=libvirt,desktop-02=libvirt";

    public static Command Create(CliWorld world)
    {
        var state = new Option<string>("--state")
        {
            Description = "Folder for everything the lab keeps.",
            DefaultValueFactory = _ => LabPlace.DefaultState,
            Recursive = true,
            HelpName = "FOLDER",
        };
        return new Command(
            "lab", "A real OpenStack on this machine, to try Opportunism with. Not for production: one machine, loopback only, no TLS.")
        {
            state,
            Up(world, state),
            Status(world, state),
            Env(world, state),
            Down(world, state),
        };
    }

    private static Command Up(CliWorld world, Option<string> state)
    {
        var hosts = new Option<string?>("--hosts")
        {
            Description =
                $"Compute hosts and what runs their guests: libvirt (real QEMU) or fake. Else those of the last time, else {DefaultHosts}.",
            HelpName = "NAME=KIND,...",
        };
        var port = new Option<int?>("--first-port")
        {
            Description = $"The first of the {LabShape.Ports} ports a new lab takes on loopback (default {DefaultFirstPort}).",
            HelpName = "N",
        };
        var command = new Command("up", "Start the lab, or change a running one to these options; safe to repeat.") { hosts, port };
        command.SetAction((parsed, cancellationToken) => world.RunAsync(
            () => LockedAsync(Place(parsed.GetValue(state)!), async place =>
            {
                var before = LabShape.Read(place.Shape);
                if (before is not null && parsed.GetValue(port) is { } other && other != before.FirstPort)
                    throw new CliFailure(
                        ExitCode.Usage,
                        $"The lab in {place.State} has its ports from {before.FirstPort} on in its catalog. To move it: lab down --wipe, "
                        + $"then lab up --first-port {other}");
                IReadOnlyList<LabHost> wanted = before?.Hosts ?? [];
                if ((parsed.GetValue(hosts) ?? (before is null ? DefaultHosts : null)) is { } text
                    && !LabHost.TryParse(text, out wanted, out var problem))
                    throw new CliFailure(ExitCode.Usage, problem);
                var shape = new LabShape(before?.FirstPort ?? parsed.GetValue(port) ?? DefaultFirstPort, wanted);
                if (shape.FirstPort is < 1024 or > 65535 - LabShape.Ports)
                    throw new CliFailure(
                        ExitCode.Usage, $"--first-port is {shape.FirstPort}; 1024 to {65535 - LabShape.Ports} is allowed.");
                var began = world.Time.GetTimestamp();
                await new LabUp(place, shape, new LabBoard(world.Console, world.Time), world.Time).RunAsync(cancellationToken);
                world.Console.WriteLine($"The lab is up after {world.Time.GetElapsedTime(began).TotalSeconds:0} s. Next:");
                world.Console.WriteLine("    eval \"$(./opportunism lab env)\"");
                world.Console.WriteLine(
                    $"    openstack server create --image {LabContents.Tick} --flavor {LabContents.Tick} --network {LabContents.Network} "
                        + "--wait first");
                return ExitCode.Done;
            }, cancellationToken),
            cancellationToken));
        return command;
    }

    private static Command Status(CliWorld world, Option<string> state)
    {
        var json = new Option<bool>("--json") { Description = "Print JSON." };
        var command = new Command("status", "Show what runs of the lab; exits with 1 unless all of it is up.") { json };
        command.SetAction((parsed, cancellationToken) => world.RunAsync(
            async () =>
            {
                var place = Place(parsed.GetValue(state)!);
                RequireRoot();
                var lab = await LabState.ReadAsync(place, ShapeOf(place), world.Time, cancellationToken);
                if (parsed.GetValue(json)) world.Output.WriteLine(JsonSerializer.Serialize(lab, LabJson.Default.LabState));
                else
                {
                    var table = TextTable.With("Program", "Runs", "Heard from", "Process", "Port");
                    foreach (var program in lab.Programs)
                        table.Row(
                            program.Name, program.Process is null ? "no" : "yes",
                            program.Heard switch { null => "-", true => "yes", false => "no" }, $"{program.Process}", $"{program.Port}");
                    world.Console.Write(table);
                }

                return lab.Up ? ExitCode.Done : ExitCode.Failed;
            },
            cancellationToken));
        return command;
    }

    private static Command Env(CliWorld world, Option<string> state)
    {
        var cloud = new Option<string>("--cloud")
        {
            Description = "The user: lab-tenant, lab-admin or opportunism.",
            DefaultValueFactory = _ => "lab-tenant",
        };
        cloud.AcceptOnlyFromAmong("lab-tenant", "lab-admin", LabIdentity.Controller);
        var command = new Command("env", "Print shell lines that set up the openstack client for the lab.") { cloud };
        command.SetAction((parsed, cancellationToken) => world.RunAsync(
            () =>
            {
                var place = Place(parsed.GetValue(state)!);
                _ = ShapeOf(place);
                world.Output.WriteLine($"export OS_CLIENT_CONFIG_FILE={place.CloudsYaml}");
                world.Output.WriteLine($"export OS_CLOUD={parsed.GetValue(cloud)}");
                return Task.FromResult(ExitCode.Done);
            },
            cancellationToken));
        return command;
    }

    private static Command Down(CliWorld world, Option<string> state)
    {
        var wipe = new Option<bool>("--wipe") { Description = "Remove the lab's folder too: databases, images, guests' disks, passwords." };
        var command = new Command("down", "End the lab's programs and guests.") { wipe };
        command.SetAction((parsed, cancellationToken) => world.RunAsync(
            () => LockedAsync(Place(parsed.GetValue(state)!), async place =>
            {
                await new LabDown(place, new LabBoard(world.Console, world.Time), world.Time)
                    .RunAsync(parsed.GetValue(wipe), cancellationToken);
                return ExitCode.Done;
            }, cancellationToken),
            cancellationToken));
        return command;
    }

    private static LabPlace Place(string state)
    {
        // It is written into settings files of many formats: nothing in it may need quotes. A Unix socket's path has at most 107 bytes.
        if (!PlainPath().IsMatch(state) || state.Length > 60)
            throw new CliFailure(
                ExitCode.Usage,
                $"The lab cannot live in '{state}': it needs an absolute path of letters, digits, dots, dashes and underscores, at most "
                + "60 characters.");
        return new(state, Path.Combine(Site.SiteFolders.Find(state).Packaging, "lab"));
    }

    private static LabShape ShapeOf(LabPlace place) =>
        LabShape.Read(place.Shape)
        ?? throw new CliFailure(ExitCode.NotFound, $"There is no lab in {place.State}; './opportunism lab up' makes one.");

    private static void RequireRoot()
    {
        if (!Environment.IsPrivilegedProcess)
            throw new CliFailure(
                ExitCode.NotAllowed,
                "The lab starts programs as several users and makes a bridge, so it needs root: sudo ./opportunism lab ...");
    }

    /// <summary>Runs one <c>up</c> or <c>down</c> at a time; failures of the lab become sentences.</summary>
    private static async Task<int> LockedAsync(LabPlace place, Func<LabPlace, Task<int>> run, CancellationToken cancellationToken)
    {
        RequireRoot();
        var path = $"/run/lock/{place.Cgroup}";
        FileStream held;
        try
        {
            held = new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        }
        catch (IOException)
        {
            throw new CliFailure(ExitCode.Failed, $"Another 'lab up' or 'lab down' works in {place.State}; wait until it has ended.");
        }

        await using (held)
        {
            try
            {
                return await run(place);
            }
            catch (IOException e) when (!cancellationToken.IsCancellationRequested)
            {
                throw new CliFailure(ExitCode.Failed, e.Message);
            }
        }
    }

    [GeneratedRegex("^(/[A-Za-z0-9._-]*[A-Za-z0-9])+\\z")]
    private static partial Regex PlainPath();
}
