using System.Net.Http.Headers;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Opportunism.Workshop.Lab;

/// <summary>A client of the lab's OpenStack for one of its users, with the calls that set up and inspect a lab.</summary>
/// <remarks>A refused call or a service that does not reply is an <see cref="IOException"/> with a sentence.</remarks>
internal sealed class LabApi : IDisposable
{
    private readonly HttpClient http;
    private readonly LabShape shape;

    private LabApi(LabShape shape, HttpClient http) => (this.shape, this.http) = (shape, http);

    public string UserId { get; private set; } = "";

    public Uri Keystone => At(shape.Keystone, "/v3/");

    public Uri Glance => At(shape.Glance, "/v2/");

    public Uri Nova => At(shape.Nova, "/v2.1/");

    public Uri Placement => At(shape.Placement, "/");

    public Uri Neutron => At(shape.Neutron, "/v2.0/");

    /// <summary>Gets a token by password.</summary>
    public static Task<LabApi> LogInAsync(
        LabShape shape, string user, string password, string project, CancellationToken cancellationToken) =>
        LogInAsync(
            shape,
            new()
            {
                ["identity"] = new JsonObject
                {
                    ["methods"] = new JsonArray("password"),
                    ["password"] = new JsonObject
                    {
                        ["user"] = new JsonObject { ["name"] = user, ["password"] = password, ["domain"] = DefaultDomain() },
                    },
                },
                ["scope"] = new JsonObject { ["project"] = new JsonObject { ["name"] = project, ["domain"] = DefaultDomain() } },
            },
            cancellationToken);

    /// <summary>Gets a token by an application credential.</summary>
    public static Task<LabApi> LogInAsync(LabShape shape, string credentialId, string secret, CancellationToken cancellationToken) =>
        LogInAsync(
            shape,
            new()
            {
                ["identity"] = new JsonObject
                {
                    ["methods"] = new JsonArray("application_credential"),
                    ["application_credential"] = new JsonObject { ["id"] = credentialId, ["secret"] = secret },
                },
            },
            cancellationToken);

    public async Task<JsonNode> GetAsync(Uri address, CancellationToken cancellationToken)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, address);
        return await ReadAsync(request, cancellationToken);
    }

    public Task<JsonNode> PostAsync(Uri address, JsonObject body, CancellationToken cancellationToken) =>
        WithBodyAsync(HttpMethod.Post, address, body, cancellationToken);

    public Task<JsonNode> PutAsync(Uri address, JsonObject? body, CancellationToken cancellationToken) =>
        WithBodyAsync(HttpMethod.Put, address, body, cancellationToken);

    public async Task DeleteAsync(Uri address, CancellationToken cancellationToken)
    {
        using var request = new HttpRequestMessage(HttpMethod.Delete, address);
        await ReadAsync(request, cancellationToken);
    }

    /// <summary>Uploads a file's bytes.</summary>
    public async Task UploadAsync(Uri address, string path, CancellationToken cancellationToken)
    {
        using var content = new StreamContent(File.OpenRead(path));
        content.Headers.ContentType = new MediaTypeHeaderValue("application/octet-stream");
        using var request = new HttpRequestMessage(HttpMethod.Put, address) { Content = content };
        await ReadAsync(request, cancellationToken);
    }

    /// <summary>The one with that name in a list, or null.</summary>
    public async Task<JsonNode?> FindAsync(Uri folder, string listName, string name, CancellationToken cancellationToken) =>
        (await GetAsync(folder, cancellationToken))[listName]!.AsArray().FirstOrDefault(one => (string?)one!["name"] == name);

    /// <summary>The id of the one with that name, which is created where there is none.</summary>
    public async Task<string> EnsureAsync(
        Uri folder, string listName, string oneName, JsonObject wanted, CancellationToken cancellationToken)
    {
        var found = await FindAsync(folder, listName, (string)wanted["name"]!, cancellationToken);
        if (found is null)
        {
            var made = await PostAsync(folder, new JsonObject { [oneName] = wanted }, cancellationToken);
            found = made[oneName]!;
        }

        return found["id"]!.ToString();
    }

    public void Dispose() => http.Dispose();

    private static async Task<LabApi> LogInAsync(LabShape shape, JsonObject auth, CancellationToken cancellationToken)
    {
        // Building a server calls Neutron and Glance before the reply; everything else on loopback takes milliseconds.
        var http = new HttpClient(new SocketsHttpHandler { UseProxy = false }) { Timeout = TimeSpan.FromSeconds(120) };
        var api = new LabApi(shape, http);
        try
        {
            using var request = new HttpRequestMessage(HttpMethod.Post, new Uri(api.Keystone, "auth/tokens"))
            {
                Content = Json(new() { ["auth"] = auth }),
            };
            using var answer = await api.SendAsync(request, cancellationToken);
            var token = JsonNode.Parse(await answer.Content.ReadAsStringAsync(cancellationToken))!["token"]!;
            api.UserId = (string)token["user"]!["id"]!;
            http.DefaultRequestHeaders.Add("X-Auth-Token", answer.Headers.GetValues("X-Subject-Token").First());
            // Zed supports up to 2.93.
            http.DefaultRequestHeaders.Add("OpenStack-API-Version", "compute 2.88");
            return api;
        }
        catch
        {
            api.Dispose();
            throw;
        }
    }

    private static Uri At(int port, string path) => new UriBuilder("http", "127.0.0.1", port, path).Uri;

    private static StringContent Json(JsonObject body) => new(body.ToJsonString(), Encoding.UTF8, "application/json");

    private async Task<JsonNode> WithBodyAsync(HttpMethod method, Uri address, JsonObject? body, CancellationToken cancellationToken)
    {
        using var request = new HttpRequestMessage(method, address);
        if (body is not null) request.Content = Json(body);
        return await ReadAsync(request, cancellationToken);
    }

    private async Task<JsonNode> ReadAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        using var answer = await SendAsync(request, cancellationToken);
        var text = await answer.Content.ReadAsStringAsync(cancellationToken);
        try
        {
            return JsonNode.Parse(text.Length > 0 ? text : "{}")!;
        }
        catch (JsonException e)
        {
            throw new IOException($"{request.Method} {request.RequestUri} was answered with something that is not JSON.", e);
        }
    }

    private async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        HttpResponseMessage answer;
        try
        {
            answer = await http.SendAsync(request, cancellationToken);
        }
        catch (Exception e) when (
            e is HttpRequestException or SocketException || (e is TaskCanceledException && !cancellationToken.IsCancellationRequested))
        {
            throw new IOException($"{request.Method} {request.RequestUri} got no answer: {e.Message}", e);
        }

        if (answer.IsSuccessStatusCode) return answer;
        var said = await answer.Content.ReadAsStringAsync(cancellationToken);
        var status = answer.StatusCode;
        answer.Dispose();
        throw new LabRefusal(
            status, $"{request.Method} {request.RequestUri} was answered with {(int)status}: {said[..Math.Min(said.Length, 400)]}");
    }

    // A new one each time: a JsonNode belongs to one document.
    private static JsonObject DefaultDomain() => new() { ["id"] = "default" };
}
