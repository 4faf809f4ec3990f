using System.Runtime.InteropServices;
using System.Runtime.Versioning;
using System.Text;
using Opportunism.Workshop.Linux;

namespace Opportunism.Workshop.Lab;

/// <summary>Files and folders that only one user may read.</summary>
[SupportedOSPlatform("linux")]
internal static class PrivateFile
{
    /// <summary>Writes a file, mode 0600, whole or not at all; returns whether anything changed.</summary>
    public static bool Write(string path, string text, LabUser owner)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        if (File.Exists(path) && File.ReadAllText(path) == text) return false;
        var part = path + ".part";
        File.Delete(part);
        using (var file = new FileStream(
            part,
            new FileStreamOptions
            {
                Mode = FileMode.CreateNew,
                Access = FileAccess.Write,
                UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite,
            }))
        {
            file.Write(Encoding.UTF8.GetBytes(text));
        }

        Give(part, owner);
        File.Move(part, path, overwrite: true);
        return true;
    }

    /// <summary>Makes a folder that only its owner may enter, or sets the mode of an existing one.</summary>
    public static void Folder(string path, LabUser owner)
    {
        Directory.CreateDirectory(path);
        File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        Give(path, owner);
    }

    private static void Give(string path, LabUser owner)
    {
        if (Libc.Chown(path, owner.Uid, owner.Gid) != 0)
            throw new IOException($"{path} could not be given to {owner.Name}: {Marshal.GetLastPInvokeErrorMessage()}.");
    }
}
