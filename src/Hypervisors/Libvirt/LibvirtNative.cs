using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Versioning;

namespace Opportunism.Hypervisors.Libvirt;

/// <summary>The few functions of libvirt's C library that are used. Each returns what libvirt does: null or negative when it
/// failed.</summary>
/// <remarks>Functions that would end or save a domain without its cloud are not declared.</remarks>
[SupportedOSPlatform("linux")]
internal static unsafe partial class LibvirtNative
{
    /// <summary>virErrorNumber: the domain does not exist.</summary>
    public const int ErrorNoDomain = 42;

    /// <summary>virDomainControlState: a command was sent to QEMU and has no reply yet.</summary>
    public const uint ControlOccupied = 2;

    private const string Library = "libvirt.so.0";

    /// <summary>struct _virDomainControlInfo.</summary>
    [StructLayout(LayoutKind.Sequential)]
    public struct ControlState
    {
        public uint State;
        public uint Details;
        public ulong Milliseconds;
    }

    [LibraryImport(Library, EntryPoint = "virEventRegisterDefaultImpl")]
    public static partial int RegisterEventLoop();

    [LibraryImport(Library, EntryPoint = "virEventRunDefaultImpl")]
    public static partial int RunEventLoopOnce();

    [LibraryImport(Library, EntryPoint = "virEventAddTimeout")]
    public static partial int AddTimeout(int milliseconds, delegate* unmanaged[Cdecl]<int, void*, void> called, void* opaque, void* free);

    [LibraryImport(Library, EntryPoint = "virSetErrorFunc")]
    public static partial void SetErrorFunction(void* context, delegate* unmanaged[Cdecl]<void*, void*, void> called);

    [LibraryImport(Library, EntryPoint = "virConnectOpen", StringMarshalling = StringMarshalling.Utf8)]
    public static partial nint Open(string uri);

    [LibraryImport(Library, EntryPoint = "virConnectRef")]
    public static partial int Reference(nint connection);

    /// <summary>Gives one reference back; the last one closes the connection.</summary>
    [LibraryImport(Library, EntryPoint = "virConnectClose")]
    public static partial int Close(nint connection);

    [LibraryImport(Library, EntryPoint = "virConnectSetKeepAlive")]
    public static partial int SetKeepAlive(nint connection, int seconds, uint count);

    [LibraryImport(Library, EntryPoint = "virConnectIsAlive")]
    public static partial int IsAlive(nint connection);

    [LibraryImport(Library, EntryPoint = "virConnectGetLibVersion")]
    public static partial int GetVersion(nint connection, nuint* version);

    [LibraryImport(Library, EntryPoint = "virDomainLookupByUUIDString", StringMarshalling = StringMarshalling.Utf8)]
    public static partial nint FindDomain(nint connection, string uuid);

    [LibraryImport(Library, EntryPoint = "virDomainFree")]
    public static partial int FreeDomain(nint domain);

    [LibraryImport(Library, EntryPoint = "virDomainSuspend")]
    public static partial int Suspend(nint domain);

    [LibraryImport(Library, EntryPoint = "virDomainResume")]
    public static partial int Resume(nint domain);

    [LibraryImport(Library, EntryPoint = "virDomainGetControlInfo")]
    public static partial int GetControlState(nint domain, ControlState* state, uint flags);

    /// <summary>Of the last call on this thread.</summary>
    [LibraryImport(Library, EntryPoint = "virGetLastErrorCode")]
    public static partial int LastErrorCode();

    /// <summary>Of the last call on this thread.</summary>
    public static string LastError() => Marshal.PtrToStringUTF8(LastErrorMessage()) ?? "no reason given";

    /// <summary>libvirt writes errors to the program's error output unless a handler is set.</summary>
    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    public static void Ignore(void* context, void* error)
    {
        // Each caller reads the error itself.
    }

    /// <summary>Makes the event loop iterate, so that its thread can check whether it is still needed.</summary>
    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    public static void Tick(int timer, void* opaque)
    {
        // Nothing to do but iterate.
    }

    [LibraryImport(Library, EntryPoint = "virGetLastErrorMessage")]
    private static partial nint LastErrorMessage();
}
