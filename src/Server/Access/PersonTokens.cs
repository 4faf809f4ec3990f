using System.Collections.Immutable;
using Opportunism.Contracts.Api;
using Opportunism.Server.State;
using Opportunism.Server.Store;

namespace Opportunism.Server.Access;

/// <summary>Who may use the API. Held in memory, so that a request costs no query; every change is stored first.</summary>
public sealed class PersonTokens
{
    private const string LocalAdmin = "local-admin";

    private readonly PersonTokenStore store;
    private readonly StateFolder folder;
    private readonly TimeProvider time;
    private ImmutableDictionary<string, PersonTokenRow> byHash = ImmutableDictionary<string, PersonTokenRow>.Empty;

    internal PersonTokens(PersonTokenStore store, StateFolder folder, TimeProvider time)
    {
        this.store = store;
        this.folder = folder;
        this.time = time;
    }

    /// <summary>Loads the stored tokens and makes sure that the local admin's token works.</summary>
    public async Task LoadAsync(CancellationToken cancellationToken)
    {
        byHash = (await store.ListAsync(cancellationToken)).ToImmutableDictionary(row => Key(row.SecretHash));
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

    /// <summary>Every token, also revoked and expired ones, oldest first.</summary>
    public IEnumerable<PersonTokenRow> All => Volatile.Read(ref byHash).Values.OrderBy(row => row.Created);

    /// <summary>Creates a token; its secret is in the result and nowhere else.</summary>
    /// <param name="name">Whose it is.</param>
    /// <param name="role">What it allows.</param>
    /// <param name="validFor">When it expires; null for never.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
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
        await store.RevokeAsync(id, cancellationToken);
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
