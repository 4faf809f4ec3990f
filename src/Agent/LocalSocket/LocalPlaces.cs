namespace Opportunism.Agent.LocalSocket;

/// <summary>How many requests of the local socket are served at the same time: a limit for each user, and always some places for root and
/// the user at the seat.</summary>
/// <param name="sitsHere">Whether a user sits at this desktop; called only when needed.</param>
internal sealed class LocalPlaces(Func<LocalUser, bool> sitsHere)
{
    /// <summary>Of one user: a person and a panel applet or two.</summary>
    public const int PerUser = 4;

    /// <summary>Of all users together except root and the one at the seat.</summary>
    public const int Others = 12;

    /// <summary>Of root: its scripts too.</summary>
    public const int Root = 16;

    private readonly Lock gate = new();
    private readonly Dictionary<string, int> taken = [];
    private int others;

    /// <summary>Takes a place; null where this user has none left. Any thread; disposing of it gives the place back.</summary>
    public IDisposable? TryEnter(LocalUser user)
    {
        lock (gate)
        {
            var own = taken.GetValueOrDefault(user.Id);
            if (own >= (user.IsAdministrator ? Root : PerUser)) return null;
            // The user at the seat has places of their own, however many the others use.
            var isOther = !user.IsAdministrator && (others < Others || !sitsHere(user));
            if (isOther && others >= Others) return null;
            taken[user.Id] = own + 1;
            if (isOther) others++;
            return new Place(this, user.Id, isOther);
        }
    }

    private void Leave(string userId, bool isOther)
    {
        lock (gate)
        {
            if (--taken[userId] == 0) taken.Remove(userId);
            if (isOther) others--;
        }
    }

    private sealed class Place(LocalPlaces places, string userId, bool isOther) : IDisposable
    {
        private int left;

        public void Dispose()
        {
            if (Interlocked.Exchange(ref left, 1) == 0) places.Leave(userId, isOther);
        }
    }
}
