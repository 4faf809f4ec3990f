using System.Text;
using System.Text.Json;
using Opportunism.Hypervisors.Qemu.Qmp;
using Xunit;

namespace Opportunism.UnitTests.Hypervisors;

public sealed class QmpLineTests
{
    [Theory]
    [InlineData("""{"status": "paused"}""", "paused")]
    [InlineData("{}", "")]
    [InlineData("""{"status": null}""", "")]
    [InlineData("""{"status": 7}""", "")]
    [InlineData("""{"status": ["paused"]}""", "")]
    [InlineData("""["status"]""", "")]
    [InlineData("5", "")]
    public void A_text_is_empty_where_the_answer_has_none(string answer, string text)
    {
        using var document = JsonDocument.Parse(answer);
        Assert.Equal(text, QmpLine.TextOf(document.RootElement, "status"u8));
    }

    [Fact]
    public void A_text_is_no_longer_than_a_person_reads()
    {
        using var document = JsonDocument.Parse(Encoding.UTF8.GetBytes($$"""{"status": "{{new string('x', 5000)}}"}"""));
        Assert.InRange(QmpLine.TextOf(document.RootElement, "status"u8).Length, 100, 400);
    }
}
