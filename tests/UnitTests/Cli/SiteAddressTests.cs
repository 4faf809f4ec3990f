using Microsoft.Extensions.Time.Testing;
using Opportunism.Agent.Guests;
using Opportunism.Cli.Terminal;
using Opportunism.Contracts.Api;
using Opportunism.Controller.Settings;
using Opportunism.Server.State;
using Spectre.Console;
using Xunit;

namespace Opportunism.UnitTests.Cli;

public sealed class SiteAddressTests : IDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory("address-").FullName;

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [Fact]
    public void Each_place_comes_before_the_next()
    {
        var (option, variable, home, up, controller) =
            (Made("option"), Made("variable"), Made("home/.config/opportunism"), Made("up"), Made("controller"));
        string? Found(string? given, string? named) =>
            SiteAddress.File(
                given,
                World(
                    name => name switch { SiteAddress.SiteVariable => named, "HOME" => Path.Combine(folder, "home"), _ => null }, up,
                    controller));

        Assert.Equal(option, Found(option, variable));
        Assert.Equal(variable, Found(null, variable));
        Assert.Equal(home, Found(null, null));
        File.Delete(home);
        Assert.Equal(up, Found(null, null));
        File.Delete(up);
        Assert.Equal(controller, Found(null, null));
        File.Delete(controller);
        Assert.Null(Found(null, null));
    }

    [Fact]
    public void A_controller_with_its_default_folder_is_found() =>
        Assert.Equal(new ControllerOptions().State, SiteAddress.OfThisMachine[^1]);

    [Fact]
    public void A_controllers_default_folder_leaves_the_agents_open()
    {
        var controller = new ControllerOptions().State;
        var agent = new GuestOptions().StateFolder;
        Assert.StartsWith(agent + "/", controller, StringComparison.Ordinal);
        if (OperatingSystem.IsWindows()) return;

        using var state = new StateFolder(Path.Combine(folder, Path.GetRelativePath("/", controller)));

        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute, File.GetUnixFileMode(state.Path));
        Assert.True(File.GetUnixFileMode(Path.Combine(folder, Path.GetRelativePath("/", agent))).HasFlag(UnixFileMode.OtherExecute));
    }

    private static CliWorld World(Func<string, string?> variable, params string[] files) =>
        new()
        {
            Console = AnsiConsole.Console,
            Output = TextWriter.Null,
            Error = TextWriter.Null,
            Time = new FakeTimeProvider(),
            Variable = variable,
            MachineSites = [.. files.Select(file => Path.GetDirectoryName(file)!)],
        };

    private string Made(string name)
    {
        var path = Path.Combine(folder, name, SiteFile.Name);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.WriteAllText(path, "{}");
        return path;
    }
}
