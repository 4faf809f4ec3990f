using System.Buffers.Binary;
using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using Opportunism.Contracts;
using Opportunism.Contracts.Api;
using Opportunism.Contracts.Nodes;
using Opportunism.Core.Guests;
using Opportunism.TestKit.Sites;
using Opportunism.UnitTests.Core;
using Xunit;

namespace Opportunism.UnitTests.Controller;

public sealed class ApiTests
{
    [Fact]
    public async Task Each_role_may_do_what_it_is_for_and_no_more()
    {
        await using var site = await TestSite.StartAsync();
        await using var agent = await site.EnrolAsync("pc-1");
        using var viewer = await ClientAsync(site, Role.Viewer);
        using var @operator = await ClientAsync(site, Role.Operator);
        using var nobody = new SiteClient(site.Url, site.CaFingerprint, "site1.nobody");

        Assert.Equal(Role.Viewer, (await viewer.StatusAsync()).Role);
        Assert.Equal(Role.Operator, (await @operator.StatusAsync()).Role);
        Assert.Equal(HttpStatusCode.Unauthorized, await StatusOfAsync(() => nobody.StatusAsync()));
        Assert.Equal(HttpStatusCode.Forbidden, await StatusOfAsync(() => viewer.DrainNodeAsync("pc-1")));
        Assert.True((await @operator.DrainNodeAsync("pc-1")).Drained);
        Assert.Equal(HttpStatusCode.Forbidden, await StatusOfAsync(() => @operator.RevokeNodeAsync("pc-1")));
        Assert.Equal(HttpStatusCode.Forbidden, await StatusOfAsync(() => @operator.JoinTokensAsync()));
        Assert.Equal(HttpStatusCode.NotFound, await StatusOfAsync(() => viewer.NodeAsync("pc-9")));

        var token = (await site.Admin.PersonTokensAsync()).Single(person => person.Role == Role.Viewer);
        await site.Admin.RevokePersonTokenAsync(token.Id);
        Assert.Equal(HttpStatusCode.Unauthorized, await StatusOfAsync(() => viewer.StatusAsync()));
    }

    [Fact]
    public async Task Images_are_checked_before_they_are_believed()
    {
        await using var site = await TestSite.StartAsync(null, settings => settings.Controller.LargestImageMiB = 1);
        await site.UploadAsync("tiny");
        Assert.Equal(HttpStatusCode.Conflict, await StatusOfAsync(() => site.UploadAsync("tiny")));
        Assert.Equal(HttpStatusCode.BadRequest, await StatusOfAsync(() => site.UploadAsync("../tiny")));
        Assert.Equal(HttpStatusCode.RequestEntityTooLarge, await StatusOfAsync(() => site.UploadAsync("huge", (1 << 20) + 1)));
        Assert.Equal(
            HttpStatusCode.BadRequest,
            await StatusOfAsync(() => site.Admin.UploadImageAsync("qcow", ImageFormat.Qcow2, new MemoryStream(new byte[100]), 100)));
        await site.Admin.CreateVmAsync(new NewVm { Name = "vm", Image = "tiny" });
        Assert.Equal(HttpStatusCode.Conflict, await StatusOfAsync(() => site.Admin.DeleteImageAsync("tiny")));
        await site.Admin.DeleteVmAsync("vm");
        await site.Admin.DeleteImageAsync("tiny");
        Assert.Empty(await site.Admin.ImagesAsync());
        Assert.Empty(Directory.GetFiles(Path.Combine(site.Folder, "images")));
    }

    [Fact]
    public async Task An_image_that_names_another_file_is_refused_when_it_is_uploaded()
    {
        await using var site = await TestSite.StartAsync();
        var header = Qcow2HeaderTests.Header();
        BinaryPrimitives.WriteUInt64BigEndian(header.AsSpan(8), 512);
        var refused = await Assert.ThrowsAsync<SiteException>(
            () => site.Admin.UploadImageAsync("qcow", ImageFormat.Qcow2, new MemoryStream(header), header.Length));
        Assert.Contains("The image names a backing file, which is never followed.", refused.Message, StringComparison.Ordinal);
        Assert.Empty(await site.Admin.ImagesAsync());
    }

