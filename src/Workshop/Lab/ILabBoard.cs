namespace Opportunism.Workshop.Lab;

/// <summary>Shows the progress of starting and ending a lab.</summary>
internal interface ILabBoard
{
    /// <summary>Runs a step and shows its result; several may be under way at once.</summary>
    Task StepAsync(string name, Func<Task> step);

    /// <summary>Shows a sentence between the steps.</summary>
    void Say(string sentence);
}
