using System.Diagnostics.CodeAnalysis;
using System.Reflection;
using Opportunism.Core;

namespace Opportunism.Settings;

/// <summary>Writes the values of a settings file to options objects, and collects every problem instead of stopping at the first.</summary>
/// <remarks>
/// A key is a public property that can be set, or a list. Options keep their defaults where a key is absent, empty or wrong; an empty
/// value counts only where the property is marked <see cref="EmptyAllowedAttribute"/>. Several objects may share a section: a key that one
/// of them has is known. <see cref="Finish"/> adds the unknown ones. Safe in programs that are trimmed or compiled ahead of time.
/// </remarks>
/// <param name="file">The file.</param>
public sealed class SettingsBinder(SettingsFile file)
{
    // Longer values are shortened in messages.
    private const int LongestShown = 200;

    private readonly List<string> problems = [];
    private readonly Dictionary<string, List<string>> known = new(StringComparer.OrdinalIgnoreCase);
    private readonly HashSet<string> ignored = new(StringComparer.OrdinalIgnoreCase);

    /// <summary>Every problem so far, each naming section, key, value and what is allowed.</summary>
    public IReadOnlyList<string> Problems => problems;

    /// <summary>Every section and key that options have.</summary>
    public IEnumerable<(string Section, string Key)> Known => known.SelectMany(section => section.Value.Select(key => (section.Key, key)));

    /// <summary>Reads the keys of <typeparamref name="T"/>; those of a derived class need the overload with a type.</summary>
    public void Bind<[DynamicallyAccessedMembers(DynamicallyAccessedMemberTypes.PublicProperties)] T>(string section, T options)
        where T : class =>
        Bind(section, options, typeof(T));

    /// <summary>Reads the keys of one options object.</summary>
    /// <param name="section">The section that holds them.</param>
    /// <param name="options">Where values are written; it has its defaults.</param>
    /// <param name="type">The class of the options.</param>
    /// <exception cref="NotSupportedException">A property has a type that cannot be read.</exception>
    public void Bind(
        string section, object options, [DynamicallyAccessedMembers(DynamicallyAccessedMemberTypes.PublicProperties)] Type type)
    {
        ArgumentNullException.ThrowIfNull(type);
        if (!known.TryGetValue(section, out var keys)) known[section] = keys = [];
        foreach (var property in type.GetProperties(BindingFlags.Public | BindingFlags.Instance).Where(IsKey))
        {
            if (!keys.Contains(property.Name)) keys.Add(property.Name);
            if (Read(section, property) is { } value) Write(options, property, value);
        }
    }

    /// <summary>Does not check the keys of a section that cannot be read at all; the caller adds the reason.</summary>
    public void Ignore(string section) => ignored.Add(section);

    /// <summary>Adds problems that already name their section.</summary>
    public void Add(IEnumerable<string> found) => problems.AddRange(found);

    /// <summary>Adds problems that a feature found in its own section.</summary>
    public void Add(string section, IEnumerable<string> found) => problems.AddRange(found.Select(problem => $"[{section}] {problem}"));

    /// <summary>Adds every section and key of the file that no options have. Call it last.</summary>
    /// <param name="sections">The known sections, for messages, where not all of them were bound.</param>
    public void Finish(params IReadOnlyCollection<string> sections)
    {
        var names = string.Join(", ", sections is { Count: > 0 } ? sections : known.Keys);
        foreach (var name in file.OutsideSections) problems.Add($"{Shown(name)} is outside of any section. Known ones are {names}.");
        foreach (var section in file.Sections.Except(file.OutsideSections).Where(section => !ignored.Contains(section)))
        {
            if (!known.TryGetValue(section, out var keys))
            {
                problems.Add($"[{Shown(section)}] is not a section. Known ones are {names}.");
                continue;
            }

            foreach (var key in file.KeysOf(section).Where(key => !keys.Contains(key, StringComparer.OrdinalIgnoreCase)))
            {
                problems.Add(
                    $"[{section}] {Shown(key)} is not a setting. "
                        + (keys.Count == 0 ? "This section has none." : $"Known ones are {string.Join(", ", keys)}."));
            }
        }
    }

    private static bool IsKey(PropertyInfo property) =>
        property.SetMethod is { IsPublic: true } || property.PropertyType == typeof(IList<string>);

    private object? Read(string section, PropertyInfo property)
    {
        var single = file.TryFind(section, property.Name, out var text);
        var value = SettingValue.Parse(text ?? "", property.PropertyType, out var allowed);
        if (!single) problems.Add($"[{section}] {property.Name} holds keys of its own; allowed is {allowed}.");
        if (!single || text is null || (text.Length == 0 && !property.IsDefined(typeof(EmptyAllowedAttribute)))) return null;
        if (value is null) problems.Add($"[{section}] {property.Name} is '{Shown(text)}'; allowed is {allowed}.");
        return value;
    }

    private static void Write(object options, PropertyInfo property, object value)
    {
        if (property.PropertyType != typeof(IList<string>))
        {
            property.SetValue(options, value);
            return;
        }

        var list = (IList<string>)property.GetValue(options)!;
        list.Clear();
        foreach (var entry in (IList<string>)value) list.Add(entry);
    }

    private static string Shown(string text) => text.Length <= LongestShown ? text : text[..LongestShown] + "...";
}
