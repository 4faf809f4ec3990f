using System.Collections;
using Google.Protobuf;
using Google.Protobuf.Reflection;
using Opportunism.Server.Http;

namespace Opportunism.Controller.Reports;

/// <summary>The texts of a report, which are shown in terminals, browsers and logs. A node is not trusted.</summary>
internal static class ReportTexts
{
    /// <summary>Replaces what is not printable (<see cref="Answers.Printable"/>) in every text of a message and of the messages in
    /// it.</summary>
    /// <remarks>It goes by the contract's description, so that a text that a later version adds is not forgotten.</remarks>
    public static void MakePrintable(IMessage message)
    {
        foreach (var field in message.Descriptor.Fields.InDeclarationOrder())
        {
            if (field.FieldType is not (FieldType.String or FieldType.Message)) continue;
            switch (field.Accessor.GetValue(message))
            {
                case string text when !text.All(Answers.IsPrintable):
                    field.Accessor.SetValue(message, Answers.Printable(text));
                    break;
                case IMessage inner:
                    MakePrintable(inner);
                    break;
                case IList list:
                    MakeAllPrintable(list);
                    break;
            }
        }
    }

    private static void MakeAllPrintable(IList list)
    {
        for (var i = 0; i < list.Count; i++)
        {
            if (list[i] is IMessage message) MakePrintable(message);
            else if (list[i] is string text) list[i] = Answers.Printable(text);
        }
    }
}
