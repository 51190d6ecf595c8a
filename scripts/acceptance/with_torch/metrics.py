"""PyTorch has no metrics: torchmetrics is a package of its own."""

from __future__ import annotations

from collections.abc import Mapping

from acceptance.coverage import Entry
from nbnet import registry

TABLE: Mapping[str, Entry] = dict.fromkeys(registry.metrics.names(), "PyTorch has no metrics.")
