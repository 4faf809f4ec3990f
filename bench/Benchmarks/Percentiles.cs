namespace Opportunism.Benchmarks;

/// <summary>Percentiles by the nearest rank: always a value that was measured.</summary>
internal static class Percentiles
{
    public static double P50(IReadOnlyCollection<double> values) => At(values, 0.50);

    public static double P99(IReadOnlyCollection<double> values) => At(values, 0.99);

    public static double P999(IReadOnlyCollection<double> values) => At(values, 0.999);

    private static double At(IReadOnlyCollection<double> values, double rank)
    {
        if (values.Count == 0) return double.NaN;
        var sorted = values.Order().ToList();
        return sorted[Math.Clamp((int)Math.Ceiling(rank * sorted.Count) - 1, 0, sorted.Count - 1)];
    }
}
