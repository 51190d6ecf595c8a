"""Training: the loop behind ``fit``, its events, history and progress, and what a run leaves on disk."""
