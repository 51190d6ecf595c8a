"""Each registered part beside the one of PyTorch, where their definitions coincide, a file for each kind."""
