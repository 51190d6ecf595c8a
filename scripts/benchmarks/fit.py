"""What stands around the step: the training loop, wide and tiny networks, memory. Each part is a file."""

from __future__ import annotations

from types import ModuleType

from benchmarks import loop, memory, tiny, wide
from benchmarks.processes import Settings
from benchmarks.tables import Table

PARTS: dict[str, ModuleType] = {"loop": loop, "wide": wide, "tiny": tiny, "memory": memory}


def run(settings: Settings) -> list[Table]:
    """Measure all parts."""
    return [table for part in PARTS.values() for table in part.run(settings)]
