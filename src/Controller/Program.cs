using Opportunism.Contracts.Api;
using Opportunism.Controller;
using Opportunism.Controller.Settings;
using Opportunism.Server.Hosting;
using Opportunism.Server.State;

var problems = new List<string>();
var settings = ControllerSettings.Read(args, problems);
if (problems.Count > 0)
{
    foreach (var problem in problems) await Console.Error.WriteLineAsync(problem);
    return 2;
}

using var state = new StateFolder(settings.Controller.State);
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

await using var app = ControllerHost.Build(settings, state, TimeProvider.System);
try
{
    await ControllerHost.StartAsync(app, state, CancellationToken.None);
}
catch (CannotStartException reason)
{
    await Console.Error.WriteLineAsync(reason.Message);
    return 2;
}

Console.WriteLine($"Listening on {ServerHost.UrlOf(app)}; state in {state.Path}");
await app.WaitForShutdownAsync();
return 0;