    [Fact]
    public async Task A_disk_is_as_large_as_the_one_that_the_image_holds_and_never_smaller()
    {
        await using var site = await TestSite.StartAsync();
        var header = Qcow2HeaderTests.Header();
        await site.Admin.UploadImageAsync("qcow", ImageFormat.Qcow2, new MemoryStream(header), header.Length);
        var refused = await Assert.ThrowsAsync<SiteException>(
            () => site.Admin.CreateVmAsync(new NewVm { Name = "small", Image = "qcow", DiskMiB = 1023 }));
        Assert.Contains("The disk (--disk) is 1023 MiB; the image qcow alone needs 1024 MiB.", refused.Message, StringComparison.Ordinal);
        Assert.Equal(1024, (await site.Admin.CreateVmAsync(new NewVm { Name = "vm", Image = "qcow" })).DiskMiB);
    }

    [Fact]
    public async Task An_upload_tells_its_progress()
    {
        await using var site = await TestSite.StartAsync();
        var told = new Progress();
        await site.Admin.UploadImageAsync("tiny", ImageFormat.Raw, new MemoryStream(new byte[600_000]), 600_000, told);
        Assert.Equal([262144L, 524288L, 600000L], told.Values);
    }

    [Fact]
    public async Task Every_refusal_says_what_to_do_in_problem_details()
    {
        await using var site = await TestSite.StartAsync();
        await site.UploadAsync("tiny");
        using var http = new HttpClient(new PinnedCa(site.CaFingerprint).CreateHandler()) { BaseAddress = site.Url };
        http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue(
            "Bearer", (await File.ReadAllTextAsync(Path.Combine(site.Folder, SiteFile.AdminTokenName))).Trim());
        foreach (var (body, status, sentence) in new[]
        {
            ("{\"name\":1,\"image\":\"y\"}", HttpStatusCode.BadRequest,
            "The request could not be read: the value of 'name' has the wrong type, or is too large."),
            ("{\"name\": \"x", HttpStatusCode.BadRequest, "The request could not be read: it is not valid JSON (line 1, byte "),
            ("{}", HttpStatusCode.BadRequest, "The request could not be read: it lacks 'name', 'image'."),
            ("{\"name\":\"x\",\"image\":\"y\",\"colour\":\"red\"}", HttpStatusCode.BadRequest,
            "The request could not be read: 'colour' is no field of it."),
            ("{\"name\":\"x\",\"image\":\"y\",\"vcpus\":\"many\"}", HttpStatusCode.BadRequest,
            "The request could not be read: the value of 'vcpus' has the wrong type, or is too large."),
            ("{\"name\":\"My_Vm\",\"image\":\"tiny\"}", HttpStatusCode.BadRequest,
            "The VM's name is not 1 to 63 characters of a-z 0-9 . - beginning with a letter or digit."),
            ("{\"name\":\"x\",\"image\":\"y\"}", HttpStatusCode.NotFound,
            "There is no image 'y' here: upload it first, or name one from the list of images."),
        })
        {
            using var answer =
                await http.PostAsync(new Uri("/v1/vms", UriKind.Relative), new StringContent(body, Encoding.UTF8, "application/json"));
            Assert.Equal((status, "application/problem+json"), (answer.StatusCode, answer.Content.Headers.ContentType?.MediaType));
            Assert.StartsWith(
                sentence, JsonDocument.Parse(await answer.Content.ReadAsStringAsync()).RootElement.GetProperty("detail").GetString(),
                StringComparison.Ordinal);
        }

        using var nothing = await http.GetAsync(new Uri("/v1/nothing", UriKind.Relative));
        Assert.Equal(
            (HttpStatusCode.NotFound, "application/problem+json"), (nothing.StatusCode, nothing.Content.Headers.ContentType?.MediaType));
        Assert.Equal("live", await http.GetStringAsync(new Uri("/health/live", UriKind.Relative)));
        Assert.Equal("ready", await http.GetStringAsync(new Uri("/health/ready", UriKind.Relative)));
        var paths =
            JsonDocument.Parse(await http.GetStringAsync(new Uri("/openapi/v1.json", UriKind.Relative))).RootElement.GetProperty("paths");
        Assert.True(paths.TryGetProperty("/v1/vms/{id}/console", out _));
    }

