"""A Keras configuration, as `model.to_json()` of Keras 2 and Keras 3 writes it, becomes a Network.

Format: https://keras.io/guides/serialization_and_saving/. Keras 3 adds `module`, `registered_name` and `build_config`
to what Keras 2 writes, says `batch_shape` for `batch_input_shape`, and gives a dtype as a policy.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from grader.errors import DefinitionError
from grader.facts import Shape
from grader.limits import MAX_LAYER_SIZE
from grader.networks.draft import Draft, Value
from grader.networks.graph import Network
from grader.networks.keras_layers import LAYERS
from grader.networks.keras_options import Options, is_size
from grader.networks.keras_topology import INPUT_LAYER, Entry, Topology, entries_of, needed_for, topology_of

TRAINING_ONLY = frozenset(
    {
        "ActivityRegularization",
        "AlphaDropout",
        "Dropout",
        "GaussianDropout",
        "GaussianNoise",
        "RandomBrightness",
        "RandomContrast",
        "RandomFlip",
        "RandomRotation",
        "RandomTranslation",
        "RandomZoom",
        "SpatialDropout2D",
    }
)
"""Layers that pass their input on unchanged when a network is evaluated."""

MIN_CLASSES = 2


def network_from_config(config: Mapping[str, object]) -> Network:
    """The network of a Sequential or Functional configuration with one input and one output.

    A softmax at its end is left out, since it never changes the best class. Raises DefinitionError, naming layer, class
    and option, where the configuration holds what is not supported.
    """
    version = keras_version(config)
    _check_entries(entries_of(config), version)
    topology = topology_of(config)
    last, linear = without_final_softmax(topology)
    draft = Draft(_input_shape(topology))
    values: dict[int | None, Value] = {None: draft.images}
    for place in needed_for(topology, last):
        entry, inputs = topology.calls[place]
        if place == linear:
            entry = replace(entry, options={**entry.options, "activation": "linear"})
        values[place] = _draw(draft, entry, [values[at] for at in inputs], version)
    return _finish(draft, topology, values[last])


def keras_version(config: Mapping[str, object]) -> int | None:
    """The version, 2 or 3, that wrote a configuration; None where it does not say.

    Keras 2 and tf_keras write `keras_version`; Keras 3 writes `module` beside the model's class, and Keras 2 does not.
    """
    written = config.get("keras_version")
    if isinstance(written, str) and written[:2] in ("2.", "3."):
        return int(written[0])
    return 3 if isinstance(config.get("module"), str) else None


def without_final_softmax(topology: Topology) -> tuple[int | None, int | None]:
    """The call that gives the logits (None: the input), and the call whose own activation is a softmax to leave out."""
    last = len(topology.calls) - 1 if topology.calls else None
    while last is not None:
        call = topology.calls[last]
        if call.entry.kind not in TRAINING_ONLY and not _is_softmax(call.entry):
            break
        last = call.inputs[0] if len(call.inputs) == 1 else None
    if last is not None and _names_softmax(topology.calls[last].entry.options.get("activation")):
        return last, last
    return last, None


def _draw(draft: Draft, entry: Entry, inputs: list[Value], version: int | None) -> Value:
    if entry.kind in TRAINING_ONLY and len(inputs) == 1:
        return inputs[0]
    layer = Options(entry.kind, entry.options, version)
    value = LAYERS[entry.kind](layer, draft, inputs)
    layer.finish()
    return value


def _check_entries(entries: Sequence[Entry], version: int | None) -> None:
    """Raises where a layer has no name, shares it, or is of a kind that is not supported."""
    names: set[str] = set()
    for entry in entries:
        layer = Options(entry.kind, entry.options, version)
        if layer.name in names:
            raise layer.error("another layer has the same name; each layer needs its own")
        names.add(layer.name)
        if entry.kind not in {*LAYERS, *TRAINING_ONLY, INPUT_LAYER}:
            supported = ", ".join(sorted({*LAYERS, *TRAINING_ONLY, INPUT_LAYER}))
            raise layer.error(f"this kind of layer is not supported; supported: {supported}")


def _finish(draft: Draft, topology: Topology, logits: Value) -> Network:
    if len(logits.shape) != 1 or not MIN_CLASSES <= logits.shape[0] <= MAX_LAYER_SIZE:
        raise DefinitionError(
            f"network '{topology.name}' gives an output of shape {logits.shape} for each image; "
            f"one number for each of {MIN_CLASSES} to {MAX_LAYER_SIZE} classes is needed"
        )
    channels_first = any(entry.options.get("data_format") == "channels_first" for entry in topology.entries)
    names = [entry.name for entry in topology.entries]
    network = draft.finish(topology.name, logits, names, channels_first=channels_first)
    if not network.slots:
        raise DefinitionError(f"network '{topology.name}' has no layer with weights; there is nothing to prune")
    return network


def _input_shape(topology: Topology) -> Shape:
    batched = topology.input_shape
    sizes = batched[1:] if isinstance(batched, list | tuple) else ()
    if len(sizes) in (1, 3) and all(is_size(size) for size in sizes):
        return tuple(sizes)
    raise DefinitionError(
        f"the network's input shape is {batched!r}; (height, width, channels) or (features,) in fixed whole numbers is "
        "needed: let the model begin with keras.Input(shape=...)"
    )


def _is_softmax(entry: Entry) -> bool:
    """Whether a layer is nothing but a softmax over what could be classes."""
    if entry.kind == "Softmax":
        return entry.options.get("axis", -1) in (-1, 1, [-1], [1])
    return entry.kind == "Activation" and _names_softmax(entry.options.get("activation"))


def _names_softmax(activation: object) -> bool:
    if isinstance(activation, Mapping):
        return activation.get("class_name") == "Softmax" or activation.get("config") == "softmax"
    return activation == "softmax"
