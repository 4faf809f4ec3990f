namespace Opportunism.Workshop.Site;

/// <summary>The paths of the programs and the state of a site on this machine.</summary>
/// <param name="Programs">The folder with <c>agent</c>, <c>controller</c> and <c>workshop</c> beside each other.</param>
/// <param name="Packaging">The folder with the scripts that come with the product.</param>
/// <param name="State">The folder of everything that this site writes, except its guests' memory.</param>
internal sealed record SiteFolders(string Programs, string Packaging, string State)
{
    /// <summary>The name by which users call the command line here: the script of a repository, else the installed program.</summary>
    public string CommandLine { get; init; } = "opportunism";

    public string Agent => Path.Combine(Programs, "agent", "Opportunism.Agent");

    public string Controller => Path.Combine(Programs, "controller", "Opportunism.Controller");

    public string ControllerState => Path.Combine(State, "controller");

    public string ControllerSettings => Path.Combine(State, "controller.ini");

    public string AgentState => Path.Combine(State, "agent");

    public string AgentSettings => Path.Combine(State, "agent.ini");

    public string AgentSocket { get; init; } = Path.Combine(State, "agent.sock");

    public string JoinToken => Path.Combine(State, "join.token");

    public string Logs => Path.Combine(State, "log");

    public string TickImage => Path.Combine(Packaging, "linux", "make-tick-image");

    /// <summary>The folders of this installation: from OPPORTUNISM_HOME, else from the path of the running program.</summary>
    public static SiteFolders Find(string state)
    {
        if (Environment.GetEnvironmentVariable("OPPORTUNISM_HOME") is { Length: > 0 } home)
            return new(Path.Combine(home, "artifacts", "site"), Path.Combine(home, "packaging"), Path.GetFullPath(state))
            {
                CommandLine = "./opportunism",
            };
        var programs = Path.GetFullPath(Path.Combine(AppContext.BaseDirectory, ".."));
        return new(programs, Path.Combine(programs, "packaging"), Path.GetFullPath(state));
    }
}
