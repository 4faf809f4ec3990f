using System.Text.Json.Nodes;

namespace Opportunism.TestKit.OpenStack;

/// <content>Nova's actions on servers: accepted at once, done when the host works.</content>
public sealed partial class OpenStackStandIn
{
    /// <summary>For each action's name in the API: the states that allow it, its task state while it is under way, its name in the list of
    /// actions, and the state that it leads to.</summary>
    private static readonly Dictionary<string, (string[] From, string Task, string Name, string To)> Moves = new()
    {
        ["suspend"] = (["active"], "suspending", "suspend", "suspended"),
        ["resume"] = (["suspended"], "resuming", "resume", "active"),
        ["pause"] = (["active"], "pausing", "pause", "paused"),
        ["unpause"] = (["paused"], "unpausing", "unpause", "active"),
        ["os-stop"] = (["active", "error"], "powering-off", "stop", "stopped"),
        ["os-start"] = (["stopped"], "powering-on", "start", "active"),
        ["shelve"] = (["active", "stopped", "paused", "suspended"], "shelving", "shelve", "shelved"),
        ["shelveOffload"] = (["shelved"], "shelving_offloading", "shelveOffload", "shelved_offloaded"),
        ["unshelve"] = (["shelved", "shelved_offloaded"], "unshelving", "unshelve", "active"),
        ["evacuate"] = (["active", "stopped", "error"], "rebuilding", "evacuate", "active"),
    };

    /// <summary>Starts the build of a tenant's server on a host; it runs once the host has worked.</summary>
    public StandInServer Build(string host, string tenant = Tenant)
    {
        lock (gate)
        {
            var server = new StandInServer(tenant, TenantUser) { Host = host, TaskState = "spawning" };
            server.Actions.Insert(0, ("create", TenantUser));
            servers.Add(server);
            Host(host).Work.Enqueue(() => (server.VmState, server.TaskState) = ("active", null));
            return server;
        }
    }

    /// <summary>A tenant's server that runs on a host.</summary>
    public StandInServer Run(string host, string tenant = Tenant)
    {
        var server = Build(host, tenant);
        Work();
        return server;
    }

    /// <summary>The tenant acts on a server; throws when Nova refuses.</summary>
    public void ByTenant(StandInServer server, string action)
    {
        if (!TryByTenant(server, action)) throw new InvalidOperationException($"Nova refused {action} of {server}.");
    }

    /// <summary>The tenant tries to act on a server; false when Nova refuses.</summary>
    public bool TryByTenant(StandInServer server, string action)
    {
        lock (gate) return ActLocked(server, new JsonObject { [action] = null }, NewestMinor, TenantUser, isAdmin: false).Status == 202;
    }

    /// <summary>The tenant deletes a server.</summary>
    public void DeletedByTenant(StandInServer server)
    {
        lock (gate) DeleteLocked(server, TenantUser);
    }

    /// <summary>Drops a host's pending work, as when a message queue restarts.</summary>
    public void LoseWork(string host)
    {
        lock (gate) Host(host).Work.Clear();
    }

    /// <summary>An administrator sets a server's state, like <c>openstack server set --state</c>.</summary>
    public void SetState(StandInServer server, string state)
    {
        lock (gate) (server.VmState, server.TaskState) = (state, null);
    }

    /// <summary>Every host that is up does its pending work.</summary>
    public void Work()
    {
        lock (gate) WorkLocked();
    }

    private void WorkLocked()
    {
        foreach (var host in hosts.Where(host => host.SilentSince is null))
        {
            while (host.Work.TryDequeue(out var work)) work();
        }
    }

    private Answer ActLocked(StandInServer server, JsonObject? body, int minor, string user, bool isAdmin)
    {
        if (body is not { Count: 1 } || !Moves.TryGetValue(body.First().Key, out var move)) return Bad("There is no such action");
        var action = body.First().Key;
        if (Lacks($"action:{action}")) return Forbidden($"os_compute_api:{action}");
        if (action is "shelveOffload" or "evacuate" && !isAdmin) return Forbidden($"os_compute_api:os-{action}");
        if (server.Locked && !isAdmin) return Error(409, "conflictingRequest", $"Instance {server.Id} is locked");
        if (!move.From.Contains(server.VmState)) return Wrong(server, action, "vm_state", server.VmState);
        if (action == "evacuate")
        {
            if (minor >= 14 && body[action] is not JsonObject) return Bad("Invalid input for field/attribute evacuate.");
            if (IsUp(Host(server.Host!))) return Bad($"Compute service of {server.Host} is still in use.");
        }
        else if (server.TaskState is not null)
        {
            return Wrong(server, action, "task_state", server.TaskState);
        }

        server.TaskState = move.Task;
        server.Actions.Insert(0, (move.Name, user));
        if (action == "evacuate") Evacuate(server);
        else if (action == "unshelve" && server.VmState == "shelved_offloaded") Unshelve(server);
        else Host(server.Host!).Work.Enqueue(() => Done(server, action, move));

        // As in Nova: this action returns 200.
        return new(action == "evacuate" ? 200 : 202);
    }

    private void Done(StandInServer server, string action, (string[] From, string Task, string Name, string To) move)
    {
        if (!servers.Contains(server)) return;
        var host = Host(server.Host!);
        if (server.Actions[0].User == ControllerUser && host.Fails.TryGetValue(move.Name, out var endsInError))
        {
            server.TaskState = null;
            if (endsInError) (server.VmState, server.Fault) = ("error", $"{move.Name} failed in the hypervisor");
            return;
        }

        (server.VmState, server.TaskState) = (move.To, null);
        if (action == "shelve" && OffloadsShelved) (server.VmState, server.Host) = ("shelved_offloaded", null);
        if (action == "shelveOffload") server.Host = null;
    }

    private StandInHost? Schedule(string? except = null) =>
        hosts.Where(
            host => host.Name != except && !host.Disabled && IsUp(host) && servers.Count(server => server.Host == host.Name) < host.Room)
            .MinBy(host => servers.Count(server => server.Host == host.Name));

    private void Unshelve(StandInServer server)
    {
        if (Schedule() is not { } host)
        {
            // No valid host was found: the conductor resets it.
            server.TaskState = null;
            return;
        }

        server.Host = host.Name;
        host.Work.Enqueue(() => (server.VmState, server.TaskState) = ("active", null));
    }

    private void Evacuate(StandInServer server)
    {
        var from = Host(server.Host!);
        if (Schedule(from.Name) is not { } host)
        {
            (server.VmState, server.TaskState, server.Fault) = ("error", null, "No valid host was found.");
            return;
        }

        host.Work.Enqueue(() =>
        {
            (server.Host, server.VmState, server.TaskState) = (host.Name, "active", null);
            from.HasEvacuated = true;
        });
    }

    private Answer DeleteLocked(StandInServer server, string user)
    {
        if (Lacks("os_compute_api:servers:delete")) return Forbidden("os_compute_api:servers:delete");
        server.Actions.Insert(0, ("delete", user));

        // A host that is down cannot do it: the record is deleted at once.
        if (server.Host is not { } name || !IsUp(Host(name)))
        {
            servers.Remove(server);
            return new(204);
        }

        server.TaskState = "deleting";
        Host(name).Work.Enqueue(() => servers.Remove(server));
        return new(204);
    }
}
