Console.Error.WriteLine("The agent is not composed yet.");
return 1;
