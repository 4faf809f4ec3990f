using System.Collections.Concurrent;
using System.Text.Json;
using System.Text.Json.Serialization;
using Opportunism.Cli.Terminal;
using Opportunism.Clouds.OpenStack;
using Opportunism.Core;

namespace Opportunism.Cli.StartStop;

/// <summary>Records in a small file which servers of a host were evicted. A lost record is restored from the mark on the server.</summary>
/// <param name="folder">The folder it is in.</param>
/// <param name="name">The file's name.</param>
/// <param name="continuesWithout">True to continue with only the marks where the file cannot be written; false to end with a
/// <see cref="CliFailure"/>.</param>
/// <param name="report">Called with a sentence when something is wrong with the file.</param>
internal sealed class EvictedFile(SwitchFolder folder, string name, bool continuesWithout, Action<string> report) : IOpenStackStore
{
    // Servers leave and come back at the same time.
    private readonly Lock gate = new();
    private readonly ConcurrentDictionary<GuestId, EvictedServer> servers = new();

    /// <inheritdoc/>
    public bool IsLasting { get; private set; } = true;

    /// <summary>The present records.</summary>
    public IReadOnlyCollection<EvictedServer> Servers => [.. servers.Values];

    /// <summary>The record of a server; null for none.</summary>
    public EvictedServer? Of(GuestId guest) => servers.GetValueOrDefault(guest);

    /// <summary>From now on records are kept only in memory.</summary>
    public void DoWithout() => IsLasting = false;

    /// <inheritdoc/>
    public Task<IReadOnlyList<EvictedServer>> LoadAsync(CancellationToken cancellationToken)
    {
        foreach (var server in Read()) servers[server.Guest] = server;
        return Task.FromResult<IReadOnlyList<EvictedServer>>([.. servers.Values]);
    }

    /// <inheritdoc/>
    public Task SaveAsync(EvictedServer server, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        lock (gate)
        {
            servers[server.Guest] = server;
            WriteLocked();
        }

        return Task.CompletedTask;
    }

    /// <inheritdoc/>
    public Task ForgetAsync(GuestId guest, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        lock (gate)
        {
            if (servers.TryRemove(guest, out _)) WriteLocked();
        }

        return Task.CompletedTask;
    }

    private List<EvictedServer> Read()
    {
        try
        {
            if (!File.Exists(folder[name])) return [];
            var content = JsonSerializer.Deserialize(File.ReadAllBytes(folder[name]), EvictedJson.Default.EvictedContent);
            return [
                .. (content?.Servers ?? throw new FormatException("There is no list of servers."))
                    .Select(row => row?.Server() ?? throw new FormatException("There is an empty row."))];
        }
        catch (Exception garbled) when (garbled is JsonException or FormatException)
        {
            PutAside();
            return [];
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            GiveUp($"{folder[name]} cannot be read: {failure.Message}");
            return [];
        }
    }

    /// <summary>Renames a garbled file, so that a person can examine it.</summary>
    private void PutAside()
    {
        var aside = folder[name] + ".garbled";
        try
        {
            File.Move(folder[name], aside, overwrite: true);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            GiveUp($"{folder[name]} is garbled and cannot be put aside: {failure.Message}");
            return;
        }

        report($"{folder[name]} was garbled and is now {aside}; what was evicted is found by its mark on each server.");
    }

    private void WriteLocked()
    {
        if (!IsLasting) return;
        try
        {
            folder.Replace(
                name,
                JsonSerializer.SerializeToUtf8Bytes(
                    new EvictedContent([.. servers.Values.Select(EvictedRow.Of)]), EvictedJson.Default.EvictedContent));
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            GiveUp($"{folder[name]} cannot be written: {failure.Message}");
        }
    }

    private void GiveUp(string problem)
    {
        if (!continuesWithout)
            throw new CliFailure(
                ExitCode.Failed,
                $"{problem} Make room or fix its permissions, then run this again; servers that could not be recorded meanwhile are not "
                + "brought back.");
        if (!IsLasting) return;
        IsLasting = false;
        report($"{problem} Only the marks on the servers show now which were evicted.");
    }
}

/// <summary>The file's content.</summary>
internal sealed record EvictedContent(IReadOnlyList<EvictedRow?>? Servers);

/// <summary>A server in the file. The property names never change.</summary>
internal sealed record EvictedRow(
    string Guest, string Node, string Action, DateTimeOffset Since, int Attempts, int Returns, bool Returning, DateTimeOffset? NotBefore)
{
    public static EvictedRow Of(EvictedServer server) =>
        new(
            server.Guest.Value, server.Node.Value, ServerPolicies.NameOf(server.Action), server.Since, server.Attempts, server.Returns,
            server.Returning, server.NotBefore);

    /// <exception cref="FormatException">It is not in the format that is written.</exception>
    public EvictedServer Server() => new()
    {
        Guest = GuestId.Parse(Guest),
        Node = NodeId.Parse(Node),
        Action = ServerPolicies.StepOf(Action) ?? throw new FormatException($"'{Action}' is not a policy."),
        Since = Since,
        Attempts = Attempts,
        Returns = Returns,
        Returning = Returning,
        NotBefore = NotBefore,
    };
}

/// <summary>The JSON serialization of the file.</summary>
[JsonSourceGenerationOptions(JsonSerializerDefaults.Web, WriteIndented = true)]
[JsonSerializable(typeof(EvictedContent))]
internal sealed partial class EvictedJson : JsonSerializerContext;
