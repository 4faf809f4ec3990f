namespace Opportunism.Clouds.OpenStack;

/// <summary>Checks that the credential in the settings is accepted: for programs that report this before they start.</summary>
public sealed class OpenStackLogin
{
    private readonly CloudsFile file;
    private readonly KeystoneSession session;

    internal OpenStackLogin(CloudsFile file, KeystoneSession session) => (this.file, this.session) = (file, session);

    /// <summary>Why the credential cannot even be tried: which file was read, what is wrong and what to do; null when it can. Sends
    /// nothing.</summary>
    public string? Problem() => file.Read(out var problem) is null ? problem : null;

    /// <summary>Gets a token, which later calls use too. Refused when Keystone rejects the credential.</summary>
    public async Task<CloudAnswer> TryAsync(CancellationToken cancellationToken) =>
        (await session.TokenAsync(null, cancellationToken)).Answer;
}
