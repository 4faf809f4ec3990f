using System.Runtime.InteropServices;
using System.Runtime.Versioning;
using Opportunism.Agent.Platform.Linux.Kernel;

namespace Opportunism.Agent.Monitors.Linux;

/// <summary>Lets one thread of a root process act as another user until disposed; changes nothing where that is not allowed.</summary>
/// <remarks>The system call, unlike the library's function of that name, changes the calling thread alone. Only root's rights are given up:
/// the real and the saved user stay root, so that user can neither signal nor trace this process.</remarks>
[SupportedOSPlatform("linux")]
internal readonly ref struct ActingAs
{
    private const nint Keep = -1, Root = 0;
    private readonly bool changed;

    public ActingAs(int user) => changed = user > 0 && Environment.IsPrivilegedProcess && Libc.SystemCall(SetResUid, Keep, user, Keep) == 0;

    // setresuid in the kernel's table for each supported processor.
    private static nint SetResUid => RuntimeInformation.ProcessArchitecture == Architecture.Arm64 ? 147 : 117;

    public void Dispose()
    {
        if (changed && Libc.SystemCall(SetResUid, Keep, Root, Keep) != 0)
            Environment.FailFast($"A thread could not become root again: {Libc.LastErrorText()}.");
    }
}
