using Microsoft.Extensions.Time.Testing;
using Opportunism.Hypervisors;
using Opportunism.Hypervisors.Fake;
using Opportunism.TestKit.Conformance;
using Opportunism.TestKit.Guests;

namespace Opportunism.UnitTests.Hypervisors;

/// <summary>The conformance suite on the imagined machine.</summary>
public sealed class FakeHypervisorTests : HypervisorConformance
{
    private readonly FakeTimeProvider clock = new();
    private readonly string folder = Directory.CreateTempSubdirectory("opp-fake-").FullName;
    private FakeMachine? machine;

    protected override IHypervisor Make() => new FakeHypervisor(machine ??= new FakeMachine(clock), clock);

    protected override Task<TickImage> MakeImageAsync()
    {
        var path = Path.Combine(folder, "image");
        File.WriteAllText(path, "image");
        return Task.FromResult(new TickImage(path, new string('a', 64)));
    }

    protected override Task PassAsync(TimeSpan time)
    {
        clock.Advance(time);
        return Task.CompletedTask;
    }

    protected override ValueTask CleanUpAsync()
    {
        Directory.Delete(folder, recursive: true);
        return ValueTask.CompletedTask;
    }
}
