using Opportunism.Contracts;
using Xunit;

namespace Opportunism.UnitTests.Contracts;

public sealed class JoinTokenTests
{
    private static readonly string Fingerprint = new('a', 64);

    [Fact]
    public void A_token_is_read_as_it_was_written()
    {
        var token = JoinToken.New(Fingerprint);
        Assert.True(JoinToken.TryParse($" {token.Format()}\n", out var read));
        Assert.Equal(token, read);
        Assert.Equal(43, token.Secret.Length);
    }

    [Fact]
    public void It_does_not_give_its_secret_away_when_it_is_shown()
    {
        var token = JoinToken.New(Fingerprint);
        Assert.DoesNotContain(token.Secret, $"{token}", StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("join1")]
    [InlineData("join1..")]
    [InlineData("join2.qqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqo.qqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqo")]
    [InlineData("join1.qqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqo.short")]
    [InlineData("join1.qqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqq!o.qqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqo")]
    [InlineData("join1.qqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqo.qqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqo.x")]
    public void What_is_not_one_is_refused(string? text) => Assert.False(JoinToken.TryParse(text, out _));
}
