using System.ComponentModel;
using System.Diagnostics;
using System.Globalization;
using System.Runtime.Versioning;
using Opportunism.Hypervisors.Linux;

namespace Opportunism.Hypervisors.Qemu;

/// <summary>Starts programs as the guests' user, without any capability.</summary>
[SupportedOSPlatform("linux")]
internal static class QemuLauncher
{
    // 1. No core dump: it would write the tenant's memory to the owner's disk.
    // 2. If the machine runs out of memory, the kernel kills the guest first.
    // 3. Into the cgroups, the one with the freezer last; a guest that could not be frozen must not run.
    // 4. Nothing is inherited except what is listed here. setsid: it outlives the agent and gets none of the agent's signals.
    private const string Script =
        """
        ulimit -c 0
        log=$1; joins=$2; shift 2
        echo 1000 > /proc/self/oom_score_adj
        while [ "$joins" -gt 0 ]; do echo $$ > "$1" || exit 71; shift; joins=$((joins - 1)); done
        exec "$@" < /dev/null >> "$log" 2>&1
        """;

    private const string JoinScript =
        """
        joins=$1; shift
        echo 1000 > /proc/self/oom_score_adj
        while [ "$joins" -gt 0 ]; do echo $$ > "$1" || exit 71; shift; joins=$((joins - 1)); done
        exec "$@"
        """;

    /// <summary>Starts QEMU inside its cgroups.</summary>
    /// <param name="machine">Which QEMU.</param>
    /// <param name="user">The user that it runs as.</param>
    /// <param name="arguments">Its arguments.</param>
    /// <param name="joins">Files of the cgroups to join.</param>
    /// <param name="log">The file for its error output.</param>
    /// <exception cref="IOException">The process could not be started.</exception>
    public static LinuxProcess Start(
        QemuMachine machine, GuestUser user, IReadOnlyList<string> arguments, IReadOnlyList<string> joins, string log)
    {
        List<string> all = [
            "/bin/sh", "-c", Script, "sh", log, joins.Count.ToString(CultureInfo.InvariantCulture), .. joins,
            .. Unprivileged(user, machine.KvmGroup), machine.Binary, .. arguments];
        using var process = Spawn("setsid", all, redirect: false);
        // The agent's child stays in the process table until it is waited for, so the number is still its own.
        return LinuxProcess.Find(process.Id) ?? throw new IOException($"QEMU ended at once; {log} may say why.");
    }

    /// <summary>Runs a program to its end.</summary>
    /// <param name="user">The user that it runs as; null for root.</param>
    /// <param name="command">The program and its arguments.</param>
    /// <param name="joins">Files of the cgroups that it joins first: all work for a guest has the guests' rank. Empty for a query that
    /// takes milliseconds.</param>
    /// <param name="cancellationToken">Kills it.</param>
    /// <returns>Its exit code and what it printed.</returns>
    public static async Task<(int ExitCode, string Output)> RunAsync(
        GuestUser? user, IReadOnlyList<string> command, IReadOnlyList<string> joins, CancellationToken cancellationToken)
    {
        List<string> all = [
            "-c", JoinScript, "sh", joins.Count.ToString(CultureInfo.InvariantCulture), .. joins,
            .. user is { } unprivileged ? Unprivileged(unprivileged, null) : [], .. command];
        using var process = Spawn("/bin/sh", all, redirect: true);
        try
        {
            var error = process.StandardError.ReadToEndAsync(cancellationToken);
            var output = await process.StandardOutput.ReadToEndAsync(cancellationToken);
            output += await error;
            await process.WaitForExitAsync(cancellationToken);
            return (process.ExitCode, output.Trim());
        }
        catch (OperationCanceledException)
        {
            process.Kill();
            throw;
        }
    }

    private static IEnumerable<string> Unprivileged(GuestUser user, uint? group) =>
    [
        "setpriv",
        "--reuid", user.Uid.ToString(CultureInfo.InvariantCulture),
        "--regid", user.Gid.ToString(CultureInfo.InvariantCulture),
        .. group is { } extra ? new[] { "--groups", extra.ToString(CultureInfo.InvariantCulture) } : ["--clear-groups"],
        "--bounding-set=-all", "--inh-caps=-all", "--ambient-caps=-all", "--no-new-privs", "--",
    ];

    private static Process Spawn(string program, List<string> arguments, bool redirect)
    {
        var start = new ProcessStartInfo(program, arguments)
        {
            UseShellExecute = false,
            RedirectStandardInput = false,
            RedirectStandardOutput = redirect,
            RedirectStandardError = redirect,
            WorkingDirectory = "/",
        };
        start.Environment.Clear();
        start.Environment["PATH"] = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
        start.Environment["LC_ALL"] = "C";
        try
        {
            return Process.Start(start) ?? throw new IOException($"Could not start {program}.");
        }
        catch (Win32Exception exception)
        {
            throw new IOException(
                $"Could not start {program}: {exception.Message}. Install util-linux and QEMU (apt install qemu-system-x86 qemu-utils).",
                exception);
        }
    }
}
