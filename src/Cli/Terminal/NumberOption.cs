using System.CommandLine;
using System.Globalization;

namespace Opportunism.Cli.Terminal;

/// <summary>An option that takes a whole number; anything else is refused with what is allowed.</summary>
internal static class NumberOption
{
    public static Option<int> Create(string name, string description, int normally, int least, int most, string? helpName = null) =>
        new(name)
        {
            Description = description,
            HelpName = helpName,
            DefaultValueFactory = _ => normally,
            CustomParser = parsed =>
            {
                var text = parsed.Tokens.Count > 0 ? parsed.Tokens[^1].Value : "";
                if (int.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number) && number >= least
                    && number <= most)
                    return number;
                parsed.AddError($"{name} {ConsoleText.Safe(text)}: a whole number from {least} to {most} is expected.");
                return normally;
            },
        };
}
