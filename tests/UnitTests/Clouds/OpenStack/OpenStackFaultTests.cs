using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Opportunism.Clouds;
using Opportunism.Core.Availability;
using Opportunism.TestKit.OpenStack;
using Xunit;

namespace Opportunism.UnitTests.Clouds.OpenStack;

/// <summary>Credentials, tokens, and services that are down, slow, busy or talk nonsense.</summary>
public sealed class OpenStackFaultTests
{
    [Fact]
    public async Task A_password_and_an_application_credential_both_log_in_once_for_many_calls()
    {
        foreach (var password in new[] { true, false })
        {
            await using var site = await OpenStackSite.StartAsync();
            site.StandIn.WriteCloudsFile(site.CloudsFile, password);
            await site.RestAsync(NodeState.Available);
            await site.RestAsync(NodeState.InUse);
            Assert.Equal(1, site.StandIn.Logins);
        }
    }

    [Fact]
    public async Task A_token_is_renewed_before_it_ends_and_calls_go_on_with_it()
    {
        await using var site = await OpenStackSite.StartAsync();
        await site.LookAsync();
        site.Time.Advance(TimeSpan.FromMinutes(55) - TimeSpan.FromTicks(1));
        await site.LookAsync();
        Assert.Equal(1, site.StandIn.Logins);
        site.Time.Advance(TimeSpan.FromTicks(1));
        await site.LookAsync();
        Assert.Equal(2, site.StandIn.Logins);
        Assert.Equal(0, site.StandIn.Count("401"));
    }

    [Fact]
    public async Task A_keystone_that_is_down_harms_nobody_while_the_token_lasts()
    {
        await using var site = await OpenStackSite.StartAsync();
        await site.LookAsync();
        site.StandIn.Break(new StandInFault("POST", "/identity/") { Status = 503 });
        site.Time.Advance(TimeSpan.FromMinutes(59));
        await site.LookAsync();
        site.Time.Advance(TimeSpan.FromMinutes(1));
        var sight = await site.Cloud.LookAsync(OpenStackSite.Node, default);
        Assert.Equal(CloudOutcome.TryLater, sight.Answer.Outcome);
        Assert.Contains("Keystone at", sight.Answer.Sentence, StringComparison.Ordinal);
        site.StandIn.Restore();
        site.Time.Advance(TimeSpan.FromMinutes(1));
        await site.LookAsync();
    }

    [Fact]
    public async Task A_token_that_was_revoked_is_replaced_in_the_middle_of_a_call()
    {
        await using var site = await OpenStackSite.StartAsync();
        await site.LookAsync();
        site.StandIn.RevokeTokens();
        await site.RestAsync(NodeState.Available);
        Assert.Equal(2, site.StandIn.Logins);
    }

    [Fact]
    public async Task A_call_outside_the_access_rules_costs_one_login_and_says_which_rule_is_missing()
    {
        await using var site = await OpenStackSite.StartAsync();
        site.StandIn.AccessRules = [.. Rules().Where(rule => rule.Method != "PUT" || rule.Service != "compute")];
        await site.LookAsync();
        Assert.Equal(1, site.StandIn.Logins);
        for (var i = 0; i < 5; i++)
        {
            var answer = await site.Cloud.OpenAsync(OpenStackSite.Node, default);
            Assert.Equal(CloudOutcome.Refused, answer.Outcome);
            Assert.Contains("PUT /os-services/*", answer.Sentence, StringComparison.Ordinal);
        }

        Assert.Equal(2, site.StandIn.Logins);

        // Another node's service is the same rule.
        await site.Cloud.OpenAsync(OpenStackSite.Other, default);
        Assert.Equal(2, site.StandIn.Logins);
        site.StandIn.AccessRules = Rules();
        Assert.Equal(CloudOutcome.Done, (await site.Cloud.OpenAsync(OpenStackSite.Node, default)).Outcome);
    }

    [Theory]
    [InlineData("suspend")]
    [InlineData("shelve")]
    [InlineData("terminate")]
    public async Task The_access_rules_of_the_documentation_are_enough(string policy)
    {
        await using var site = await OpenStackSite.StartAsync(options => (options.Policy, options.WhenLost) = (policy, "evacuate"));
        site.StandIn.AccessRules = Rules();
        var server = await OpenStackEvictionTests.LentAsync(site);
        await site.RestAsync(NodeState.Evicting);
        await site.RestAsync(NodeState.Available);
        await site.RestAsync(NodeState.Available, lost: true);
        await site.RestAsync(NodeState.Available);
        Assert.Equal(1, site.StandIn.Logins);
        Assert.Equal(policy != "terminate", server.VmState == "active" && server.TaskState is null);
    }

