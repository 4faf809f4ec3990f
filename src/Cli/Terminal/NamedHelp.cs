using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Invocation;

namespace Opportunism.Cli.Terminal;

/// <summary>Help with the name by which users call the command, instead of the program's file name.</summary>
internal sealed class NamedHelp(HelpAction help) : SynchronousCommandLineAction
{
    /// <summary>The name by which users call the command line.</summary>
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
