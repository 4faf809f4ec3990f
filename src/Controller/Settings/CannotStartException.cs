namespace Opportunism.Controller.Settings;

/// <summary>The controller cannot start as it is set up; the message is a sentence for its operator.</summary>
internal sealed class CannotStartException(string message) : Exception(message);
