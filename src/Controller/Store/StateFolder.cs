using System.Text;
using Opportunism.Files;

namespace Opportunism.Controller.Store;

/// <summary>The folder with everything that a site must not lose. Only the controller's user may enter it.</summary>
internal sealed class StateFolder : IDisposable
{
    private FileStream? held;

    public StateFolder(string path)
    {
        Path = System.IO.Path.GetFullPath(path);
        OwnerOnly.MakeFolder(Path);
    }

    public string Path { get; }

    public string this[string name] => System.IO.Path.Combine(Path, name);

    /// <summary>Locks this folder against a second controller for as long as this process lives. False when it is locked already.</summary>
    public bool TryHold()
    {
        try
        {
            held = new FileStream(
                this["controller.lock"],
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
