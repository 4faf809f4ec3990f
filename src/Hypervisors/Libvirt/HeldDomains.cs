using System.Runtime.Versioning;
using System.Text.Json;
using System.Text.Json.Serialization;
using Opportunism.Core;
using Opportunism.Files;

namespace Opportunism.Hypervisors.Libvirt;

/// <summary>Which domains this node has paused; kept over restarts of the agent and while the domains are not in memory.</summary>
/// <remarks>
/// Recorded before libvirt is asked, so that none is ever paused by the agent and forgotten. A domain that leaves memory while it is held
/// stays recorded: libvirt saves it as paused and restores it as paused, and then only the agent would resume it.
/// Used only under <see cref="LibvirtHost.Gate"/>.
/// </remarks>
[SupportedOSPlatform("linux")]
internal sealed class HeldDomains
{
    private readonly string path;
    private Dictionary<string, HeldState> domains = [];
    private bool unsaved;

    /// <param name="stateFolder">Folder of the agent's state.</param>
    public HeldDomains(string stateFolder)
    {
        Directory.CreateDirectory(stateFolder);
        path = Path.Combine(stateFolder, "libvirt-held.json");
        try
        {
            if (File.Exists(path))
                domains = JsonSerializer.Deserialize(File.ReadAllBytes(path), HeldDomainsJson.Default.DictionaryStringHeldState) ?? [];
        }
        catch (JsonException)
        {
            IsIncomplete = true;
        }
    }

    /// <summary>True when the file was damaged: domains that the agent had paused then count as paused by others.</summary>
    public bool IsIncomplete { get; }

    public IReadOnlyCollection<string> All => domains.Keys;

    public bool Contains(GuestId id) => domains.ContainsKey(id.Value);

    /// <summary>True while a request to pause it may still be on its way.</summary>
    public bool IsAsked(GuestId id) => domains.GetValueOrDefault(id.Value, HeldState.Held) == HeldState.Asked;

    /// <summary>libvirt is about to be asked to pause these.</summary>
    /// <exception cref="IOException">It could not be recorded, so they must not be paused.</exception>
    public void SetAsked(IEnumerable<GuestId> ids)
    {
        var before = domains;
        domains = new(domains);
        foreach (var id in ids) domains[id.Value] = HeldState.Asked;
        try
        {
            Save();
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            domains = before;
            throw;
        }
    }

    /// <summary>libvirt has paused it.</summary>
    public void SetHeld(GuestId id)
    {
        if (!Contains(id) || !IsAsked(id)) return;
        domains[id.Value] = HeldState.Held;
        unsaved = true;
        SaveLater();
    }

    /// <summary>The agent no longer keeps it from running.</summary>
    public void Forget(GuestId id)
    {
        unsaved |= domains.Remove(id.Value);
        SaveLater();
    }

    /// <summary>Writes what could not be written when it happened; called repeatedly. Until then the file lists too many domains, never too
    /// few.</summary>
    public void SaveLater()
    {
        if (!unsaved) return;
        try
        {
            Save();
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return; // the disk is full or failing: the next call retries
        }

        unsaved = false;
    }

    private void Save() =>
        DurableFile.Replace(path, JsonSerializer.SerializeToUtf8Bytes(domains, HeldDomainsJson.Default.DictionaryStringHeldState));
}

/// <summary>The progress of a hold.</summary>
internal enum HeldState
{
    /// <summary>libvirt was asked; whether it has paused it, or will, is not known.</summary>
    Asked,

    /// <summary>libvirt has paused it.</summary>
    Held,
}

[JsonSourceGenerationOptions(UseStringEnumConverter = true)]
[JsonSerializable(typeof(Dictionary<string, HeldState>))]
internal sealed partial class HeldDomainsJson : JsonSerializerContext;
