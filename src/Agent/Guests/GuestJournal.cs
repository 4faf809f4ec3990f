using System.Text.Json;
using System.Text.Json.Serialization;
using Google.Protobuf;
using Opportunism.Contracts.Nodes;
using Opportunism.Core;
using Opportunism.Core.Guests;
using Opportunism.Core.Health;
using Opportunism.Files;

namespace Opportunism.Agent.Guests;

/// <summary>What the keeper needs after a restart: the last plan, and the fates of guests here. Used only by the keeper.</summary>
/// <remarks>
/// A change takes effect in memory at once. <see cref="Save"/> writes it to the disk, and is called again until that has worked: a plan is
/// acknowledged, and a disk that was handed over deleted, only once the journal is stored.
/// </remarks>
internal sealed class GuestJournal
{
    // A full disk stays full for minutes; a write of a few KiB each second costs nothing.
    private static readonly TimeSpan Again = TimeSpan.FromSeconds(1);

    private readonly string planPath;
    private readonly string fatesPath;
    private readonly TimeProvider time;
    private readonly Dictionary<string, GuestEntry> entries = [];
    private Dictionary<string, GuestEntry> storedEntries = [];
    private NodePlan? unstoredPlan;
    private long? failedAt;

    /// <param name="stateFolder">Folder of the agent's state.</param>
    /// <param name="time">For the pause after a write that failed.</param>
    public GuestJournal(string stateFolder, TimeProvider time)
    {
        this.time = time;
        Directory.CreateDirectory(stateFolder);
        planPath = Path.Combine(stateFolder, "plan.bin");
        fatesPath = Path.Combine(stateFolder, "fates.json");
        Plan = Load(planPath, bytes => NodePlan.Parser.ParseFrom(bytes).Guests.ToArray()) ?? [];
        entries = Load(fatesPath, bytes => JsonSerializer.Deserialize(bytes, GuestJournalJson.Default.DictionaryStringGuestEntry)) ?? [];
        storedEntries = entries.ToDictionary();
    }

    /// <summary>The last plan's guests; empty before the first plan.</summary>
    public IReadOnlyCollection<GuestPlan> Plan { get; private set; } = [];

    /// <summary>Version of the newest plan that was applied in this run and is on the disk; 0 before the first.</summary>
    public ulong StoredVersion { get; private set; }

    /// <summary>What could not be written, and why; empty when everything is on the disk.</summary>
    public IReadOnlyList<HealthItem> Problems { get; private set; } = [];

    public GuestFate FateOf(GuestId id) => entries.GetValueOrDefault(id.Value)?.Fate ?? GuestFate.None;

    /// <summary>Whether a guest's fate is on the disk.</summary>
    public bool IsStored(GuestId id) => entries.GetValueOrDefault(id.Value) == storedEntries.GetValueOrDefault(id.Value);

    /// <summary>The disk that was handed over; empty where none was.</summary>
    public string HandedOverSha256(GuestId id) => entries.GetValueOrDefault(id.Value)?.DiskSha256 ?? "";

    /// <summary>Applies a newer plan.</summary>
    public void TakePlan(NodePlan plan)
    {
        Plan = plan.Guests.ToArray();
        unstoredPlan = plan;
        failedAt = null;
    }

    /// <summary>Records a guest's fate under a wish.</summary>
    public void Set(GuestId id, GuestFate fate, WantedGuest? under, string diskSha256 = "")
    {
        entries[id.Value] = new GuestEntry
        {
            Fate = fate,
            Generation = under?.Generation ?? 0,
            DiskSha256 = diskSha256,
            PlannedDiskSha256 = under?.DiskSha256 ?? "",
        };
        failedAt = null;
    }

    /// <summary>Forgets fates that a newer wish has replaced, and guests that neither the plan nor the node has.</summary>
    public void Reconcile(IReadOnlyDictionary<GuestId, WantedGuest> wanted, IReadOnlySet<GuestId> here)
    {
        foreach (var (key, entry) in entries.ToArray())
        {
            if (!GuestId.TryParse(key, out var id) || !Holds(entry, wanted.GetValueOrDefault(id), here.Contains(id))) entries.Remove(key);
        }
    }

