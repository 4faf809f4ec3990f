using System.Diagnostics;
using System.Globalization;
using System.Runtime.Versioning;
using System.Text;
using Opportunism.Contracts.Api;
using Opportunism.Core.Availability;
using Opportunism.Core.Guests;
using Opportunism.TestKit.Guests;
using Xunit;

namespace Opportunism.TestKit.Desktops;

/// <summary>A site of real parts: a controller process on this machine and, inside a desktop VM, the published agent with a tenant's
/// VM.</summary>
/// <remarks>The desktop reaches the controller as 10.0.2.2, the address of this machine in QEMU's user network. A class fixture.</remarks>
[SupportedOSPlatform("linux")]
public class DesktopSite : IAsyncLifetime
{
    private const string Node = "desk";
    private const string TenantName = "tick";

    // Quiet for 10 s: long enough to see that the tenant's VM does not run. The owner never stays.
    private const string AgentSettings =
        $"""
        [Site]
        Controller = https://10.0.2.2:PORT
        JoinTokenFile = /var/lib/opportunism/join.token
        NodeName = {Node}
        ReportEvery = 2s
        [Times]
        IdleFor = 10s
        ThawAfter = 10s
        HoldAfter = 1s
        PresaveAfter = 1h
        EvictAfter = 1h
        [Conditions]
        CpuEnterPercent = 100
        CpuLeavePercent = 100
        MemoryEnterMiB = 128
        MemoryLeaveMiB = 64
        MemoryCriticalMiB = 32
        [Guests]
        RunAs = USER
        Accelerator = Kvm
        KeepFreeMiB = 0
        MaxVcpus = 8
        """;