    [Fact]
    public async Task A_watcher_misses_nothing_and_hears_nothing_twice()
    {
        await using var site = await TestSite.StartAsync();
        await using var agent = await site.EnrolAsync("pc-1");
        await agent.ConnectAsync();
        await site.EventAsync("node.enrolled", "pc-1");
        for (var i = 0; i < 10; i++)
            await agent.ReportAsync(report => report.State = i % 2 == 0 ? NodeStateKind.Available : NodeStateKind.InUse);
        await site.Admin.DrainNodeAsync("pc-1");
        var last = await site.EventAsync("node.drained", "pc-1");
        var all = await site.Admin.EventsAsync(1, 1000);
        using var deadline = new CancellationTokenSource(TimeSpan.FromSeconds(20));
        var watched = new List<long>();
        await foreach (var item in site.Admin.WatchEventsAsync(1, TimeProvider.System, deadline.Token))
        {
            watched.Add(item.Id);
            if (item.Id >= last.Id) break;
        }

        Assert.Equal(all.Select(item => item.Id).Where(id => id <= last.Id), watched);
        Assert.Equal(10, all.Count(item => item.Kind == "node.state"));
    }

    [Fact]
    public async Task A_console_is_asked_for_sent_and_followed()
    {
        await using var site = await TestSite.StartAsync();
        await using var agent = await NodeLifeTests.RunningAsync(site, "pc-1", "suspend");
        var guest = agent.Report.Guests[0].GuestId;
        Assert.False(agent.Plan.Guests[0].ConsoleWanted);
        var following = site.Admin.ConsoleAsync(guest, 0, TimeSpan.FromSeconds(20));
        await agent.PlanAsync(plan => plan.Guests[0].ConsoleWanted);
        var reply = await agent.Client.WriteConsoleAsync(
            new() { GuestId = guest, Offset = 0, Data = Google.Protobuf.ByteString.CopyFromUtf8("tick 1\n") }, agent.Credentials);
        Assert.Equal(7UL, reply.NextOffset);
        var text = await following;
        Assert.Equal((0, 7, "tick 1\n"), (text.Offset, text.NextOffset, text.Text));
        Assert.Equal("", (await site.Admin.ConsoleAsync(guest, 7, TimeSpan.Zero)).Text);
    }

    [Fact]
    public async Task Only_the_sites_own_ca_is_trusted()
    {
        await using var site = await TestSite.StartAsync();
        await using var other = await TestSite.StartAsync();
        using var mistaken = new SiteClient(site.Url, other.CaFingerprint, "x");
        Assert.Null((await Assert.ThrowsAsync<SiteException>(() => mistaken.StatusAsync())).Status);
        using var misnamed = new SiteClient(new Uri($"https://127.0.0.2:{site.Url.Port}"), site.CaFingerprint, "x");
        Assert.Null((await Assert.ThrowsAsync<SiteException>(() => misnamed.StatusAsync())).Status);
    }

    [Fact]
    public async Task What_is_secret_is_readable_by_the_owner_only()
    {
        await using var site = await TestSite.StartAsync();
        await site.UploadAsync("tiny");
        if (OperatingSystem.IsWindows()) return;
        const UnixFileMode others = UnixFileMode.GroupRead | UnixFileMode.GroupWrite | UnixFileMode.GroupExecute | UnixFileMode.OtherRead
            | UnixFileMode.OtherWrite | UnixFileMode.OtherExecute;
        foreach (var path in Directory.EnumerateFileSystemEntries(site.Folder, "*", SearchOption.AllDirectories).Append(site.Folder))
        {
            try
            {
                Assert.True((File.GetUnixFileMode(path) & others) == 0, path);
            }
            catch (FileNotFoundException)
            {
                // The database's journal has gone with its transaction: there is nothing to read any more.
            }
        }
    }

    private static async Task<SiteClient> ClientAsync(TestSite site, Role role) =>
        new(
            site.Url, site.CaFingerprint,
            (await site.Admin.CreatePersonTokenAsync(new NewPersonToken { Name = $"{role}".ToLowerInvariant(), Role = role })).Token);

    private static async Task<HttpStatusCode?> StatusOfAsync(Func<Task> call) => (await Assert.ThrowsAsync<SiteException>(call)).Status;

    private sealed class Progress : IProgress<long>
    {
        public List<long> Values { get; } = [];

        public void Report(long value) => Values.Add(value);
    }
}
