using Opportunism.Core;
using Opportunism.Core.Guests;
using Opportunism.TestKit.Guests;

namespace Opportunism.SystemTests.Hypervisors;

/// <summary>Specs of small tick guests.</summary>
internal sealed class GuestSpecMaker
{
    private int made;

    public GuestSpec Make(TickImage image, int memoryMiB = 128) =>
        new(GuestId.New(), $"tick-{++made}", 1, memoryMiB, 32, image.Sha256, ImageFormat.Qcow2);
}
