using Opportunism.Controller.Fleet;

namespace Opportunism.Controller.Tenants;

/// <summary>Composes the parts for guests that agents run.</summary>
internal static class TenantParts
{
    public static IServiceCollection AddTenants(this IServiceCollection services) => services
        .AddSingleton<ImageFiles>().AddSingleton<DiskFiles>().AddSingleton<ConsoleBuffers>().AddSingleton<TenantClouds>()
        .AddSingleton<IPlannedGuests, PlannedGuests>().AddSingleton<GuestEvents>().AddSingleton<GuestTransfers>();

    public static void MapTenants(this IEndpointRouteBuilder routes)
    {
        routes.MapVms();
        routes.MapImages();
    }
}
