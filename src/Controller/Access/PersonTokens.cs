using System.Collections.Immutable;
using Opportunism.Contracts.Api;
using Opportunism.Controller.Store;

namespace Opportunism.Controller.Access;

/// <summary>Who may use the API. Held in memory, so that a request costs no query; every change is stored first.</summary>
internal sealed class PersonTokens(TokenStore store, StateFolder folder, TimeProvider time)
{
    private const string LocalAdmin = "local-admin";
    private ImmutableDictionary<string, PersonTokenRow> byHash = ImmutableDictionary<string, PersonTokenRow>.Empty;

    /// <summary>Loads the stored tokens and makes sure that the local admin's token works.</summary>
    public async Task LoadAsync(CancellationToken cancellationToken)
    {
        byHash = (await store.PersonTokensAsync(cancellationToken)).ToImmutableDictionary(row => Key(row.SecretHash));
        var secret = folder.Read(SiteFile.AdminTokenName)?.Trim();
        if (secret is { Length: > 0 } && Find(secret) is { Role: Role.Admin }) return;

        // The file is missing or no longer works: a new token replaces it, and the old one is revoked.
        foreach (var old in byHash.Values.Where(row => row.Name == LocalAdmin && !row.Revoked).ToList())
            await RevokeAsync(old.Id, cancellationToken);
        var made = await CreateAsync(LocalAdmin, Role.Admin, null, cancellationToken);
        folder.Write(SiteFile.AdminTokenName, made.Token + "\n");
    }

    /// <summary>The record of this token; null when it is unknown, revoked or expired.</summary>
    public PersonTokenRow? Find(string token)
    {
        var hash = Secrets.Hash(token);
        var row = Volatile.Read(ref byHash).GetValueOrDefault(Key(hash));
        return row is { Revoked: false } && Secrets.Matches(token, row.SecretHash) && !(row.Expires < time.GetUtcNow()) ? row : null;
    }

    public IEnumerable<PersonTokenRow> All => Volatile.Read(ref byHash).Values.OrderBy(row => row.Created);

    public async Task<MintedToken> CreateAsync(string name, Role role, TimeSpan? validFor, CancellationToken cancellationToken)
    {
        var token = $"site1.{Secrets.New()}";
        var now = time.GetUtcNow();
        var row = new PersonTokenRow
        {
            Id = Guid.NewGuid().ToString("N"),
            Name = name,
            Role = role,
            SecretHash = Secrets.Hash(token),
            Created = now,
            Expires = now + validFor,
        };
        await store.AddAsync(row, cancellationToken);
        ImmutableInterlocked.TryAdd(ref byHash, Key(row.SecretHash), row);
        return new(row.Id, token, row.Expires);
    }

    /// <summary>Revokes a token. False when there is none with that id.</summary>
    public async Task<bool> RevokeAsync(string id, CancellationToken cancellationToken)
    {
        if (byHash.Values.FirstOrDefault(row => row.Id == id) is not { } row) return false;
        await store.RevokePersonTokenAsync(id, cancellationToken);
        ImmutableInterlocked.AddOrUpdate(ref byHash, Key(row.SecretHash), row, (_, _) => new PersonTokenRow
        {
            Id = row.Id,
            Name = row.Name,
            Role = row.Role,
            SecretHash = row.SecretHash,
            Created = row.Created,
            Expires = row.Expires,
            Revoked = true,
        });
        return true;
    }

    private static string Key(byte[] hash) => Convert.ToHexStringLower(hash);
}
