namespace Opportunism.Workshop.Site;

/// <summary>A signal has ended one of the site's programs: its log has no reason.</summary>
internal sealed class ProgramEndedException(string program, int signal) : IOException($"The {program} was ended by signal {signal}.");
