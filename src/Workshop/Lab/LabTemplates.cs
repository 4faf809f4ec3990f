using System.Globalization;
using System.Runtime.Versioning;
using System.Text.RegularExpressions;

namespace Opportunism.Workshop.Lab;

/// <summary>Fills in the files of packaging/lab: <c>{{state}}</c>, <c>{{port:nova}}</c>, <c>{{secret:admin}}</c> and others.</summary>
[SupportedOSPlatform("linux")]
internal sealed partial class LabTemplates(LabPlace place, LabShape shape, LabSecrets secrets)
{
    /// <summary>Writes a file from a template for a user; returns whether it changed.</summary>
    public bool Write(string template, string path, LabUser owner, params (string Name, string Value)[] more) =>
        PrivateFile.Write(path, Fill(template, more), owner);

    /// <summary>The text of a template with all its values filled in.</summary>
    public string Fill(string template, params (string Name, string Value)[] more) =>
        Hole().Replace(File.ReadAllText(Path.Combine(place.Templates, template)), hole => Value(hole.Groups[1].Value, template, more));

    private string Value(string name, string template, (string Name, string Value)[] more) =>
        name.Split(':', 2) switch
        {
            ["state"] => place.State,
            ["etc"] => place.Etc,
            ["rabbitmq-password-hash"] => secrets.RabbitMqHash("rabbitmq"),
            ["secret", var secret] => secrets[secret],
            ["port", var of] => Port(of).ToString(CultureInfo.InvariantCulture),
            _ => Array.Find(more, pair => pair.Name == name).Value
                ?? throw new InvalidOperationException($"{template} has no value for '{name}'."),
        };

    private int Port(string of) => of switch
    {
        "keystone" => shape.Keystone,
        "placement" => shape.Placement,
        "glance" => shape.Glance,
        "nova" => shape.Nova,
        "neutron" => shape.Neutron,
        "rabbitmq" => shape.RabbitMq,
        _ => throw new InvalidOperationException($"The lab has no port of '{of}'."),
    };

    [GeneratedRegex(@"\{\{([a-z:-]+)\}\}")]
    private static partial Regex Hole();
}
