namespace Opportunism.Workshop.Try;

/// <summary>The input devices of a desktop: real ones with a person, or a virtual display driven by this program.</summary>
internal interface ISeat : IAsyncDisposable
{
    /// <summary>A description, for the user.</summary>
    string Sentence { get; }

    /// <summary>Makes activity once: a virtual seat moves the pointer, a person is prompted to.</summary>
    Task TouchAsync(CancellationToken cancellationToken);

    /// <summary>Prompts a person not to touch the devices; a virtual seat does nothing.</summary>
    void Rest();
}
