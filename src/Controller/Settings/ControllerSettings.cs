using System.Globalization;
using Opportunism.Clouds.OpenStack;
using Opportunism.Core;

namespace Opportunism.Controller.Settings;

/// <summary>The controller's settings as read from its arguments and its settings file.</summary>
internal sealed record ControllerSettings(ControllerOptions Controller, SiteTimes Policy)
{
    /// <summary>Settings of the OpenStack cloud; they count where Controller.Cloud is openstack.</summary>
    public OpenStackOptions OpenStack { get; } = new();

    /// <summary>How the program is called.</summary>
    public const string Usage = "Usage: controller [--settings FILE] [--state FOLDER] [--listen ADDRESS:PORT]";

    /// <summary>Reads arguments and the file they name. Arguments win over the file. All problems at once; none means the settings can be used.</summary>
    public static ControllerSettings Read(string[] args, List<string> problems)
    {
        var settings = new ControllerSettings(new(), new());
        var given = new Dictionary<string, string>(StringComparer.Ordinal);
        for (var i = 0; i < args.Length; i += 2)
        {
            if (args[i] is not ("--settings" or "--state" or "--listen")) problems.Add($"'{args[i]}' is not an argument of the controller. {Usage}");
            else if (i + 1 == args.Length) problems.Add($"{args[i]} needs a value. {Usage}");
            else given[args[i]] = args[i + 1];
        }

        if (given.TryGetValue("--settings", out var file)) ReadFile(file, settings, problems);
        if (given.TryGetValue("--state", out var state)) settings.Controller.State = state;
        if (given.TryGetValue("--listen", out var listen)) settings.Controller.Listen = listen;
        problems.AddRange(ControllerOptionsValidator.Problems(settings.Controller, settings.Policy));
        problems.AddRange(OpenStackOptionsValidator.Problems(settings.OpenStack));
        return settings;
    }

    private static void ReadFile(string file, ControllerSettings settings, List<string> problems)
    {
        IConfigurationRoot read;
        try
        {
            var builder = new ConfigurationBuilder();
            var path = Path.GetFullPath(file);
            read = (Path.GetExtension(path) is ".json" ? builder.AddJsonFile(path, optional: false) : builder.AddIniFile(path, optional: false)).Build();
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException or InvalidDataException or FormatException)
        {
            problems.Add($"The settings file {file} could not be read: {failure.InnerException?.Message ?? failure.Message}");
            return;
        }

        foreach (var section in read.GetChildren())
        {
            if (section.Key.Equals("Controller", StringComparison.OrdinalIgnoreCase)) ReadSection(section, settings.Controller, problems);
            else if (section.Key.Equals("Policy", StringComparison.OrdinalIgnoreCase)) ReadSection(section, settings.Policy, problems);
            else if (section.Key.Equals("OpenStack", StringComparison.OrdinalIgnoreCase)) ReadSection(section, settings.OpenStack, problems);
            else problems.Add($"The settings file {file} has an unknown section or key '{section.Key}'; known sections are Controller, Policy, OpenStack.");
        }
    }

    private static void ReadSection<T>(IConfigurationSection section, T options, List<string> problems)
        where T : class
    {
        var known = typeof(T).GetProperties();
        foreach (var key in section.GetChildren())
        {
            var property = Array.Find(known, property => property.Name.Equals(key.Key, StringComparison.OrdinalIgnoreCase));
            if (property is null) problems.Add($"{section.Key}.{key.Key} is not a known key; known are {string.Join(", ", known.Select(property => property.Name))}.");
            else if (Parse(key.Value ?? "", Nullable.GetUnderlyingType(property.PropertyType) ?? property.PropertyType) is { } value) property.SetValue(options, value);
            else problems.Add($"{section.Key}.{property.Name} is '{key.Value}'; {(property.PropertyType == typeof(string) ? "a text" : typeof(TimeSpan) == (Nullable.GetUnderlyingType(property.PropertyType) ?? property.PropertyType) ? $"a time such as {Duration.Examples}" : "a whole number")} is expected.");
        }
    }

    private static object? Parse(string text, Type type)
    {
        if (type == typeof(string)) return text;
        if (type == typeof(int)) return int.TryParse(text, NumberStyles.Integer, CultureInfo.InvariantCulture, out var number) ? number : null;
        if (type == typeof(long)) return long.TryParse(text, NumberStyles.Integer, CultureInfo.InvariantCulture, out var large) ? large : null;

        return Duration.TryParse(text, out var time) ? time : null;
    }
}
