using System.Globalization;
using System.Net.Http.Headers;
using System.Net.ServerSentEvents;
using System.Runtime.CompilerServices;
using System.Text.Json;

namespace Opportunism.Contracts.Api;

public sealed partial class SiteClient
{
    // A controller that restarts is back within a few seconds; connecting more often is of no use.
    private static readonly TimeSpan ReconnectAfter = TimeSpan.FromSeconds(1);

    /// <summary>Every event after the one of that id as it happens, until cancelled; negative for only those from now on.</summary>
    /// <remarks>A stream that breaks is continued where it was: no event is missed or returned twice. Throws when the site rejects the
    /// request.</remarks>
    public async IAsyncEnumerable<EventView> WatchEventsAsync(
        long after, TimeProvider time, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var newest = after < 0 ? (await StatusAsync(cancellationToken)).NewestEvent : after;
        while (true)
        {
            await foreach (var next in OneStreamAsync(newest, cancellationToken))
            {
                newest = next.Id;
                yield return next;
            }

            await Task.Delay(ReconnectAfter, time, cancellationToken);
        }
    }

    /// <summary>The events of one stream; ends when the stream breaks.</summary>
    private async IAsyncEnumerable<EventView> OneStreamAsync(long after, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        HttpResponseMessage response;
        try
        {
            response = await AnswerAsync(HttpMethod.Get, "/v1/events/stream", null, cancellationToken, request =>
            {
                request.Headers.Accept.Add(new MediaTypeWithQualityHeaderValue("text/event-stream"));
                request.Headers.Add("Last-Event-ID", after.ToString(CultureInfo.InvariantCulture));
            });
        }
        catch (SiteException unreachable) when (unreachable.Status is null)
        {
            yield break;
        }

        using (response)
        {
            var body = await response.Content.ReadAsStreamAsync(cancellationToken);
            await using var items = SseParser.Create(body, (_, data) => JsonSerializer.Deserialize(data, SiteJson.Default.EventView))
                .EnumerateAsync(cancellationToken).GetAsyncEnumerator(cancellationToken);
            while (await NextAsync(items))
            {
                if (items.Current.Data is { } item) yield return item;
            }
        }
    }

    private static async ValueTask<bool> NextAsync(IAsyncEnumerator<SseItem<EventView?>> items)
    {
        try
        {
            return await items.MoveNextAsync();
        }
        catch (Exception broken) when (broken is IOException or HttpRequestException)
        {
            return false;
        }
    }
}
