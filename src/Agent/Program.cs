using Opportunism.Agent;
using Opportunism.Agent.Settings;

string settingsPath = AgentSettings.DefaultPath;
switch (args)
{
    case ["run"]:
        break;
    case ["run", "--settings", var path]:
        settingsPath = path;
        break;
    case ["--version"]:
        Console.WriteLine(AgentVersion.Text);
        return 0;
    default:
        Console.Error.WriteLine($"usage: Opportunism.Agent run [--settings FILE]   (default: {AgentSettings.DefaultPath})");
        return 2;
}

if (AgentSettings.Read(settingsPath, out var problems) is not { } settings)
{
    Console.Error.WriteLine($"The agent does not start: {problems.Count} problems with its settings.");
    foreach (var problem in problems) Console.Error.WriteLine($"  {problem}");
    return 2;
}

if (!OperatingSystem.IsLinux())
{
    Console.Error.WriteLine("The agent does not start: only Linux is supported yet.");
    return 2;
}

return await AgentProgram.RunAsync(settings);
