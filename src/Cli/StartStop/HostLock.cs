using System.Text;
using Opportunism.Cli.Terminal;

namespace Opportunism.Cli.StartStop;

/// <summary>Lets one <c>start-node</c> or <c>stop-node</c> at a time work on a host; the newest has priority, so that an owner who is back
/// does not wait for a start.</summary>
/// <remarks>1. Each writes its id into a file as the newest. 2. It waits for the lock of the one before. 3. The one before checks the file
/// between its steps, and ends when it is no longer the newest.</remarks>
internal sealed class HostLock : IDisposable
{
    // Short enough not to be noticed by a person, long enough to cost nothing.
    private static readonly TimeSpan LooksEvery = TimeSpan.FromMilliseconds(200);

    private readonly SwitchFolder? folder;
    private readonly string newest;
    private readonly string id = Guid.NewGuid().ToString("N");
    private FileStream? held;

    private HostLock(SwitchFolder? folder, string host) => (this.folder, newest) = (folder, host + ".newest");

    /// <summary>True once a newer command waits for the host; then this one ends its work.</summary>
    public bool IsOvertaken
    {
        get
        {
            if (folder is null) return false;
            try
            {
                return File.ReadAllText(folder[newest]) != id;
            }
            catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
            {
                // No command deletes the file.
                return false;
            }
        }
    }

    /// <summary>True when it has the lock; false when the one before still had it at the end of the wait.</summary>
    public bool IsAlone => folder is null || held is not null;

    /// <summary>Waits until no other command works on the host. Null when a newer one came meanwhile.</summary>
    /// <param name="folder">The folder of the lock files.</param>
    /// <param name="host">The host.</param>
    /// <param name="world">The clock.</param>
    /// <param name="patience">The longest wait for the one before; null for no limit.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <exception cref="IOException">The folder cannot be used.</exception>
    /// <exception cref="UnauthorizedAccessException">The same.</exception>
    public static async Task<HostLock?> TakeAsync(
        SwitchFolder folder, string host, CliWorld world, TimeSpan? patience, CancellationToken cancellationToken)
    {
        var turn = new HostLock(folder, host);
        folder.Replace(turn.newest, Encoding.ASCII.GetBytes(turn.id), turn.id);
        var began = world.Time.GetTimestamp();
        while (true)
        {
            turn.held = folder.TryHold(host + ".lock");
            if (turn.IsOvertaken)
            {
                turn.Dispose();
                return null;
            }

            if (turn.held is not null || world.Time.GetElapsedTime(began) >= patience) return turn;
            await world.PauseAsync(LooksEvery, cancellationToken);
        }
    }

    /// <summary>For use without a folder for the lock: waits for no other command, and is never overtaken.</summary>
    public static HostLock WithoutFolder() => new(null, "");

    /// <summary>Waits, but no longer than until it is overtaken.</summary>
    public async Task PauseAsync(TimeSpan wait, CliWorld world, CancellationToken cancellationToken)
    {
        for (var left = wait; left > TimeSpan.Zero && !IsOvertaken; left -= LooksEvery)
        {
            await world.PauseAsync(left < LooksEvery ? left : LooksEvery, cancellationToken);
        }
    }

    public void Dispose() => held?.Dispose();
}