    // A VM inside a VM, the outer one without KVM, beside other tests: ten times what a quiet machine needs.
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);
    private static readonly TimeSpan Look = TimeSpan.FromMilliseconds(100);

    private readonly string folder = Directory.CreateTempSubdirectory("desktop-site-").FullName;
    private readonly StringBuilder controllerSaid = new();
    private Process? controller;
    private SiteClient? client;
    private string tenant = "";

    private readonly Way way;

    /// <summary>A desktop whose agent is started by hand.</summary>
    public DesktopSite()
        : this(
            new Way(
                DesktopImage.WithAgentAsync, MemoryMiB: 1024, GuestUser: "61111", Settings: "/var/agent.ini",
                Start: "agent run --settings /var/agent.ini </dev/null >/var/agent.log 2>&1 &", ShowLog: "tail -n 40 /var/agent.log",
                DisksMiB: [], Prepare: ""))
    {
    }

    private protected DesktopSite(Way way)
    {
        this.way = way;
        Desktop = new(way.Image, async () =>
            [
                "-cpu", await NestedProcessor.ModelAsync(), "-m", way.MemoryMiB.ToString(CultureInfo.InvariantCulture), "-netdev",
                "user,id=net", "-device", "e1000,netdev=net,romfile=", .. Disks()]);
    }

    /// <summary>The desktop.</summary>
    public DesktopVm Desktop { get; }

    private string Names => $"G=/sys/fs/cgroup/opportunism.slice/guests; C={TenantConsole}; T=$G/{tenant}; ";

    /// <summary>The tenant's console in the desktop.</summary>
    private string TenantConsole => $"/var/lib/opportunism/guests/{tenant}/console.log";

    public async ValueTask InitializeAsync()
    {
        var port = await StartControllerAsync();
        var token = await client!.CreateJoinTokenAsync(new NewJoinToken { Note = Node });
        var image = await TickImage.MakeAsync(folder);
        await using (var content = File.OpenRead(image.Path)) await client.UploadImageAsync(
            TenantName, ImageFormat.Qcow2, content, content.Length);

        await Desktop.InitializeAsync();
        var settings = AgentSettings.Replace("PORT", port.ToString(CultureInfo.InvariantCulture), StringComparison.Ordinal)
            .Replace("USER", way.GuestUser, StringComparison.Ordinal);
        await Desktop.WriteAsync(way.Settings, settings);
        if (way.Prepare.Length > 0) Assert.Equal("", await Desktop.RunAsync(way.Prepare));
        await Desktop.RunAsync("mkdir -p -m 711 /var/lib/opportunism");
        await Desktop.WriteAsync("/var/lib/opportunism/join.token", token.Token);
        await Desktop.RunAsync(way.Start);
        await StartTenantAsync();
    }

    /// <summary>Replaces the tenant's VM after a test in which the kernel may have killed it: the new one counts from the first
    /// tick.</summary>
    public async Task ReplaceTenantAsync()
    {
        await DeleteOnlyVmAsync(TenantName, tenant);
        await StartTenantAsync();
    }

    public async ValueTask DisposeAsync()
    {
        GC.SuppressFinalize(this);
        await Desktop.DisposeAsync();
        client?.Dispose();
        if (controller is { HasExited: false })
        {
            controller.Kill();
            await controller.WaitForExitAsync();
        }

        controller?.Dispose();
        Directory.Delete(folder, recursive: true);
    }

    /// <summary>The controller's view of the node.</summary>
    public async Task<NodeView> NodeAsync() => (await client!.NodesAsync()).Single();

    /// <summary>Waits until the controller shows the node in a state.</summary>
    public Task<NodeView> IsAsync(NodeState state, string when) =>
        UntilAsync(
            $"the node is {state} {when}", async () => await NodeAsync() is { Lost: false } node && node.State == state ? node : null);

    /// <summary>Waits until the controller shows the tenant's VM in a phase.</summary>
    public Task TenantIsAsync(GuestPhase phase, string when) =>
        UntilAsync(
            $"the tenant is {phase} {when}",
            async () => (await NodeAsync()).Guests is [var guest] && guest.Phase == phase.ToString() ? guest : null);

    /// <summary>Waits until the newest tick in the console of the tenant's VM, read from the controller, is at least this one; returns it.
    /// No tick may be lost or repeated.</summary>
    public async Task<int> TicksAsync(string when, int atLeast)
    {
        var newest = await UntilAsync(
            $"tick {atLeast} {when}", async () => await NewestTickAsync() is var tick && tick >= atLeast ? (int?)tick : null);
        return newest!.Value;
    }

    /// <summary>The newest tick in the console of the tenant's VM, read from the controller; -1 before the first.</summary>
    public async Task<int> NewestTickAsync(string name = TenantName)
    {
        var text = await ConsoleAsync(name);
        // The last line may be incomplete.
        var ticks = text.Split('\n')[..^1].Where(line => line.StartsWith("tick ", StringComparison.Ordinal))
            .Select(line => int.Parse(line.AsSpan(5).Trim(), CultureInfo.InvariantCulture)).ToArray();
        Assert.Equal(Enumerable.Range(0, ticks.Length), ticks);
        return ticks.Length - 1;
    }

    /// <summary>Everything that a VM has printed, read from the controller; empty before the first byte.</summary>
    public async Task<string> ConsoleAsync(string name)
    {
        var text = new StringBuilder();
        long offset = 0;
        while (true)
        {
            ConsoleView piece;
            try
            {
                piece = await client!.ConsoleAsync(name, offset, TimeSpan.Zero);
            }
            catch (SiteException)
            {
                return ""; // no console yet
            }

            if (piece.Text.Length == 0) return text.ToString();
            text.Append(piece.Text);
            offset = piece.NextOffset;
        }
    }

    /// <summary>Starts another VM of the tenant's and waits for its first ticks.</summary>
    /// <param name="name">Its name, and its image's.</param>
    /// <param name="dirtyMiB">Memory that it fills with random bytes, again and again.</param>
    /// <returns>Its id.</returns>
    public async Task<string> AddVmAsync(string name, int dirtyMiB)
    {
        var image = await TickImage.MakeAsync(Directory.CreateDirectory(Path.Combine(folder, name)).FullName, dirtyMiB: dirtyMiB);
        await using (var content = File.OpenRead(image.Path)) await client!.UploadImageAsync(
            name, ImageFormat.Qcow2, content, content.Length);
        var vm = await client.CreateVmAsync(new NewVm { Name = name, Image = name, MemoryMiB = TickImage.LeastMemoryMiB + dirtyMiB });
        await UntilAsync($"{name} has booted", async () => await NewestTickAsync(name) >= 0 ? "" : null);
        await UntilAsync(
            $"{name} has filled its memory",
            async () => (await ConsoleAsync(name)).Contains("dirtied", StringComparison.Ordinal) ? "" : null);
        return vm.Id;
    }

    /// <summary>Deletes a VM with its image and waits until the node has none of it.</summary>
    public async Task DeleteVmAsync(string name, string id)
    {
        await DeleteOnlyVmAsync(name, id);
        // A site stores the same content only once: the next VM of the kind could not upload it.
        await client!.DeleteImageAsync(name);
    }

    /// <summary>The phase of a guest, read from the controller.</summary>
    public async Task<GuestPhase?> PhaseAsync(string id) =>
        (await NodeAsync()).Guests.FirstOrDefault(guest => guest.Id == id) is { } guest ? Enum.Parse<GuestPhase>(guest.Phase) : null;

    /// <summary>Runs a line in the desktop's shell with G as the folder of all guests' cgroup and C as the tenant's console.</summary>
    public Task<string> AskAsync(string line) => Desktop.RunAsync(Names + line);

    /// <summary>The same around a sleep of the desktop (<see cref="DesktopVm.SleepAsync"/>).</summary>
    public Task<string> SleepAsync(string line, TimeSpan asleep) => Desktop.SleepAsync(Names + line, asleep);

    /// <summary>Keeps the desktop's processor busy in the tenant's cgroup and measures the CPU time that guests use after an
    /// event.</summary>
    /// <param name="happens">A line for the desktop's shell.</param>
    /// <param name="watched">How long to measure: less than the node needs to become Available again, or guests may run again.</param>
    public async Task<TimeSpan> CpuUsedByGuestsAsync(string happens, TimeSpan watched)
    {
        var used = await AskAsync(
            "sh -c 'echo $$ >$0/cgroup.procs; while :; do :; done' $T & guest=$!; sleep 1; used() { sed -n 's/^usage_usec //p' "
                + "$G/cpu.stat; }; "
            + string.Create(
                CultureInfo.InvariantCulture,
                $"{happens}; before=$(used); sleep {watched.TotalSeconds}; after=$(used); kill -9 $guest; echo $((after-before))"));
        return TimeSpan.FromMicroseconds(long.Parse(used, CultureInfo.InvariantCulture));
    }

    /// <summary>Repeats a call until its result is not null.</summary>
    public async Task<T> UntilAsync<T>(string what, Func<Task<T?>> look)
    {
        var began = TimeProvider.System.GetTimestamp();
        while (true)
        {
            if (await look() is { } seen) return seen;
            if (TimeProvider.System.GetElapsedTime(began) > Patience)
                throw new TimeoutException($"Not seen within {Patience.TotalSeconds} s: {what}.\n{await TellAsync()}");
            await Task.Delay(Look, TimeProvider.System);
        }
    }

    private async Task StartTenantAsync()
    {
        tenant =
            (await client!.CreateVmAsync(new NewVm { Name = TenantName, Image = TenantName, MemoryMiB = TickImage.LeastMemoryMiB })).Id;
        await TicksAsync("after its boot", atLeast: 3);
    }

    private async Task DeleteOnlyVmAsync(string name, string id)
    {
        await client!.DeleteVmAsync(name);
        await UntilAsync($"{name} is gone", async () => (await NodeAsync()).Guests.Any(guest => guest.Id == id) ? null : "");
    }

    private IEnumerable<string> Disks()
    {
        for (var i = 0; i < way.DisksMiB.Count; i++)
        {
            var file = Path.Combine(folder, $"disk{i}");
            using (var disk = File.Create(file)) disk.SetLength(way.DisksMiB[i] * 1024L * 1024);
            yield return "-drive";
            yield return $"file={file},format=raw,if=none,id=disk{i},cache=unsafe,discard=unmap";
            yield return "-device";
            yield return $"virtio-blk-pci,drive=disk{i}";
        }
    }

    private async Task<string> TellAsync()
    {
        var nodes = string.Join(
            '\n',
            (await client!.NodesAsync()).Select(node =>
            $"{node.Id}: {node.State}, {node.Reason}, {string.Join(", ", node.Guests)}, {string.Join(", ", node.Health)}"));
        var vms = string.Join('\n', (await client.VmsAsync()).Select(vm => $"{vm.Name}: {vm.Status}, {vm.Why}"));
        string agent;
        try
        {
            agent = await Desktop.RunAsync(
                $"{way.ShowLog}; cat /var/lib/opportunism/guests/*/qemu.log; tail -n 3 /var/lib/opportunism/guests/*/console.log");
        }
        catch (Exception gone) when (gone is IOException or TimeoutException)
        {
            agent = gone.Message;
        }

        lock (controllerSaid) return $"{nodes}\n{vms}\nIn the desktop:\n{agent}\nThe controller:\n{controllerSaid}";
    }

    private async Task<int> StartControllerAsync()
    {
        // The test program and the controller are in neighbouring folders of the build's output.
        var tests = AppContext.BaseDirectory.TrimEnd(Path.DirectorySeparatorChar);
        var binary = Path.Combine(
            Path.GetDirectoryName(Path.GetDirectoryName(tests))!, "Controller", Path.GetFileName(tests), "Opportunism.Controller.dll");
        var (settings, state) = (Path.Combine(folder, "controller.ini"), Path.Combine(folder, "controller"));
        await File.WriteAllTextAsync(settings, "[Controller]\nNames = 10.0.2.2\n");
        controller = Process.Start(
            new ProcessStartInfo("dotnet", [binary, "--settings", settings, "--state", state, "--listen", "127.0.0.1:0"])
            {
                RedirectStandardOutput = true,
                RedirectStandardError = true,
            })!;
        var listens = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        void Hear(object sender, DataReceivedEventArgs line)
        {
            lock (controllerSaid) controllerSaid.AppendLine(line.Data);
            if (line.Data?.StartsWith("Listening on ", StringComparison.Ordinal) == true) listens.TrySetResult();
        }

        controller.OutputDataReceived += Hear;
        controller.ErrorDataReceived += Hear;
        controller.BeginOutputReadLine();
        controller.BeginErrorReadLine();
        await listens.Task.WaitAsync(Patience, TimeProvider.System);
        client = SiteClient.Open(state);
        return new Uri(SiteFile.Read(state)!.Url).Port;
    }

    /// <summary>How the agent is installed on its desktop.</summary>
    /// <param name="Image">Makes the desktop's kernel and initramfs.</param>
    /// <param name="MemoryMiB">The desktop's memory.</param>
    /// <param name="GuestUser">The user that runs guests.</param>
    /// <param name="Settings">The path of its settings.</param>
    /// <param name="Start">Starts it.</param>
    /// <param name="ShowLog">Prints the end of its log.</param>
    /// <param name="DisksMiB">The sizes of its disks, <c>/dev/vda</c> first.</param>
    /// <param name="Prepare">Prepares the desktop for the agent; prints nothing when that succeeded.</param>
    private protected sealed record Way(
        Func<Task<string>> Image, int MemoryMiB, string GuestUser, string Settings, string Start, string ShowLog,
        IReadOnlyList<int> DisksMiB, string Prepare);
}
