using System.Runtime.Versioning;

namespace Opportunism.Hypervisors.Libvirt;

/// <summary>Turns domains that the kernel has frozen into domains that libvirt has paused, and releases them again.</summary>
[SupportedOSPlatform("linux")]
internal sealed partial class DomainHolder(LibvirtHost host)
{
    // libvirt passes a request on to QEMU's socket within a millisecond or two; after a hundred times that it is waiting for something
    // else.
    private static readonly TimeSpan SendTimeLimit = TimeSpan.FromMilliseconds(300);

    /// <summary>A thawed QEMU confirms in milliseconds; others wait this long for one that hangs.</summary>
    private static readonly TimeSpan HoldTimeLimit = TimeSpan.FromSeconds(1);

    // libvirtd handles five requests of one client at a time (max_client_requests), and one for a frozen QEMU uses a place until that is
    // thawed: two that wait, two queries of their progress, and one for any other request.
    private const int AtOnce = 2;

    // libvirt passes nothing on before a start is over, and the start of a QEMU that was frozen at its first instruction is over only once
    // that has replied.
    private static readonly TimeSpan StartsWithin = TimeSpan.FromMinutes(1), StartTimeLimit = TimeSpan.FromMilliseconds(100);

    // On a machine with the load of a CI.
    private static readonly TimeSpan ReleaseTimeLimit = TimeSpan.FromSeconds(10);

    /// <remarks>
    /// 1. The domains that are to be paused are recorded.
    /// 2. Each is frozen separately, and then the cgroup of all is thawed: from here on each can be thawed separately.
    /// 3. libvirt is asked to pause a domain, on a thread of its own: it passes the request on and then waits for QEMU, which is frozen.
    /// 4. Once libvirt reports that a command was sent to the domain's QEMU, it is thawed: the first thing its QEMU reads is that request.
    ///    One that has only just started is thawed too, for a tenth of a second each time: otherwise its start would never end.
    /// 5. A domain that is not paused in time is frozen separately. It counts as held when the late reply arrives.
    /// A domain that is only just starting runs no vCPU; it is frozen separately as soon as it does, and held by the next call.
    /// </remarks>
    public async Task<GuestAnswer> HoldAllAsync(CancellationToken cancellationToken)
    {
        using var prompt = host.Cgroups.RaiseCpuRank();
        Domain[] domains;
        lock (host.Gate)
        {
            domains =
                [.. host.Domains.Values.Where(domain => domain.LeavesUntil is null && (domain.MayRun || domain.Suspending is not null))];
            if (domains.Length > 0)
            {
                if (!host.Connection.IsOpen)
                    return new GuestAnswer(
                        GuestOutcome.TryLater,
                        $"libvirt cannot be reached, so {domains.Length} guests stay frozen by the kernel: {host.Connection.Trouble}");
                try
                {
                    host.Held.SetAsked(domains.Select(domain => domain.Id)); // 1
                }
                catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
                {
                    return new GuestAnswer(
                        GuestOutcome.TryLater,
                        $"{domains.Length} guests stay frozen by the kernel, since it could not be written down that they are held: "
                        + $"{exception.Message}");
                }
            }

            foreach (var domain in domains) host.AloneLocked(domain, frozen: true); // 2
            host.Freezer.ThawHeld();
        }

        if (domains.Length == 0) return new GuestAnswer(GuestOutcome.AlreadySo);
        var failed = 0;
        await Parallel.ForEachAsync(
            domains, new ParallelOptions { MaxDegreeOfParallelism = AtOnce, CancellationToken = cancellationToken },
            async (domain, ending) =>
        {
            if (!await HoldAsync(domain, ending)) Interlocked.Increment(ref failed);
        });
        host.Changed();
        return failed == 0
            ? new GuestAnswer(GuestOutcome.Done)
            : new GuestAnswer(
                GuestOutcome.TryLater, $"{failed} of {domains.Length} guests could not be held and stay frozen by the kernel.");
    }

    private async Task<bool> HoldAsync(Domain domain, CancellationToken cancellationToken)
    {
        var asking = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        lock (host.Gate)
        {
            if (domain.Suspending is null) domain.Suspending = SuspendAsync(domain, asking.SetResult); // 3
            else asking.SetResult();
        }

        using var enough = new CancellationTokenSource(SendTimeLimit, host.Time);
        var sent = await IsSentAsync(domain, asking.Task, enough.Token);
        var mayBeStarting = domain.LastHold is null && host.Time.GetElapsedTime(domain.FoundAt) < StartsWithin;
        if (sent || mayBeStarting)
        {
            lock (host.Gate) host.AloneLocked(domain, frozen: false); // 4
        }

        return await IsHeldAsync(domain, sent ? HoldTimeLimit : mayBeStarting ? StartTimeLimit : TimeSpan.Zero, cancellationToken); // 5
    }

