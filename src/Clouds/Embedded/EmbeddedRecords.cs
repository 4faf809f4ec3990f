using System.Collections.Immutable;
using System.Text.Json;
using System.Text.Json.Serialization;
using Opportunism.Core;
using Opportunism.Core.Eviction;
using Opportunism.Core.Fleet;
using Opportunism.Core.Guests;

namespace Opportunism.Clouds.Embedded;

/// <summary>Stores the embedded cloud's state as records: <c>vm</c>
/// by id, <c>leftover</c> by guest and node, <c>host</c> by node.</summary>
internal sealed class EmbeddedRecords(ICloudStore store)
{
    private const string VmKind = "vm", LeftoverKind = "leftover", HostKind = "host";

    /// <summary>Everything, as it was last saved. Called once, at start.</summary>
    public async Task<EmbeddedState> LoadAsync(CancellationToken cancellationToken)
    {
        var byKind = (await store.LoadAsync(cancellationToken)).ToLookup(record => record.Key.Kind, record => record.Json);
        return new EmbeddedState
        {
            Vms = byKind[VmKind].Select(json => Read(json, EmbeddedJson.Default.VmRecord).ToVm()).ToImmutableDictionary(vm => vm.Id),
            Hosts = byKind[HostKind].Select(json => Read(json, EmbeddedJson.Default.HostRecord).ToHost())
                .ToImmutableDictionary(host => host.Node),
            Leftovers = [.. byKind[LeftoverKind].Select(json => Read(json, EmbeddedJson.Default.LeftoverRecord).ToLeftover())],
        };
    }

    /// <summary>Saves a change whole; when it throws, nothing of it is saved. Never called twice at a time.</summary>
    public Task SaveAsync(EmbeddedChange change, CancellationToken cancellationToken) => store.SaveAsync(
        [
            .. change.Vms.Select(
                vm => new CloudRecord(KeyOf(vm.Id), JsonSerializer.Serialize(VmRecord.Of(vm), EmbeddedJson.Default.VmRecord))),
            .. change.Hosts.Select(host => new CloudRecord(
                new(HostKind, host.Node.Value),
                JsonSerializer.Serialize(new HostRecord { Node = host.Node.Value, Open = host.Open }, EmbeddedJson.Default.HostRecord))),
            .. change.Leftovers.Select(
                old => new CloudRecord(KeyOf(old), JsonSerializer.Serialize(LeftoverRecord.Of(old), EmbeddedJson.Default.LeftoverRecord))),
        ],
        [.. change.ForgottenVms.Select(KeyOf), .. change.ClearedLeftovers.Select(KeyOf).Except(change.Leftovers.Select(KeyOf))],
        cancellationToken);

    private static CloudKey KeyOf(GuestId vm) => new(VmKind, vm.Value);

    private static CloudKey KeyOf(Leftover old) => new(LeftoverKind, $"{old.Id}/{old.Node}");

    private static T Read<T>(string json, System.Text.Json.Serialization.Metadata.JsonTypeInfo<T> type) =>
        JsonSerializer.Deserialize(json, type) ?? throw new InvalidDataException($"A stored {typeof(T).Name} is null.");
}

/// <summary>A VM in its stored form. Times are UTC ticks.</summary>
internal sealed record VmRecord
{
    public required string Id { get; init; }

    public required string Name { get; init; }

    public int Vcpus { get; init; }

    public int MemoryMiB { get; init; }

    public int DiskMiB { get; init; }

    public required string ImageSha256 { get; init; }

    public ImageFormat ImageFormat { get; init; }

    public required string ImageName { get; init; }

    public long ImageBytes { get; init; }

    public required string Policy { get; init; }

    public long Created { get; init; }

    public long Queued { get; init; }

    public GuestWish Wanted { get; init; }

    public long Generation { get; init; }

    public long Revision { get; init; }

    public string? Node { get; init; }

    public bool StartedHere { get; init; }

    public bool Moving { get; init; }

    public bool Terminating { get; init; }

    public string DiskSha256 { get; init; } = "";

    public long DiskBytes { get; init; }

    public string StoredSha256 { get; init; } = "";

    public long StoredBytes { get; init; }

    public int Placements { get; init; }

    public VmEnd End { get; init; }

    public long? Ended { get; init; }

    public VmStatus Status { get; init; }

    public string Why { get; init; } = "";

    public long Since { get; init; }

