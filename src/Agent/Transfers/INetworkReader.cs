namespace Opportunism.Agent.Transfers;

/// <summary>Counts what all programs of this machine send and receive over the network.</summary>
internal interface INetworkReader
{
    /// <summary>Bytes sent and received since some point in the past; null when that cannot be read.</summary>
    long? TotalBytes();
}
