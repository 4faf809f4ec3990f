using Opportunism.Core;
using Opportunism.Core.Fleet;

namespace Opportunism.Clouds;

/// <summary>The result of one step of a <see cref="NodeAgreement"/>.</summary>
public sealed record AgreementStep
{
    /// <summary>When to take the next step if nothing else triggers one.</summary>
    public required TimeSpan Wait { get; init; }

    /// <summary>What failed and why; empty when nothing did.</summary>
    public IReadOnlyList<Hindrance> Hindrances { get; init; } = [];

    /// <summary>What an operator should see: what is waiting, or the cloud's sentence about the node and its guests; empty when nothing
    /// needs attention.</summary>
    public string Sentence { get; init; } = "";

    /// <summary>False when the sentence is only about something that ends by itself.</summary>
    public bool IsNotable { get; init; }

    /// <summary>Guests that must run before their cloud is asked to get them off the node, and do not run yet: as soon as one does, take
    /// another step.</summary>
    public IReadOnlyList<GuestId> WaitsFor { get; init; } = [];

    /// <summary>True when wanted and actual are the same and nothing is under way that could change that.</summary>
    public bool AtRest { get; init; }

    /// <summary>True when nothing is under way and what is left needs a person: retrying will not help.</summary>
    public bool NeedsPerson { get; init; }

    /// <summary>One thing that failed.</summary>
    /// <param name="Action">What was tried; null for reading the node.</param>
    /// <param name="Answer">Why it failed.</param>
    public readonly record struct Hindrance(CloudAction? Action, CloudAnswer Answer);
}
