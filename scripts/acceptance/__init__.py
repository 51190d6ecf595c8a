"""The parts of nbnet side by side with those of other libraries; scripts/accept runs it."""
