using System.Text;
using Opportunism.Files;

namespace Opportunism.Server.State;

/// <summary>The folder with everything that a server program must not lose. Only the program's user may enter it.</summary>
public sealed class StateFolder : IDisposable
{
    private FileStream? held;

    /// <summary>Opens a folder, which is created when there is none.</summary>
    public StateFolder(string path)
    {
        Path = System.IO.Path.GetFullPath(path);
        OwnerOnly.MakeFolder(Path);
    }

    /// <summary>Opens a folder, which is created when there is none; null with a sentence when it cannot be used.</summary>
    public static StateFolder? TryOpen(string path, out string problem)
    {
        problem = "";
        try
        {
            return new StateFolder(path);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            problem = $"the state folder {path} cannot be created or opened ({failure.Message.TrimEnd('.')}).";
            return null;
        }
    }

    /// <summary>Its absolute path.</summary>
    public string Path { get; }

    /// <summary>The path of a file in it.</summary>
    public string this[string name] => System.IO.Path.Combine(Path, name);

    /// <summary>Locks this folder against a second process of a program for as long as this process lives. False when it is locked
    /// already.</summary>
    /// <param name="program">The program's name; each has a lock of its own.</param>
    public bool TryHold(string program)
    {
        try
        {
            held = new FileStream(
                this[program + ".lock"],
                OwnerOnly.WhenMade(
                    new FileStreamOptions { Mode = FileMode.OpenOrCreate, Access = FileAccess.ReadWrite, Share = FileShare.None }));
            return true;
        }
        catch (IOException)
        {
            return false;
        }
    }

    /// <summary>Unlocks the folder.</summary>
    public void Dispose() => held?.Dispose();

    /// <summary>Makes an empty private file unless there is one.</summary>
    public void Touch(string name) =>
        new FileStream(
            this[name],
            OwnerOnly.WhenMade(
                new FileStreamOptions { Mode = FileMode.OpenOrCreate, Access = FileAccess.ReadWrite, Share = FileShare.ReadWrite }))
        .Dispose();

    /// <summary>The text of a file, or null when there is none.</summary>
    public string? Read(string name) => File.Exists(this[name]) ? File.ReadAllText(this[name]) : null;

    /// <summary>Replaces a file whole: after a crash it contains the old text or the new one. Only the owner can ever read it.</summary>
    public void Write(string name, string text) => DurableFile.Replace(this[name], Encoding.UTF8.GetBytes(text));
}
