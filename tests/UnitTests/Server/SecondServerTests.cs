using System.Net;
using System.Net.Http.Headers;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Opportunism.Contracts;
using Opportunism.Contracts.Api;
using Opportunism.Core.Health;
using Opportunism.Server;
using Opportunism.Server.Access;
using Opportunism.Server.Events;
using Opportunism.Server.Health;
using Opportunism.Server.Hosting;
using Opportunism.Server.Http;
using Opportunism.Server.State;
using Opportunism.Server.Store;
using Xunit;

namespace Opportunism.UnitTests.Server;

/// <summary>A server program that is not the controller, made of the same parts, with a table of its own.</summary>
public sealed class SecondServerTests : IAsyncLifetime
{
    private static readonly ServerProgram Program = new("ledger", "Opportunism ledger", "7");

    private readonly string path = Directory.CreateTempSubdirectory("ledger-").FullName;
    private StateFolder state = null!;
    private WebApplication app = null!;
    private PinnedCa pinned = null!;
    private HttpClient client = null!;

    public async ValueTask InitializeAsync()
    {
        state = new(path);
        Assert.True(state.TryHold(Program.Name));
        var keys = new ServerKeys(state, Program, [], TimeProvider.System);
        var builder = ServerHost.CreateBuilder(
            Program, state, keys, IPEndPoint.Parse("127.0.0.1:0"), largestMessage: 1000, TimeProvider.System);
        builder.Logging.ClearProviders();
        var options = SqliteDatabase.Open<LedgerDbContext>(state, "ledger.db");
        builder.Services.AddDatabase(() => new LedgerDbContext(options), "ledger.db").AddEvents();
        app = builder.Build();
        app.UseServer();
        app.MapEvents();
        app.MapServerHealth();
        app.MapPost("/v1/loans", (NewJoinToken asked) => TypedResults.Ok(asked)).RequireAuthorization(Answers.Operator);
        app.MapGet("/v1/broken", string () => throw new InvalidOperationException("secret of the program"));
        await using (var context = await app.Services.GetRequiredService<IDbContextFactory<LedgerDbContext>>().CreateDbContextAsync())
        {
            // It has no migrations: its tables are of one version.
            await context.Database.EnsureCreatedAsync();
        }

        await app.Services.GetRequiredService<PersonTokens>().LoadAsync(default);
        await app.Services.GetRequiredService<EventLog>().LoadAsync(default);
        await app.StartAsync();
        pinned = new(keys.CaFingerprint);
        client = new(new SocketsHttpHandler
        {
            SslOptions = new() { RemoteCertificateValidationCallback = pinned.Validate },
        })
        { BaseAddress = new(ServerHost.UrlOf(app)) };
    }

    public async ValueTask DisposeAsync()
    {
        client.Dispose();
        await app.DisposeAsync();
        state.Dispose();
        Directory.Delete(path, recursive: true);
    }

    [Fact]
    public async Task A_request_needs_a_token_of_the_role_and_the_local_admin_has_one()
    {
        Assert.Equal(HttpStatusCode.Unauthorized, (await PostAsync("{}", "nonsense")).StatusCode);
        var people = app.Services.GetRequiredService<PersonTokens>();
        var viewer = await people.CreateAsync("anna", Role.Viewer, TimeSpan.FromDays(1), default);
        Assert.Equal(HttpStatusCode.Forbidden, (await PostAsync("{}", viewer.Token)).StatusCode);

        var admin = (await File.ReadAllTextAsync(state[SiteFile.AdminTokenName])).Trim();
        Assert.Equal(HttpStatusCode.OK, (await PostAsync("{}", admin)).StatusCode);

        // Tokens are stored in its own database.
        var stored = await app.Services.GetRequiredService<PersonTokenStore>().ListAsync(default);
        Assert.Equal(["local-admin", "anna"], stored.Select(row => row.Name));
    }

    [Fact]
    public async Task Unreadable_and_large_requests_and_faults_are_answered_as_problems_that_name_this_program()
    {
        var admin = (await File.ReadAllTextAsync(state[SiteFile.AdminTokenName])).Trim();
        var unknown = await PostAsync("""{"colour":"red"}""", admin);
        Assert.Equal(HttpStatusCode.BadRequest, unknown.StatusCode);
        Assert.Contains("'colour' is no field of it.", await unknown.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        Assert.Equal(
            HttpStatusCode.RequestEntityTooLarge, (await PostAsync($$"""{"note":"{{new string('x', 2000)}}"}""", admin)).StatusCode);

        var broken = await client.GetAsync("/v1/broken");
        Assert.Equal(HttpStatusCode.InternalServerError, broken.StatusCode);
        var text = await broken.Content.ReadAsStringAsync();
        Assert.Contains("see the ledger's log", text, StringComparison.Ordinal);
        Assert.DoesNotContain("secret", text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Events_are_streamed_as_they_are_stored()
    {
        var admin = (await File.ReadAllTextAsync(state[SiteFile.AdminTokenName])).Trim();
        using var request = new HttpRequestMessage(HttpMethod.Get, "/v1/events/stream");
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", admin);
        using var response = await client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
        using var lines = new StreamReader(await response.Content.ReadAsStreamAsync());
        Assert.Equal(": watching", await lines.ReadLineAsync());
        app.Services.GetRequiredService<EventLog>().Add("loan.begun", HealthSeverity.Note, null, null, "a loan");
        using var deadline = new CancellationTokenSource(TimeSpan.FromSeconds(20));
        while (await lines.ReadLineAsync(deadline.Token) is { } line)
        {
            if (!line.StartsWith("data:", StringComparison.Ordinal)) continue;
            Assert.Contains("loan.begun", line, StringComparison.Ordinal);
            return;
        }

        Assert.Fail("The stream ended.");
    }

    [Fact]
    public async Task It_is_ready_while_its_database_can_be_read_and_its_folder_is_locked_against_a_second_one()
    {
        Assert.Equal("ready", await client.GetStringAsync("/health/ready"));
        using var second = new StateFolder(path);
        Assert.False(second.TryHold(Program.Name));
    }

    private async Task<HttpResponseMessage> PostAsync(string json, string token)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "/v1/loans")
        {
            Content = new StringContent(json, Encoding.UTF8, "application/json"),
        };
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", token);
        return await client.SendAsync(request);
    }

    private sealed class LedgerDbContext(DbContextOptions<LedgerDbContext> options) : ServerDbContext(options)
    {
        protected override void OnModelCreating(ModelBuilder modelBuilder)
        {
            base.OnModelCreating(modelBuilder);
            modelBuilder.Entity<Loan>().ToTable("loans").HasKey(loan => loan.Id);
        }
    }

    private sealed class Loan
    {
        public long Id { get; set; }
    }
}
