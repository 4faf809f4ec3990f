using Opportunism.Agent;
using Opportunism.Agent.Availability.Linux;
using Opportunism.Agent.Running;
using Opportunism.Agent.Settings;
using Opportunism.Hypervisors.Linux;

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

if (!OperatingSystem.IsLinux())
{
    Console.Error.WriteLine("The agent does not start: only Linux is supported yet.");
    return 2;
}

// Before anything that can fail or take time: guests that an earlier agent left running are frozen even if this one cannot start.
if (command != "mount-memory" && FreezeCommand.Run(settingsPath) is var frozen && command == "freeze") return frozen;

if (AgentSettings.Read(settingsPath, out var problems) is not { } settings)
{
    Console.Error.WriteLine(
        $"The agent does not start: {(problems.Count == 1 ? "1 problem" : $"{problems.Count} problems")} with its settings.");
    foreach (var problem in problems) Console.Error.WriteLine($"  {problem}");
    return 2;
}

// systemd runs this with the right to mount, which the agent itself does not have under systemd.
var mounting = GuestMemoryMount.Ensure(settings.Guests.RamFolder, settings.Guests.LentMemoryMiB() * 1024 * 1024);
if (command == "mount-memory")
{
    if (mounting is not null) Console.Error.WriteLine(mounting);
    return mounting is null ? 0 : 1;
}

return await AgentProgram.RunAsync(settings);