    [Fact]
    public async Task A_call_outside_the_access_rules_takes_no_token_from_others_while_keystone_is_down()
    {
        await using var site = await OpenStackSite.StartAsync();
        site.StandIn.AccessRules = [.. Rules().Where(rule => rule.Method != "PUT" || rule.Service != "compute")];
        await site.LookAsync();
        site.StandIn.Break(new StandInFault("POST", "/identity/") { Status = 503 });
        Assert.Equal(CloudOutcome.TryLater, (await site.Cloud.OpenAsync(OpenStackSite.Node, default)).Outcome);
        await site.LookAsync();
    }

    [Fact]
    public async Task A_keystone_that_asks_to_be_left_alone_is_left_alone()
    {
        await using var site = await OpenStackSite.StartAsync();
        site.StandIn.Break(new StandInFault("POST", "/identity/") { Status = 429, RetryAfter = "90", Times = 1 });
        Assert.False((await site.Cloud.LookAsync(OpenStackSite.Node, default)).Answer.IsDone);
        site.Time.Advance(TimeSpan.FromSeconds(89.9));
        Assert.False((await site.Cloud.LookAsync(OpenStackSite.Node, default)).Answer.IsDone);
        Assert.Equal(1, site.StandIn.Count("/identity/"));
        site.Time.Advance(TimeSpan.FromSeconds(0.1));
        await site.LookAsync();
    }

    [Fact]
    public async Task A_neutron_that_hangs_costs_a_look_the_short_limit_only()
    {
        await using var site = await OpenStackSite.StartAsync();
        await site.LookAsync();
        var fault = site.StandIn.Break(new StandInFault("GET", "/network/") { Hangs = true });
        var looking = site.Cloud.LookAsync(OpenStackSite.Node, default);
        await fault.Met;
        site.Time.Advance(TimeSpan.FromSeconds(3));
        var sight = await looking;
        Assert.Equal("its network agents could not be seen: Neutron timed out after 3 s.", sight.Host!.Sentence);
    }

    [Fact]
    public async Task A_wrong_secret_is_not_tried_again_at_once_and_never_shown()
    {
        await using var site = await OpenStackSite.StartAsync();
        File.WriteAllText(
            site.CloudsFile,
            File.ReadAllText(site.CloudsFile).Replace(OpenStackStandIn.Secret, "wrong-and-secret", StringComparison.Ordinal));
        for (var i = 0; i < 10; i++)
        {
            var sight = await site.Cloud.LookAsync(OpenStackSite.Node, default);
            Assert.Equal(CloudOutcome.Refused, sight.Answer.Outcome);
            Assert.Contains("refused the credential of cloud 'openstack' (401)", sight.Answer.Sentence, StringComparison.Ordinal);
            Assert.DoesNotContain("secret is", sight.Answer.Sentence, StringComparison.Ordinal);
            Assert.DoesNotContain("wrong-and-secret", sight.Answer.Sentence, StringComparison.Ordinal);
        }

        Assert.Equal(1, site.StandIn.Count("/auth/tokens"));

        // A new secret in the file counts without a restart.
        site.StandIn.WriteCloudsFile(site.CloudsFile);
        site.Time.Advance(TimeSpan.FromSeconds(1));
        await site.LookAsync();
    }

