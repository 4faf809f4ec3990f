using Opportunism.Agent.LocalSocket;
using Xunit;

namespace Opportunism.UnitTests.Agent.LocalSocket;

public sealed class LocalPlacesTests
{
    private const uint AtSeat = 1000;

    private readonly LocalPlaces places = new(user => user == User(AtSeat));

    [Fact]
    public void One_user_has_a_few()
    {
        Assert.Equal(LocalPlaces.PerUser, Take(2000));
        Assert.Equal(LocalPlaces.PerUser, Take(2001));
    }

    [Fact]
    public void However_many_users_there_are_root_and_the_one_at_the_seat_find_a_place()
    {
        var all = Enumerable.Range(2000, 50).Sum(user => Take((uint)user));

        Assert.Equal(LocalPlaces.Others, all);
        Assert.Equal(LocalPlaces.PerUser, Take(AtSeat));
        Assert.Equal(LocalPlaces.Root, Take(0));
    }

    [Fact]
    public void The_user_at_the_seat_leaves_root_its_places()
    {
        Take(AtSeat);

        Assert.Equal(LocalPlaces.Root, Take(0));
    }

    [Fact]
    public void A_place_that_was_left_is_free_again_once()
    {
        List<IDisposable> taken = [.. Enumerable.Range(0, LocalPlaces.PerUser).Select(_ => places.TryEnter(User(2000))!)];
        Assert.Null(places.TryEnter(User(2000)));

        taken[0].Dispose();
        taken[0].Dispose();

        Assert.NotNull(places.TryEnter(User(2000)));
        Assert.Null(places.TryEnter(User(2000)));
        foreach (var place in taken) place.Dispose();
        Assert.Equal(LocalPlaces.Others, Enumerable.Range(3000, 50).Sum(user => Take((uint)user)) + 1);
    }

    private static LocalUser User(uint number) => new($"{number}", number == 0);

    /// <summary>Takes as many as there are.</summary>
    private int Take(uint user)
    {
        var count = 0;
        while (places.TryEnter(User(user)) is not null) count++;
        return count;
    }
}
