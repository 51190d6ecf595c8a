"""Executing plans: the runner, its threads, and the devices."""
