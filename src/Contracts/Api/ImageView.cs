using Opportunism.Core.Guests;

namespace Opportunism.Contracts.Api;

/// <summary>An image that VMs start from.</summary>
/// <param name="Sha256">SHA-256 of its bytes, 64 lower-case hexadecimal digits; its identity.</param>
/// <param name="Name">Its name for people; unique within the site.</param>
/// <param name="Format">Its format, as its uploader stated it.</param>
/// <param name="Bytes">Its size.</param>
/// <param name="State"><c>Ready</c>, or <c>Missing</c> when its file is gone or damaged.</param>
/// <param name="Created">When it was uploaded.</param>
/// <param name="Vms">VMs that were made from it and are not deleted.</param>
public sealed record ImageView(string Sha256, string Name, ImageFormat Format, long Bytes, string State, DateTimeOffset Created, int Vms);
