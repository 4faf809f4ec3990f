namespace Opportunism.Core.Guests;

/// <summary>What a guest is made of.</summary>
/// <param name="Id">Its identity.</param>
/// <param name="Name">Its name for people; not unique.</param>
/// <param name="Vcpus">Virtual CPUs, 1 to 64.</param>
/// <param name="MemoryMiB">Memory in MiB, 32 to 1048576.</param>
/// <param name="DiskMiB">Size of its disk in MiB, 1 to 16777216; grown beyond its image where larger.</param>
/// <param name="ImageSha256">SHA-256 of the image its disk starts from, 64 lower-case hexadecimal digits.</param>
/// <param name="ImageFormat">Format of that image.</param>
public sealed record GuestSpec(GuestId Id, string Name, int Vcpus, int MemoryMiB, int DiskMiB, string ImageSha256, ImageFormat ImageFormat)
{
    /// <summary>Guests on one node: more than fit into a desktop's memory.</summary>
    public const int MostOnANode = 64;

    /// <summary>Limits of its numbers, each included.</summary>
    public const int MostVcpus = 64, LeastMemoryMiB = 32, MostMemoryMiB = 1 << 20, MostDiskMiB = 1 << 24;

    /// <summary>Every reason why this guest is rejected; empty when it is not.</summary>
    public IEnumerable<string> Problems()
    {
        if (!Names.IsDnsLike(Name))
            yield return "The guest's name is not 1 to 63 characters of a-z 0-9 . - beginning with a letter or digit.";
        if (Vcpus is < 1 or > MostVcpus) yield return $"The number of virtual CPUs (--vcpus) is {Vcpus}; allowed is 1 to {MostVcpus}.";
        if (MemoryMiB is < LeastMemoryMiB or > MostMemoryMiB)
            yield return $"The memory (--memory) is {MemoryMiB} MiB; allowed is {LeastMemoryMiB} to {MostMemoryMiB}.";
        if (DiskMiB is < 1 or > MostDiskMiB) yield return $"The disk (--disk) is {DiskMiB} MiB; allowed is 1 to {MostDiskMiB}.";
        if (ImageSha256 is not { Length: 64 } || !ImageSha256.All(char.IsAsciiHexDigitLower))
            yield return "ImageSha256 is not 64 lower-case hexadecimal digits.";
        if (!Enum.IsDefined(ImageFormat))
            yield return $"ImageFormat is {ImageFormat}; allowed are {string.Join(", ", Enum.GetNames<ImageFormat>())}.";
    }
}
