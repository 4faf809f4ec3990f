using System.Text.Json.Serialization;

namespace Opportunism.Contracts.Api;

/// <summary>Asks for a VM.</summary>
public sealed record NewVm
{
    /// <summary>Its name: 1 to 63 characters of <c>a-z 0-9 . -</c>; no other VM that is not deleted may have it.</summary>
    public required string Name { get; init; }

    /// <summary>Name or SHA-256 of the image it starts from.</summary>
    public required string Image { get; init; }

    /// <summary>Virtual CPUs.</summary>
    public int Vcpus { get; init; } = 1;

    /// <summary>Memory in MiB.</summary>
    public int MemoryMiB { get; init; } = 512;

    /// <summary>Size of its disk in MiB; 0 for the image's own size, rounded up.</summary>
    public int DiskMiB { get; init; }

    /// <summary>What happens when its node's owner stays: <c>suspend</c>, <c>relocate</c> or <c>terminate</c>.</summary>
    public string Policy { get; init; } = "suspend";

    /// <summary>Name of the cloud it is created in; null where the site has only one that creates VMs.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Cloud { get; init; }
}
