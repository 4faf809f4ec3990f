using System.Text.Json;
using System.Text.Json.Serialization;
using Opportunism.Core;

namespace Opportunism.Clouds.OpenStack;

/// <summary>Stores evicted servers as records: <c>evicted</c> by the server's id.</summary>
internal sealed class OpenStackRecords(ICloudStore store) : IOpenStackStore
{
    private const string EvictedKind = "evicted";

    /// <inheritdoc/>
    public async Task<IReadOnlyList<EvictedServer>> LoadAsync(CancellationToken cancellationToken) =>
    [
        .. from record in await store.LoadAsync(cancellationToken)
           where record.Key.Kind == EvictedKind
           select JsonSerializer.Deserialize(record.Json, OpenStackJson.Default.EvictedRecord)!.ToServer(),
    ];

    /// <inheritdoc/>
    public Task SaveAsync(EvictedServer server, CancellationToken cancellationToken) =>
        store.SaveAsync(
            [new(KeyOf(server.Guest), JsonSerializer.Serialize(EvictedRecord.Of(server), OpenStackJson.Default.EvictedRecord))], [],
            cancellationToken);

    /// <inheritdoc/>
    public Task ForgetAsync(GuestId guest, CancellationToken cancellationToken) => store.SaveAsync([], [KeyOf(guest)], cancellationToken);

    private static CloudKey KeyOf(GuestId guest) => new(EvictedKind, guest.Value);
}

/// <summary>An evicted server in its stored form. Times are UTC ticks.</summary>
internal sealed record EvictedRecord
{
    public required string Guest { get; init; }

    public required string Node { get; init; }

    public required string Action { get; init; }

    public long Since { get; init; }

    public int Attempts { get; init; }

    public int Returns { get; init; }

    public bool Returning { get; init; }

    public long? NotBefore { get; init; }

    public static EvictedRecord Of(EvictedServer server) => new()
    {
        Guest = server.Guest.Value,
        Node = server.Node.Value,
        Action = ServerPolicies.NameOf(server.Action),
        Since = server.Since.UtcTicks,
        Attempts = server.Attempts,
        Returns = server.Returns,
        Returning = server.Returning,
        NotBefore = server.NotBefore?.UtcTicks,
    };

    public EvictedServer ToServer() => new()
    {
        Guest = GuestId.Parse(Guest),
        Node = NodeId.Parse(Node),
        // Older records have the name with a capital letter.
        Action = ServerPolicies.StepOf(Action.ToLowerInvariant())
            ?? throw new InvalidDataException($"Server {Guest} was evicted by the unknown step '{Action}'."),
        Since = At(Since),
        Attempts = Attempts,
        Returns = Returns,
        Returning = Returning,
        NotBefore = NotBefore is { } ticks ? At(ticks) : null,
    };

    private static DateTimeOffset At(long ticks) => new(ticks, TimeSpan.Zero);
}

/// <summary>How the OpenStack cloud's records are written: names of properties unchanged.</summary>
[JsonSerializable(typeof(EvictedRecord))]
internal sealed partial class OpenStackJson : JsonSerializerContext;
