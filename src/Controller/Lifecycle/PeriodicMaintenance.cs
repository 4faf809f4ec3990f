using Opportunism.Controller.Fleet;
using Opportunism.Controller.Settings;
using Opportunism.Controller.Tenants;
using Opportunism.Server.Access;
using Opportunism.Server.Limits;

namespace Opportunism.Controller.Lifecycle;

/// <summary>Does what is due by time alone: lost nodes, consoles without readers, another comparison, the certificate.</summary>
internal sealed partial class PeriodicMaintenance(
    NodeRegistry fleet, ConsoleBuffers consoles, AttemptLimit attempts, ServerKeys keys, ControllerOptions options, TimeProvider time,
    ILogger<PeriodicMaintenance> log) : BackgroundService
{
    // The resolution of LostAfter and of console interest; both are tens of seconds.
    private static readonly TimeSpan Tick = TimeSpan.FromSeconds(1);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Tick, time);
        var compared = time.GetTimestamp();
        do
        {
            try
            {
                await fleet.MarkLostAsync(stoppingToken);
                consoles.Expire();
                if (time.GetElapsedTime(compared) < options.CompareEvery) continue;
                compared = time.GetTimestamp();
                await fleet.ReapplyAsync(stoppingToken);
                attempts.Forget();
                if (keys.RenewIfDue()) CertificateRenewed();
            }
            catch (Exception failure) when (!stoppingToken.IsCancellationRequested)
            {
                TickFailed(failure);
            }
        }
        while (await timer.WaitForNextTickAsync(stoppingToken));
    }
}
