using System.Runtime.Versioning;

namespace Opportunism.Workshop.Lab;

/// <summary>The state of a lab, as shown by <c>lab status</c> and in its JSON.</summary>
/// <param name="State">Its folder.</param>
/// <param name="Up">True if every program runs and every host has reported to Nova and Neutron.</param>
/// <param name="Programs">Every program that should run, and those that run but should not.</param>
internal sealed record LabState(string State, bool Up, IReadOnlyList<LabState.Program> Programs)
{
    /// <summary>One of its programs.</summary>
    /// <param name="Name">Its name.</param>
    /// <param name="Host">The compute host it is part of, or null.</param>
    /// <param name="Process">The id of its first process, or null when it does not run.</param>
    /// <param name="Port">The port of its HTTP server; null when it has none.</param>
    /// <param name="Heard">For a host's programs whether they have reported to OpenStack recently; null for all others.</param>
    /// <param name="Log">The file of its output.</param>
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
                // A part of it is unreachable: then no host counts as reported, which the table shows.
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

    /// <summary>The host and the binary of every service that has reported to Nova or Neutron recently.</summary>
    public static async Task<IReadOnlySet<(string Host, string Binary)>> ServicesAsync(LabApi admin, CancellationToken cancellationToken)
    {
        var compute = (await admin.GetAsync(new Uri(admin.Nova, "os-services"), cancellationToken))["services"]!.AsArray();
        var agents = (await admin.GetAsync(new Uri(admin.Neutron, "agents"), cancellationToken))["agents"]!.AsArray();
        return compute.Where(service => (string?)service!["state"] == "up").Concat(agents.Where(agent => (bool?)agent!["alive"] == true))
            .Select(one => ((string)one!["host"]!, (string)one["binary"]!)).ToHashSet();
    }
}
