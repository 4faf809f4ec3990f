using System.Buffers.Binary;
using Opportunism.Core.Guests;
using Xunit;

namespace Opportunism.UnitTests.Core;

public sealed class Qcow2HeaderTests
{
    [Fact]
    public void A_plain_image_states_its_size() => Assert.Equal(new Qcow2Header(1 << 30, false, false), Qcow2Header.Parse(Header()));

    [Fact]
    public void A_backing_file_is_noticed()
    {
        var header = Header();
        BinaryPrimitives.WriteUInt64BigEndian(header.AsSpan(8), 512);
        Assert.True(Qcow2Header.Parse(header)!.Value.HasBackingFile);
    }

    [Fact]
    public void An_external_data_file_is_noticed()
    {
        var header = Header();
        BinaryPrimitives.WriteUInt64BigEndian(header.AsSpan(72), 4);
        Assert.True(Qcow2Header.Parse(header)!.Value.HasDataFile);
    }

    [Theory]
    [InlineData(0, 0)]
    [InlineData(7, 1)]
    [InlineData(7, 9)]
    public void Anything_else_is_no_qcow2_file(int at, byte value)
    {
        var header = Header();
        header[at] = value;
        Assert.Null(Qcow2Header.Parse(header));
    }

    [Fact]
    public void A_short_file_is_no_qcow2_file() => Assert.Null(Qcow2Header.Parse(Header().AsSpan(0, 79)));

    /// <summary>The beginning of an image of 1 GiB.</summary>
    internal static byte[] Header()
    {
        var header = new byte[104];
        BinaryPrimitives.WriteUInt32BigEndian(header, 0x514649fb);
        BinaryPrimitives.WriteUInt32BigEndian(header.AsSpan(4), 3);
        BinaryPrimitives.WriteUInt64BigEndian(header.AsSpan(24), 1 << 30);
        return header;
    }
}
