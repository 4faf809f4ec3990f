using Opportunism.Core;
using Opportunism.Settings;
using Xunit;

namespace Opportunism.UnitTests.Settings;

public sealed class SettingsBinderTests : IDisposable
{
    private const string Keys = "Text, NoText, Sentence, Whole, Large, Fraction, Day, Time, NoTime, NoWhole, NoDay, Address, Names";

    private readonly string folder = Directory.CreateTempSubdirectory("settings-").FullName;

    private SettingsBinder binder = new(SettingsFile.Empty);

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [Fact]
    public void Each_type_is_read_from_INI()
    {
        var options = Bind(
            """
            [S]
            Text = some text
            NoText = more
            Whole = -7
            Large = 5000000000
            Fraction = 2.5
            Day = FRIDAY
            Time = 1m30s
            NoTime = 00:00:05
            NoWhole = 3
            NoDay = monday
            Address = https://c.example.org:7443/
            Names = a, b,,c
            """);

        Assert.Empty(binder.Problems);
        CheckAll(options);
    }

    [Fact]
    public void Each_type_is_read_from_JSON()
    {
        var options = Bind(
            """
            {
              "S": {
                "Text": "some text", "NoText": "more", "Whole": -7, "Large": 5000000000, "Fraction": 2.5, "Day": "Friday",
                "Time": "1m30s", "NoTime": "00:00:05", "NoWhole": 3, "NoDay": "monday", "Address": "https://c.example.org:7443/",
                "Names": ["a", "b", "c"]
              }
            }
            """,
            "x.json");

        Assert.Empty(binder.Problems);
        CheckAll(options);
    }

    [Theory]
    [InlineData("Whole", "1.5", "a whole number")]
    [InlineData("Whole", "5000000000", "a whole number")]
    [InlineData("Large", "many", "a whole number")]
    [InlineData("NoWhole", "0x10", "a whole number")]
    [InlineData("Fraction", "NaN", "a number")]
    [InlineData("Fraction", "1,5", "a number")]
    [InlineData("Fraction", "1e999", "a number")]
    [InlineData("Day", "5", "sunday, monday, tuesday, wednesday, thursday, friday, saturday")]
    [InlineData("NoDay", "monday, friday", "sunday, monday, tuesday, wednesday, thursday, friday, saturday")]
    [InlineData("Time", "90", "a time such as 90s, 1h30m, 300ms or 00:01:30")]
    [InlineData("Time", "-5s", "a time such as 90s, 1h30m, 300ms or 00:01:30")]
    [InlineData("NoTime", "99999999999999999d", "a time such as 90s, 1h30m, 300ms or 00:01:30")]
    [InlineData("Address", "c.example.org", "an address such as https://cloud.example.org:7443")]
    public void A_wrong_value_is_named_with_its_key_and_what_is_allowed_and_leaves_the_default(string key, string text, string allowed)
    {
        var options = Bind($"[S]\n{key} = {text}\n");

        Assert.Equal([$"[S] {key} is '{text}'; allowed is {allowed}."], binder.Problems);
        Assert.Equivalent(new Options(), options, strict: true);
    }

    [Fact]
    public void An_absent_or_empty_key_has_its_default_unless_empty_is_allowed()
    {
        var keys = Keys.Split(", ");

        var options = Bind("[S]\n" + string.Join('\n', keys.Select(key => $"{key} =")));

        Assert.Empty(binder.Problems);
        Assert.Equivalent(new Options { Sentence = "" }, options, strict: true);
        Assert.Equivalent(new Options(), Bind("{\"S\": {\"Text\": null, \"Whole\": null, \"Sentence\": null}}", "x.json"), strict: true);
        Assert.Empty(binder.Problems);
    }

    [Fact]
    public void A_list_in_the_file_replaces_the_default_list() => Assert.Equal(["x"], Bind("[S]\nNames = x\n").Names);

    [Fact]
    public void Several_problems_are_named_at_once()
    {
        Bind("Loose = 1\n[S]\nWhole = x\nTime = soon\nWhloe = 1\nTiem = 1s\nFixed = 1\nHidden = 1\n[Y]\nWhole = 1\n[Z]\n");

        Assert.Equal(
            [
                "[S] Whole is 'x'; allowed is a whole number.",
                "[S] Time is 'soon'; allowed is a time such as 90s, 1h30m, 300ms or 00:01:30.",
                "Loose is outside of any section. Known ones are S.",
                $"[S] Fixed is not a setting. Known ones are {Keys}.",
                $"[S] Hidden is not a setting. Known ones are {Keys}.",
                $"[S] Tiem is not a setting. Known ones are {Keys}.",
                $"[S] Whloe is not a setting. Known ones are {Keys}.",
                "[Y] is not a section. Known ones are S.",
            ],
            binder.Problems);
    }

    [Fact]
    public void Upper_and_lower_case_are_alike_in_sections_and_keys()
    {
        Assert.Equal(4, Bind("[s]\nwhole = 4\n").Whole);
        Assert.Empty(binder.Problems);
    }

