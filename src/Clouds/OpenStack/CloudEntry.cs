namespace Opportunism.Clouds.OpenStack;

/// <summary>A cloud in clouds.yaml: Keystone's address, the credential, which endpoints to use.</summary>
/// <remarks>Contains a secret: never logged and never shown, so its text form is only its name.</remarks>
internal sealed record CloudEntry
{
    public required string Name { get; init; }

    /// <summary>Keystone's address, without a version at its end.</summary>
    public required Uri AuthUrl { get; init; }

    public string Region { get; init; } = "";

    /// <summary>public, internal or admin.</summary>
    public string Interface { get; init; } = "public";

    /// <summary>PEM file of the CA that signed the endpoints' certificates; empty for the machine's own CAs.</summary>
    public string CaFile { get; init; } = "";

    /// <summary>The body of a request for a token.</summary>
    public required byte[] LoginBody { get; init; }

    public override string ToString() => Name;
}
