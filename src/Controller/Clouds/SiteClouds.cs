using Microsoft.EntityFrameworkCore;
using Opportunism.Clouds;
using Opportunism.Controller.Settings;
using Opportunism.Controller.Store;
using Opportunism.Core;
using Opportunism.Core.Fleet;

namespace Opportunism.Controller.Clouds;

/// <summary>The clouds of a site. Each node belongs to exactly one, which it keeps from its enrolment on.</summary>
/// <remarks>Any thread. Knows no node: those that ask name the cloud.</remarks>
internal sealed class SiteClouds : IAsyncDisposable
{
    private readonly IReadOnlyList<(Cloud Cloud, string[] Patterns)> clouds;

    /// <summary>Makes them of checked settings; nothing is asked of them yet.</summary>
    public SiteClouds(
        IReadOnlyList<CloudSettings> settings, IDbContextFactory<SiteDbContext> contexts, TimeProvider time, ILoggerFactory logs) =>
        clouds = [
            .. settings.OrderBy(one => one.Name, StringComparer.Ordinal)
                .Select(
                    one => (one.Module.Create(one.Options, new(one.Name, new CloudStore(contexts, one.Name), time, logs)),
                        NodePatterns.Read(one.Options.Nodes)))];

    /// <summary>All of them, ordered by name.</summary>
    public IEnumerable<Cloud> All => clouds.Select(one => one.Cloud);

    /// <summary>Those whose guests are run by agents.</summary>
    public IEnumerable<IGuestSource> GuestSources => All.Select(cloud => cloud.Guests).OfType<IGuestSource>();

    /// <summary>Their names, separated by commas.</summary>
    public string Names => string.Join(", ", All.Select(cloud => cloud.Name));

    /// <summary>The cloud of that name; null when there is none.</summary>
    public Cloud? Find(string name) => All.FirstOrDefault(cloud => cloud.Name == name);

    /// <summary>The cloud that a node belongs to.</summary>
    /// <exception cref="ArgumentException">There is none of that name; the start refuses nodes of such a cloud.</exception>
    public Cloud Of(string name) =>
        Find(name) ?? throw new ArgumentException($"This site has no cloud '{name}'; it has {Names}.", nameof(name));

    /// <summary>The cloud for a node that names none: the one whose pattern fits
    /// best, else the one without patterns; null when there is neither.</summary>
    /// <remarks>A whole name fits better than a beginning, and a longer beginning better
    /// than a shorter one; of two that are equal the first cloud counts.</remarks>
    public Cloud? For(NodeId node) =>
        (from one in clouds
         from pattern in one.Patterns
         where NodePatterns.Fits(pattern, node.Value)
         orderby pattern.EndsWith('*') ? pattern.Length : int.MaxValue descending
         select one.Cloud).FirstOrDefault() ?? clouds.FirstOrDefault(one => one.Patterns.Length == 0).Cloud;

    /// <summary>How many guests run by agents there are in each status, those that were deleted left out.</summary>
    public Dictionary<VmStatus, int> CountByStatus() =>
        GuestSources.SelectMany(source => source.CountByStatus()).GroupBy(count => count.Key)
            .ToDictionary(status => status.Key, status => status.Sum(count => count.Value));

    /// <summary>How many guests run by agents need each image, by its SHA-256.</summary>
    public Dictionary<string, int> ImagesInUse() =>
        GuestSources.SelectMany(source => source.InUse().Images).GroupBy(image => image.Key)
            .ToDictionary(image => image.Key, image => image.Sum(count => count.Value));

    /// <summary>Reads what the clouds have stored. Called once, before any other use.</summary>
    public async Task StartAsync(CancellationToken cancellationToken)
    {
        foreach (var cloud in All) await cloud.StartAsync(cancellationToken);
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        foreach (var cloud in All) await cloud.DisposeAsync();
    }
}
