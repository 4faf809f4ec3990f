using System.Globalization;
using Opportunism.Clouds;
using Opportunism.Core;

namespace Opportunism.Controller.Settings;

/// <summary>The controller's settings, from its arguments and its settings file.</summary>
internal sealed record ControllerSettings(ControllerOptions Controller, SiteTimes Policy)
{
    /// <summary>The program's usage text.</summary>
    public const string Usage = "Usage: controller [--settings FILE] [--state FOLDER] [--listen ADDRESS:PORT]";

    private readonly List<CloudSettings> named = [];

    // Settings of a kind of cloud from a section with the kind's own name; they apply to the one cloud that [Controller] Cloud names.
    private readonly Dictionary<CloudModule, CloudOptions> byKind = [];

    /// <summary>The clouds of the site: those with a section of their own, else the one that [Controller] Cloud names.</summary>
    public IReadOnlyList<CloudSettings> Clouds => named.Count > 0 || CloudCatalog.Find(Controller.Cloud) is not { } only
        ? named
        : [new(only.Kind, only, byKind.GetValueOrDefault(only) ?? only.NewOptions(only.Kind))];

    /// <summary>Adds a cloud like a section [Cloud.NAME] does, and returns its settings.</summary>
    public CloudOptions AddCloud(string name, CloudModule module)
    {
        var options = module.NewOptions(CloudSettings.SectionPrefix + name);
        named.Add(new(name, module, options));
        return options;
    }

    /// <summary>Reads arguments and the file that they name. Arguments override the file. Returns all problems at once; none means the
    /// settings can be used.</summary>
    public static ControllerSettings Read(string[] args, List<string> problems)
    {
        var settings = new ControllerSettings(new(), new());
        var given = new Dictionary<string, string>(StringComparer.Ordinal);
        for (var i = 0; i < args.Length; i += 2)
        {
            if (args[i] is not ("--settings" or "--state" or "--listen"))
                problems.Add($"'{args[i]}' is not an argument of the controller. {Usage}");
            else if (i + 1 == args.Length) problems.Add($"{args[i]} needs a value. {Usage}");
            else given[args[i]] = args[i + 1];
        }

        if (given.TryGetValue("--settings", out var file)) settings.ReadFile(file, problems);
        if (given.TryGetValue("--state", out var state)) settings.Controller.State = state;
        if (given.TryGetValue("--listen", out var listen)) settings.Controller.Listen = listen;
        problems.AddRange(ControllerOptionsValidator.Problems(settings.Controller, settings.Policy));
        problems.AddRange(CloudSettings.Problems(settings.Clouds));
        return settings;
    }

    private void ReadFile(string file, List<string> problems)
    {
        IConfigurationRoot read;
        try
        {
            var builder = new ConfigurationBuilder();
            var path = Path.GetFullPath(file);
            read = (
                Path.GetExtension(path) is ".json" ? builder.AddJsonFile(path, optional: false) : builder.AddIniFile(path, optional: false))
                .Build();
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException or InvalidDataException or FormatException)
        {
            problems.Add($"The settings file {file} could not be read: {failure.InnerException?.Message ?? failure.Message}");
            return;
        }

        foreach (var section in read.GetChildren())
        {
            if (section.Key.Equals("Controller", StringComparison.OrdinalIgnoreCase)) ReadSection(section, Controller, problems);
            else if (section.Key.Equals("Policy", StringComparison.OrdinalIgnoreCase)) ReadSection(section, Policy, problems);
            else if (section.Key.StartsWith(CloudSettings.SectionPrefix, StringComparison.OrdinalIgnoreCase)) ReadCloud(section, problems);
            else if (CloudCatalog.Find(section.Key) is { } module)
                ReadSection(section, byKind[module] = module.NewOptions(section.Key), problems);
            else problems.Add(
                $"The settings file {file} has an unknown section or key '{section.Key}'; known sections are Controller, Policy, "
                    + $"{CloudSettings.SectionPrefix}NAME, {string.Join(", ", CloudCatalog.All.Select(known => known.Kind))}.");
        }

        if (named.Count == 0) return;
        if (read["Controller:Cloud"] is not null)
            problems.Add(
                $"[Controller] Cloud and [{named[0].Options.Section}] exclude each other; keep the sections "
                    + $"{CloudSettings.SectionPrefix}NAME.");
        foreach (var module in byKind.Keys)
            problems.Add(
                $"[{byKind[module].Section}] and [{named[0].Options.Section}] exclude each other; move its keys to a section "
                    + $"{CloudSettings.SectionPrefix}NAME with Kind = {module.Kind}.");
    }

    private void ReadCloud(IConfigurationSection section, List<string> problems)
    {
        if (section[CloudSettings.KindKey] is not { } kind)
            problems.Add($"[{section.Key}] has no {CloudSettings.KindKey}; allowed are {CloudCatalog.Kinds}.");
        else if (CloudCatalog.Find(kind) is not { } module)
            problems.Add($"[{section.Key}] {CloudSettings.KindKey} is '{kind}'; allowed are {CloudCatalog.Kinds}.");
        else ReadSection(section, AddCloud(section.Key[CloudSettings.SectionPrefix.Length..], module), problems, CloudSettings.KindKey);
    }

    /// <param name="section">The section of the file.</param>
    /// <param name="options">The object that its values are written to.</param>
    /// <param name="problems">Where problems are added.</param>
    /// <param name="read">A key that the caller has read already; empty for none.</param>
    private static void ReadSection(IConfigurationSection section, object options, List<string> problems, string read = "")
    {
        var known = options.GetType().GetProperties().Where(property => property.CanWrite).ToArray();
        foreach (var key in section.GetChildren().Where(key => !key.Key.Equals(read, StringComparison.OrdinalIgnoreCase)))
        {
            var property = Array.Find(known, property => property.Name.Equals(key.Key, StringComparison.OrdinalIgnoreCase));
            if (property is null)
                problems.Add(
                    $"[{section.Key}] {key.Key} is not a known key; known are "
                        + $"{string.Join(", ", known.Select(property => property.Name))}.");
            else if (Parse(key.Value ?? "", Nullable.GetUnderlyingType(property.PropertyType) ?? property.PropertyType) is { } value)
                property.SetValue(options, value);
            else problems.Add($"[{section.Key}] {property.Name} is '{key.Value}'; {Expected(property.PropertyType)} is expected.");
        }
    }

    private static string Expected(Type type) =>
        type == typeof(string) ? "a text"
            : (Nullable.GetUnderlyingType(type) ?? type) == typeof(TimeSpan) ? $"a time such as {Duration.Examples}"
            : "a whole number";

    private static object? Parse(string text, Type type)
    {
        if (type == typeof(string)) return text;
        if (type == typeof(int))
            return int.TryParse(text, NumberStyles.Integer, CultureInfo.InvariantCulture, out var number) ? number : null;
        if (type == typeof(long))
            return long.TryParse(text, NumberStyles.Integer, CultureInfo.InvariantCulture, out var large) ? large : null;

        return Duration.TryParse(text, out var time) ? time : null;
    }
}
