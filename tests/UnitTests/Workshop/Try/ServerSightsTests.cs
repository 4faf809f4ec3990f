using System.Text.Json.Nodes;
using Opportunism.Core.Fleet;
using Opportunism.Workshop.Try;
using Xunit;

namespace Opportunism.UnitTests.Workshop.Try;

public sealed class ServerSightsTests
{
    private readonly ServerSights sights = new();

    [Fact]
    public void A_deleted_server_is_no_guest() => Assert.Equal(new(null, ""), sights.Judge(null));

    [Fact]
    public void An_active_server_is_a_guest_that_runs() =>
        Assert.Equal(new(VmStatus.Running, "ACTIVE in Nova"), sights.Judge(Server("ACTIVE")));

    [Theory]
    [InlineData("ACTIVE", "suspending")]
    [InlineData("SUSPENDED", "resuming")]
    [InlineData("BUILD", null)]
    public void A_server_on_its_way_is_not_yet_what_it_will_be(string status, string? task) =>
        Assert.Equal(VmStatus.Preparing, sights.Judge(Server(status, task)).Status);

    [Fact]
    public void A_server_in_error_has_failed_and_says_why()
    {
        var server = Server("ERROR");
        server["fault"] = new JsonObject { ["message"] = "No valid host was found." };

        Assert.Equal(new(VmStatus.Failed, "No valid host was found."), sights.Judge(server));
    }

    [Fact]
    public void One_that_somebody_else_suspended_has_failed()
    {
        sights.Judge(Server("ACTIVE"));

        Assert.Equal(VmStatus.Failed, sights.Judge(Server("SUSPENDED")).Status);
    }

    [Fact]
    public void One_that_the_controller_suspended_may_be_seen_without_its_mark_just_before_it_is_resumed()
    {
        Assert.Equal(VmStatus.Suspended, sights.Judge(Server("SUSPENDED", mark: "suspend")).Status);
        Assert.Equal(VmStatus.Preparing, sights.Judge(Server("SUSPENDED")).Status);
        Assert.Equal(VmStatus.Preparing, sights.Judge(Server("SUSPENDED", "resuming")).Status);
        Assert.Equal(VmStatus.Running, sights.Judge(Server("ACTIVE")).Status);
    }

    private static JsonObject Server(string status, string? task = null, string? mark = null)
    {
        var server = new JsonObject { ["status"] = status, ["OS-EXT-STS:task_state"] = task, ["metadata"] = new JsonObject() };
        if (mark is not null) server["metadata"]!["opportunism.evicted"] = mark;
        return server;
    }
}
