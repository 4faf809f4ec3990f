namespace Opportunism.Workshop.Try;

/// <summary>Where an owner sits: real input devices with a person, or a virtual display that is played.</summary>
internal interface ISeat : IAsyncDisposable
{
    /// <summary>What it is, for people.</summary>
    string Sentence { get; }

    /// <summary>Makes activity once: a virtual seat moves the pointer, a person is asked to.</summary>
    Task TouchAsync(CancellationToken cancellationToken);

    /// <summary>Tells a person to keep their hands off; a virtual seat just is quiet.</summary>
    void Rest();
}