    /// <summary>Releases a domain that the agent has paused: once the brake has thawed, or for a while although it has not.</summary>
    /// <param name="domain">The domain.</param>
    /// <param name="leavesWithin">For how long it may run although the owner is there; null for only when the owner is away.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    public async Task<GuestAnswer> ReleaseAsync(Domain domain, TimeSpan? leavesWithin, CancellationToken cancellationToken)
    {
        Task<string> resuming;
        var began = host.Time.GetTimestamp();
        lock (host.Gate)
        {
            if (leavesWithin is null && host.Freezer.NoneMayRun)
                return new GuestAnswer(GuestOutcome.TryLater, "Cancelled: the owner is back; the guest stays held.");
            host.AloneLocked(domain, frozen: false);
            if (domain.Suspending is not null) return new GuestAnswer(GuestOutcome.TryLater, $"Guest {domain.Id} is still being held.");
            if (domain.File.State != DomainState.Paused) return new GuestAnswer(GuestOutcome.AlreadySo);
            if (!host.Held.Contains(domain.Id))
                return new GuestAnswer(
                    GuestOutcome.Refused,
                    $"Guest {domain.Id} was paused in libvirt by another program ({domain.File.Reason}) and is left alone.");
            resuming = ResumeAsync(domain);
            domain.Resuming = resuming;
            if (leavesWithin is { } within) domain.LeavesUntil = began + (long)(within.TotalSeconds * host.Time.TimestampFrequency);
        }

        try
        {
            var problem = await resuming.WaitAsync(ReleaseTimeLimit, host.Time, cancellationToken);
            if (problem.Length > 0)
            {
                lock (host.Gate) domain.LeavesUntil = null;
                return new GuestAnswer(GuestOutcome.TryLater, $"libvirt could not resume guest {domain.Id}: {problem}");
            }
        }
        catch (TimeoutException)
        {
            return new GuestAnswer(
                GuestOutcome.TryLater, $"Timed out after {ReleaseTimeLimit.TotalSeconds} s: libvirt has not resumed guest {domain.Id}.");
        }

        lock (host.Gate) domain.LastRelease = host.Time.GetElapsedTime(began);
        host.Changed();
        LogReleased(host.Log, domain.Id);
        return new GuestAnswer(GuestOutcome.Done);
    }

    /// <summary>Asks libvirt to pause a domain; handles the reply whenever it arrives. Never fails.</summary>
    private async Task SuspendAsync(Domain domain, Action onAsking)
    {
        // The caller stores this task under the gate; it must end only after that.
        await Task.Yield();
        var began = host.Time.GetTimestamp();
        var problem = "";
        try
        {
            await host.Connection.SuspendAsync(domain.Uuid, onAsking);
        }
        catch (LibvirtException exception)
        {
            problem = exception.Message;
        }

        lock (host.Gate)
        {
            domain.Suspending = null;
            domain.Sentence = problem.Length == 0 ? "" : $"frozen by the kernel, since libvirt could not hold it: {problem}";
            if (problem.Length == 0)
            {
                // The driver has written the same into its status file before it replied.
                domain.File = domain.File with { State = DomainState.Paused, Reason = "user" };
                domain.LastHold = host.Time.GetElapsedTime(began);
                host.Held.SetHeld(domain.Id);
                host.AloneLocked(domain, frozen: false);
            }
        }

        host.Changed();
    }

    private async Task<string> ResumeAsync(Domain domain)
    {
        await Task.Yield(); // as above
        var problem = "";
        try
        {
            await host.Connection.ResumeAsync(domain.Uuid);
        }
        catch (LibvirtException exception)
        {
            problem = exception.Message;
        }

        lock (host.Gate)
        {
            domain.Resuming = null;
            if (problem.Length > 0) return problem;
            domain.File = domain.File with { State = DomainState.Running, Reason = "unpaused" };
            // One that may still be asked to pause is forgotten only when that can no longer happen.
            if (!host.Held.IsAsked(domain.Id)) host.Held.Forget(domain.Id);
        }

        return problem;
    }

    private async Task<bool> IsSentAsync(Domain domain, Task asking, CancellationToken enough)
    {
        var done = domain.Suspending ?? Task.CompletedTask;
        await Task.WhenAny(asking, done, Task.Delay(Timeout.InfiniteTimeSpan, host.Time, enough));
        if (done.IsCompleted) return domain.File.State == DomainState.Paused;
        if (!asking.IsCompleted) return false;
        try
        {
            return await host.Connection.UntilCommandSentAsync(domain.Uuid, SendTimeLimit, host.Time)
                .WaitAsync(SendTimeLimit, host.Time, CancellationToken.None);
        }
        catch (Exception exception) when (exception is LibvirtException or TimeoutException)
        {
            return domain.File.State == DomainState.Paused;
        }
    }

    private async Task<bool> IsHeldAsync(Domain domain, TimeSpan patience, CancellationToken cancellationToken)
    {
        var pending = domain.Suspending ?? Task.CompletedTask;
        try
        {
            await pending.WaitAsync(patience, host.Time, cancellationToken);
        }
        catch (TimeoutException)
        {
            // The next lines handle that it is not paused.
        }

        lock (host.Gate)
        {
            if (domain.Suspending is null && domain.File.State == DomainState.Paused) return true;
            // It does not obey, so the kernel must freeze it.
            host.AloneLocked(domain, frozen: true);
            if (domain.Sentence.Length == 0) domain.Sentence = "frozen by the kernel, since neither QEMU nor libvirt replies";
            return false;
        }
    }
}
