namespace Opportunism.Workshop.Lab;

/// <summary>Shows how a lab comes up and ends.</summary>
internal interface ILabBoard
{
    /// <summary>Carries out a step and shows how it went; several may be under way at once.</summary>
    Task StepAsync(string name, Func<Task> step);

    /// <summary>Says a sentence between the steps.</summary>
    void Say(string sentence);
}
