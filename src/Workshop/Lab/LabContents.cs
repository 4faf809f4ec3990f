using System.Runtime.Versioning;
using System.Text.Json.Nodes;

namespace Opportunism.Workshop.Lab;

/// <summary>What tenants find in a lab: an image, a flavor, a network and an availability zone for each kind of host.</summary>
[SupportedOSPlatform("linux")]
internal sealed class LabContents(LabPlace place, LabShape shape, LabSecrets secrets, TimeProvider time)
{
    /// <summary>The image's and the flavor's name.</summary>
    public const string Tick = "tick";

    /// <summary>Enough for the image's kernel in QEMU.</summary>
    public const int MemoryMiB = 128;

    public const string Network = "lab";

    /// <summary>Creates what is missing; returns the bridge that Nova uses for the network.</summary>
    public async Task<string> EnsureAsync(CancellationToken cancellationToken)
    {
        using var admin = await AdminAsync(cancellationToken);
        await EnsureImageAsync(admin, cancellationToken);
        await admin.EnsureAsync(
            new Uri(admin.Nova, "flavors"), "flavors", "flavor",
            new() { ["name"] = Tick, ["vcpus"] = 1, ["ram"] = MemoryMiB, ["disk"] = 1 }, cancellationToken);
        var network = await admin.EnsureAsync(
            new Uri(admin.Neutron, "networks"),
            "networks",
            "network",
            new()
            {
                ["name"] = Network,
                ["shared"] = true,
                ["provider:network_type"] = "flat",
                ["provider:physical_network"] = "lab",
                ["port_security_enabled"] = false
            },
            cancellationToken);
        // TEST-NET-1 (RFC 5737): addresses without a user, and the bridge is not connected to anything.
        await admin.EnsureAsync(
            new Uri(admin.Neutron, "subnets"),
            "subnets",
            "subnet",
            new()
            {
                ["name"] = Network,
                ["network_id"] = network,
                ["ip_version"] = 4,
                ["cidr"] = "192.0.2.0/24",
                ["enable_dhcp"] = false,
                ["gateway_ip"] = null
            },
            cancellationToken);
        // Nova and the agent both derive this name by themselves (neutron_lib.constants RESOURCE_ID_LENGTH).
        return "brq" + network[..11];
    }

    /// <summary>Puts every host into the availability zone of its kind.</summary>
    public async Task EnsureZonesAsync(CancellationToken cancellationToken)
    {
        using var admin = await AdminAsync(cancellationToken);
        foreach (var host in shape.Hosts)
        {
            var zone = host.Kind.ToString().ToLowerInvariant();
            var folder = new Uri(admin.Nova, "os-aggregates");
            var found = await admin.FindAsync(folder, "aggregates", zone, cancellationToken)
                ?? (
                    await admin.PostAsync(
                        folder, new() { ["aggregate"] = new JsonObject { ["name"] = zone, ["availability_zone"] = zone } },
                        cancellationToken))["aggregate"]!;
            if (found["hosts"] is JsonArray hosts && hosts.Any(name => (string?)name == host.Name)) continue;
            await admin.PostAsync(
                new Uri($"{folder}/{found["id"]}/action"), new() { ["add_host"] = new JsonObject { ["host"] = host.Name } },
                cancellationToken);
        }
    }

    /// <summary>Waits until every host has reported to Nova and Neutron and Placement has its inventory.</summary>
    public async Task UntilHostsAreHeardAsync(TimeSpan patience, Action check, CancellationToken cancellationToken)
    {
        using var admin = await AdminAsync(cancellationToken);
        var began = time.GetTimestamp();
        while (true)
        {
            check();
            var missing = await MissingAsync(admin, cancellationToken);
            if (missing.Count == 0) return;
            if (time.GetElapsedTime(began) > patience)
                throw new IOException(
                    $"After {patience.TotalSeconds} s this is missing: {string.Join("; ", missing)}. The logs are in {place.Logs}.");
            await Task.Delay(TimeSpan.FromMilliseconds(500), time, cancellationToken);
        }
    }

    private Task<LabApi> AdminAsync(CancellationToken cancellationToken) =>
        LabApi.LogInAsync(shape, "admin", secrets["admin"], "admin", cancellationToken);

    private async Task<List<string>> MissingAsync(LabApi admin, CancellationToken cancellationToken)
    {
        var services = await LabState.ServicesAsync(admin, cancellationToken);
        var missing = new List<string>();
        foreach (var host in shape.Hosts)
        {
            if (!services.Contains((host.Name, "nova-compute"))) missing.Add($"Nova has not heard from {host.Name}");
            else if (!services.Contains((host.Name, "neutron-linuxbridge-agent"))) missing.Add($"Neutron has not heard from {host.Name}");
            else if (!await HasRoomAsync(admin, host, cancellationToken)) missing.Add($"Placement does not know what {host.Name} has");
        }

        return missing;
    }

    /// <summary>True when Placement has the host and its inventory. Nova sends Placement a host's zone only once, when the host is added to
    /// it; a host that is not in Placement by then stays without a zone there.</summary>
    private static async Task<bool> HasRoomAsync(LabApi admin, LabHost host, CancellationToken cancellationToken)
    {
        var folder = new Uri(admin.Placement, "resource_providers");
        var found = (await admin.GetAsync(new Uri($"{folder}?name={host.Name}"), cancellationToken))["resource_providers"]!.AsArray();
        return found.Count > 0
            && (
                await admin.GetAsync(
                    new Uri($"{folder}/{found[0]!["uuid"]}/inventories"), cancellationToken))["inventories"]!.AsObject().Count > 0;
    }

    private async Task EnsureImageAsync(LabApi admin, CancellationToken cancellationToken)
    {
        var folder = new Uri(admin.Glance, "images");
        var found = await admin.FindAsync(folder, "images", Tick, cancellationToken);
        if ((string?)found?["status"] == "active") return;
        // Left by an interrupted upload.
        if (found is not null) await admin.DeleteAsync(new Uri($"{folder}/{found["id"]}"), cancellationToken);
        var made = await admin.PostAsync(
            folder, new() { ["name"] = Tick, ["disk_format"] = "qcow2", ["container_format"] = "bare", ["visibility"] = "public" },
            cancellationToken);
        await admin.UploadAsync(new Uri($"{folder}/{made["id"]}/file"), place.Image, cancellationToken);
    }
}
