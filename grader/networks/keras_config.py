"""A Keras Sequential configuration, as `model.to_json()` of Keras 2 and Keras 3 writes it, becomes a Network.

Format: https://keras.io/guides/serialization_and_saving/. Keras 3 adds `module`, `registered_name` and `build_config`
to what Keras 2 writes, says `batch_shape` for `batch_input_shape`, and gives a dtype as a policy.
"""

from collections.abc import Mapping, Sequence

from grader.errors import DefinitionError
from grader.facts import Shape
from grader.limits import MAX_LAYER_SIZE
from grader.networks.draft import Draft
from grader.networks.graph import Network
from grader.networks.keras_layers import LAYERS
from grader.networks.keras_options import Options, is_size

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

INPUT_LAYER = "InputLayer"
MIN_CLASSES = 2

Config = Mapping[str, object]


def network_from_config(config: Config) -> Network:
    """The network of a Sequential configuration, its final softmax left out, since it never changes the best class.

    Raises DefinitionError, naming layer, class and option, where the configuration holds what is not supported.
    """
    name, entries, declared = _sequential(config)
    layers = [_layer(entry, position) for position, entry in enumerate(entries, start=1)]
    draft = Draft(_input_shape(layers, declared))
    names: set[str] = set()
    for kind, options in _without_final_softmax(layers):
        layer = Options(kind, options)
        if layer.name in names:
            raise layer.error("another layer has the same name; each layer needs its own")
        names.add(layer.name)
        _draw(layer, draft)
    return _finish(draft, name)


def _draw(layer: Options, draft: Draft) -> None:
    if layer.kind in TRAINING_ONLY:
        return
    if layer.kind not in LAYERS:
        supported = ", ".join(sorted({*LAYERS, *TRAINING_ONLY, INPUT_LAYER}))
        raise layer.error(f"this kind of layer is not supported; supported: {supported}")
    LAYERS[layer.kind](layer, draft)
    layer.finish()


def _finish(draft: Draft, name: str) -> Network:
    if len(draft.shape) != 1 or not MIN_CLASSES <= draft.shape[0] <= MAX_LAYER_SIZE:
        raise DefinitionError(
            f"network '{name}' gives an output of shape {draft.shape} for each image; "
            f"one number for each of {MIN_CLASSES} to {MAX_LAYER_SIZE} classes is needed"
        )
    network = draft.finish(name)
    if not network.slots:
        raise DefinitionError(f"network '{name}' has no layer with weights; there is nothing to prune")
    return network


def _sequential(config: Config) -> tuple[str, Sequence[object], object]:
    """The model's name, its layers' entries, and the input shape that it declares for itself, if any."""
    kind, body = config.get("class_name"), config.get("config")
    if kind != "Sequential":
        raise DefinitionError(f"the network's configuration is of class {kind!r}; only 'Sequential' is supported")
    if isinstance(body, Mapping):
        name, entries, declared = body.get("name", "sequential"), body.get("layers"), body.get("build_input_shape")
    else:
        name, entries, declared = "sequential", body, None  # before Keras 2.2.3 the body was the list of layers
    if not isinstance(entries, list | tuple) or not entries:
        raise DefinitionError("the network's configuration lists no layers; save it with model.to_json()")
    return str(name), entries, declared


def _layer(entry: object, position: int) -> tuple[str, Config]:
    """The class and the options of one entry; `position` counts from 1."""
    if isinstance(entry, Mapping):
        kind, options = entry.get("class_name"), entry.get("config")
        if isinstance(kind, str) and isinstance(options, Mapping):
            return kind, options
    raise DefinitionError(f"layer {position} of the network's configuration has no class_name and config")


def _input_shape(layers: Sequence[tuple[str, Config]], declared: object) -> Shape:
    first = layers[0][1]
    batched = first.get("batch_shape") or first.get("batch_input_shape") or declared
    sizes = batched[1:] if isinstance(batched, list | tuple) else ()
    if len(sizes) in (1, 3) and all(is_size(size) for size in sizes):
        return tuple(sizes)
    raise DefinitionError(
        f"the network's input shape is {batched!r}; (height, width, channels) or (features,) in fixed whole numbers is "
        "needed: let the model begin with keras.Input(shape=...)"
    )


def _without_final_softmax(layers: Sequence[tuple[str, Config]]) -> list[tuple[str, Config]]:
    """The layers that compute, without a softmax at their end: as a layer, or as the last layer's activation."""
    kept = [layer for layer in layers if layer[0] != INPUT_LAYER]
    while kept and (kept[-1][0] in TRAINING_ONLY or _is_softmax(*kept[-1])):
        kept.pop()
    if kept and _names_softmax(kept[-1][1].get("activation")):
        kind, options = kept[-1]
        kept[-1] = (kind, {**options, "activation": "linear"})
    return kept


def _is_softmax(kind: str, options: Config) -> bool:
    return kind == "Softmax" or (kind == "Activation" and _names_softmax(options.get("activation")))


def _names_softmax(activation: object) -> bool:
    if isinstance(activation, Mapping):
        return activation.get("class_name") == "Softmax" or activation.get("config") == "softmax"
    return activation == "softmax"
