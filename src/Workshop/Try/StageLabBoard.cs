using Opportunism.Workshop.Lab;

namespace Opportunism.Workshop.Try;

/// <summary>Shows the steps of a lab as parts of the day's step under way.</summary>
internal sealed class StageLabBoard(DayBoard board, TimeProvider time) : ILabBoard
{
    private readonly List<string> underWay = [];
    private readonly Lock gate = new();
    private int done;

    public async Task StepAsync(string name, Func<Task> step)
    {
        var began = time.GetTimestamp();
        var seen = false;
        Update(() => underWay.Add(name));
        try
        {
            await step();
            seen = true;
        }
        finally
        {
            board.Part(name, seen, time.GetElapsedTime(began).TotalMilliseconds);
            Update(() =>
            {
                underWay.Remove(name);
                done++;
            });
        }
    }

    public void Say(string sentence) => board.Detail(sentence.Trim());

    private void Update(Action change)
    {
        lock (gate)
        {
            change();
            board.Detail($"{done} done; {string.Join(", ", underWay)}");
        }
    }
}
