"""What nbnet's own parts are tested with, and what plugin authors may call."""
