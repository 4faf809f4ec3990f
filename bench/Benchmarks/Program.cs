Console.Error.WriteLine("The benchmarks are not composed yet.");
return 1;
