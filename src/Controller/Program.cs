await Console.Error.WriteLineAsync("The controller is not composed yet.");
return 1;
