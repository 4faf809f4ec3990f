using Opportunism.Core;
using Opportunism.Core.Fleet;

namespace Opportunism.Clouds;

/// <summary>What one step of a <see cref="NodeAgreement"/> came to.</summary>
public sealed record AgreementStep
{
    /// <summary>When to take the next step although nothing else is wanted.</summary>
    public required TimeSpan Wait { get; init; }

    /// <summary>What could not be done and why; empty when all of it was.</summary>
    public IReadOnlyList<Hindrance> Hindrances { get; init; } = [];

    /// <summary>What people should know: what waits, or what the cloud says about
    /// the node and its guests; empty when all is as it should be.</summary>
    public string Sentence { get; init; } = "";

    /// <summary>False when the sentence tells only of what passes by itself.</summary>
    public bool IsNotable { get; init; }

    /// <summary>Guests that must run before their cloud is asked to get them off
    /// the node, and do not yet: worth another step as soon as one does.</summary>
    public IReadOnlyList<GuestId> WaitsFor { get; init; } = [];

    /// <summary>True when wanted and actual are the same and nothing is under way that could change that.</summary>
    public bool AtRest { get; init; }

    /// <summary>True when nothing is under way and what is left needs a person: asking again will not help.</summary>
    public bool NeedsPerson { get; init; }

    /// <summary>One thing that could not be done.</summary>
    /// <param name="Action">What was tried; null for a look at the node.</param>
    /// <param name="Answer">Why not.</param>
    public readonly record struct Hindrance(CloudAction? Action, CloudAnswer Answer);
}
