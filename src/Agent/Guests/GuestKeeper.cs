using Microsoft.Extensions.Logging;
using Opportunism.Agent.Availability;
using Opportunism.Agent.Running;
using Opportunism.Agent.Transfers;
using Opportunism.Contracts.Nodes;
using Opportunism.Core;
using Opportunism.Core.Availability;
using Opportunism.Core.Guests;
using Opportunism.Hypervisors;

namespace Opportunism.Agent.Guests;

/// <summary>Brings the guests of this node in line with its state and its plan, step by step, for as long as the agent runs.</summary>
/// <remarks>
/// It never freezes or thaws for the owner; the deciding thread does that and waits for nothing. The keeper comes after: only it
/// releases guests, only while the node is Available, and the hypervisor drops that request if a hold has begun since.
/// All fields belong to the loop; steps run beside it and only wake it.
/// </remarks>
internal sealed partial class GuestKeeper : IGuestKeeper
{
    // A guest that ran this long after its last failure has recovered from it.
    private static readonly TimeSpan Steady = TimeSpan.FromMinutes(10);

    private readonly IHypervisor hypervisor;
    private readonly Level<NodeStatus> node;
    private readonly Level<NodePlan> plan;
    private readonly LentRoom lent;
    private readonly TimeProvider time;
    private readonly ILogger log;
    private readonly SiteStore store;
    private readonly GuestActions actions;
    private readonly ConsolePusher consoles;
    private readonly GuestJournal book;
    private readonly GuestRoom room;
    private readonly GuestReporter reporter;
    private readonly PassLoop loop;
    private readonly Dictionary<GuestId, GuestWork> works = [];
    private readonly Dictionary<GuestId, GuestAttempts> attempts = [];
    private readonly Dictionary<GuestId, GuestStatus> seen = [];
    private readonly HashSet<GuestId> ran = [];
    private readonly HashSet<GuestId> booted = [];
    private long heldFor;
    private NodePlan? takenUp;
    private PlanReading wanted;
    private HypervisorProbe probe = new("", "", []);

    /// <param name="hypervisor">Runs the guests.</param>
    /// <param name="node">What the deciding thread has decided.</param>
    /// <param name="plan">The controller's plan; version 0 before the first.</param>
    /// <param name="files">Transfers files between node and controller.</param>
    /// <param name="options">Section [Guests].</param>
    /// <param name="time">Clock.</param>
    /// <param name="log">Log.</param>
    public GuestKeeper(
        IHypervisor hypervisor, Level<NodeStatus> node, Level<NodePlan> plan, ISiteFiles files, GuestOptions options, TimeProvider time,
        ILogger<GuestKeeper> log)
    {
        this.hypervisor = hypervisor;
        this.node = node;
        this.plan = plan;
        lent = new LentRoom(hypervisor, options);
        this.time = time;
        this.log = log;
        store =
            new SiteStore(options.StateFolder, options.KeepFreeMiB, files, new FileHash(new Pace(options.CheckpointBytesPerSecond, time)));
        actions = new GuestActions(hypervisor, store, files, options);
        consoles = new ConsolePusher(hypervisor, files, time);
        room = new GuestRoom(hypervisor, options, time);
        book = new GuestJournal(options.StateFolder, time);
        wanted = PlanReading.Of(book.Plan);
        loop = new PassLoop(hypervisor, node, plan, time, fault => LogFault(log, fault));
        reporter = new GuestReporter(hypervisor, book, room, options, time);
    }

    /// <inheritdoc/>
    public Level<GuestsReport> Reports { get; } = new(GuestsReport.NotYet);

    /// <inheritdoc/>
    public async Task PrepareAsync(CancellationToken cancellationToken)
    {
        await hypervisor.RecoverAsync(cancellationToken);
        probe = await hypervisor.ProbeAsync(cancellationToken);
        LogReady(log, hypervisor.Name, probe.Version, probe.Accelerator, hypervisor.Guests.Count);
        Report();
    }

