using System.Runtime.Versioning;
using System.Text.Json;
using System.Text.Json.Serialization;
using Opportunism.Core;
using Opportunism.Files;

namespace Opportunism.Hypervisors.Libvirt;

/// <summary>Which domains this node has paused, remembered over restarts of the agent and over the domains' own absence.</summary>
/// <remarks>
/// Written down before libvirt is asked, so that none is ever paused by us and forgotten. A domain that leaves memory while we hold it
/// stays in here: libvirt saves it as paused and restores it as paused, and then nobody but us would let it go on.
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
            if (File.Exists(path)) domains = JsonSerializer.Deserialize(File.ReadAllBytes(path), HeldDomainsJson.Default.DictionaryStringHeldState) ?? [];
        }
        catch (JsonException)
        {
            IsLost = true;
        }
    }

    /// <summary>True when the file was garbled: domains that were paused by us then count as paused by others.</summary>
    public bool IsLost { get; }

    public IReadOnlyCollection<string> All => domains.Keys;

    public bool Contains(GuestId id) => domains.ContainsKey(id.Value);

    /// <summary>True while a request to pause it may still be on its way.</summary>
    public bool IsAsked(GuestId id) => domains.GetValueOrDefault(id.Value, HeldState.Held) == HeldState.Asked;

    /// <summary>libvirt is about to be asked to pause these.</summary>
    /// <exception cref="IOException">It could not be written down, so they must not be paused.</exception>
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

    /// <summary>It is nobody's or somebody else's matter whether it runs.</summary>
    public void Forget(GuestId id)
    {
        unsaved |= domains.Remove(id.Value);
        SaveLater();
    }

    /// <summary>Writes down what could not be written when it happened; called again and again. Until then the file says more than is true, never less.</summary>
    public void SaveLater()
    {
        if (!unsaved) return;
        try
        {
            Save();
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return; // the disk is full or failing: the next call tries again
        }

        unsaved = false;
    }

    private void Save() => DurableFile.Replace(path, JsonSerializer.SerializeToUtf8Bytes(domains, HeldDomainsJson.Default.DictionaryStringHeldState));
}

/// <summary>How far a hold of ours has come.</summary>
internal enum HeldState
{
    /// <summary>libvirt was asked; whether it has done so, or will yet, is not known.</summary>
    Asked,

    /// <summary>libvirt has paused it.</summary>
    Held,
}

[JsonSourceGenerationOptions(UseStringEnumConverter = true)]
[JsonSerializable(typeof(Dictionary<string, HeldState>))]
internal sealed partial class HeldDomainsJson : JsonSerializerContext;
