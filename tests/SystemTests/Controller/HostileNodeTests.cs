using System.Net.Sockets;
using System.Runtime.Versioning;
using Google.Protobuf;
using Grpc.Core;
using Opportunism.Contracts.Nodes;
using Opportunism.Core.Availability;
using Opportunism.Core.Fleet;
using Opportunism.SystemTests.Days;
using Opportunism.TestKit.Sites;
using Xunit;

namespace Opportunism.SystemTests.Controller;

/// <summary>One desktop of a real site has fallen into bad hands. Each
/// kind of bad message alone: UnitTests/Controller/HostileTests.</summary>
[Collection(WholeMachine.Name)]
[SupportedOSPlatform("linux")]
public sealed class HostileNodeTests
{
    [Fact]
    public async Task A_node_that_lies_shouts_and_floods_is_refused_and_its_neighbour_goes_on()
    {
        await using var site = await RealSite.StartAsync();
        var desktop = await site.AddDesktopAsync("pc-1");
        var vm = await site.CreateVmAsync("tick", "suspend");
        var console = new RealConsole(site.Client, vm.Id);
        await site.UntilTickAsync(console, 2);
        await using var hostile = await site.EnrolAsync("hostile");

        // 1. It says that the neighbour's guest is its own, first running and then handed over.
        await hostile.ConnectAsync();
        foreach (var phase in new[] { "Running", "HandedOver", "Failed" })
            await hostile.ReportGuestAsync(vm.Id, phase, guest => guest.DiskSha256 = phase == "HandedOver" ? new string('a', 64) : "");
        Assert.Equal((VmStatus.Running, "pc-1"), ((await site.Client.VmAsync(vm.Id)).Status, (await site.Client.VmAsync(vm.Id)).Node));

        // 2. It asks for what is not its own, and writes where it may not.
        var image = Assert.Single(await site.Client.ImagesAsync()).Sha256;
        Assert.Equal(
            StatusCode.PermissionDenied,
            await StatusOfAsync(() => FakeAgent.ReadAllAsync(hostile.Client.ReadImage(new() { Sha256 = image }, hostile.Credentials))));
        Assert.Equal(
            StatusCode.PermissionDenied,
            await StatusOfAsync(
                async () => await hostile.Client.WriteConsoleAsync(
                    new() { GuestId = vm.Id, Data = ByteString.CopyFromUtf8("tick 999\n") }, hostile.Credentials)));
        Assert.Equal(StatusCode.PermissionDenied, await StatusOfAsync(() => hostile.WriteDiskAsync(vm.Id, new byte[100_000])));
        Assert.Equal(
            StatusCode.Unauthenticated,
            await StatusOfAsync(
                async () => await hostile.Client.Connect(
                    new Metadata { { "authorization", $"Node pc-1:{hostile.Secret}" } }).ResponseStream.MoveNext(default)));

        // 3. A report that makes no sense ends its stream.
        var nonsense = hostile.Report.Clone();
        nonsense.State = (NodeStateKind)99;
        await hostile.SendAsync(nonsense);
        Assert.Equal(StatusCode.InvalidArgument, await hostile.EndedAsync());

        // 4. It floods, while others pour garbage into the port; the neighbour's owner comes and goes all the same.
        var before = (await console.ReadAsync()).Last;
        using (var flood = new CancellationTokenSource())
        {
            var flooding = FloodAsync(site, hostile, flood.Token);
            await using (desktop.OwnerStays())
            {
                await site.UntilAsync(
                    "the site knows that the owner is back",
                    async () => (await site.Client.NodeAsync("pc-1")).State is NodeState.Frozen or NodeState.Evicting);
            }

            await site.UntilTickAsync(console, before + 2);
            await flood.CancelAsync();
            Assert.True(await flooding > 0, "The flood was never cut.");
        }

        Assert.Equal(1, console.Boots);
        Assert.DoesNotContain("fail:", site.ControllerSaid, StringComparison.Ordinal);
        Assert.DoesNotContain(hostile.Secret, site.ControllerSaid, StringComparison.Ordinal);
    }

    /// <returns>How often the site has cut its stream.</returns>
    private static async Task<int> FloodAsync(RealSite site, FakeAgent hostile, CancellationToken cancellationToken)
    {
        var cuts = 0;
        while (!cancellationToken.IsCancellationRequested)
        {
            using (var socket = new TcpClient())
            {
                await socket.ConnectAsync(site.Url.Host, site.Url.Port, CancellationToken.None);
                var garbage = new byte[4096];
                Random.Shared.NextBytes(garbage);
                await socket.GetStream().WriteAsync(garbage, CancellationToken.None);
            }

            await using var again = site.Again(hostile);
            try
            {
                await again.ConnectAsync();
                // Ten thousand and more are on their way before the first is answered.
                while (!cancellationToken.IsCancellationRequested) await again.SendAsync(again.Report);
            }
            catch (Exception end) when (end is RpcException or InvalidOperationException)
            {
                if (await again.EndedAsync() is StatusCode.ResourceExhausted) cuts++;
            }
        }

        return cuts;
    }

    private static async Task<StatusCode> StatusOfAsync(Func<Task> call) => (await Assert.ThrowsAsync<RpcException>(call)).StatusCode;
}
