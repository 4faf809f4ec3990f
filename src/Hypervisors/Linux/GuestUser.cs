using System.Globalization;

namespace Opportunism.Hypervisors.Linux;

/// <summary>The unprivileged user that hypervisor processes run as.</summary>
/// <param name="Uid">Its number.</param>
/// <param name="Gid">Its group's number.</param>
internal readonly record struct GuestUser(uint Uid, uint Gid)
{
    /// <summary>Finds a user by name, or uses a number directly (a number without an account has a group of the same number).</summary>
    /// <returns>Null when there is no such user, or when it is root.</returns>
    public static GuestUser? Find(string nameOrNumber, string passwordFile = "/etc/passwd")
    {
        var isNumber = uint.TryParse(nameOrNumber, NumberStyles.None, CultureInfo.InvariantCulture, out var number);
        var user = isNumber ? new GuestUser(number, number) : (GuestUser?)null;
        if (File.Exists(passwordFile))
        {
            foreach (var line in File.ReadLines(passwordFile))
            {
                var fields = line.Split(':');
                if (fields.Length < 4 || !uint.TryParse(fields[2], out var uid) || !uint.TryParse(fields[3], out var gid)) continue;
                if (isNumber ? uid == number : fields[0] == nameOrNumber)
                {
                    user = new GuestUser(uid, gid);
                    break;
                }
            }
        }

        return user is { Uid: 0 } or { Gid: 0 } ? null : user;
    }

    /// <summary>The number of a group, or null when there is none of that name.</summary>
    public static uint? FindGroup(string name, string groupFile = "/etc/group")
    {
        if (!File.Exists(groupFile)) return null;
        foreach (var line in File.ReadLines(groupFile))
        {
            var fields = line.Split(':');
            if (fields.Length >= 3 && fields[0] == name && uint.TryParse(fields[2], out var gid)) return gid;
        }

        return null;
    }
}
