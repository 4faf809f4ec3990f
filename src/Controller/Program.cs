using Opportunism.Contracts.Api;
using Opportunism.Controller;
using Opportunism.Controller.Settings;
using Opportunism.Server;
using Opportunism.Server.Hosting;
using Opportunism.Server.State;

var problems = new List<string>();
var settings = ControllerSettings.Read(args, problems);
if (problems.Count > 0)
{
    foreach (var problem in problems) await Console.Error.WriteLineAsync(problem);
    return 2;
}

using var state = StateFolder.TryOpen(settings.Controller.State, out var unusable);
if (state is null)
{
    await Console.Error.WriteLineAsync($"The controller does not start: {unusable} Name another folder with --state.");
    return 3;
}

if (!state.TryHold(ControllerHost.Program.Name))
{
    await Console.Error.WriteLineAsync(
        $"A controller{(SiteFile.Read(state.Path) is { } other ? $" (process {other.ProcessId})" : "")} runs already with the state "
            + $"folder {state.Path}: stop it first, or name another folder with --state.");
    return 3;
}

if (ListenPort.Problem(ControllerHost.Program.Name, settings.Controller.Listen) is { } taken)
{
    await Console.Error.WriteLineAsync(taken);
    return 3;
}

WebApplication app;
try
{
    app = ControllerHost.Build(settings, state, TimeProvider.System);
    await ControllerHost.StartAsync(app, state, CancellationToken.None);
}
catch (CannotStartException reason)
{
    await Console.Error.WriteLineAsync(reason.Message);
    return 2;
}
catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
{
    await Console.Error.WriteLineAsync($"The controller does not start: {failure.Message} Its state is in {state.Path}.");
    return 3;
}

await using var running = app;

Console.WriteLine($"Listening on {ServerHost.UrlOf(app)}; state in {state.Path}");
await app.WaitForShutdownAsync();
return 0;
