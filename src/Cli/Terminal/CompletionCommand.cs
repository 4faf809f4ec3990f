using System.CommandLine;

namespace Opportunism.Cli.Terminal;

/// <summary><c>completion</c>: a script that lets a shell complete commands and options. It runs this program for each completion, so it is
/// never outdated.</summary>
internal static class CompletionCommand
{
    private const string Bash = """
        # Put this into ~/.bashrc:  source <(opportunism completion bash)
        _opportunism() {
            local IFS=$'\n' words="${COMP_LINE#* }"
            COMPREPLY=($(compgen -W "$(opportunism "[suggest:$((COMP_POINT - ${#COMP_LINE} + ${#words}))]" "$words" 2>/dev/null)" -- "${COMP_WORDS[COMP_CWORD]}"))
        }
        complete -o default -F _opportunism opportunism
        """;

    private const string Zsh = """
        # Put this into ~/.zshrc:  source <(opportunism completion zsh)
        _opportunism() {
            local -a found
            local words_="${BUFFER#* }"
            found=("${(@f)$(opportunism "[suggest:$((CURSOR - ${#BUFFER} + ${#words_}))]" "$words_" 2>/dev/null)}")
            compadd -a found
        }
        compdef _opportunism opportunism
        """;

    private const string Fish = """
        # Put this into ~/.config/fish/completions/opportunism.fish
        complete -c opportunism -f -a '(set -l words (string replace -r "^\S+ " "" -- (commandline -cp)); opportunism "[suggest:"(string length -- "$words")"]" "$words" 2>/dev/null)'
        """;

    public static Command Create(CliOptions options)
    {
        var shell = new Argument<string>("shell") { Description = "bash, zsh or fish." };
        shell.AcceptOnlyFromAmong("bash", "zsh", "fish");
        var command = new Command("completion", "Print a script that completes this program's words in a shell.") { shell };
        command.SetAction(
            parsed => options.World.Output.WriteLine(parsed.GetValue(shell) switch { "bash" => Bash, "zsh" => Zsh, _ => Fish }));
        return command;
    }
}
