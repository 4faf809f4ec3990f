namespace Opportunism.Agent.Availability;

/// <summary>A wake-up with handles of the operating system; its creator disposes of it after the thread that waits has ended.</summary>
internal interface IOwnedWakeUp : IWakeUp, IDisposable;
