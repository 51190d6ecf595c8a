"""The code that runs: kernels on arrays and numbers, and the one way to compile them."""
