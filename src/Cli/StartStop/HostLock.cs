using System.Text;
using Opportunism.Cli.Terminal;

namespace Opportunism.Cli.StartStop;

/// <summary>Sees to it that one <c>start-node</c> or <c>stop-node</c> works on a host at a time,
/// and that the newest gets its way: an owner who is back does not wait for a start.</summary>
/// <remarks>Whoever comes writes down that he is the newest, and waits until
/// the one before has let go; that one looks after each of its steps.</remarks>
internal sealed class HostLock : IDisposable
{
    // Often enough for a person not to notice, seldom enough to cost nothing.
    private static readonly TimeSpan LooksEvery = TimeSpan.FromMilliseconds(200);

    private readonly SwitchFolder? folder;
    private readonly string newest;
    private readonly string id = Guid.NewGuid().ToString("N");
    private FileStream? held;

    private HostLock(SwitchFolder? folder, string host) => (this.folder, newest) = (folder, host + ".newest");

    /// <summary>True once another one wants the host; then its own work ends.</summary>
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
                // Nobody who wants the host takes the file away.
                return false;
            }
        }
    }

    /// <summary>True when it works alone; false when the one before did not let go and was not waited for any longer.</summary>
    public bool IsAlone => folder is null || held is not null;

    /// <summary>Waits until nobody else works on the host. Null when a newer one came meanwhile.</summary>
    /// <param name="folder">Where they agree.</param>
    /// <param name="host">The host.</param>
    /// <param name="world">The clock.</param>
    /// <param name="patience">How long the one before is waited for; null for as long as it takes.</param>
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

    /// <summary>A turn where there is no folder to agree by: nobody is waited for, and nobody overtakes.</summary>
    public static HostLock WithoutFolder() => new(null, "");

    /// <summary>Lets time pass, or stops waiting as soon as it is overtaken.</summary>
    public async Task PauseAsync(TimeSpan wait, CliWorld world, CancellationToken cancellationToken)
    {
        for (var left = wait; left > TimeSpan.Zero && !IsOvertaken; left -= LooksEvery)
        {
            await world.PauseAsync(left < LooksEvery ? left : LooksEvery, cancellationToken);
        }
    }

    public void Dispose() => held?.Dispose();
}