    [Fact]
    public async Task No_secret_and_no_token_ever_reaches_the_log()
    {
        await using var site = await OpenStackSite.StartAsync();
        await OpenStackEvictionTests.LentAsync(site);
        await site.RestAsync(NodeState.Evicting);
        site.StandIn.Break(new StandInFault("", "/compute/") { Status = 500 });
        await site.Cloud.LookAsync(OpenStackSite.Node, default);
        Assert.NotEmpty(site.Log.Lines);
        Assert.DoesNotContain(
            site.Log.Lines,
            line => line.Text.Contains(OpenStackStandIn.Secret, StringComparison.Ordinal)
                || line.Text.Contains("gAAAA", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData(500, "", "Nova answered GET /os-services with 500.")]
    [InlineData(502, "<html>Bad Gateway</html>", "Nova answered GET /os-services with 502.")]
    [InlineData(
        503, """{"error":{"message":"The server is\u0007 busy"}}""", "Nova answered GET /os-services with 503. The server is  busy")]
    [InlineData(200, "<html>login please</html>", "Nova answered GET /os-services with something that cannot be read")]
    [InlineData(200, "{}", "Nova answered GET /os-services with something that cannot be read")]
    [InlineData(200, "null", "Nova answered GET /os-services with something that cannot be read")]
    [InlineData(200, """{"services":[{"id":7}]}""", "Nova answered GET /os-services with something that cannot be read")]
    [InlineData(302, "", "Nova answered GET /os-services with 302.")]
    public async Task What_nova_should_not_answer_is_tried_later_with_a_sentence(int status, string body, string sentence)
    {
        await using var site = await OpenStackSite.StartAsync();
        await site.LookAsync();
        site.StandIn.Break(new StandInFault("GET", "/os-services") { Status = status, Body = body });
        foreach (var answer in new[] { (await site.Cloud.LookAsync(OpenStackSite.Node, default)).Answer,
            await site.Cloud.OpenAsync(OpenStackSite.Node, default), await site.Cloud.CloseAsync(OpenStackSite.Node, "owner", default) })
        {
            Assert.Equal(CloudOutcome.TryLater, answer.Outcome);
            Assert.StartsWith(sentence, answer.Sentence, StringComparison.Ordinal);
        }

        Assert.True(site.StandIn.Host("pc-1").Disabled);
    }

    [Fact]
    public async Task A_nova_that_asks_to_be_left_alone_is_left_alone_for_so_long_and_no_longer()
    {
        await using var site = await OpenStackSite.StartAsync();
        await site.LookAsync();
        site.StandIn.Break(new StandInFault("GET", "/servers/detail") { Status = 429, RetryAfter = "30", Times = 1 });
        Assert.Equal(CloudOutcome.TryLater, (await site.Cloud.LookAsync(OpenStackSite.Node, default)).Answer.Outcome);
        var asked = site.StandIn.Requests.Count;
        site.Time.Advance(TimeSpan.FromSeconds(29.9));
        var waiting = (await site.Cloud.LookAsync(OpenStackSite.Node, default)).Answer;
        Assert.Equal((CloudOutcome.TryLater, "Nova asked to be left alone until 09:00:30 UTC."), (waiting.Outcome, waiting.Sentence));
        Assert.Equal(asked, site.StandIn.Requests.Count);
        site.Time.Advance(TimeSpan.FromSeconds(0.1));
        await site.LookAsync();
    }

    [Fact]
    public async Task A_nova_that_never_answers_costs_the_time_limit()
    {
        await using var site = await OpenStackSite.StartAsync();
        await site.LookAsync();
        var fault = site.StandIn.Break(new StandInFault("GET", "/servers/detail") { Hangs = true });
        var looking = site.Cloud.LookAsync(OpenStackSite.Node, default);
        await fault.Met;
        site.Time.Advance(TimeSpan.FromSeconds(10));
        var answer = (await looking).Answer;
        Assert.Equal((CloudOutcome.TryLater, "Nova timed out after 10 s."), (answer.Outcome, answer.Sentence));
    }

    [Fact]
    public async Task A_connection_that_is_cut_is_tried_once_more_for_reading_only()
    {
        await using var site = await OpenStackSite.StartAsync();
        var server = await OpenStackEvictionTests.LentAsync(site);
        site.StandIn.Break(new StandInFault("GET", "/servers/detail") { Cuts = true, Times = 1 });
        await site.LookAsync();
        site.StandIn.Break(new StandInFault("POST", "/action") { Cuts = true, Times = 1 });
        var before = site.StandIn.Count("/action");
        Assert.Equal(CloudOutcome.TryLater, (await site.FollowAsync(NodeState.Evicting))[1].Outcome);
        Assert.Equal(before + 1, site.StandIn.Count("/action"));
        await site.RestAsync(NodeState.Evicting);
        Assert.Equal("suspended", server.VmState);
    }

    [Fact]
    public async Task A_nova_that_is_gone_is_told_with_its_address_and_no_exception()
    {
        await using var site = await OpenStackSite.StartAsync();
        await site.LookAsync();
        await site.StandIn.DisposeAsync();
        var answer = (await site.Cloud.LookAsync(OpenStackSite.Node, default)).Answer;
        Assert.Equal(CloudOutcome.TryLater, answer.Outcome);
        Assert.StartsWith("Nova could not be reached (", answer.Sentence, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Whoever_stops_the_program_is_not_answered_but_obeyed()
    {
        await using var site = await OpenStackSite.StartAsync();
        await site.LookAsync();
        var fault = site.StandIn.Break(new StandInFault("GET", "/servers/detail") { Hangs = true });
        using var stop = new CancellationTokenSource();
        var looking = site.Cloud.LookAsync(OpenStackSite.Node, stop.Token);
        await fault.Met;
        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => looking);
    }

    [Theory]
    [InlineData("/servers/detail", "/v2.0/agents")]
    [InlineData("/v2.0/agents", "/servers/detail")]
    public async Task A_look_that_is_stopped_leaves_no_call_behind(string first, string last)
    {
        await using var site = await OpenStackSite.StartAsync();
        using var calls = new HeldCalls(first, last);
        await site.RestartAsync(calls);
        using var stop = new CancellationTokenSource();
        var looking = site.Cloud.LookAsync(OpenStackSite.Node, stop.Token);
        await Task.WhenAll(calls.Met(first), calls.Met(last));
        await stop.CancelAsync();
        calls.End(first);
        Assert.False(looking.IsCompleted);
        calls.End(last);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => looking);
    }

    [Theory]
    [InlineData(53, "2.53")]
    [InlineData(93, "2.93")]
    [InlineData(150, "2.96")]
    public async Task The_newest_microversion_that_both_know_is_spoken(int newest, string spoken)
    {
        await using var site = await OpenStackSite.StartAsync();
        site.StandIn.NewestMinor = newest;
        await site.RestAsync(NodeState.Available);
        Assert.Contains(spoken, site.StandIn.Microversions);
        Assert.Single(site.StandIn.Microversions);
    }

    [Fact]
    public async Task A_nova_too_old_or_too_new_is_refused_with_both_ranges()
    {
        foreach (var (oldest, newest) in new[] { (1, 52), (97, 150) })
        {
            await using var site = await OpenStackSite.StartAsync();
            (site.StandIn.OldestMinor, site.StandIn.NewestMinor) = (oldest, newest);
            var answer = (await site.Cloud.LookAsync(OpenStackSite.Node, default)).Answer;
            Assert.Equal(
                (CloudOutcome.Refused,
                $"Nova supports microversions 2.{oldest} to 2.{newest}, this program 2.53 to 2.96. Upgrade the older of the two."),
                (answer.Outcome, answer.Sentence));
        }
    }

    [Fact]
    public async Task A_nova_that_was_replaced_by_an_older_one_is_agreed_with_anew()
    {
        await using var site = await OpenStackSite.StartAsync();
        await site.LookAsync();
        site.StandIn.NewestMinor = 60;
        Assert.False((await site.Cloud.LookAsync(OpenStackSite.Node, default)).Answer.IsDone);
        await site.LookAsync();
    }

    [Fact]
    public async Task A_region_without_nova_is_named()
    {
        await using var site = await OpenStackSite.StartAsync(options => options.Region = "RegionThree");
        var answer = (await site.Cloud.LookAsync(OpenStackSite.Node, default)).Answer;
        Assert.Equal(
            (CloudOutcome.Refused,
            "Keystone's catalogue has no compute endpoint for this region and interface: check region_name and interface in clouds.yaml."),
            (answer.Outcome, answer.Sentence));
    }

    [Fact]
    public async Task Only_the_named_ca_is_believed()
    {
        using var mine = Certificate();
        using var stranger = Certificate();
        await using var site = await OpenStackSite.StartAsync(certificate: mine);
        var ca = site.CloudsFile + ".pem";
        File.WriteAllText(ca, stranger.ExportCertificatePem());
        site.StandIn.WriteCloudsFile(site.CloudsFile, more: $"    cacert: {ca}\n");
        var answer = (await site.Cloud.LookAsync(OpenStackSite.Node, default)).Answer;
        Assert.Equal(CloudOutcome.TryLater, answer.Outcome);
        Assert.Contains("could not be reached", answer.Sentence, StringComparison.Ordinal);

        File.WriteAllText(ca, mine.ExportCertificatePem());
        await site.RestartAsync();
        await site.LookAsync();
        File.WriteAllText(ca, "no certificate");
        await site.RestartAsync();
        Assert.Equal(CloudOutcome.TryLater, (await site.Cloud.LookAsync(OpenStackSite.Node, default)).Answer.Outcome);
    }

    /// <summary>The access rules that the documentation tells operators to set.</summary>
    internal static IReadOnlyList<(string Service, string Method, string Path)> Rules()
    {
        var page = File.ReadAllText(Path.Combine(RepositoryTests.Root, "docs", "operating", "openstack.md"));
        var rules =
            System.Text.RegularExpressions.Regex.Matches(page, "\"service\": \"(\\w+)\", \"method\": \"(\\w+)\", *\"path\": \"([^\"]+)\"");
        Assert.Equal(10, rules.Count);
        return [.. rules.Select(rule => (rule.Groups[1].Value, rule.Groups[2].Value, rule.Groups[3].Value))];
    }

    private static X509Certificate2 Certificate()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=127.0.0.1", key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddIpAddress(System.Net.IPAddress.Loopback);
        request.CertificateExtensions.Add(names.Build());
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        return request.CreateSelfSigned(TimeProvider.System.GetUtcNow().AddDays(-1), TimeProvider.System.GetUtcNow().AddDays(1));
    }
}
