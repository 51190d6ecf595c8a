"""The version, in one place: the build, saved models and ``nbnet --version`` read it here."""

__version__ = "0.1.0"
