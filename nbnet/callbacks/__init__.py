"""Callbacks: what happens beside training, at its events."""
