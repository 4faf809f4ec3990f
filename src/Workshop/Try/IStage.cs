using System.Runtime.Versioning;
using Opportunism.Workshop.Site;

namespace Opportunism.Workshop.Try;

/// <summary>The cloud on this machine for a day: created before the day and removed after it.</summary>
[SupportedOSPlatform("linux")]
internal interface IStage
{
    /// <summary>The step that creates it, as a sentence.</summary>
    string Sentence { get; }

    /// <summary>The settings of the site's programs.</summary>
    SiteSettings Settings { get; }

    /// <summary>Creates what the controller needs at its start; returns what to show.</summary>
    Task<string> MakeAsync(CancellationToken cancellationToken);

    /// <summary>Connects to the cloud, once controller and agent run.</summary>
    Task<IDayCloud> EnterAsync(LocalSite site, CancellationToken cancellationToken);

    /// <summary>Removes all that was created, after the site has ended; also when creating it failed or was interrupted. Logs
    /// stay.</summary>
    /// <exception cref="IOException">Something is left; the message says what.</exception>
    Task RemoveAsync();
}
