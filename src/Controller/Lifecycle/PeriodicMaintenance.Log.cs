namespace Opportunism.Controller.Lifecycle;

internal sealed partial class PeriodicMaintenance
{
    [LoggerMessage(2040, LogLevel.Information, "Server certificate renewed")]
    private partial void CertificateRenewed();

    [LoggerMessage(2041, LogLevel.Error, "Periodic maintenance failed; retrying in 1 s")]
    private partial void TickFailed(Exception failure);
}