    public static VmRecord Of(Vm vm) => new()
    {
        Id = vm.Id.Value,
        Name = vm.Spec.Name,
        Vcpus = vm.Spec.Vcpus,
        MemoryMiB = vm.Spec.MemoryMiB,
        DiskMiB = vm.Spec.DiskMiB,
        ImageSha256 = vm.Spec.ImageSha256,
        ImageFormat = vm.Spec.ImageFormat,
        ImageName = vm.ImageName,
        ImageBytes = vm.ImageBytes,
        Policy = vm.Policy.Name,
        Created = vm.Created.UtcTicks,
        Queued = vm.Queued.UtcTicks,
        Wanted = vm.Wanted,
        Generation = vm.Generation,
        Revision = vm.Revision,
        Node = vm.Node?.Value,
        StartedHere = vm.StartedHere,
        Moving = vm.Moving,
        Terminating = vm.Terminating,
        DiskSha256 = vm.DiskSha256,
        DiskBytes = vm.DiskBytes,
        StoredSha256 = vm.StoredSha256,
        StoredBytes = vm.StoredBytes,
        Placements = vm.Placements,
        End = vm.End,
        Ended = vm.Ended?.UtcTicks,
        Status = vm.Status,
        Why = vm.Why,
        Since = vm.Since.UtcTicks,
    };

    public Vm ToVm() => new()
    {
        Spec = new(GuestId.Parse(Id), Name, Vcpus, MemoryMiB, DiskMiB, ImageSha256, ImageFormat),
        ImageName = ImageName,
        ImageBytes = ImageBytes,
        Policy = EvictionPolicies.All.Find(Policy)
            ?? throw new InvalidDataException(
                $"VM {Id} has the unknown eviction policy '{Policy}'; known are {EvictionPolicies.All.Names}."),
        Created = At(Created),
        Queued = At(Queued),
        Wanted = Wanted,
        Generation = Generation,
        Revision = Revision,
        Node = Node is { } node ? NodeId.Parse(node) : null,
        StartedHere = StartedHere,
        Moving = Moving,
        Terminating = Terminating,
        DiskSha256 = DiskSha256,
        DiskBytes = DiskBytes,
        StoredSha256 = StoredSha256,
        StoredBytes = StoredBytes,
        Placements = Placements,
        End = End,
        Ended = Ended is { } ended ? At(ended) : null,
        Status = Status,
        Why = Why,
        Since = At(Since),
    };

    private static DateTimeOffset At(long ticks) => new(ticks, TimeSpan.Zero);
}

/// <summary>A leftover in its stored form.</summary>
internal sealed record LeftoverRecord
{
    public required string GuestId { get; init; }

    public required string Node { get; init; }

    public long Revision { get; init; }

    public long Generation { get; init; }

    public bool MayRun { get; init; }

    public required string Name { get; init; }

    public int Vcpus { get; init; }

    public int MemoryMiB { get; init; }

    public int DiskMiB { get; init; }

    public required string ImageSha256 { get; init; }

    public ImageFormat ImageFormat { get; init; }

    public static LeftoverRecord Of(Leftover old) => new()
    {
        GuestId = old.Id.Value,
        Node = old.Node.Value,
        Revision = old.Revision,
        Generation = old.Generation,
        MayRun = old.MayRun,
        Name = old.Spec.Name,
        Vcpus = old.Spec.Vcpus,
        MemoryMiB = old.Spec.MemoryMiB,
        DiskMiB = old.Spec.DiskMiB,
        ImageSha256 = old.Spec.ImageSha256,
        ImageFormat = old.Spec.ImageFormat,
    };

    public Leftover ToLeftover() => new(
        new GuestSpec(Core.GuestId.Parse(GuestId), Name, Vcpus, MemoryMiB, DiskMiB, ImageSha256, ImageFormat), NodeId.Parse(Node), Revision,
        Generation, MayRun);
}

/// <summary>A node of the embedded cloud in its stored form.</summary>
internal sealed record HostRecord
{
    public required string Node { get; init; }

    public bool Open { get; init; }

    public EmbeddedHost ToHost() => new(NodeId.Parse(Node), Open);
}

/// <summary>How the embedded cloud's records are written: names of properties unchanged, enums by name.</summary>
[JsonSourceGenerationOptions(UseStringEnumConverter = true)]
[JsonSerializable(typeof(VmRecord))]
[JsonSerializable(typeof(LeftoverRecord))]
[JsonSerializable(typeof(HostRecord))]
internal sealed partial class EmbeddedJson : JsonSerializerContext;
