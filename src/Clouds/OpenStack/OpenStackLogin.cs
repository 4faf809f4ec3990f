namespace Opportunism.Clouds.OpenStack;

/// <summary>Whether the credential that settings name opens the cloud's door: for those who want to say so before they begin.</summary>
public sealed class OpenStackLogin
{
    private readonly CloudsFile file;
    private readonly KeystoneSession session;

    internal OpenStackLogin(CloudsFile file, KeystoneSession session) => (this.file, this.session) = (file, session);

    /// <summary>Why the credential cannot even be tried: what was read, what
    /// is wrong and what to do; null when it can. Asks nobody.</summary>
    public string? Problem() => file.Read(out var problem) is null ? problem : null;

    /// <summary>Gets a token, which later calls use too. Refused when Keystone does not take the credential.</summary>
    public async Task<CloudAnswer> TryAsync(CancellationToken cancellationToken) =>
        (await session.TokenAsync(null, cancellationToken)).Answer;
}
