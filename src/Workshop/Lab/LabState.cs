using System.Runtime.Versioning;

namespace Opportunism.Workshop.Lab;

/// <summary>How a lab is: what <c>lab status</c> shows and prints as JSON.</summary>
/// <param name="State">Its folder.</param>
/// <param name="Up">True if every program runs and Nova and Neutron have heard from every host.</param>
/// <param name="Programs">Every program that should run, and those that should not but do.</param>
internal sealed record LabState(string State, bool Up, IReadOnlyList<LabState.Program> Programs)
{
    /// <summary>One of its programs.</summary>
    /// <param name="Name">Its name.</param>
    /// <param name="Host">The compute host it is part of, or null.</param>
    /// <param name="Process">The id of its first process, or null when it does not run.</param>
    /// <param name="Port">The port it answers on, where it does.</param>
    /// <param name="Heard">For a host's programs whether OpenStack has lately heard from it; null where nobody keeps count.</param>
    /// <param name="Log">Where its output goes.</param>
    internal sealed record Program(string Name, string? Host, int? Process, int? Port, bool? Heard, string Log);

    [SupportedOSPlatform("linux")]
    public static async Task<LabState> ReadAsync(LabPlace place, LabShape shape, TimeProvider time, CancellationToken cancellationToken)
    {
        var processes = new LabProcesses(place, time);
        IReadOnlySet<(string Host, string Binary)> services = new HashSet<(string, string)>();
        if (processes.Of("keystone").Count > 0)
        {
            try
            {
                using var admin =
                    await LabApi.LogInAsync(shape, "admin", new LabSecrets(place.Secrets)["admin"], "admin", cancellationToken);
                services = await ServicesAsync(admin, cancellationToken);
            }
            catch (IOException)
            {
                // A part of it does not answer: then nobody has been heard of, which the table shows.
                services = new HashSet<(string, string)>();
            }
        }

        bool? Heard(LabProgram program) => program.Host is not { } host ? null
            : program.Name.EndsWith(".nova-compute", StringComparison.Ordinal) ? services.Contains((host.Name, "nova-compute"))
            : program.Name.EndsWith(".linuxbridge", StringComparison.Ordinal) ? services.Contains((host.Name, "neutron-linuxbridge-agent"))
            : null;
        List<Program> all = [.. new LabPrograms(place, shape).All.Select(program =>
            new Program(
                program.Name, program.Host?.Name, processes.Of(program.Name) is [var first, ..] ? first : null, program.HttpPort,
                Heard(program), processes.LogOf(program)))];
        return new(place.State, all.TrueForAll(program => program.Process is not null && program.Heard != false), all);
    }

    /// <summary>The host and the binary of every service that Nova and Neutron have lately heard from.</summary>
    public static async Task<IReadOnlySet<(string Host, string Binary)>> ServicesAsync(LabApi admin, CancellationToken cancellationToken)
    {
        var compute = (await admin.GetAsync(new Uri(admin.Nova, "os-services"), cancellationToken))["services"]!.AsArray();
        var agents = (await admin.GetAsync(new Uri(admin.Neutron, "agents"), cancellationToken))["agents"]!.AsArray();
        return compute.Where(service => (string?)service!["state"] == "up").Concat(agents.Where(agent => (bool?)agent!["alive"] == true))
            .Select(one => ((string)one!["host"]!, (string)one["binary"]!)).ToHashSet();
    }
}
