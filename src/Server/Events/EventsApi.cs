using System.Globalization;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Hosting;
using Opportunism.Contracts.Api;
using Opportunism.Server.Http;

namespace Opportunism.Server.Events;

/// <summary>Events: read past ones, watch new ones.</summary>
public static class EventsApi
{
    private const int MostAtOnce = 1000;

    // Proxies close a stream that is idle for a minute; a watcher notices a broken one sooner.
    private static readonly TimeSpan SignOfLife = TimeSpan.FromSeconds(15);

    /// <summary>Maps <c>/v1/events</c> and <c>/v1/events/stream</c> (server-sent events), for viewers.</summary>
    public static void MapEvents(this IEndpointRouteBuilder routes)
    {
        var events = routes.MapGroup("/v1/events").WithTags("events").RequireAuthorization(Answers.Viewer);
        events.MapGet(
            "",
            (EventLog log, CancellationToken cancellationToken, long after = 0, int take = 100) => log.ReadAsync(after,
            Math.Clamp(take, 1, MostAtOnce), cancellationToken))
            .WithName("listEvents");
        events.MapGet("/stream", WatchAsync).WithName("watchEvents").Produces<string>(contentType: "text/event-stream");
    }

    /// <summary>Server-sent events, starting after Last-Event-ID; without it, from now on.</summary>
    private static async Task WatchAsync(HttpContext http, EventLog log, IHostApplicationLifetime lifetime, TimeProvider time)
    {
        using var end = CancellationTokenSource.CreateLinkedTokenSource(http.RequestAborted, lifetime.ApplicationStopping);
        var newest = long.TryParse(http.Request.Headers["Last-Event-ID"], NumberStyles.None, CultureInfo.InvariantCulture, out var last)
            ? last
            : log.NewestStored.Current.Id;
        http.Response.ContentType = "text/event-stream";
        http.Response.Headers.CacheControl = "no-store";
        try
        {
            await http.Response.WriteAsync(": watching\n\n", end.Token);
            while (true)
            {
                var seen = log.NewestStored.Current;
                var news = await log.AfterAsync(newest, MostAtOnce, end.Token);
                foreach (var item in news)
                {
                    newest = item.Id;
                    await http.Response.WriteAsync(
                        string.Create(
                            CultureInfo.InvariantCulture,
                            $"id: {item.Id}\ndata: {JsonSerializer.Serialize(item, SiteJson.Default.EventView)}\n\n"),
                        end.Token);
                }

                await http.Response.Body.FlushAsync(end.Token);
                if (news.Count < MostAtOnce) await NewerOrSignOfLifeAsync(http, log, seen, time, end.Token);
            }
        }
        catch (OperationCanceledException) when (end.IsCancellationRequested)
        {
            // The watcher has disconnected, or the program shuts down: the stream just ends.
            return;
        }
    }

    private static async Task NewerOrSignOfLifeAsync(
        HttpContext http, EventLog log, EventLog.Newest seen, TimeProvider time, CancellationToken cancellationToken)
    {
        using var patience = new CancellationTokenSource(SignOfLife, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(patience.Token, cancellationToken);
        try
        {
            await log.NewestStored.NewerThanAsync(seen, either.Token);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            await http.Response.WriteAsync(":\n\n", cancellationToken);
        }
    }
}
