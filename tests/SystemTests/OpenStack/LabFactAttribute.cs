using System.Runtime.CompilerServices;
using Opportunism.Workshop.Lab;
using Xunit;

namespace Opportunism.SystemTests.OpenStack;

/// <summary>A test that needs the lab, which Debian 12 alone has packages for.</summary>
public sealed class LabFactAttribute : FactAttribute
{
    /// <summary>Why it is skipped elsewhere.</summary>
    internal const string Reason = "The OpenStack lab is made of Debian 12's packages, and this is another system.";

    public LabFactAttribute([CallerFilePath] string? file = null, [CallerLineNumber] int line = -1)
        : base(file, line)
    {
        Skip = Reason;
        SkipType = typeof(LabFactAttribute);
        SkipUnless = nameof(IsLabSystem);
    }

    /// <summary>As the command line judges, and the bootstrap, which installs the packages.</summary>
    public static bool IsLabSystem => LabSystem.Hindrance().Length == 0;
}
