using System.ComponentModel;
using System.Runtime.InteropServices;

namespace Opportunism.Files;

/// <summary>Describes what a system call could not do, with which file, and why.</summary>
public static class FileFailure
{
    /// <summary>The exception for the call that has just failed on this thread; its import has <c>SetLastError</c>.</summary>
    /// <param name="tried">What it was to do, such as "open".</param>
    /// <param name="path">The file or folder.</param>
    public static IOException OfLastCall(string tried, string path)
    {
        var error = Marshal.GetLastPInvokeError();
        return new IOException($"Could not {tried} {path}: {Marshal.GetPInvokeErrorMessage(error)}.", new Win32Exception(error));
    }
}
