using System.Net.Http.Headers;
using Opportunism.Core.Guests;

namespace Opportunism.Contracts.Api;

/// <summary>Client of a site's REST API: pinned CA, bearer token, typed messages. Safe to use from several threads.</summary>
/// <remarks>Every member throws <see cref="SiteException"/> when the site rejects the request or is unreachable; its message can be shown
/// to a person.</remarks>
public sealed partial class SiteClient : IDisposable
{
    private readonly HttpClient http;

    /// <summary>A client for the site at <paramref name="url"/> whose CA has that fingerprint, for the person of that token.</summary>
    public SiteClient(Uri url, string caFingerprint, string token)
        : this(url, new PinnedCa(caFingerprint).CreateHandler(), token)
    {
    }

    /// <summary>The same over a handler of the caller's, which it disposes of.</summary>
    public SiteClient(Uri url, HttpMessageHandler handler, string token)
    {
        http = new HttpClient(handler, disposeHandler: true) { BaseAddress = url, Timeout = Timeout.InfiniteTimeSpan };
        http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", token);
    }

    /// <summary>A client for the site of this machine, found by its state folder.</summary>
    /// <exception cref="SiteException">There is no site, or this user may not read its admin token.</exception>
    public static SiteClient Open(string stateFolder)
    {
        var site = SiteFile.Read(stateFolder)
            ?? throw new SiteException(
                $"No site was found in {stateFolder}: start a controller with --state {stateFolder}, or name another folder.");
        var tokenPath = Path.Combine(stateFolder, SiteFile.AdminTokenName);
        try
        {
            return new SiteClient(new Uri(site.Url), site.CaFingerprint, File.ReadAllText(tokenPath).Trim());
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            throw new SiteException(
                $"{tokenPath} could not be read ({failure.Message}): run this as the controller's user, or use a token of your own.", null,
                failure);
        }
    }

    /// <summary>A summary of the site.</summary>
    public Task<SiteStatus> StatusAsync(CancellationToken cancellationToken = default) =>
        GetAsync("/v1/status", SiteJson.Default.SiteStatus, cancellationToken);

    /// <summary>Every right that the controller needs in a cloud, tried now.</summary>
    /// <param name="cloud">The cloud's name in its site; null where only one needs rights.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    public Task<IReadOnlyList<CloudRightView>> CloudRightsAsync(string? cloud = null, CancellationToken cancellationToken = default) =>
        GetAsync(
            cloud is null ? "/v1/cloud/rights" : $"/v1/clouds/{Escape(cloud)}/rights", SiteJson.Default.IReadOnlyListCloudRightView,
            cancellationToken);

    /// <summary>Every node, ordered by id.</summary>
    public Task<IReadOnlyList<NodeView>> NodesAsync(CancellationToken cancellationToken = default) =>
        GetAsync("/v1/nodes", SiteJson.Default.IReadOnlyListNodeView, cancellationToken);

    /// <summary>One node.</summary>
    public Task<NodeView> NodeAsync(string id, CancellationToken cancellationToken = default) =>
        GetAsync($"/v1/nodes/{Escape(id)}", SiteJson.Default.NodeView, cancellationToken);

    /// <summary>Does not lend a node until then; null ends a snooze.</summary>
    public Task<NodeView> SnoozeNodeAsync(string id, DateTimeOffset? until, CancellationToken cancellationToken = default) =>
        SendAsync(
            HttpMethod.Post, $"/v1/nodes/{Escape(id)}/snooze", Json(new SnoozeNode(until), SiteJson.Default.SnoozeNode),
            SiteJson.Default.NodeView, cancellationToken);

    /// <summary>Empties a node and keeps it empty.</summary>
    public Task<NodeView> DrainNodeAsync(string id, CancellationToken cancellationToken = default) =>
        SendAsync(HttpMethod.Post, $"/v1/nodes/{Escape(id)}/drain", null, SiteJson.Default.NodeView, cancellationToken);

    /// <summary>Ends a drain.</summary>
    public Task<NodeView> UndrainNodeAsync(string id, CancellationToken cancellationToken = default) =>
        SendAsync(HttpMethod.Post, $"/v1/nodes/{Escape(id)}/undrain", null, SiteJson.Default.NodeView, cancellationToken);

    /// <summary>Revokes a node's secret, closes its stream and marks its guests.</summary>
    public Task<NodeView> RevokeNodeAsync(string id, CancellationToken cancellationToken = default) =>
        SendAsync(HttpMethod.Post, $"/v1/nodes/{Escape(id)}/revoke", null, SiteJson.Default.NodeView, cancellationToken);

    /// <summary>Every VM that is not deleted, ordered by name; with <paramref name="all"/> those deleted lately too.</summary>
    public Task<IReadOnlyList<VmView>> VmsAsync(bool all = false, CancellationToken cancellationToken = default) =>
        GetAsync(all ? "/v1/vms?all=true" : "/v1/vms", SiteJson.Default.IReadOnlyListVmView, cancellationToken);

    /// <summary>One VM, by id or by name.</summary>
    public Task<VmView> VmAsync(string idOrName, CancellationToken cancellationToken = default) =>
        GetAsync($"/v1/vms/{Escape(idOrName)}", SiteJson.Default.VmView, cancellationToken);

    /// <summary>Asks for a VM.</summary>
    public Task<VmView> CreateVmAsync(NewVm vm, CancellationToken cancellationToken = default) =>
        SendAsync(HttpMethod.Post, "/v1/vms", Json(vm, SiteJson.Default.NewVm), SiteJson.Default.VmView, cancellationToken);

