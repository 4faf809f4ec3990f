using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Opportunism.Cli.Terminal;
using Opportunism.Clouds.OpenStack;

namespace Opportunism.Cli.OpenStack;

/// <summary>The OpenStack driver in this process, as a controller composes it.</summary>
internal static class OpenStackDriver
{
    /// <summary>Composes it; nobody is asked yet.</summary>
    /// <param name="options">Checked settings.</param>
    /// <param name="time">The clock.</param>
    /// <param name="store">What must not be forgotten; null where nothing is evicted.</param>
    /// <param name="tell">Where the driver's remarks go; null for nowhere.</param>
    /// <exception cref="CliFailure">There is no credential that could be tried.</exception>
    public static ServiceProvider Compose(
        OpenStackOptions options, TimeProvider time, IOpenStackStore? store = null, Action<string>? tell = null)
    {
        var services = new ServiceCollection().AddSingleton(time).AddOpenStack(options).AddLogging(logging =>
        {
            if (tell is null) return;
            logging.AddProvider(new DriverRemarks(tell));
        });
        if (store is not null) services.AddSingleton(store);
        var parts = services.BuildServiceProvider();
        if (parts.GetRequiredService<OpenStackLogin>().Problem() is not { } problem) return parts;
        parts.Dispose();
        throw new CliFailure(ExitCode.NotConnected, OpenStackArguments.ForCommandLine(problem));
    }
}
