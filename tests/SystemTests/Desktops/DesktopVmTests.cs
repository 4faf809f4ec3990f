using Opportunism.TestKit.Desktops;
using Xunit;

namespace Opportunism.SystemTests.Desktops;

/// <summary>The desktop in a VM does what the tests tell it.</summary>
[Collection(SharedDesktop.Name)]
public sealed class DesktopVmTests(DesktopVm desktop)
{
    [Fact]
    public async Task A_line_comes_whole_while_what_an_earlier_one_left_running_ends()
    {
        // One ends every 10 ms, and a serial port takes longer than that for a line this long.
        await desktop.RunAsync("for i in $(seq 100 399); do sleep ${i%??}.${i#?} & done");
        for (var number = 0; number < 20; number++)
        {
            var word = $"{number}-{new string('x', 1000)}-{number}";
            Assert.Equal(word, await desktop.RunAsync($"echo {word}"));
        }
    }
}
