namespace Opportunism.Server;

/// <summary>A server program cannot start with its setup; the message is a sentence for its operator.</summary>
public sealed class CannotStartException(string message) : Exception(message);
