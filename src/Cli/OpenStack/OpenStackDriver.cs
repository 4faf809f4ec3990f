using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Opportunism.Cli.Terminal;
using Opportunism.Clouds.OpenStack;

namespace Opportunism.Cli.OpenStack;

/// <summary>The OpenStack driver in this process, composed as in a controller.</summary>
internal static class OpenStackDriver
{
    /// <summary>Composes it; sends nothing yet.</summary>
    /// <param name="options">Validated settings.</param>
    /// <param name="time">The clock.</param>
    /// <param name="store">Where evictions are stored; null where nothing is evicted.</param>
    /// <param name="print">Called with each of the driver's remarks; null to drop them.</param>
    /// <exception cref="CliFailure">There is no usable credential.</exception>
    public static ServiceProvider Compose(
        OpenStackOptions options, TimeProvider time, IOpenStackStore? store = null, Action<string>? print = null)
    {
        var services = new ServiceCollection().AddSingleton(time).AddOpenStack(options).AddLogging(logging =>
        {
            if (print is null) return;
            logging.AddProvider(new DriverRemarks(print));
        });
        if (store is not null) services.AddSingleton(store);
        var parts = services.BuildServiceProvider();
        if (parts.GetRequiredService<OpenStackLogin>().Problem() is not { } problem) return parts;
        parts.Dispose();
        throw new CliFailure(ExitCode.NotConnected, OpenStackArguments.ForCommandLine(problem));
    }
}