    /// <inheritdoc/>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        try
        {
            await TaskGroup.RunAsync([consoles.RunAsync, token => loop.RunAsync(PassAsync, token)], time, cancellationToken);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            await EndWorksAsync();
        }
    }

    /// <summary>Checks everything once and begins the steps that are due.</summary>
    /// <returns>When to check again although nothing has changed; null for not at all.</returns>
    private async Task<TimeSpan?> PassAsync(CancellationToken cancellationToken)
    {
        var status = node.Current;
        TakeUpPlan();
        await CollectAsync();
        NoteChanges(status);
        CancelWhatIsWrong(status);
        var next = await HoldAsync(status, cancellationToken);
        // After the hold, which waits for no disk, and before any step that must not begin until this is stored.
        next = Waits.Sooner(next, SaveBook());
        if (status.State == NodeState.Available) next = Waits.Sooner(next, room.Look());
        foreach (var id in wanted.Guests.Keys.Union(hypervisor.Guests.Select(guest => guest.Id))
            .Order(Comparer<GuestId>.Create((a, b) => string.CompareOrdinal(a.Value, b.Value))).ToArray())
        {
            next = Waits.Sooner(next, Begin(id, status, cancellationToken));
        }

        consoles.Wanted.Set(
            wanted.Guests.Values.Where(guest => guest.ConsoleWanted)
                .Select(guest => new ConsolePusher.PlacedGuest(guest.Spec.Id, guest.DiskSha256)).ToArray());
        if (works.Count == 0) store.Tidy(ImagesInUse(), Arriving(), GuestsHere().Select(id => id.Value).ToHashSet());
        Report();
        return next;
    }

    private void Report()
    {
        var next = reporter.Make(wanted, works, attempts, probe);
        if (!next.SaysTheSameAs(Reports.Current)) Reports.Set(next);
    }

    private TimeSpan? SaveBook()
    {
        var before = book.Problems;
        var again = book.Save();
        foreach (var problem in book.Problems.Except(before)) LogNotStored(log, problem.Sentence);
        if (before.Count > 0 && book.Problems.Count == 0) LogStored(log);
        return again;
    }

    private void TakeUpPlan()
    {
        var newest = plan.Current;
        if (ReferenceEquals(newest, takenUp) || newest.Version == 0) return;
        takenUp = newest;
        book.TakePlan(newest);
        wanted = PlanReading.Of(book.Plan);
        foreach (var problem in wanted.Problems) LogRefused(log, problem.Sentence);
    }

    /// <summary>Records the results of steps that have ended.</summary>
    private async Task CollectAsync()
    {
        foreach (var work in works.Values.Where(work => work.Task.IsCompleted).ToArray())
        {
            works.Remove(work.Guest);
            var answer = await work.Task;
            work.Cancel.Dispose();
            // Its fate is recorded before anything else is done with it.
            if (work.Fate != GuestFate.None) book.Set(work.Guest, work.Fate, work.Under, work.HandedOverSha256);
            if (answer.IsDone)
            {
                // It may have crashed already: then it is seen Stopped before and after.
                if (work.Step == GuestStep.Start) booted.Add(work.Guest);

                // A boot counts as a success only when the guest has run for a while.
                var over = attempts.GetValueOrDefault(work.Guest);
                if (over is not null && Settles(work.Step, over.Step) && work.Step != GuestStep.Start) attempts.Remove(work.Guest);
                LogDone(log, work.Step, work.Guest);
                continue;
            }

            if (answer.Sentence.Length == 0) continue; // cancelled: the pass that cancelled it has the reason
            var before = attempts.GetValueOrDefault(work.Guest);
            var failed = before is { } same && same.Step == work.Step ? same.Failed + 1 : 1;
            attempts[work.Guest] = new GuestAttempts(
                work.Step, failed, After(GuestAttempts.WaitAfter(work.Step, failed)), answer.Sentence,
                answer.Outcome == GuestOutcome.Refused);
            LogNotDone(log, work.Step, work.Guest, failed, answer.Sentence);
        }
    }

    /// <summary>Records what can be seen only when a change happens.</summary>
    private void NoteChanges(NodeStatus status)
    {
        var here = hypervisor.Guests;
        foreach (var guest in here)
        {
            var before = seen.GetValueOrDefault(guest.Id);
            seen[guest.Id] = guest;
            if (status.State == NodeState.Available && guest.Phase == GuestPhase.Running) ran.Add(guest.Id);
            // Also one that started and ended between two passes.
            if (guest.ShutItselfDown && before is not { ShutItselfDown: true })
                book.Set(guest.Id, GuestFate.ShutItselfDown, wanted.Guests.GetValueOrDefault(guest.Id));
            if (guest.ShutItselfDown || guest.Phase != GuestPhase.Stopped) continue;
            var hasRun = booted.Remove(guest.Id) || before is { Phase: GuestPhase.Running or GuestPhase.Held };
            if (hasRun && guest.Sentence.Length > 0) NoteCrash(guest); // one that the agent ends has no sentence
        }

        foreach (var gone in seen.Keys.Except(here.Select(guest => guest.Id)).ToArray())
        {
            seen.Remove(gone);
            ran.Remove(gone);
            booted.Remove(gone);
        }

        foreach (var gone in attempts.Keys.Where(id => !seen.ContainsKey(id) && !wanted.Guests.ContainsKey(id)).ToArray())
            attempts.Remove(gone);
        book.Reconcile(wanted.Guests, GuestsHere());
    }

    private void NoteCrash(GuestStatus guest)
    {
        var failed = attempts.GetValueOrDefault(guest.Id) is { Step: GuestStep.Start } before
            && time.GetElapsedTime(before.NotBefore) < Steady
            ? before.Failed + 1
            : 1;
        attempts[guest.Id] = new GuestAttempts(
            GuestStep.Start, failed, After(GuestAttempts.WaitAfter(GuestStep.Start, failed)), guest.Sentence, Refused: false);
        LogCrashed(log, guest.Id, failed, guest.Sentence);
    }

    /// <summary>Whether a step that succeeded clears the failures of another step.</summary>
    private static bool Settles(GuestStep done, GuestStep failed) =>
        done == failed || (done == GuestStep.Resume && failed is GuestStep.Load or GuestStep.Unload);

    private WantedGuest[] Arriving() => [.. wanted.Guests.Values.Where(guest => guest.Wish == GuestWish.Running)];

    private HashSet<GuestId> GuestsHere() => [.. hypervisor.Guests.Select(guest => guest.Id)];

    private HashSet<string> ImagesInUse() =>
        [.. hypervisor.Guests.Select(guest => guest.Spec.ImageSha256), .. wanted.Guests.Values.Select(guest => guest.Spec.ImageSha256)];

    private long After(TimeSpan wait) => time.GetTimestamp() + (long)(wait.TotalSeconds * time.TimestampFrequency);

    private async Task EndWorksAsync()
    {
        foreach (var work in works.Values) await work.Cancel.CancelAsync();
        foreach (var work in works.Values) await work.Task;
        // A guest is loaded only because the node lends soon; without an agent it does not.
        foreach (var guest in hypervisor.Guests.Where(guest => guest.IsLoaded))
        {
            await hypervisor.UnloadAsync(guest.Id, CancellationToken.None);
        }
    }
}
