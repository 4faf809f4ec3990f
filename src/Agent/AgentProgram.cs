using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Console;
using Opportunism.Agent.Platform;
using Opportunism.Agent.Settings;

namespace Opportunism.Agent;

/// <summary>Runs the agent until it is asked to shut down. SIGTERM and Ctrl-C leave the guests frozen.</summary>
internal static class AgentProgram
{
    public static async Task<int> RunAsync(AgentSettings settings, AgentPlatform platform)
    {
        FileStream? claimed;
        try
        {
            platform.MakeStateFolder(settings.StateFolder);
            claimed = Claim(settings.StateFolder);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            await Console.Error.WriteLineAsync(
                $"The agent does not start: its state folder [Agent] StateFolder = {settings.StateFolder} cannot be used: {e.Message}");
            return 1;
        }

        using var alone = claimed;
        if (alone is null)
        {
            await Console.Error.WriteLineAsync($"The agent does not start: another one uses {settings.StateFolder}.");
            return 1;
        }

        var builder = Host.CreateEmptyApplicationBuilder(new HostApplicationBuilderSettings { DisableDefaults = true });
        platform.AddService(builder.Services);
        builder.Logging.SetMinimumLevel(LogLevel.Information).AddFilter("Microsoft", LogLevel.Warning);
        builder.Logging.AddSimpleConsole(
            options => (options.SingleLine, options.TimestampFormat, options.ColorBehavior) = (true, "yyyy-MM-ddTHH:mm:ss.fffzzz ",
                LoggerColorBehavior.Disabled));
        // A log that is not read loses lines, counted by the console logger; no thread of the agent ever waits for it.
        builder.Services.Configure<ConsoleLoggerOptions>(
            options => (options.QueueFullMode, options.MaxQueueLength) = (ConsoleLoggerQueueFullMode.DropWrite, 500));
        // Longer than the slowest thing that shutting down waits for: a guest's step that has just begun.
        builder.Services.Configure<HostOptions>(options => options.ShutdownTimeout = TimeSpan.FromSeconds(15));

        AgentParts? parts = null;
        builder.Services.AddSingleton(
            services => parts ??= new AgentParts(settings, platform, TimeProvider.System, services.GetRequiredService<ILoggerFactory>()));
        builder.Services.AddHostedService(services => services.GetRequiredService<AgentParts>());
        using var host = builder.Build();
        try
        {
            await host.RunAsync();
            return parts?.ExecuteTask is { IsFaulted: true } ? 1 : 0;
        }
        catch (IOException e)
        {
            await Console.Error.WriteLineAsync($"The agent does not start: {e.Message}");
            return 1;
        }
    }

    /// <summary>Two agents for the same guests would undo each other's work; the kernel frees the lock of one that was killed.</summary>
    private static FileStream? Claim(string stateFolder)
    {
        try
        {
            return new FileStream(Path.Combine(stateFolder, "agent.lock"), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        }
        catch (IOException)
        {
            return null;
        }
    }
}
