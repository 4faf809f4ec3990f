namespace Opportunism.Controller.Settings;

/// <summary>The controller cannot start with its setup; the message is a sentence for its operator.</summary>
internal sealed class CannotStartException(string message) : Exception(message);
