namespace Opportunism.Clouds.OpenStack;

/// <summary>A cloud as clouds.yaml names it: where Keystone is, who we are there, which endpoints to use.</summary>
/// <remarks>Holds a secret: never logged and never shown, so its text form is its name alone.</remarks>
internal sealed record CloudEntry
{
    public required string Name { get; init; }

    /// <summary>Keystone, without a version at its end.</summary>
    public required Uri AuthUrl { get; init; }

    public string Region { get; init; } = "";

    /// <summary>public, internal or admin.</summary>
    public string Interface { get; init; } = "public";

    /// <summary>PEM file of the CA that signed the endpoints' certificates; empty for the machine's own.</summary>
    public string CaFile { get; init; } = "";

    /// <summary>The body of a request for a token.</summary>
    public required byte[] LoginBody { get; init; }

    public override string ToString() => Name;
}
