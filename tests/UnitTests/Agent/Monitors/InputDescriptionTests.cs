using System.Runtime.Versioning;
using Opportunism.Agent.Monitors;
using Opportunism.Agent.Monitors.Linux;
using Xunit;

namespace Opportunism.UnitTests.Agent.Monitors;

[SupportedOSPlatform("linux")]
public sealed class InputDescriptionTests : IDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory("class-").FullName;

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [Fact]
    public void It_is_read_from_the_kernels_files()
    {
        Describe("event3", "USB Keyboard", "usb-0000:00:14.0-1/input0", "devices/pci0000:00/input/input5/event3");
        Assert.Equal(
            new(
                "event3", "USB Keyboard", "usb-0000:00:14.0-1/input0", InputKind.Keyboard, MovesByItself: false, Virtual: false,
                OfSeat: true),
            InputDescription.Read(folder, "event3"));
    }

    [Fact]
    public void A_device_that_a_program_made_is_virtual()
    {
        Describe("event9", "keyd virtual keyboard", "", "devices/virtual/input/input9/event9");
        Assert.True(InputDescription.Read(folder, "event9")?.Virtual);
    }

    [Fact]
    public void Control_letters_and_endless_names_do_not_reach_a_terminal()
    {
        Describe("event3", $"evil\u001b[2J{new string('x', 500)}", "", "devices/event3");
        var name = InputDescription.Read(folder, "event3")!.Name;
        Assert.StartsWith("evil?[2Jx", name, StringComparison.Ordinal);
        Assert.Equal(100, name.Length);
    }

    [Fact]
    public void One_without_a_description_is_unknown() => Assert.Null(InputDescription.Read(folder, "event3"));

    [Theory]
    [InlineData("USB Keyboard", true)]
    [InlineData("USB*", true)]
    [InlineData("event3", true)]
    [InlineData("/dev/input/event3", true)]
    [InlineData("usb-0000:00:14.0-1/input0", true)]
    [InlineData("usb-0000:00:14.0-1/*", true)]
    [InlineData("USB Keyboard (event3 at usb-0000:00:14.0-1/input0)", true)]
    [InlineData("USB Keyboard (event4 at usb-0000:00:14.0-2/input0)", false)]
    [InlineData("event4", false)]
    [InlineData("event", false)]
    public void Two_of_one_name_can_be_told_apart(string pattern, bool ignored)
    {
        Describe("event3", "USB Keyboard", "usb-0000:00:14.0-1/input0", "devices/event3");
        Assert.Equal(ignored, InputDescription.Read(folder, "event3")!.IsOn(new IgnoreList([pattern])));
    }

    private void Describe(string node, string name, string phys, string place)
    {
        var device = Path.Combine(folder, place, "device");
        Directory.CreateDirectory(Path.Combine(device, "capabilities"));
        Directory.CreateSymbolicLink(Path.Combine(folder, node), Path.Combine(folder, place));
        foreach (var (file, text) in new[] { ("name", name), ("phys", phys), ("properties", "0"), ("capabilities/key", "fffffffffffffffe"),
            ("capabilities/rel", "0"), ("capabilities/abs", "0"), ("capabilities/sw", "0") })
        {
            File.WriteAllText(Path.Combine(device, file), text + "\n");
        }
    }
}
