namespace Opportunism.Hypervisors;

/// <summary>Paths as settings may hold them.</summary>
public static class PlainPath
{
    /// <summary>True for an absolute path without '..' and control characters.</summary>
    public static bool Is(string path)
    {
        ArgumentNullException.ThrowIfNull(path);
        return path.Length > 1 && path[0] == '/' && !path.Split('/').Contains("..") && path.All(c => c >= ' ');
    }
}
