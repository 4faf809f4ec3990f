namespace Opportunism.Controller.Settings;

/// <summary>Settings of the controller; every key is a row in docs/settings.md.</summary>
internal sealed class ControllerOptions
{
    /// <summary>Address and port for agents and people; port 0 takes a free one and writes it to site.json.</summary>
    public string Listen { get; set; } = "127.0.0.1:7443";

    /// <summary>Folder for the database, keys, images and disks. The default is inside the state folder of an agent on the same machine,
    /// which other users must be able to enter.</summary>
    public string State { get; set; } = "/var/lib/opportunism/controller";

    /// <summary>More names and addresses under which the site is reached, for its certificate; separated by commas.</summary>
    public string Names { get; set; } = "";

    /// <summary>The kind of the site's only cloud; sections [Cloud.NAME] describe several.</summary>
    public string Cloud { get; set; } = "embedded";

    /// <summary>A node is lost when its last report is older than this.</summary>
    public TimeSpan LostAfter { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>How often wanted and actual are compared when nothing has changed.</summary>
    public TimeSpan CompareEvery { get; set; } = TimeSpan.FromMinutes(1);

    /// <summary>Largest image that may be uploaded, and largest disk that a node may hand over, in MiB.</summary>
    public long LargestImageMiB { get; set; } = 65536;

    /// <summary>Free space that images and disks leave on the state folder's disk, in MiB.</summary>
    public long KeepFreeMiB { get; set; } = 512;

    /// <summary>Enrolments that one address may try in a minute.</summary>
    public int EnrolmentsPerMinute { get; set; } = 30;

    /// <summary>Reports a node may send per second in the long run; one that sends more is slowed, then cut.</summary>
    public int ReportsPerSecond { get; set; } = 10;

    /// <summary>Where metrics and traces are sent (OTLP over gRPC); empty for nowhere.</summary>
    public string OtlpEndpoint { get; set; } = "";
}
