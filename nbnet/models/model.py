"""The base of models: what is compiled, trained, asked and saved."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from typing import Any, Self

import numpy as np

from nbnet.data.data import Data
from nbnet.data.spec import InputSpec
from nbnet.errors import ArgumentError
from nbnet.graph.graph import make_input
from nbnet.graph.tensor import Tensor
from nbnet.graph.trace import Trace, tracing
from nbnet.layers.calls import call_of
from nbnet.layers.layer import Layer
from nbnet.layers.shapes import known_sizes
from nbnet.layers.symbolic import symbols_in
from nbnet.models.batchwise import Batchwise
from nbnet.models.naming import name_layers
from nbnet.models.network import Network, require_any_batch_size
from nbnet.models.summary import summary as summary_text

__all__ = ["Model"]


class Model(Batchwise):
    """Base of models: a layer that can be trained. Usually a :class:`Sequential`.

    ``Model(inputs, outputs)`` is the network between symbols: begin with :func:`nbnet.Input` and call layers on it.
    A model of one's own sets layers as attributes and defines :meth:`call`; a training step of one's own overrides
    :meth:`train_step`. A model is a layer, and may stand in another model.

    Parameters
    ----------
    inputs, outputs : Tensor, or list, tuple or dict of Tensor, optional
        Symbols, shape (batch, ...). Several inputs or outputs have the names of their keys; in lists inputs have their
        own names, outputs those of the layers that give them. A list of one output is that output, as in Keras.
    name : str, optional

    Attributes
    ----------
    optimizer : Optimizer
    loss : Loss or None
    steps : int
        Training steps made so far; random numbers of a step are a function of it.
    epochs : int
        Epochs trained so far; the order of the samples in an epoch is a function of it.
    class_names : tuple of str, dict of str to tuple of str, or None
        Names of the classes; by output where there are several.
    preprocess : callable or None
        The preprocessing that was fitted to the training data.
    input_spec : InputSpec or None
        What the data looked like before preprocessing.
    data_name : str or None
        The name of the data set.

    Raises
    ------
    ArgumentError
        When only one of `inputs` and `outputs` is given, one is no symbol, or an input that is needed is missing.
    ShapeError
        When an op between the layers has taken the batch size of the symbols for a fixed number.
    ValueError
        When two layers were given one name.

    Notes
    -----
    The last four are saved with the model; :meth:`remember` takes them from the data.

    A layer may be called several times, and stand in several models: it has its weights once. Ops may stand between
    layers, but for random ones and variables, which belong into a layer of one's own. Weights are made when the first
    model is, and their first values depend on the place of the layer in it.

    Examples
    --------
    >>> import nbnet
    >>> from nbnet.layers import Concatenate, Dense
    >>> left, right = nbnet.Input((3,), name="left"), nbnet.Input((2,), name="right")
    >>> shared = Dense(4, activation="relu")(Concatenate()([left, right]))
    >>> model = Model([left, right], {"kind": Dense(2)(shared), "size": Dense(1)(shared)})
    >>> model.output_shape
    {'kind': (None, 2), 'size': (None, 1)}
    """

    casts_input = False  # its layers cast

    def __init__(self, inputs: Any = None, outputs: Any = None, name: str | None = None, **kwargs: Any) -> None:
        super().__init__(name=name, **kwargs)
        if (inputs is None) != (outputs is None):
            raise ArgumentError("Model expects inputs and outputs, or neither in a subclass with call(self, x).")
        if inputs is not None:
            self._network = Network(inputs, outputs)
            self._layers = self._network.layers
            name_layers(self._layers, self)
            self._build_network()

    def __new__(cls, *args: Any, **kwargs: Any) -> Self:
        """Prepare what a subclass's constructor may use before calling this class's."""
        made = super().__new__(cls, *args, **kwargs)
        made.epochs = 0
        made.class_names = None
        made.preprocess = None
        made.input_spec = None
        made.data_name = None
        made._building = False
        made._placed = False
        made._network = None
        made._layers = []
        return made

    epochs: int
    class_names: tuple[str, ...] | dict[str, tuple[str, ...]] | None
    preprocess: Callable[[np.ndarray], np.ndarray] | None
    input_spec: InputSpec | None
    data_name: str | None
    _building: bool
    _placed: bool
    _network: Network | None
    _layers: list[Layer]

    # -- making -------------------------------------------------------------------------------------------------

    @property
    def layers(self) -> list[Layer]:
        """The layers directly inside."""
        return list(self._layers) if self._network is not None else [child for _, child in self._children()]

    @property
    def inputs(self) -> list[Tensor]:
        """The symbols that the model begins with; empty unless it was made of symbols."""
        return [] if self._network is None else list(self._network.inputs)

    @property
    def outputs(self) -> list[Tensor]:
        """The symbols that the model ends with, in order; empty unless it was made of symbols."""
        return [] if self._network is None else symbols_in(self._network.outputs)

    @property
    def input_names(self) -> list[str] | None:
        """Names of the inputs; None where the model was not made of symbols, and its call says what it takes."""
        return None if self._network is None else list(self._network.input_names)

    @property
    def output_names(self) -> list[str] | None:
        """Names of several outputs; None for one, or where they are not known."""
        return None if self._network is None else self._network.output_names

    def network_edges(self) -> list[tuple[str, str]]:
        """Which layer, or input, gives what to which layer, by their names: the arrows of a drawing.

        In a model that was not made of symbols the layers are taken to follow one another.
        """
        if self._network is not None:
            return self._network.edges()
        names = [layer.name for layer in self.layers]
        return list(zip(["input", *names], names, strict=False))

    def call(self, x: Any) -> Any:
        """The network applied to its inputs; a subclass that was not made of symbols defines its own."""
        if self._network is None:
            raise NotImplementedError(
                f"{type(self).__name__} defines no call(x). Write one, or make the model of symbols: "
                "Model(inputs, outputs)."
            )
        names = self._network.input_names
        if isinstance(x, dict):
            if sorted(x) != sorted(names):
                raise ArgumentError(
                    f"Model '{self.name}' has the inputs {', '.join(names)}; received {', '.join(map(str, x))}."
                )
            values = [x[name] for name in names]
        else:
            values = list(x) if isinstance(x, (list, tuple)) else [x]
        if len(values) != len(names):
            raise ArgumentError(
                f"Model '{self.name}' has {len(names)} inputs ({', '.join(names)}); received {len(values)}."
            )
        return self._network(values)

    def get_config(self) -> dict[str, Any]:
        """The network and the name; in a subclass with a constructor of its own, its arguments."""
        if self._network is None or type(self).__init__ is not Model.__init__:
            return super().get_config()
        return {"network": self._network, "name": self.name, "trainable": self.trainable}

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> Self:
        """A model made of what :meth:`get_config` gave."""
        network = config.get("network")
        if not isinstance(network, Network):
            return super().from_config(config)
        others = {name: value for name, value in config.items() if name != "network"}
        return cls(network.given, network.outputs, **others)

    def _build_network(self) -> None:
        """Make the weights, with the places of the layers in this model."""
        assert self._network is not None
        inputs = self._network.inputs

        def run(size: int) -> Any:
            given = [make_input((size, *symbol.shape[1:]), symbol.dtype) for symbol in inputs]
            with tracing(Trace()):
                return self(given if len(given) > 1 else given[0])

        require_any_batch_size(run)

    def get_layer(self, name: str | None = None, index: int | None = None) -> Layer:
        """A layer by its name or its place.

        Parameters
        ----------
        name : str, optional
        index : int, optional
            Among :attr:`layers`; counts where both are given.

        Raises
        ------
        ValueError, IndexError
            When there is no such layer.
        """
        if index is not None:
            return self.layers[index]
        for layer in self.layers:
            if layer.name == name:
                return layer
        raise ValueError(
            f"Model '{self.name}' has no layer '{name}'; it has {', '.join(item.name for item in self.layers)}."
        )

    def build(self, input_shape: Any) -> None:
        """Build all layers for input of `input_shape`, (None, ...), by one symbolic call.

        Parameters
        ----------
        input_shape : tuple, or list or dict of tuple
            Several for a model with several inputs.
        """

        def symbol(shape: Any) -> Any:
            if isinstance(shape, dict):
                return {name: symbol(item) for name, item in shape.items()}
            if any(isinstance(size, (list, tuple)) for size in shape):
                return [symbol(item) for item in shape]
            return make_input((2, *known_sizes(tuple(shape)[1:], self.name)), self.dtype)

        with tracing(Trace()):
            self(symbol(input_shape))

    def _build_for(self, x: Any) -> None:
        """Layers are built as they are called; only a subclass's own build is called here."""
        self._take_place()
        if not self.built and not self._building and type(self).build is not Model.build:
            self._building = True
            try:
                super()._build_for(x)
            finally:
                self._building = False

    def _take_place(self) -> None:
        """Name weights that were made before after the place in the first model around this one, as new ones are."""
        call = call_of(self)
        if call is not None and call.path and not self._placed:
            self._placed = True
            for weight in self.weights if self.built else ():
                weight.name = f"{call.path}/{weight.name}"

    def _root_path(self) -> str:
        """Layers of the outermost model carry their own names alone."""
        return ""

    # -- looking and saving -------------------------------------------------------------------------------------

    def summary(
        self,
        line_length: int | None = None,
        print_fn: Callable[[str], Any] | None = None,
        expand_nested: bool = False,
        show_trainable: bool = False,
    ) -> None:
        """Print layers, output shapes and numbers of parameters, and who is connected to whom unless it is a chain.

        Parameters
        ----------
        line_length : int, optional
            Characters a line; the terminal's when None.
        print_fn : callable, optional
            Called with the text in place of print.
        expand_nested : bool
            Show the layers of models in the model too, indented.
        show_trainable : bool
            Add a column that says of each layer with weights whether it is trained.
        """
        (print_fn or print)(summary_text(self, line_length, expand_nested, show_trainable))

    def remember(self, data: Data) -> None:
        """Keep what the data say of their inputs and classes, to be saved with the model."""
        self.class_names, self.preprocess, self.input_spec = data.class_names, data.preprocess, data.input_spec
        self.data_name = getattr(data, "name", None)

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the model to one ``.nbnet`` file, in place of the old file only when it is complete.

        Parameters
        ----------
        path : path-like

        Raises
        ------
        SavedModelError
            When the file cannot be written; an old file is then left as it was.
        """
        from nbnet.models.saving import save

        save(self, path)

    def save_weights(self, path: str | os.PathLike[str]) -> None:
        """Write the weights alone, in place of an old file only when the new one is complete.

        Parameters
        ----------
        path : path-like
            ``.safetensors``, or ``.weights.h5`` for a Keras model of the same layers.

        Raises
        ------
        SavedModelError
            When the ending is another one, or the file cannot be written.
        NotBuiltError
            When the model has no weights yet.
        """
        from nbnet.models.foreign import save_weights

        save_weights(self, path)

    def load_weights(
        self,
        path: str | os.PathLike[str],
        name_map: Mapping[str, str | None] | None = None,
        skip_mismatch: bool = False,
        by_name: bool | None = None,
    ) -> None:
        """Set all weights, or none, to those in a file of nbnet, Keras or PyTorch.

        Parameters
        ----------
        path : path-like
            nbnet's ``.safetensors`` or ``.nbnet``, Keras' ``.weights.h5``, ``.keras`` or ``.h5``, or PyTorch's
            ``state_dict`` in ``.safetensors``.
        name_map : mapping of str to str or None, optional
            Layer or module in the file → layer of the model; None leaves it out.
        skip_mismatch : bool
            Load what fits, and warn of the rest.
        by_name : bool, optional
            Match layers by name, or not; by default where all names agree.

        Raises
        ------
        SavedModelError
            When the file is missing, damaged, hostile, a pickle, or does not fit; then no weight is changed.
        NotBuiltError
            When the model has no weights yet.

        Notes
        -----
        How layers are matched: :func:`nbnet.models.foreign.load_weights`.
        """
        from nbnet.models.foreign import load_weights

        load_weights(self, path, name_map, skip_mismatch, by_name)

    def __reduce__(self) -> tuple[Any, ...]:
        """Let pickle and copy work as saving and loading do."""
        from nbnet.models.saving import copied

        return copied(self)
