"""What compile() was told: the loss, its weight, and the metrics of each output of a model."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from nbnet import losses
from nbnet import metrics as measures
from nbnet.errors import ArgumentError

__all__ = ["Objective", "Target"]


@dataclass
class Target:
    """What one output is measured by.

    Attributes
    ----------
    name : str or None
        Of the output; None where it is the only one.
    loss : Loss or None
    weight : float
        Of the loss in the sum.
    metrics, weighted : list of Metric
        Without and with the weights of the samples.
    """

    name: str | None
    loss: losses.Loss | None = None
    weight: float = 1.0
    metrics: list[measures.Metric] = field(default_factory=list)
    weighted: list[measures.Metric] = field(default_factory=list)


class Objective:
    """Losses and metrics as they were given, and for each output once these are known.

    Parameters
    ----------
    loss : str, Loss, callable, None, or a list or dict of these
        One for all outputs, or for each by position or name.
    loss_weights : float, or list or dict of float, optional
    metrics, weighted_metrics : iterable, or a list or dict of iterables, optional
        A list of one metric is for all outputs, one of as many as outputs has one for each.

    Raises
    ------
    UnknownNameError
        When a name is not registered.
    ArgumentError
        When weights are no numbers.
    """

    def __init__(
        self, loss: Any = None, loss_weights: Any = None, measured: Any = None, weighted_metrics: Any = None
    ) -> None:
        self._alone: Target | None = None
        self.loss: Any = _each(loss, losses.get)
        self.loss_weights: Any = _each(loss_weights, _weight)
        self._named: dict[int, str] = {}  # metrics that were given as text, which adapt to the loss of their output
        self._metrics = self._resolved(measured)
        self._weighted = self._resolved(weighted_metrics)
        self._targets: list[Target] | None = None
        several = any(isinstance(given, (list, dict)) for given in (self.loss, self.loss_weights))
        if not several and not _by_output(self._metrics) and not _by_output(self._weighted):
            self._alone = self._single()

    def targets(self, names: Sequence[str] | None) -> list[Target]:
        """One for each output.

        Parameters
        ----------
        names : sequence of str or None
            Of the outputs; None where there is one, without a name.

        Raises
        ------
        ArgumentError
            When losses, weights or metrics do not fit the outputs.
        """
        if names is None:
            if self._alone is None:
                self._alone = self._single()
            return [self._alone]
        if self._targets is None or [target.name for target in self._targets] != list(names):
            self._targets = [self._target(place, name, names) for place, name in enumerate(names)]
        return self._targets

    def measured(self) -> list[measures.Metric]:
        """All metrics, in the order of the outputs; none before the outputs of a model with several are known."""
        known = self._targets if self._targets is not None else [self._alone] if self._alone is not None else []
        return [metric for target in known for metric in (*target.metrics, *target.weighted)]

    def get_config(self) -> dict[str, Any]:
        """What :class:`Objective` takes, with objects for names."""
        found = {"metrics": self._as_given(self._metrics), "weighted_metrics": self._as_given(self._weighted)}
        if self._targets is not None:
            found = {
                "metrics": {target.name: list(map(_unprefixed(target), target.metrics)) for target in self._targets},
                "weighted_metrics": {
                    target.name: list(map(_unprefixed(target), target.weighted)) for target in self._targets
                },
            }
        elif self._alone is not None:
            found = {"metrics": self._alone.metrics, "weighted_metrics": self._alone.weighted}
        return {"loss": self.loss, "loss_weights": self.loss_weights, **found}

    def _single(self) -> Target:
        """The target of a model with one output."""
        loss, weight = _only(self.loss, "losses"), _only(self.loss_weights, "loss_weights")
        measured, weighted = _only_list(self._metrics, "metrics"), _only_list(self._weighted, "weighted_metrics")
        return Target(
            None, loss, 1.0 if weight is None else weight,
            [self._fitting(item, loss) for item in measured], [self._fitting(item, loss) for item in weighted],
        )  # fmt: skip

    def _target(self, place: int, name: str, names: Sequence[str]) -> Target:
        """The target of one of several outputs."""
        loss = _of(self.loss, place, name, names, "loss")
        weight = _of(self.loss_weights, place, name, names, "loss_weights")
        found = []
        for given, what in ((self._metrics, "metrics"), (self._weighted, "weighted_metrics")):
            own = _of(given, place, name, names, what) if _by_output(given) else _shared(given, place, names, what)
            items = [self._fitting(item, loss) for item in own or ()]
            found.append([_copy(item, f"{name}_{item.name}") for item in items])
        return Target(name, loss, 1.0 if weight is None else weight, *found)

    def _resolved(self, given: Any) -> Any:
        """Metrics by name or as objects, in the structure in which they were given."""
        if given is None:
            return []
        if isinstance(given, Mapping):
            return {name: self._list(items) for name, items in given.items()}
        if isinstance(given, (list, tuple)) and any(item is None or isinstance(item, (list, tuple)) for item in given):
            return [self._list(items) for items in given]
        return self._list(given)

    def _list(self, items: Any) -> list[measures.Metric]:
        """Metrics of one output."""
        alone = items is None or isinstance(items, (str, measures.Metric)) or not isinstance(items, Iterable)
        listed = [] if items is None else [items] if alone else list(items)
        found = [measures.get(item) for item in listed]
        self._named.update((id(metric), item) for metric, item in zip(found, listed, strict=True) if type(item) is str)
        return found

    def _as_given(self, metrics: Any) -> Any:
        """Metrics whose outputs are not known yet, by name again where they were given so."""
        if isinstance(metrics, dict):
            return {name: self._as_given(items) for name, items in metrics.items()}
        if isinstance(metrics, list):
            return [self._as_given(item) for item in metrics]
        return self._named.get(id(metrics), metrics)

    def _fitting(self, metric: measures.Metric, loss: losses.Loss | None) -> measures.Metric:
        """The metric; one given by name is compared with 0 where predictions are no probabilities."""
        if loss is not None and loss.on_scores and id(metric) in self._named:
            return metric.for_scores()
        return metric


def _each(given: Any, change: Callable[[Any], Any]) -> Any:
    """What was given for one or for several outputs, changed; None stays."""
    if given is None:
        return None
    if isinstance(given, Mapping):
        return {name: _each(item, change) for name, item in given.items()}
    if isinstance(given, (list, tuple)):
        return [_each(item, change) for item in given]
    return change(given)


def _by_output(given: Any) -> bool:
    """Whether metrics were given for each output."""
    return isinstance(given, dict) or any(isinstance(item, list) for item in given)


def _shared(given: list[Any], place: int, names: Sequence[str], what: str) -> list[Any]:
    """Of a list without lists in it: the only metric, for each output, or the one that stands in the output's place."""
    if len(given) > 1 and len(given) != len(names):
        raise ArgumentError(
            f"compile({what}=[...]) expects one metric for all outputs, or one entry for each of the {len(names)} "
            f"outputs ({', '.join(names)}); received {len(given)}. Give several for an output in a dict: "
            f"{{'{names[0]}': [...]}}."
        )
    return given if len(given) == 1 else given[place : place + 1]