    /// <summary>Writes what is not on the disk yet. A write that fails is a problem to report, never an exception.</summary>
    /// <returns>When to call it again although nothing has changed; null when everything is on the disk.</returns>
    public TimeSpan? Save()
    {
        if (failedAt is { } failed && Again - time.GetElapsedTime(failed) is var wait && wait > TimeSpan.Zero) return wait;
        var problems = new List<HealthItem>();
        // Fates first: a plan can be sent again, a fate cannot. A fate that a newer plan has replaced stays in the file
        // until that plan is stored: after a restart the older plan would start the guest again.
        var written = entries.ToDictionary();
        if (unstoredPlan is not null)
        {
            foreach (var (id, entry) in storedEntries) written.TryAdd(id, entry);
        }

        StoreFates(written, problems);
        if (unstoredPlan is { } plan
            && TryReplace(planPath, new NodePlan { Version = plan.Version, Guests = { plan.Guests } }.ToByteArray(), problems))
        {
            StoredVersion = plan.Version;
            unstoredPlan = null;
            if (problems.Count == 0) StoreFates(entries.ToDictionary(), problems);
        }

        Problems = problems;
        failedAt = problems.Count > 0 ? time.GetTimestamp() : null;
        return problems.Count > 0 ? Again : null;
    }

    /// <summary>Whether a guest's fate is still valid. Pure.</summary>
    internal static bool Holds(GuestEntry entry, WantedGuest? wanted, bool here)
    {
        if (wanted is null) return here;
        var newer = wanted.Generation > entry.Generation;
        return entry.Fate switch
        {
            // A newer request: it starts again from what is here.
            GuestFate.Terminated or GuestFate.ShutItselfDown => !newer,
            GuestFate.Relocating => !newer || wanted.Wish is GuestWish.HandedOver,
            // Its disk is no longer here, so it comes back only with a disk: the one it left with, or a later one.
            GuestFate.HandedOver => wanted.Wish is not GuestWish.Running || wanted.DiskSha256.Length == 0
                || (wanted.DiskSha256 != entry.DiskSha256 && wanted.DiskSha256 == entry.PlannedDiskSha256),
            _ => false,
        };
    }

    private void StoreFates(Dictionary<string, GuestEntry> fates, List<HealthItem> problems)
    {
        if (AreSame(fates, storedEntries)) return;
        var bytes = JsonSerializer.SerializeToUtf8Bytes(fates, GuestJournalJson.Default.DictionaryStringGuestEntry);
        if (TryReplace(fatesPath, bytes, problems)) storedEntries = fates;
    }

    private static bool TryReplace(string path, byte[] content, List<HealthItem> problems)
    {
        try
        {
            DurableFile.Replace(path, content);
            return true;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            problems.Add(new HealthItem(
                "agent.state.not-stored", HealthSeverity.Error, $"{path} could not be written: {exception.Message}",
                $"Make room on the disk of {Path.GetDirectoryName(path)}, or repair it; the agent repeats the write until it works."));
            return false;
        }
    }

    private static bool AreSame(Dictionary<string, GuestEntry> some, Dictionary<string, GuestEntry> others) =>
        some.Count == others.Count && some.All(entry => others.GetValueOrDefault(entry.Key) == entry.Value);

    /// <summary>Reads one of the files; one that a failing disk has damaged counts as missing: the controller's next plan is
    /// complete.</summary>
    private static T? Load<T>(string path, Func<byte[], T?> parse)
        where T : class
    {
        try
        {
            return File.Exists(path) ? parse(File.ReadAllBytes(path)) : null;
        }
        catch (Exception exception) when (exception is InvalidProtocolBufferException or JsonException)
        {
            return null;
        }
    }
}

/// <summary>The fate of one guest.</summary>
internal sealed record GuestEntry
{
    public required GuestFate Fate { get; init; }

    /// <summary>Generation of the wish under which it happened.</summary>
    public required ulong Generation { get; init; }

    /// <summary>The disk it left with.</summary>
    public required string DiskSha256 { get; init; }

    /// <summary>The disk that the plan named at that time.</summary>
    public required string PlannedDiskSha256 { get; init; }
}

[JsonSourceGenerationOptions(UseStringEnumConverter = true)]
[JsonSerializable(typeof(Dictionary<string, GuestEntry>))]
internal sealed partial class GuestJournalJson : JsonSerializerContext;
