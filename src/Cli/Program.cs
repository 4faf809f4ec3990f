Console.Error.WriteLine("The command line is not composed yet.");
return 1;
