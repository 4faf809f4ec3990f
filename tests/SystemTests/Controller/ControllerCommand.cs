using System.Diagnostics;

namespace Opportunism.SystemTests.Controller;

/// <summary>How the controller of this build is started.</summary>
internal static class ControllerCommand
{
    /// <summary>Its command with these arguments; both of its outputs can be read.</summary>
    public static ProcessStartInfo Of(params string[] arguments)
    {
        // The test program and the controller lie side by side in the build's output.
        var tests = AppContext.BaseDirectory.TrimEnd(Path.DirectorySeparatorChar);
        var binary = Path.Combine(
            Path.GetDirectoryName(Path.GetDirectoryName(tests))!, "Controller", Path.GetFileName(tests), "Opportunism.Controller.dll");
        return new ProcessStartInfo("dotnet", [binary, .. arguments]) { RedirectStandardOutput = true, RedirectStandardError = true };
    }
}
