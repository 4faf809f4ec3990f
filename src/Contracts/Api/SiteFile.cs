using System.Text.Json;

namespace Opportunism.Contracts.Api;

/// <summary>The file <c>site.json</c> in a controller's state folder: how programs of the same machine find the site.</summary>
/// <param name="Url">Where it listens, such as <c>https://127.0.0.1:7443</c>.</param>
/// <param name="CaPath">Its CA's certificate (PEM).</param>
/// <param name="CaFingerprint">SHA-256 of that certificate, 64 lower-case hexadecimal digits.</param>
/// <param name="ProcessId">The controller that wrote it; it may have ended since.</param>
public sealed record SiteFile(string Url, string CaPath, string CaFingerprint, int ProcessId)
{
    /// <summary>Name of the file.</summary>
    public const string Name = "site.json";

    /// <summary>Name of the file beside it that holds the local admin token.</summary>
    public const string AdminTokenName = "admin.token";

    /// <summary>Reads the file of a state folder; null when there is none or it is incomplete.</summary>
    public static SiteFile? Read(string stateFolder)
    {
        try
        {
            return JsonSerializer.Deserialize(File.ReadAllBytes(Path.Combine(stateFolder, Name)), SiteJson.Default.SiteFile);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException or JsonException)
        {
            return null;
        }
    }
}
