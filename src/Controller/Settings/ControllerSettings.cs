using Opportunism.Clouds;
using Opportunism.Settings;

namespace Opportunism.Controller.Settings;

/// <summary>The controller's settings, from its arguments and its settings file.</summary>
internal sealed record ControllerSettings(ControllerOptions Controller, SiteTimes Policy)
{
    /// <summary>The program's usage text.</summary>
    public const string Usage = "Usage: controller [--settings FILE] [--state FOLDER] [--listen ADDRESS:PORT] [--forget-cloud NAME]";

    private readonly List<CloudSettings> named = [];

    /// <summary>Name of a cloud whose records are deleted at this start; empty for none. Only an argument.</summary>
    public string ForgetCloud { get; internal set; } = "";

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
            if (args[i] is not ("--settings" or "--state" or "--listen" or "--forget-cloud"))
                problems.Add($"'{args[i]}' is not an argument of the controller. {Usage}");
            else if (i + 1 == args.Length) problems.Add($"{args[i]} needs a value. {Usage}");
            else given[args[i]] = args[i + 1];
        }

        if (given.TryGetValue("--settings", out var file)) settings.ReadFile(file, problems);
        if (given.TryGetValue("--state", out var state)) settings.Controller.State = state;
        if (given.TryGetValue("--listen", out var listen)) settings.Controller.Listen = listen;
        if (given.TryGetValue("--forget-cloud", out var forget)) settings.ForgetCloud = forget;
        problems.AddRange(ControllerOptionsValidator.Problems(settings.Controller, settings.Policy));
        problems.AddRange(CloudSettings.Problems(settings.Clouds));
        if (settings.Clouds.Any(cloud => cloud.Name == settings.ForgetCloud))
            problems.Add($"--forget-cloud is '{settings.ForgetCloud}', which the settings have: remove it there first.");
        return settings;
    }

    private void ReadFile(string path, List<string> problems)
    {
        if (SettingsFile.Read(path, out var problem) is not { } file)
        {
            problems.Add(problem!);
            return;
        }

        var binder = new SettingsBinder(file);
        binder.Bind(nameof(Controller), Controller);
        binder.Bind(nameof(Policy), Policy);
        foreach (var section in file.Sections)
        {
            if (section.StartsWith(CloudSettings.SectionPrefix, StringComparison.OrdinalIgnoreCase)) ReadCloud(section, binder);
            else if (CloudCatalog.Find(section) is { } module) Bind(binder, byKind[module] = module.NewOptions(section));
        }

        binder.Finish(
            [nameof(Controller), nameof(Policy), CloudSettings.SectionPrefix + "NAME", .. CloudCatalog.All.Select(module => module.Kind)]);
        problems.AddRange(binder.Problems);
        if (named.Count == 0)
        {
            foreach (var (module, options) in byKind.Where(one => one.Key.Kind != Controller.Cloud))
                problems.Add(
                    $"[{options.Section}] has no effect: [Controller] Cloud is '{Controller.Cloud}'. Set it to {module.Kind}, or remove "
                        + "the section.");
            return;
        }

        if (file.Has(nameof(Controller), nameof(ControllerOptions.Cloud)))
            problems.Add(
                $"[Controller] Cloud and [{named[0].Options.Section}] exclude each other; keep the sections "
                    + $"{CloudSettings.SectionPrefix}NAME.");
        foreach (var module in byKind.Keys)
            problems.Add(
                $"[{byKind[module].Section}] and [{named[0].Options.Section}] exclude each other; move its keys to a section "
                    + $"{CloudSettings.SectionPrefix}NAME with Kind = {module.Kind}.");
    }

    private void ReadCloud(string section, SettingsBinder binder)
    {
        var kind = new CloudKind();
        binder.Bind(section, kind);
        if (CloudCatalog.Find(kind.Kind) is { } module)
        {
            Bind(binder, AddCloud(section[CloudSettings.SectionPrefix.Length..], module));
            return;
        }

        binder.Ignore(section);
        binder.Add(
            section, [kind.Kind.Length == 0 ? $"has no Kind; allowed are {CloudCatalog.Kinds}."
                : $"Kind is '{kind.Kind}'; allowed are {CloudCatalog.Kinds}."]);
    }

    private static void Bind(SettingsBinder binder, CloudOptions options) => binder.Bind(options.Section, options, options.GetType());

    /// <summary>The key of a section [Cloud.NAME] that says which other keys it has.</summary>
    private sealed class CloudKind
    {
        public string Kind { get; set; } = "";
    }
}
