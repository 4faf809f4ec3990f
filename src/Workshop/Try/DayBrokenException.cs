namespace Opportunism.Workshop.Try;

/// <summary>A step of the day was not seen to happen.</summary>
internal sealed class DayBrokenException(string message) : Exception(message);
