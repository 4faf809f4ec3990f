using System.Text;
using Opportunism.Clouds.OpenStack;
using Xunit;

namespace Opportunism.UnitTests.Clouds.OpenStack;

public sealed class CloudsFileTests : IDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory("clouds-").FullName;

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [Fact]
    public void Secrets_may_lie_in_the_file_beside_it()
    {
        File.WriteAllText(Path.Combine(folder, "secure.yaml"), "clouds:\n  lab:\n    auth:\n      password: pass\n");
        var entry = Read(
            "clouds:\n  lab:\n    interface: internal\n    region_name: one\n    auth:\n      auth_url: https://k:5000/v3/\n      "
                + "username: u\n      user_domain_id: d1\n      project_name: p\n      project_domain_name: D\n",
            out _)!;
        Assert.Equal(
            ("https://k:5000/", "one", "internal", "lab"), (entry.AuthUrl.ToString(), entry.Region, entry.Interface, entry.ToString()));
        Assert.Equal(
            """{"auth":{"identity":"""
            + """{"methods":["password"],"password":{"user":{"name":"u","domain":{"id":"d1"},"password":"pass"}}},"scope":"""
            + """{"project":{"name":"p","domain":{"name":"D"}}}}}""",
            Encoding.UTF8.GetString(entry.LoginBody));
    }

    [Fact]
    public void An_application_credential_asks_for_no_scope()
    {
        var entry = Read(
            "clouds:\n  lab:\n    auth_type: v3applicationcredential\n    auth:\n      auth_url: http://k\n      "
                + "application_credential_id: i\n      application_credential_secret: s\n",
            out _)!;
        Assert.Equal(
            """{"auth":{"identity":{"methods":["application_credential"],"application_credential":{"secret":"s","id":"i"}}}}""",
            Encoding.UTF8.GetString(entry.LoginBody));
    }

    [Theory]
    [InlineData("clouds:\n  other: {}\n", "has no cloud 'lab'. Name one of its clouds in [OpenStack] Cloud.")]
    [InlineData("clouds: [1, 2]\n", "has no cloud 'lab'")]
    [InlineData("", "has no cloud 'lab'")]
    [InlineData("clouds:\n  lab:\n    auth: {auth_url: 'ftp://k'}\n", "auth.auth_url is 'ftp://k'; an http or https URL is needed.")]
    [InlineData("clouds:\n  lab:\n    verify: false\n    auth: {auth_url: 'https://k'}\n", "verify is off")]
    [InlineData(
        "clouds:\n  lab:\n    cacert: /nowhere.pem\n    auth: {auth_url: 'https://k'}\n", "cacert names /nowhere.pem, which is not there.")]
    [InlineData(
        "clouds:\n  lab:\n    auth_type: v3kerberos\n    auth: {auth_url: 'https://k'}\n",
        "auth_type is 'v3kerberos'; allowed are v3applicationcredential and v3password.")]
    [InlineData("clouds:\n  lab:\n    auth: {auth_url: 'https://k', username: u, project_name: p}\n", "auth.password is missing.")]
    [InlineData(
        "clouds:\n  lab:\n    auth: {auth_url: 'https://k', username: u, password: hush}\n",
        "auth.project_name (with project_domain_name) or auth.project_id is missing.")]
    [InlineData(
        "clouds:\n  lab:\n    auth: {auth_url: 'https://k', application_credential_id: i}\n",
        "auth.application_credential_secret is missing.")]
    public void What_is_wrong_is_named_with_file_and_key(string text, string problem)
    {
        Assert.Null(Read(text, out var found));
        Assert.Contains(problem, found, StringComparison.Ordinal);
        Assert.Contains("clouds.yaml", found, StringComparison.Ordinal);
        Assert.DoesNotContain("hush", found, StringComparison.Ordinal);
    }

    [Fact]
    public void A_broken_file_is_named_by_line_without_quoting_it()
    {
        Assert.Null(Read("clouds:\n  lab:\n    auth:\n      password: 'hush\n", out var problem));
        Assert.Contains("is not YAML near line", problem, StringComparison.Ordinal);
        Assert.DoesNotContain("hush", problem, StringComparison.Ordinal);
    }

    [Fact]
    public void Every_setting_that_cannot_be_used_is_named_at_once()
    {
        var options = new OpenStackOptions
        {
            Cloud = "",
            Hosts = "pc-1=a, pc-2=a, PC=b, lab-*=lab, pc-3=, pc-4=*",
            TimeLimit = TimeSpan.Zero,
            CloseTimeLimit = TimeSpan.FromSeconds(1),
            Policy = "burn",
            NodePolicies = "lab-*=stop, *=suspend, lab=",
            OwnerMayChoose = "stop, live",
            NetworkAgents = "maybe",
            WhenLost = "panic",
            EvacuateAfter = TimeSpan.Zero,
        };
        Assert.Equal(14, OpenStackOptionsValidator.Problems(options).Count());
        Assert.Empty(OpenStackOptionsValidator.Problems(new OpenStackOptions()));
    }

    private CloudEntry? Read(string text, out string problem)
    {
        var path = Path.Combine(folder, "clouds.yaml");
        File.WriteAllText(path, text);
        return new CloudsFile(new OpenStackOptions { CloudsFile = path, Cloud = "lab" }).Read(out problem);
    }
}
