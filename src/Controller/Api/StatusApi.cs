using System.Security.Claims;
using Opportunism.Contracts.Api;
using Opportunism.Controller.CloudActions;
using Opportunism.Controller.Clouds;
using Opportunism.Controller.Fleet;
using Opportunism.Controller.Lifecycle;
using Opportunism.Core.Fleet;
using Opportunism.Server;
using Opportunism.Server.Events;
using Opportunism.Server.Http;

namespace Opportunism.Controller.Api;

/// <summary>A summary of the site.</summary>
internal static class StatusApi
{
    public static void MapStatus(this IEndpointRouteBuilder routes) =>
        routes.MapGet("/v1/status", Show).RequireAuthorization(Answers.Viewer).WithTags("site").WithName("showStatus");

    private static SiteStatus Show(
        HttpContext http, NodeRegistry fleet, CloudWorkers workers, SiteClouds clouds, EventLog events, SiteStart start,
        ServerProgram program, TimeProvider time)
    {
        var nodes = fleet.Nodes.Where(node => !node.Revoked).ToList();
        var vms = clouds.CountByStatus();
        return new SiteStatus
        {
            Version = program.Version,
            Cloud = clouds.Names,
            Clouds = [.. clouds.All.Select(cloud => cloud.Name)],
            Started = start.Started,
            Now = time.GetUtcNow(),
            Nodes = nodes.Count,
            NodesByState = nodes.CountBy(node => node.Lost ? "Lost" : ReportReading.StateOf(node.Report)?.ToString() ?? "Unknown")
                .ToDictionary(),
            NodesOpen = nodes.Count(node => workers.Of(node.Id) is { IsOpen: true }),
            Vms = vms.Where(count => count.Key is not VmStatus.Terminated).Sum(count => count.Value),
            VmsByStatus = vms.ToDictionary(count => count.Key.ToString(), count => count.Value),
            Pending = [
                .. nodes.Select(node => (node.Id, workers.Of(node.Id)?.Pending)).Where(wait => wait.Pending is { Length: > 0 })
                    .Select(wait => $"Node {wait.Id}: {wait.Pending}")],
            Health = [
                .. nodes.Where(node => !node.Lost && node.Report is not null)
                    .SelectMany(
                        node => node.Report!.Health.Select(
                            item => NodeViews.HealthOf(item) with { Sentence = $"Node {node.Id}: {item.Sentence}" }))],
            NewestEvent = events.NewestStored.Current.Id,
            Role = Enum.GetValues<Role>().Where(role => http.User.HasClaim(ClaimTypes.Role, role.ToString())).Max(),
        };
    }
}
