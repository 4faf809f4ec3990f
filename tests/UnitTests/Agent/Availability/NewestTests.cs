using Opportunism.Agent.Availability;
using Xunit;

namespace Opportunism.UnitTests.Agent.Availability;

public sealed class NewestTests
{
    [Fact]
    public async Task A_reader_never_sees_half_of_a_value()
    {
        const long Writes = 300_000;
        var newest = new Newest<(long A, long B, long C, long D)>((0, 0, 0, 0));
        var read = Task.Run(() =>
        {
            for (var last = 0L; last < Writes;)
            {
                var (a, b, c, d) = newest.Read();
                Assert.True(a == b && b == c && c == d, $"Read {a}, {b}, {c}, {d}.");
                Assert.True(a >= last, $"Read {a} after {last}.");
                last = a;
            }
        });

        for (var i = 1L; i <= Writes; i++) newest.Set((i, i, i, i));

        await read;
    }
}
