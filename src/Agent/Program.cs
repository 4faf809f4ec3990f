using Opportunism.Agent;
using Opportunism.Agent.Platform;
using Opportunism.Agent.Running;
using Opportunism.Agent.Settings;

string command, settingsPath = AgentSettings.DefaultPath;
switch (args)
{
    case ["run" or "freeze" or "mount-memory"]:
        command = args[0];
        break;
    case ["run" or "freeze" or "mount-memory", "--settings", var path]:
        (command, settingsPath) = (args[0], path);
        break;
    case ["--version"]:
        Console.WriteLine(AgentVersion.Text);
        return 0;
    default:
        Console.Error.WriteLine(
            $"usage: Opportunism.Agent run|freeze|mount-memory [--settings FILE]   (default: {AgentSettings.DefaultPath})");
        return 2;
}

if (PlatformCatalog.Find(out var unsupported) is not { } platform)
{
    Console.Error.WriteLine($"The agent does not start: {unsupported}");
    return 2;
}

// Before anything that can fail or take time: guests that an earlier agent left running are frozen even if this one cannot start.
if (command != "mount-memory" && platform.FreezeLeftGuests(settingsPath) is var frozen && command == "freeze") return frozen;

if (AgentSettings.Read(settingsPath, out var problems) is not { } settings)
{
    Console.Error.WriteLine(
        $"The agent does not start: {(problems.Count == 1 ? "1 problem" : $"{problems.Count} problems")} with its settings.");
    foreach (var problem in problems) Console.Error.WriteLine($"  {problem}");
    return 2;
}

var mounting = platform.PrepareGuestMemory(settings.Guests);
if (command == "mount-memory")
{
    if (mounting is not null) Console.Error.WriteLine(mounting);
    return mounting is null ? 0 : 1;
}

return await AgentProgram.RunAsync(settings, platform);
