namespace Opportunism.Core.Eviction;

/// <summary>Says how a guest leaves when the owner stays.</summary>
public interface IEvictionPolicy
{
    /// <summary>Name in settings, contracts and the API; never changes.</summary>
    string Name { get; }

    /// <summary>The step to take now. Pure; asked once per attempt by whoever evicts.</summary>
    EvictionStep Next(EvictionCase guest);
}
