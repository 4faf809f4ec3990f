using System.Text.Json.Nodes;
using Opportunism.Core.Fleet;

namespace Opportunism.Workshop.Try;

/// <summary>Nova's successive data about a day's one server, converted to the state of a day's guest. One caller at a time.</summary>
internal sealed class ServerSights
{
    // The mark that the controller sets on a server that it evicts (docs/operating/openstack.md).
    private const string EvictedKey = "opportunism.evicted";

    private bool marked;

    /// <param name="server">The server as Nova shows it to its tenant; null once it is deleted.</param>
    /// <remarks>A suspended server without the mark was suspended by another program, unless it had the mark before: the controller removes
    /// the mark just before it requests the resume.</remarks>
    public GuestSight Judge(JsonNode? server)
    {
        if (server is null) return new(null, "");
        var (status, task) = ((string)server["status"]!, (string?)server["OS-EXT-STS:task_state"]);
        var sentence = task is null ? $"{status} in Nova" : $"{status} in Nova, {task}";
        if (status == "ERROR") return new(VmStatus.Failed, (string?)server["fault"]?["message"] ?? sentence);
        if (task is not null) return new(VmStatus.Preparing, sentence);
        if (status == "ACTIVE") return new(VmStatus.Running, sentence);
        if (status != "SUSPENDED") return new(VmStatus.Preparing, sentence);
        if (server["metadata"]?[EvictedKey] is not null)
        {
            marked = true;
            return new(VmStatus.Suspended, $"{sentence}, by the controller");
        }

        return marked
            ? new(VmStatus.Preparing, $"{sentence}, and the controller's mark is off: it is to be resumed")
            : new(VmStatus.Failed, $"{sentence}, but without the controller's mark {EvictedKey}: another program did it");
    }
}