def _weight(given: Any) -> float:
    """A weight of a loss."""
    if isinstance(given, bool) or not isinstance(given, (int, float, np.number)):
        raise ArgumentError(f"compile expects loss_weights as numbers, alone or for each output; received {given!r}.")
    return float(given)


def _of(given: Any, place: int, name: str, names: Sequence[str], what: str) -> Any:
    """What was given for one output."""
    if isinstance(given, dict):
        extra = next((key for key in given if key not in names), None)
        if extra is not None:
            raise ArgumentError(
                f"compile({what}=...) names the output '{extra}'; the outputs of the model are {', '.join(names)}."
            )
        return given.get(name)
    if isinstance(given, list):
        if len(given) != len(names):
            raise ArgumentError(
                f"compile({what}=...) expects one entry for each of the {len(names)} outputs ({', '.join(names)}); "
                f"received {len(given)}."
            )
        return given[place]
    return given


def _only(given: Any, what: str) -> Any:
    """What was given for the only output."""
    if isinstance(given, (list, dict)):
        if len(given) != 1:
            raise ArgumentError(f"The model has one output; compile was given {len(given)} {what}.")
        return next(iter(given.values())) if isinstance(given, dict) else given[0]
    return given


def _only_list(given: Any, what: str) -> list[measures.Metric]:
    """The metrics of the only output."""
    return list(_only(given, f"lists of {what}") or ()) if _by_output(given) else list(given)


def _copy(metric: measures.Metric, name: str) -> measures.Metric:
    """A metric of its own for one output, named after it."""
    made = type(metric).from_config(metric.get_config())
    made.name = name
    return made


def _unprefixed(target: Target) -> Callable[[measures.Metric], measures.Metric]:
    """A metric as it was given, before it was named after its output."""
    return lambda metric: _copy(metric, metric.name.removeprefix(f"{target.name}_"))
