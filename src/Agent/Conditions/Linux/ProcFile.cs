using Microsoft.Win32.SafeHandles;

namespace Opportunism.Agent.Conditions.Linux;

/// <summary>A file of /proc that stays open and is read from its beginning each time: no path is looked up, nothing is allocated.</summary>
internal sealed class ProcFile : IDisposable
{
    private readonly SafeFileHandle? file;
    private readonly byte[] buffer;

    /// <param name="path">The file.</param>
    /// <param name="wanted">How many bytes from its beginning are read.</param>
    public ProcFile(string path, int wanted)
    {
        buffer = new byte[wanted];
        file = File.Exists(path) ? File.OpenHandle(path) : null;
    }

    /// <summary>The first bytes as they are now; empty when they cannot be read.</summary>
    public ReadOnlySpan<byte> Read()
    {
        try
        {
            return file is null ? [] : buffer.AsSpan(0, RandomAccess.Read(file, buffer, fileOffset: 0));
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException or ObjectDisposedException)
        {
            return [];
        }
    }

    public void Dispose() => file?.Dispose();
}