    [Fact]
    public void Two_objects_may_share_a_section()
    {
        binder = new(Open("[S]\nWhole = 4\nOwn = mine\nOther = x\n", "x.ini"));
        var (options, more) = (new Options(), new More());
        binder.Bind("S", options);
        object untyped = more;
        binder.Bind("S", untyped, untyped.GetType());
        binder.Finish();

        Assert.Equal((4, 4, "mine"), (options.Whole, more.Whole, more.Own));
        Assert.Equal([$"[S] Other is not a setting. Known ones are {Keys}, Own."], binder.Problems);
        Assert.Equal($"{Keys}, Own", string.Join(", ", binder.Known.Select(key => key.Key)));
    }

    [Fact]
    public void A_section_without_keys_of_its_own_says_so()
    {
        binder = new(Open("[S]\nWhole = 4\n", "x.ini"));
        binder.Bind("S", new object());
        binder.Finish();

        Assert.Equal(["[S] Whole is not a setting. This section has none."], binder.Problems);
    }

    [Fact]
    public void The_known_sections_of_a_program_may_be_named()
    {
        binder = new(Open("[T]\nz = 1\n[U]\nx = 1\n[V]\ny = 1\n", "x.ini"));
        binder.Ignore("V");
        binder.Finish("S", "Cloud.NAME");

        Assert.Equal(
            ["[T] is not a section. Known ones are S, Cloud.NAME.", "[U] is not a section. Known ones are S, Cloud.NAME."],
            binder.Problems);
    }

    [Theory]
    [InlineData("x.json", "{\"S\": {\"Whole\": {\"a\": 1}}}")]
    [InlineData("x.json", "{\"S\": {\"Whole\": [[1], 2]}}")]
    [InlineData("x.ini", "[S]\nWhole:a = 1\n")]
    public void A_value_is_no_section(string name, string text)
    {
        Bind(text, name);

        Assert.Equal(["[S] Whole holds keys of its own; allowed is a whole number."], binder.Problems);
    }

    [Fact]
    public void A_long_value_is_shortened_in_the_message()
    {
        Bind($"[S]\nWhole = {new string('x', 1000)}\n");

        Assert.Equal([$"[S] Whole is '{new string('x', 200)}...'; allowed is a whole number."], binder.Problems);
    }

    [Fact]
    public void Problems_of_features_keep_their_order_and_get_their_section()
    {
        binder.Add("S", ["A is 1; allowed is 2."]);
        binder.Add(["[T] B is 1; allowed is 2."]);

        Assert.Equal(["[S] A is 1; allowed is 2.", "[T] B is 1; allowed is 2."], binder.Problems);
    }

    [Fact]
    public void An_option_of_a_type_that_cannot_be_read_is_found_without_a_file() =>
        Assert.Throws<NotSupportedException>(() => binder.Bind("S", new Wrong()));

    private static void CheckAll(Options options)
    {
        Assert.Equal(("some text", "more", -7, 5_000_000_000, 2.5), (options.Text, options.NoText, options.Whole, options.Large,
            options.Fraction));
        Assert.Equal((DayOfWeek.Friday, DayOfWeek.Monday), (options.Day, options.NoDay));
        Assert.Equal((TimeSpan.FromSeconds(90), TimeSpan.FromSeconds(5)), (options.Time, options.NoTime));
        Assert.Equal((3, new Uri("https://c.example.org:7443")), (options.NoWhole, options.Address));
        Assert.Equal(["a", "b", "c"], options.Names);
    }

    private Options Bind(string text, string name = "x.ini")
    {
        binder = new(Open(text, name));
        var options = new Options();
        binder.Bind("S", options);
        binder.Finish();
        return options;
    }

    private SettingsFile Open(string text, string name)
    {
        var path = Path.Combine(folder, name);
        File.WriteAllText(path, text);
        var file = SettingsFile.Read(path, out var problem);
        Assert.Null(problem);
        return file!;
    }

    private sealed class Options
    {
        public static string Shared { get; set; } = "";

        public string Text { get; set; } = "default";

        public string? NoText { get; set; }

        [EmptyAllowed]
        public string Sentence { get; set; } = "default";

        public int Whole { get; set; } = 1;

        public long Large { get; init; } = 2;

        public double Fraction { get; set; } = 0.5;

        public DayOfWeek Day { get; set; } = DayOfWeek.Sunday;

        public TimeSpan Time { get; set; } = TimeSpan.FromSeconds(1);

        public TimeSpan? NoTime { get; set; }

        public int? NoWhole { get; set; }

        public DayOfWeek? NoDay { get; set; }

        public Uri? Address { get; set; }

        public IList<string> Names { get; } = ["x", "y"];

        public string Fixed { get; } = "no key";

        public string Hidden { get; internal set; } = "no key";
    }

    private sealed class More
    {
        public int Whole { get; set; }

        public string Own { get; set; } = "";
    }

    private sealed class Wrong
    {
        public Version Version { get; set; } = new();
    }
}
