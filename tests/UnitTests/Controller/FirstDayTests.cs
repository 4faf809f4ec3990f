using Opportunism.Contracts.Api;
using Opportunism.Contracts.Nodes;
using Opportunism.Core.Fleet;
using Opportunism.TestKit.Sites;
using Xunit;

namespace Opportunism.UnitTests.Controller;

/// <summary>The thinnest whole path: a desktop joins, becomes available, gets a VM and says that it runs.</summary>
public sealed class FirstDayTests
{
    [Fact]
    public async Task A_desktop_joins_and_runs_the_first_vm()
    {
        await using var site = await TestSite.StartAsync();
        await using var agent = await site.EnrolAsync("pc-1");
        await agent.ConnectAsync();
        var (image, content) = await site.UploadAsync("tiny");
        var created = await site.Admin.CreateVmAsync(new NewVm { Name = "first", Image = "tiny", MemoryMiB = 256 });
        Assert.Equal(VmStatus.Waiting, created.Status);

        await agent.ReportAsync(report => report.State = NodeStateKind.Available);
        var plan = await agent.PlanAsync(plan => plan.Guests.Count == 1);
        var guest = Assert.Single(plan.Guests);
        Assert.Equal(
            (created.Id, "Running", image.Sha256, (ulong)content.Length, "suspend"),
            (guest.GuestId, guest.Wish, guest.ImageSha256, guest.ImageBytes, guest.EvictionPolicy));
        Assert.Equal(VmStatus.Preparing, (await site.Admin.VmAsync("first")).Status);

        var read = new MemoryStream();
        using (var call = agent.Client.ReadImage(new ReadImageRequest { Sha256 = image.Sha256, Offset = 10 }, agent.Credentials))
        {
            while (await call.ResponseStream.MoveNext(CancellationToken.None)) call.ResponseStream.Current.Data.WriteTo(read);
        }

        Assert.Equal(content[10..], read.ToArray());
        await agent.ReportAsync(
            report => report.Guests.Add(new GuestReport { GuestId = guest.GuestId, Phase = "Running", Generation = guest.Generation }));
        var shown = await site.Admin.VmAsync("first");
        Assert.Equal((VmStatus.Running, "pc-1"), (shown.Status, shown.Node));
        Assert.True((await site.Admin.NodeAsync("pc-1")).Open);
    }
}