    /// <summary>Stops a VM; its disk is kept.</summary>
    public Task<VmView> StopVmAsync(string idOrName, CancellationToken cancellationToken = default) =>
        SendAsync(HttpMethod.Post, $"/v1/vms/{Escape(idOrName)}/stop", null, SiteJson.Default.VmView, cancellationToken);

    /// <summary>Starts a VM.</summary>
    public Task<VmView> StartVmAsync(string idOrName, CancellationToken cancellationToken = default) =>
        SendAsync(HttpMethod.Post, $"/v1/vms/{Escape(idOrName)}/start", null, SiteJson.Default.VmView, cancellationToken);

    /// <summary>Deletes a VM. Returns its last view; it is <c>Deleting</c> until its node has confirmed.</summary>
    public Task<VmView> DeleteVmAsync(string idOrName, CancellationToken cancellationToken = default) =>
        SendAsync(HttpMethod.Delete, $"/v1/vms/{Escape(idOrName)}", null, SiteJson.Default.VmView, cancellationToken);

    /// <summary>Console output from <paramref name="offset"/> on; negative for the newest 4 KiB. Waits up to <paramref name="wait"/> for
    /// more when there is none.</summary>
    public Task<ConsoleView> ConsoleAsync(string idOrName, long offset, TimeSpan wait, CancellationToken cancellationToken = default) =>
        GetAsync(
            string.Create(
                System.Globalization.CultureInfo.InvariantCulture,
                $"/v1/vms/{Escape(idOrName)}/console?offset={offset}&waitSeconds={(int)wait.TotalSeconds}"),
            SiteJson.Default.ConsoleView, cancellationToken);

    /// <summary>Every image, ordered by name.</summary>
    public Task<IReadOnlyList<ImageView>> ImagesAsync(CancellationToken cancellationToken = default) =>
        GetAsync("/v1/images", SiteJson.Default.IReadOnlyListImageView, cancellationToken);

    /// <summary>Uploads an image. <paramref name="sent"/> is called with the number of bytes sent.</summary>
    public async Task<ImageView> UploadImageAsync(
        string name, ImageFormat format, Stream content, long bytes, IProgress<long>? sent = null,
        CancellationToken cancellationToken = default)
    {
        using var body = new ProgressContent(content, bytes, sent);

        // So that an upload that is rejected is rejected before gigabytes are sent.
        return await SendAsync(
            HttpMethod.Post, $"/v1/images?name={Escape(name)}&format={format}", body, SiteJson.Default.ImageView, cancellationToken,
            request => request.Headers.ExpectContinue = true);
    }

    /// <summary>Deletes an image that no VM needs.</summary>
    public Task DeleteImageAsync(string nameOrSha256, CancellationToken cancellationToken = default) =>
        SendAsync(HttpMethod.Delete, $"/v1/images/{Escape(nameOrSha256)}", cancellationToken);

    /// <summary>Every join token.</summary>
    public Task<IReadOnlyList<JoinTokenView>> JoinTokensAsync(CancellationToken cancellationToken = default) =>
        GetAsync("/v1/tokens/join", SiteJson.Default.IReadOnlyListJoinTokenView, cancellationToken);

    /// <summary>Makes a join token.</summary>
    public Task<MintedToken> CreateJoinTokenAsync(NewJoinToken token, CancellationToken cancellationToken = default) =>
        SendAsync(
            HttpMethod.Post, "/v1/tokens/join", Json(token, SiteJson.Default.NewJoinToken), SiteJson.Default.MintedToken,
            cancellationToken);

    /// <summary>Ends a join token.</summary>
    public Task RevokeJoinTokenAsync(string id, CancellationToken cancellationToken = default) =>
        SendAsync(HttpMethod.Delete, $"/v1/tokens/join/{Escape(id)}", cancellationToken);

    /// <summary>Every person's token.</summary>
    public Task<IReadOnlyList<PersonTokenView>> PersonTokensAsync(CancellationToken cancellationToken = default) =>
        GetAsync("/v1/tokens/people", SiteJson.Default.IReadOnlyListPersonTokenView, cancellationToken);

    /// <summary>Makes a token for a person or a program.</summary>
    public Task<MintedToken> CreatePersonTokenAsync(NewPersonToken token, CancellationToken cancellationToken = default) =>
        SendAsync(
            HttpMethod.Post, "/v1/tokens/people", Json(token, SiteJson.Default.NewPersonToken), SiteJson.Default.MintedToken,
            cancellationToken);

    /// <summary>Ends a person's token.</summary>
    public Task RevokePersonTokenAsync(string id, CancellationToken cancellationToken = default) =>
        SendAsync(HttpMethod.Delete, $"/v1/tokens/people/{Escape(id)}", cancellationToken);

    /// <summary>Events after the one of that id, oldest first; with 0 the newest ones.</summary>
    public Task<IReadOnlyList<EventView>> EventsAsync(long after = 0, int take = 100, CancellationToken cancellationToken = default) =>
        GetAsync(
            string.Create(System.Globalization.CultureInfo.InvariantCulture, $"/v1/events?after={after}&take={take}"),
            SiteJson.Default.IReadOnlyListEventView, cancellationToken);

    /// <summary>Closes its connections.</summary>
    public void Dispose() => http.Dispose();
}
