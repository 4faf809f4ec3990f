using System.Globalization;
using Spectre.Console;

namespace Opportunism.Workshop.Lab;

/// <summary>Prints each step of the lab when it is done, with its duration; several may be under way at once.</summary>
internal sealed class LabBoard(IAnsiConsole console, TimeProvider time) : ILabBoard
{
    private readonly Lock gate = new();

    public async Task StepAsync(string name, Func<Task> step)
    {
        var began = time.GetTimestamp();
        try
        {
            await step();
        }
        catch (Exception)
        {
            Say("[red]no[/]", name, began);
            throw;
        }

        Say("[green]ok[/]", name, began);
    }

    public void Say(string sentence)
    {
        lock (gate) console.WriteLine(sentence);
    }

    private void Say(string mark, string name, long began)
    {
        var seconds = time.GetElapsedTime(began).TotalSeconds.ToString("0.0", CultureInfo.InvariantCulture);
        lock (gate) console.MarkupLine($"{mark} {name.EscapeMarkup(),-64} {seconds,6} s");
    }
}
