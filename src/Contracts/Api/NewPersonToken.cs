namespace Opportunism.Contracts.Api;

/// <summary>Asks for a token for a person or a program.</summary>
public sealed record NewPersonToken
{
    /// <summary>Whose it is: 1 to 63 characters of <c>a-z 0-9 . -</c>.</summary>
    public required string Name { get; init; }

    /// <summary>What it allows.</summary>
    public Role Role { get; init; } = Role.Viewer;

    /// <summary>How long it may be used, in days: 1 to 3650.</summary>
    public int ValidForDays { get; init; } = 365;
}
