namespace Opportunism.Controller;

internal sealed partial class PeriodicMaintenance
{
    [LoggerMessage(2040, LogLevel.Information, "The server's certificate was renewed")]
    private partial void CertificateRenewed();

    [LoggerMessage(2041, LogLevel.Error, "What is due by time alone failed; it is tried again in a second")]
    private partial void TickFailed(Exception failure);
}
