using System.Collections.Concurrent;
using System.Globalization;
using System.Net;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Opportunism.TestKit.OpenStack;

/// <summary>
/// The parts of Keystone, Nova and Neutron that the driver uses, on loopback in this process. Responses and refusals are those of the real
/// services; requested work is done only when its hosts work: before every request, or when a test calls for it.
/// </summary>
public sealed partial class OpenStackStandIn : IAsyncDisposable
{
    /// <summary>Project and user that own servers unless a test sets others.</summary>
    public const string Tenant = "tenant-project";

    public const string TenantUser = "tenant-user";

    /// <summary>The controller's user.</summary>
    public const string ControllerUser = "controller-user";

    public const string ControllerProject = "service-project";

    private readonly Lock gate = new();
    private readonly TimeProvider time;
    private readonly WebApplication app;
    private readonly List<StandInHost> hosts = [];
    private readonly List<StandInServer> servers = [];
    private readonly List<StandInFault> faults = [];
    private readonly ConcurrentQueue<string> requests = new();

    private OpenStackStandIn(TimeProvider time, X509Certificate2? certificate)
    {
        this.time = time;
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0, listen =>
        {
            listen.Protocols = HttpProtocols.Http1;
            if (certificate is not null) listen.UseHttps(certificate);
        }));
        app = builder.Build();
        app.Use(ServeAsync);
    }

    /// <summary>The address on which it listens.</summary>
    public Uri Url { get; private set; } = new("http://127.0.0.1");

    /// <summary>Every request so far, such as <c>GET /compute/v2.1/servers/detail?...</c>.</summary>
    public IReadOnlyList<string> Requests => [.. requests];

    /// <summary>True while hosts do their pending work before the next response; false to leave that to <see cref="Work"/>.</summary>
    public bool WorksByItself { get; set; } = true;

    /// <summary>Newest microversion that Nova supports.</summary>
    public int NewestMinor { get; set; } = 93;

    /// <summary>Oldest microversion that Nova supports.</summary>
    public int OldestMinor { get; set; } = 1;

    /// <summary>Longest page of a list of servers.</summary>
    public int PageSize { get; set; } = 1000;

    /// <summary>False for a Nova that keeps shelved servers on their hosts until they are offloaded explicitly.</summary>
    public bool OffloadsShelved { get; set; } = true;

    /// <summary>Starts one with two hosts, both disabled by the controller.</summary>
    public static async Task<OpenStackStandIn> StartAsync(TimeProvider time, X509Certificate2? certificate = null)
    {
        var standIn = new OpenStackStandIn(time, certificate);
        await standIn.app.StartAsync();
        standIn.Url =
            new Uri(standIn.app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First());
        return standIn;
    }

    /// <summary>Adds a compute host.</summary>
    public StandInHost AddHost(string name, bool disabled = false, string? reason = null)
    {
        lock (gate)
        {
            var host = new StandInHost(name) { Disabled = disabled, DisabledReason = reason };
            hosts.Add(host);
            return host;
        }
    }

    /// <summary>Every compute host.</summary>
    public IReadOnlyList<StandInHost> Hosts
    {
        get
        {
            lock (gate) return [.. hosts];
        }
    }

    public StandInHost Host(string name)
    {
        lock (gate) return hosts.Single(host => host.Name == name);
    }

    /// <summary>Adds a fault.</summary>
    public StandInFault Break(StandInFault fault)
    {
        lock (gate) faults.Add(fault);
        return fault;
    }

    /// <summary>Removes all faults.</summary>
    public void Restore()
    {
        lock (gate) faults.Clear();
    }

    /// <summary>How many requests so far contain that text.</summary>
    public int Count(string text) => requests.Count(request => request.Contains(text, StringComparison.Ordinal));

    public async ValueTask DisposeAsync()
    {
        foreach (var host in hosts) host.Thaw();
        await app.StopAsync();
        await app.DisposeAsync();
    }

    private async Task ServeAsync(HttpContext http, RequestDelegate next)
    {
        var target = http.Request.Path + http.Request.QueryString.Value;
        requests.Enqueue($"{http.Request.Method} {target}");
        var body = http.Request.ContentLength > 0 ? await JsonNode.ParseAsync(http.Request.Body) as JsonObject : null;
        StandInFault? fault;
        lock (gate)
        {
            if (WorksByItself) WorkLocked();
            fault = faults.Find(
                fault => fault.Times > 0 && (fault.Method.Length == 0 || fault.Method == http.Request.Method)
                    && target.Contains(fault.Path, StringComparison.Ordinal));
            if (fault is { Skips: > 0 }) (fault.Skips, fault) = (fault.Skips - 1, null);
            if (fault is not null) fault.Times--;
        }

        if (fault is { Forgets: false } && await SufferAsync(http, fault)) return;
        var answer = await AnswerAsync(http, http.Request.Path.Value!, body);
        if (fault is { Forgets: true })
        {
            fault.Meet();
            await GoneAsync(http);
            return;
        }

        http.Response.StatusCode = answer.Status;
        foreach (var (name, value) in answer.Headers) http.Response.Headers[name] = value;
        if (answer.Body is { } content)
        {
            http.Response.ContentType = "application/json";
            await http.Response.WriteAsync(content.ToJsonString());
        }
    }

    /// <summary>True when the request ends with the fault.</summary>
    private static async Task<bool> SufferAsync(HttpContext http, StandInFault fault)
    {
        fault.Meet();
        if (fault.Cuts)
        {
            http.Abort();
            return true;
        }

        if (fault.Hangs)
        {
            await GoneAsync(http);
            return true;
        }

        if (fault.Status == 0) return false;
        http.Response.StatusCode = fault.Status;
        if (fault.RetryAfter.Length > 0) http.Response.Headers.RetryAfter = fault.RetryAfter;
        await http.Response.WriteAsync(fault.Body);
        return true;
    }

    private static async Task GoneAsync(HttpContext http)
    {
        var gone = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using (http.RequestAborted.Register(gone.SetResult)) await gone.Task;
    }

    private Task<Answer> AnswerAsync(HttpContext http, string path, JsonObject? body)
    {
        if (path.StartsWith("/identity/v3/auth/tokens", StringComparison.Ordinal)) return Task.FromResult(Login(body));
        if (path is "/compute/v2.1/" or "/compute/v2.1") return Task.FromResult(Version());
        if (path.StartsWith("/compute/v2.1/", StringComparison.Ordinal)) return ComputeAsync(http, path["/compute".Length..], body);
        if (path.StartsWith("/network/v2.0/", StringComparison.Ordinal))
            return Task.FromResult(Network(http, path["/network".Length..], body));
        return Task.FromResult(Error(404, "itemNotFound", "The resource could not be found."));
    }

    private static Answer Error(int status, string kind, string message) =>
        new(status, new JsonObject { [kind] = new JsonObject { ["code"] = status, ["message"] = message } });

    private static Answer Unauthorized() => new(
        401,
        new JsonObject
        {
            ["error"] = new JsonObject
            {
                ["code"] = 401,
                ["title"] = "Unauthorized",
                ["message"] = "The request you have made requires authentication.",
            },
        });

    private static Answer Forbidden(string policy) => Error(403, "forbidden", $"Policy doesn't allow {policy} to be performed.");

    private static string Stamp(DateTimeOffset at) =>
        at.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.ffffff'Z'", CultureInfo.InvariantCulture);

    [GeneratedRegex(@"\{[^}]*\}|\*\*|\*")]
    private static partial Regex RuleWildcard();

    /// <summary>The response to one request.</summary>
    private sealed record Answer(int Status, JsonNode? Body = null)
    {
        public Dictionary<string, string> Headers { get; init; } = [];
    }
}
