namespace Opportunism.Clouds.OpenStack;

/// <summary>One call to a service.</summary>
/// <param name="Service">Type of the service in Keystone's catalogue.</param>
/// <param name="Method">The HTTP method.</param>
/// <param name="Path">Path and query below the service's endpoint.</param>
internal sealed record OpenStackCall(string Service, HttpMethod Method, string Path)
{
    public const string Compute = "compute";

    public const string Network = "network";

    /// <summary>The content as JSON; null for none.</summary>
    public byte[]? Body { get; init; }

    /// <summary>Nova's microversion; empty for none.</summary>
    public string Microversion { get; init; } = "";

    /// <summary>Time limit; null for the usual one.</summary>
    public TimeSpan? Limit { get; init; }

    /// <summary>The service's usual name, for messages.</summary>
    public string ServiceName => Service == Compute ? "Nova" : "Neutron";

    public override string ToString() => $"{Method} {Path.Split('?')[0]}";
}
