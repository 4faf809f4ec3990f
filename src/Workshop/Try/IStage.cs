using System.Runtime.Versioning;
using Opportunism.Workshop.Site;

namespace Opportunism.Workshop.Try;

/// <summary>What a day is played on: a cloud on this machine that is made before the day and removed after it.</summary>
[SupportedOSPlatform("linux")]
internal interface IStage
{
    /// <summary>The step that makes it.</summary>
    string Sentence { get; }

    /// <summary>What the site's programs are told.</summary>
    SiteSettings Settings { get; }

    /// <summary>Makes what must be there before the controller; answers what to show.</summary>
    Task<string> MakeAsync(CancellationToken cancellationToken);

    /// <summary>Enters the cloud, once controller and agent run.</summary>
    Task<IDayCloud> EnterAsync(LocalSite site, CancellationToken cancellationToken);

    /// <summary>Removes all that was made, after the site has ended; also when making it failed or was interrupted. Logs stay.</summary>
    /// <exception cref="IOException">Something is left; the message says what.</exception>
    Task RemoveAsync();
}
