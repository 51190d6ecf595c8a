"""The losses of probabilities and rates as metrics: cross-entropies, divergence, Poisson."""

from __future__ import annotations

from nbnet.hookspecs import Register, hookimpl
from nbnet.losses.binary_crossentropy import BinaryCrossentropy as BinaryLoss
from nbnet.losses.categorical_crossentropy import CategoricalCrossentropy as CategoricalLoss
from nbnet.losses.kl_divergence import KLDivergence as DivergenceLoss
from nbnet.losses.poisson import Poisson as PoissonLoss
from nbnet.losses.sparse_categorical_crossentropy import SparseCategoricalCrossentropy as SparseLoss
from nbnet.metrics.metric import LossMetric

__all__ = [
    "BinaryCrossentropy",
    "CategoricalCrossentropy",
    "KLDivergence",
    "Poisson",
    "SparseCategoricalCrossentropy",
]


class BinaryCrossentropy(LossMetric):
    """Cross-entropy of independent yes-or-no answers.

    Parameters
    ----------
    name : str, optional
    from_logits : bool
    label_smoothing : float in [0, 1]
        As for :class:`nbnet.losses.BinaryCrossentropy`.
    """

    def __init__(self, name: str | None = None, from_logits: bool = False, label_smoothing: float = 0.0) -> None:
        super().__init__(BinaryLoss(from_logits, label_smoothing), name)
        self.label_smoothing = label_smoothing

    def for_scores(self) -> BinaryCrossentropy:
        """From logits."""
        return BinaryCrossentropy(self.name, True, self.label_smoothing)


class CategoricalCrossentropy(LossMetric):
    """Cross-entropy of one class among several; targets are one-hot rows or probabilities.

    Parameters
    ----------
    name : str, optional
    from_logits : bool
    label_smoothing : float in [0, 1]
    axis : int
        As for :class:`nbnet.losses.CategoricalCrossentropy`.
    """

    def __init__(
        self, name: str | None = None, from_logits: bool = False, label_smoothing: float = 0.0, axis: int = -1
    ) -> None:
        super().__init__(CategoricalLoss(from_logits, label_smoothing, axis), name)
        self.label_smoothing = label_smoothing
        self.axis = axis

    def for_scores(self) -> CategoricalCrossentropy:
        """From logits."""
        return CategoricalCrossentropy(self.name, True, self.label_smoothing, self.axis)


class SparseCategoricalCrossentropy(LossMetric):
    """Cross-entropy of one class among several; targets are the numbers of the classes.

    Parameters
    ----------
    name : str, optional
    from_logits : bool
    ignore_class : int, optional
        A label whose samples do not count; in the metric of Keras, without weights, they count as a 0.
    axis : int
        As for :class:`nbnet.losses.SparseCategoricalCrossentropy`.
    """

    def __init__(
        self, name: str | None = None, from_logits: bool = False, ignore_class: int | None = None, axis: int = -1
    ) -> None:
        super().__init__(SparseLoss(from_logits, ignore_class, axis=axis), name)
        self.ignore_class = ignore_class
        self.axis = axis

    def for_scores(self) -> SparseCategoricalCrossentropy:
        """From logits."""
        return SparseCategoricalCrossentropy(self.name, True, self.ignore_class, self.axis)


class KLDivergence(LossMetric):
    """The mean of Σ t ln(t / p), as the loss of that name.

    Parameters
    ----------
    name : str, optional
    """

    def __init__(self, name: str | None = None) -> None:
        super().__init__(DivergenceLoss(), name or "kl_divergence")


class Poisson(LossMetric):
    """The mean of p - t ln p, as the loss of that name.

    Parameters
    ----------
    name : str, optional
    """

    def __init__(self, name: str | None = None) -> None:
        super().__init__(PoissonLoss(), name)


@hookimpl
def register_metrics(register: Register) -> None:
    """Register the cross-entropies, ``kl_divergence`` and ``poisson``."""
    register("binary_crossentropy", BinaryCrossentropy)
    register("bce", BinaryCrossentropy)
    register("categorical_crossentropy", CategoricalCrossentropy)
    register("sparse_categorical_crossentropy", SparseCategoricalCrossentropy)
    register("kl_divergence", KLDivergence)
    register("kld", KLDivergence)
    register("kullback_leibler_divergence", KLDivergence)
    register("poisson", Poisson)
