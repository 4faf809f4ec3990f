namespace Opportunism.Clouds;

/// <summary>The role of a cloud that is reached with a credential: checks that the credential allows everything that is needed.</summary>
public interface IRightsCheck
{
    /// <summary>Tests everything that is needed, without changing anything.</summary>
    Task<IReadOnlyList<RightCheck>> CheckAsync(CancellationToken cancellationToken);
}
