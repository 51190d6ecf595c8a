"""What scripts/bench.py measures: a file for each benchmark, and one for each framework."""
