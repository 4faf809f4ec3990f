using Microsoft.EntityFrameworkCore;
using Opportunism.Clouds;
using Opportunism.Controller.Settings;
using Opportunism.Controller.Store;
using Opportunism.Core;
using Opportunism.Core.Fleet;
using Opportunism.Server;

namespace Opportunism.Controller.Clouds;

/// <summary>The clouds of a site. Each node belongs to exactly one, from its enrolment on.</summary>
/// <remarks>Any thread. Has no list of nodes: callers pass the cloud's name.</remarks>
internal sealed class SiteClouds : IAsyncDisposable
{
    private readonly IReadOnlyList<(Cloud Cloud, string[] Patterns)> clouds;
    private readonly IReadOnlyList<CloudSettings> settings;
    private readonly StoredClouds stored;
    private string? onlyOne;

    /// <summary>Creates them from validated settings; sends them nothing yet.</summary>
    public SiteClouds(
        IReadOnlyList<CloudSettings> settings, StoredClouds stored, IDbContextFactory<SiteDbContext> contexts, TimeProvider time,
        ILoggerFactory logs)
    {
        (this.settings, this.stored) = (settings, stored);
        clouds = [
            .. settings.OrderBy(one => one.Name, StringComparer.Ordinal)
                .Select(
                    one => (one.Module.Create(one.Options, new(one.Name, new CloudStore(contexts, one.Name), time, logs)),
                        CommaList.Read(one.Options.Nodes)))];
    }

    /// <summary>All of them, ordered by name.</summary>
    public IEnumerable<Cloud> All => clouds.Select(one => one.Cloud);

    /// <summary>Those whose guests are run by agents.</summary>
    public IEnumerable<IGuestSource> GuestSources => All.Select(cloud => cloud.Guests).OfType<IGuestSource>();

    /// <summary>Their names, separated by commas.</summary>
    public string Names => string.Join(", ", All.Select(cloud => cloud.Name));

    /// <summary>The cloud with that name; null when there is none.</summary>
    public Cloud? Find(string name) => All.FirstOrDefault(cloud => cloud.Name == name);

    /// <summary>The cloud that a node belongs to.</summary>
    /// <exception cref="ArgumentException">There is none with that name; the start refuses nodes of such a cloud.</exception>
    public Cloud Of(string name) =>
        Find(name) ?? throw new ArgumentException($"This site has no cloud '{name}'; it has {Names}.", nameof(name));

    /// <summary>The cloud for a node that names none: the one with the best matching pattern, else the one without patterns; null when
    /// there is neither.</summary>
    /// <remarks>The best match is that of <see cref="NodePatterns.RankOf"/>; of two equal ones the first cloud counts.</remarks>
    public Cloud? For(NodeId node) =>
        (from one in clouds
         from pattern in one.Patterns
         where NodePatterns.Fits(pattern, node.Value)
         orderby NodePatterns.RankOf(pattern) descending
         select one.Cloud).FirstOrDefault() ?? clouds.FirstOrDefault(one => one.Patterns.Length == 0).Cloud;

    /// <summary>How many guests run by agents there are in each status, not counting deleted ones.</summary>
    public Dictionary<VmStatus, int> CountByStatus() =>
        GuestSources.SelectMany(source => source.CountByStatus()).GroupBy(count => count.Key)
            .ToDictionary(status => status.Key, status => status.Sum(count => count.Value));

    /// <summary>How many guests run by agents need each image, by its SHA-256.</summary>
    public Dictionary<string, int> ImagesInUse() =>
        GuestSources.SelectMany(source => source.InUse().Images).GroupBy(image => image.Key)
            .ToDictionary(image => image.Key, image => image.Sum(count => count.Value));

    /// <summary>The cloud for a node that was stored before a site could have several: the one that the site had then, where that is
    /// known.</summary>
    public Cloud? ForEarlier(NodeId node) => onlyOne is null ? For(node) : Find(onlyOne);

    /// <summary>Compares the settings with the stored clouds, and reads these clouds' stored state. Called once, before any other
    /// use.</summary>
    /// <exception cref="CannotStartException">The database holds records of a cloud that the settings do not have.</exception>
    public async Task StartAsync(CancellationToken cancellationToken)
    {
        onlyOne = await stored.CheckAsync(settings, cancellationToken);
        foreach (var cloud in All) await cloud.StartAsync(cancellationToken);
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        foreach (var cloud in All) await cloud.DisposeAsync();
    }
}
