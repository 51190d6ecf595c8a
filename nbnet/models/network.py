"""The network between some inputs and outputs: the recorded calls of layers, repeated in each step."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Self

from nbnet.configurable import Configurable
from nbnet.errors import ArgumentError, SavedModelError, ShapeError
from nbnet.graph import ops
from nbnet.graph.ops.registry import OPS
from nbnet.graph.tensor import CONSTANT, INPUT, READ, SCALAR, Tensor, as_operand, constant
from nbnet.layers.input import Input, is_input
from nbnet.layers.layer import Layer
from nbnet.layers.shapes import require_memory
from nbnet.layers.symbolic import LAYER, LayerCall, mapped, symbols_in
from nbnet.models.repeating import checked_attributes, repeated, repeated_symbol
from nbnet.models.wiring import from_plain, to_plain

__all__ = ["Network", "require_any_batch_size"]

Unit = LayerCall | Tensor


class Network(Configurable):
    """What the functional API makes of symbols: inputs, outputs, and the calls and ops between them in order.

    Parameters
    ----------
    inputs, outputs : Tensor, or list, tuple or dict of Tensor
        Symbols; inputs are what :func:`nbnet.Input` gives, or intermediate symbols.

    Attributes
    ----------
    inputs : list of Tensor
        In order; `input_names` are their names.
    outputs : nest of Tensor
        As given; of a list of one its only symbol, as in Keras.
    units : list of LayerCall or Tensor
        Calls of layers, and ops between them, each after what it needs.

    Raises
    ------
    ArgumentError
        When something is no symbol, or an output needs an input that is not given.
    """

    def __init__(self, inputs: Any, outputs: Any) -> None:
        self.given = inputs
        self.inputs = _checked(inputs, "inputs")
        self.outputs = outputs[0] if isinstance(outputs, (list, tuple)) and len(outputs) == 1 else outputs
        _checked(outputs, "outputs")
        self.input_names = _input_names(inputs, self.inputs)
        self.units = self._sorted()

    @property
    def layers(self) -> list[Layer]:
        """The layers, each once, in the order in which they were called."""
        calls = sorted((unit for unit in self.units if isinstance(unit, LayerCall)), key=lambda call: call.number)
        return list({id(call.layer): call.layer for call in calls}.values())

    @property
    def output_names(self) -> list[str] | None:
        """Names of several outputs, by key or by the layers that give them; None for a single one."""
        if isinstance(self.outputs, Tensor):
            return None
        if isinstance(self.outputs, dict):
            return list(self.outputs)
        names: list[str] = []
        for number, symbol in enumerate(symbols_in(self.outputs)):
            name = symbol.attrs["call"].layer.name if symbol.op is LAYER else f"output_{number + 1}"
            while name in names:
                name = f"{name}_{number}"
            names.append(name)
        return names

    def edges(self) -> list[tuple[str, str]]:
        """Which layer, or input, gives what to which layer; ops between them are passed through."""
        found: list[tuple[str, str]] = []
        sources = {id(symbol): [name] for symbol, name in zip(self.inputs, self.input_names, strict=True)}
        for unit in self.units:
            given = [name for symbol in _needed(unit) for name in sources.get(id(symbol), ())]
            if isinstance(unit, LayerCall):
                found.extend((name, unit.layer.name) for name in given)
                sources.update((id(symbol), [unit.layer.name]) for symbol in unit.outputs)
            else:
                sources[id(unit)] = given
        return list(dict.fromkeys(found))

    def __call__(self, values: Sequence[Any]) -> Any:
        """The outputs for given inputs.

        Parameters
        ----------
        values : sequence of Tensor or ndarray
            In the order of :attr:`inputs`.

        Returns
        -------
        nest of Tensor or ndarray
        """
        found: dict[int, Any] = {}
        for symbol, value in zip(self.inputs, values, strict=True):
            wanted = symbol.attrs.get("wanted")
            found[id(symbol)] = value if wanted is None or value.dtype == wanted else ops.cast(value, wanted)

        def known(symbol: Tensor) -> Any:
            return found[id(symbol)]

        for unit in self.units:
            if isinstance(unit, LayerCall):
                result = unit.layer(*mapped(unit.args, known), **mapped(unit.kwargs, known))
                results = [result] if len(unit.outputs) == 1 and hasattr(result, "shape") else _flat(result)
                found.update((id(symbol), item) for symbol, item in zip(unit.outputs, results, strict=True))
            elif unit.op is CONSTANT:
                found[id(unit)] = constant(unit.attrs["value"])
            else:
                found[id(unit)] = repeated_symbol(unit, [_as_recorded(known(symbol), symbol) for symbol in unit.inputs])
        return mapped(self.outputs, known)

    def get_config(self) -> dict[str, Any]:
        """Layers, calls, inputs and outputs as plain data, but for the layers."""
        places: dict[int, tuple[int, int]] = {id(symbol): (-1, place) for place, symbol in enumerate(self.inputs)}
        layers = self.layers
        numbers = {id(layer): number for number, layer in enumerate(layers)}
        units: list[dict[str, Any]] = []
        for number, unit in enumerate(self.units):
            if isinstance(unit, LayerCall):
                places.update((id(symbol), (number, place)) for place, symbol in enumerate(unit.outputs))
                args, kwargs = to_plain(unit.args, places), to_plain(unit.kwargs, places)
                units.append({"layer": numbers[id(unit.layer)], "args": args, "kwargs": kwargs})
                continue
            places[id(unit)] = (number, 0)
            if unit.op is CONSTANT:
                units.append({"constant": unit.attrs["value"]})
                continue
            needed = [list(places[id(symbol)]) for symbol in unit.inputs]
            units.append({"op": unit.op.name, "inputs": needed, "attrs": dict(unit.attrs)})
        inputs = [
            {"shape": list(symbol.shape[1:]), "dtype": _wanted(symbol), "name": name}
            for symbol, name in zip(self.inputs, self.input_names, strict=True)
        ]
        described = {id(symbol): (-1, place) for place, symbol in enumerate(self.inputs)}
        given = to_plain(self.given, described)
        return {
            "layers": layers,
            "inputs": inputs,
            "given": given,
            "units": units,
            "outputs": to_plain(self.outputs, places),
        }

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> Self:
        """The network that :meth:`get_config` described; layers are called on symbols anew.

        Raises
        ------
        SavedModelError
            When the description is malformed.
        """
        inputs = [
            Input(() if not item["shape"] else tuple(item["shape"]), item["dtype"], item["name"])
            for item in config["inputs"]
        ]
        made: list[list[Tensor]] = [inputs]  # what the inputs, and then each unit, give

        def symbol(unit: int, place: int) -> Tensor:
            if not -1 <= unit < len(made) - 1 or not 0 <= place < len(made[unit + 1]):
                raise SavedModelError("The network of the saved model refers to what does not exist.")
            return made[unit + 1][place]

        for unit in config["units"]:
            if "layer" in unit:
                layer = config["layers"][unit["layer"]]
                if not isinstance(layer, Layer):
                    raise SavedModelError(f"The network of the saved model has {layer!r:.60} in place of a layer.")
                found = layer(*from_plain(unit["args"], symbol), **from_plain(unit["kwargs"], symbol))
                made.append(symbols_in(found))
            elif "constant" in unit:
                made.append([constant(as_operand(unit["constant"]))])
            else:
                op = OPS.get(unit["op"])
                if op is None or op.kind in ("leaf", "random"):
                    raise SavedModelError(f"The network of the saved model has an unknown op {unit['op']!r:.40}.")
                given = [symbol(*place) for place in unit["inputs"]]
                made.append([repeated(op.name, given, checked_attributes(unit["attrs"]))])
            for item in made[-1]:
                require_memory(item.shape, item.dtype, "The network of the saved model makes an array")
        return cls(from_plain(config["given"], symbol), from_plain(config["outputs"], symbol))

    def _sorted(self) -> list[Unit]:
        """All that the outputs need, in order, down to the inputs."""
        stop = {id(symbol) for symbol in self.inputs}
        order: list[Unit] = []
        seen: set[int] = set()
        stack: list[tuple[Unit, bool]] = []

        def visit(symbol: Tensor) -> None:
            if id(symbol) in stop:
                return
            if symbol.op is INPUT:
                raise ArgumentError(
                    f"The outputs of the model need the input '{symbol.attrs['name']}' of shape "
                    f"{(None, *symbol.shape[1:])}, which is not among its inputs. Add it: Model(inputs=[...])."
                )
            if symbol.op in (READ, SCALAR):
                raise ArgumentError("A variable was used outside a layer; make it a weight of a layer of your own.")
            unit = symbol.attrs["call"] if symbol.op is LAYER else symbol
            if id(unit) not in seen:
                stack.append((unit, False))

        for output in reversed(symbols_in(self.outputs)):
            visit(output)
        while stack:
            unit, done = stack.pop()
            if done:
                order.append(unit)
            elif id(unit) not in seen:
                seen.add(id(unit))
                stack.append((unit, True))
                for symbol in reversed(_needed(unit)):
                    visit(symbol)
        return order


def _as_recorded(value: Any, symbol: Tensor) -> Any:
    """Whole numbers that are given for an input of floats, cast: layers cast by themselves, but uint8 + uint8 wraps."""
    from_outside = is_input(symbol) and symbol.dtype.kind == "f" and value.dtype.kind != "f"
    return ops.cast(value, symbol.dtype) if from_outside else value


def _needed(unit: Unit) -> list[Tensor]:
    """The symbols that a call or an op is given."""
    return symbols_in((unit.args, unit.kwargs)) if isinstance(unit, LayerCall) else list(unit.inputs)


def _flat(result: Any) -> list[Any]:
    """The tensors of a nest in order, also where they are arrays."""
    if isinstance(result, dict):
        return [item for value in result.values() for item in _flat(value)]
    if isinstance(result, (list, tuple)):
        return [item for value in result for item in _flat(value)]
    return [result]


def _checked(nest: Any, what: str) -> list[Tensor]:
    """The symbols of a nest."""
    found = symbols_in(nest)
    if isinstance(nest, Layer):
        raise ArgumentError(f"Model expects symbols as {what}; received the layer '{nest.name}'. Call it on an Input.")
    flat = _flat(nest)
    wrong = next((item for item in flat if not isinstance(item, Tensor)), None)
    if wrong is not None or not found:
        raise ArgumentError(
            f"Model expects {what} that are symbols, alone or in a list or dict; received {wrong!r:.60}. "
            "Begin with x = nbnet.Input((8,)) and call layers on it."
        )
    if what == "inputs":
        if len({id(symbol) for symbol in found}) != len(found):
            raise ArgumentError("Model got the same Input twice among its inputs; make one for each.")
        derived = next((symbol for symbol in found if symbol.op is CONSTANT), None)
        if derived is not None:
            raise ArgumentError("Model got a constant among its inputs; inputs come from nbnet.Input.")
    return found


def _input_names(nest: Any, symbols: Sequence[Tensor]) -> list[str]:
    """A name for each input: keys of a dict, names that were given, or input_1, input_2, …."""
    if isinstance(nest, dict):
        return list(nest)
    names: list[str] = []
    for number, symbol in enumerate(symbols):
        named = symbol.attrs.get("named") if is_input(symbol) else None
        name = named or ("input" if len(symbols) == 1 else f"input_{number + 1}")
        if name in names:
            raise ArgumentError(f"Two inputs of the model are called '{name}'; give one another name=.")
        names.append(name)
    return names


def _wanted(symbol: Tensor) -> Any:
    """The dtype to which input is cast, so also that of whole numbers from other layers; None: as it comes."""
    return symbol.attrs.get("wanted") if is_input(symbol) or symbol.dtype.kind == "f" else symbol.dtype


def require_any_batch_size(run: Callable[[int], Any], sizes: tuple[int, int] = (2, 3)) -> None:
    """Try a network with two batch sizes, so that a size that was baked in shows.

    Parameters
    ----------
    run : callable
        Of a batch size; gives the nest of outputs.
    sizes : tuple of int

    Raises
    ------
    ShapeError
        When an output has not as many rows as the inputs.
    """
    for size in sizes:
        remedy = (
            "An op between the layers has taken the batch size of the symbols for a fixed number: use layers.Reshape "
            "and layers.Flatten, or put the ops into a layer of your own."
        )
        try:
            found = run(size)
        except ShapeError as error:
            if getattr(error, "layer", None) is not None and size == sizes[0]:
                raise
            raise ShapeError(
                f"The network works with {sizes[0]} samples but not with {size}: {error} {remedy}"
            ) from error
        for item in _flat(found):
            if not item.shape or item.shape[0] != size:
                raise ShapeError(
                    f"An output of the model has shape {tuple(item.shape)} for {size} samples; expected {size} rows. "
                    f"{remedy}"
                )
