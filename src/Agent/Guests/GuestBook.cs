using System.Text.Json;
using System.Text.Json.Serialization;
using Google.Protobuf;
using Opportunism.Contracts.Nodes;
using Opportunism.Core;
using Opportunism.Core.Guests;
using Opportunism.Files;

namespace Opportunism.Agent.Guests;

/// <summary>What the keeper must still know after a restart: the last plan, and what has become of guests here. Used by the keeper alone.</summary>
internal sealed class GuestBook
{
    private readonly string planPath;
    private readonly string fatesPath;
    private Dictionary<string, GuestEntry> entries = [];

    /// <param name="stateFolder">Folder of the agent's state.</param>
    public GuestBook(string stateFolder)
    {
        Directory.CreateDirectory(stateFolder);
        planPath = Path.Combine(stateFolder, "plan.bin");
        fatesPath = Path.Combine(stateFolder, "fates.json");
        Load();
    }

    /// <summary>The last plan's guests; empty where there never was one.</summary>
    public IReadOnlyCollection<GuestPlan> Plan { get; private set; } = [];

    public GuestFate FateOf(GuestId id) => entries.GetValueOrDefault(id.Value)?.Fate ?? GuestFate.None;

    /// <summary>The disk that was handed over; empty where none was.</summary>
    public string HandedOverSha256(GuestId id) => entries.GetValueOrDefault(id.Value)?.DiskSha256 ?? "";

    /// <summary>Takes up a newer plan.</summary>
    public void TakePlan(NodePlan plan)
    {
        Plan = plan.Guests.ToArray();
        // The time limit of a plan's life is the next plan; losing this one to a power cut costs a wait for the controller.
        DurableFile.Replace(planPath, new NodePlan { Version = plan.Version, Guests = { plan.Guests } }.ToByteArray());
    }

    /// <summary>Writes down what has become of a guest under a wish.</summary>
    public void Set(GuestId id, GuestFate fate, WantedGuest? under, string diskSha256 = "")
    {
        entries[id.Value] = new GuestEntry { Fate = fate, Generation = under?.Generation ?? 0, DiskSha256 = diskSha256, PlannedDiskSha256 = under?.DiskSha256 ?? "" };
        Save();
    }

    /// <summary>Forgets what a newer wish has overtaken, and guests that neither plan nor node knows.</summary>
    public void Reconcile(IReadOnlyDictionary<GuestId, WantedGuest> wanted, IReadOnlySet<GuestId> here)
    {
        var kept = entries.Where(entry => GuestId.TryParse(entry.Key, out var id) && Holds(entry.Value, wanted.GetValueOrDefault(id), here.Contains(id))).ToDictionary();
        if (kept.Count == entries.Count) return;
        entries = kept;
        Save();
    }

    /// <summary>Whether what has become of a guest still counts. Pure.</summary>
    internal static bool Holds(GuestEntry entry, WantedGuest? wanted, bool here)
    {
        if (wanted is null) return here;
        var newer = wanted.Generation > entry.Generation;
        return entry.Fate switch
        {
            // Asked anew: it starts again from what is here.
            GuestFate.Terminated or GuestFate.ShutItselfDown => !newer,
            GuestFate.Relocating => !newer || wanted.Wish is GuestWish.HandedOver,
            // Its disk is not here any more, so it comes back only with a disk: the one it left with, or a later one.
            GuestFate.HandedOver => wanted.Wish is not GuestWish.Running || wanted.DiskSha256.Length == 0 || (wanted.DiskSha256 != entry.DiskSha256 && wanted.DiskSha256 == entry.PlannedDiskSha256),
            _ => false,
        };
    }

    private void Load()
    {
        try
        {
            if (File.Exists(planPath)) Plan = NodePlan.Parser.ParseFrom(File.ReadAllBytes(planPath)).Guests.ToArray();
            if (File.Exists(fatesPath)) entries = JsonSerializer.Deserialize(File.ReadAllBytes(fatesPath), GuestBookJson.Default.DictionaryStringGuestEntry) ?? [];
        }
        catch (Exception exception) when (exception is InvalidProtocolBufferException or JsonException)
        {
            // Files of ours that a failing disk has garbled: the controller's next plan says everything again.
            Plan = [];
            entries = [];
        }
    }

    private void Save() => DurableFile.Replace(fatesPath, JsonSerializer.SerializeToUtf8Bytes(entries, GuestBookJson.Default.DictionaryStringGuestEntry));
}

/// <summary>What has become of one guest.</summary>
internal sealed record GuestEntry
{
    public required GuestFate Fate { get; init; }

    /// <summary>Of the wish under which it became so.</summary>
    public required ulong Generation { get; init; }

    /// <summary>The disk it left with.</summary>
    public required string DiskSha256 { get; init; }

    /// <summary>The disk that the plan named then.</summary>
    public required string PlannedDiskSha256 { get; init; }
}

[JsonSourceGenerationOptions(UseStringEnumConverter = true)]
[JsonSerializable(typeof(Dictionary<string, GuestEntry>))]
internal sealed partial class GuestBookJson : JsonSerializerContext;
