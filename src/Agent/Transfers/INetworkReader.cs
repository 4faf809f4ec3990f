namespace Opportunism.Agent.Transfers;

/// <summary>Counts what goes over the network of this machine, whoever sends or receives it.</summary>
internal interface INetworkReader
{
    /// <summary>Bytes sent and received since some point in the past; null when that cannot be found out.</summary>
    long? TotalBytes();
}
