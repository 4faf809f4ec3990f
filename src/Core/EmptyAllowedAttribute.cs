namespace Opportunism.Core;

/// <summary>Marks a setting whose empty value differs from its default; an empty value of any other setting is its default.</summary>
[AttributeUsage(AttributeTargets.Property)]
public sealed class EmptyAllowedAttribute : Attribute;
