using Opportunism.Controller.Settings;
using Opportunism.Server.Content;
using Opportunism.Server.State;

namespace Opportunism.Controller.Tenants;

/// <summary>The images' bytes, each file named by its SHA-256.</summary>
internal sealed class ImageFiles(StateFolder state, ControllerOptions options)
{
    public ContentFolder Folder { get; } = new(state["images"], options.KeepFreeMiB << 20);
}
