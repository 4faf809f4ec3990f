using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Invocation;

namespace Opportunism.Cli.Terminal;

/// <summary>Help that names the command as people call it, instead of the program's file.</summary>
internal sealed class NamedHelp(HelpAction help) : SynchronousCommandLineAction
{
    /// <summary>How people call the command line.</summary>
    public const string Name = "opportunism";

    public override int Invoke(ParseResult parseResult)
    {
        var configuration = parseResult.InvocationConfiguration;
        var output = configuration.Output;
        using var text = new StringWriter();
        configuration.Output = text;
        try
        {
            var exit = help.Invoke(parseResult);
            output.Write(text.ToString().Replace($"  {RootCommand.ExecutableName}", $"  {Name}", StringComparison.Ordinal));
            return exit;
        }
        finally
        {
            configuration.Output = output;
        }
    }
}
