"""Where Keras puts a network's weights in an HDF5 file, in each of its layouts. The file's name plays no part.

    keras-legacy        attributes `layer_names` and `weight_names` give the order; at the root (Keras 2 save_weights)
                        or below `model_weights` (model.save of Keras 2 and 3)
    keras-vars          `layers/<kind>_<n>/vars/<i>` (save_weights of Keras 3, and of Keras 2 since 2.13)
    keras-vars-2.12     the same below `_layer_checkpoint_dependencies`; numbers may be left out

What training leaves behind (optimizer, metrics, random seeds) is passed over with a note. Any other array that is not a
weight of a layer is refused.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from grader import limits
from grader.errors import Finding, Refusal
from grader.layer_names import numbered
from grader.reading.attributes import has_attribute, read_names
from grader.reading.hdf5 import Dataset, Group
from grader.reading.layout import Layout

BAGGAGE = {
    "optimizer": "optimizer-ignored",
    "optimizer_weights": "optimizer-ignored",
    "metrics": "metrics-ignored",
    "compile_metrics": "metrics-ignored",
    "compiled_metrics": "metrics-ignored",
    "loss_tracker": "metrics-ignored",
    "seed_generator": "seeds-ignored",
    "random_generator": "seeds-ignored",
}
TOP_LEVEL = "top_level_model_weights"
PRUNING_WRAPPER = "prune_low_magnitude"  # of tensorflow_model_optimization
CONTAINERS = {"layers": Layout.VARS, "_layer_checkpoint_dependencies": Layout.VARS_2_12}


@dataclass(frozen=True, slots=True)
class FoundLayer:
    """A layer with weights: its name in the file and its datasets by array name, in the file's order."""

    name: str
    arrays: dict[str, Dataset]


@dataclass(frozen=True, slots=True)
class Found:
    """The network's weights in a file. `notes` maps the code of a remark to the number of arrays passed over."""

    layout: Layout
    layers: tuple[FoundLayer, ...]
    notes: dict[str, int]


@dataclass(slots=True)
class _Search:
    """What a search has claimed, passed over and found wrong so far."""

    findings: list[Finding] = field(default_factory=list)
    notes: dict[str, int] = field(default_factory=dict)
    claimed: set[str] = field(default_factory=set)

    def find(self, code: str, where: str, *, expected: str = "", got: str = "") -> None:
        self.findings.append(Finding(code, where, expected, got))

    def pass_over(self, group: Group, code: str) -> None:
        """Counts a group's arrays as baggage."""
        arrays = [dataset.path for dataset in group.arrays()]
        self.claimed.update(arrays)
        if arrays:
            self.notes[code] = self.notes.get(code, 0) + len(arrays)

    def claim(self, dataset: Dataset) -> None:
        """Takes a dataset as a weight; the same one twice is refused."""
        if dataset.path in self.claimed:
            self.find("h5-listed-twice", dataset.path)
        self.claimed.add(dataset.path)


def find_weights(root: Group) -> Found:
    """The layers with weights and where their arrays are. Raises Refusal with every problem, up to a cap."""
    search = _Search()
    base = root.groups.get("model_weights", root)
    layer_names = read_names(base, "layer_names")
    container = next((name for name in CONTAINERS if name in root.groups), None)
    if layer_names is not None:
        layout, layers = Layout.LEGACY, list(_legacy_layers(base, layer_names, search))
    elif container:
        layout, layers = CONTAINERS[container], list(_vars_layers(root.groups[container], search))
    elif any(root.arrays()):
        raise Refusal(Finding("h5-layout", got=", ".join([*root.groups, *root.datasets][:5])))
    else:
        raise Refusal(Finding("h5-no-weights"))
    _pass_over_baggage(root, search)
    _refuse_extras(root, search)
    if not layers and not search.findings:
        search.find("h5-no-weights", "")
    if search.findings:
        raise Refusal(*search.findings[: limits.MAX_READ_FINDINGS])
    if has_attribute(root, "model_config"):
        search.notes["model-config-ignored"] = 1
    return Found(layout, tuple(layers), search.notes)


def _legacy_layers(base: Group, layer_names: list[str], search: _Search) -> Iterator[FoundLayer]:
    """Layers in the order of `layer_names`. Weights of the model itself, where there are any, come last."""
    listed = [*layer_names, TOP_LEVEL] if TOP_LEVEL in base.groups and TOP_LEVEL not in layer_names else layer_names
    for name in _once(listed, base.path, search):
        group = base.group(name)
        if group is None:
            search.find("h5-missing-group", name, expected=name)
            continue
        weight_names = read_names(group, "weight_names")
        if weight_names is None:
            search.find("h5-name-list", group.path, expected="weight_names")
        elif any(PRUNING_WRAPPER in weight for weight in weight_names):
            group_arrays = {dataset.path for dataset in group.arrays()}
            search.claimed |= group_arrays
            search.find("pruning-wrapper", name)
        elif weight_names:
            yield FoundLayer(name, _legacy_arrays(group, weight_names, search))


def _legacy_arrays(group: Group, weight_names: list[str], search: _Search) -> dict[str, Dataset]:
    arrays: dict[str, Dataset] = {}
    for path in _once(weight_names, group.path, search):
        dataset = group.dataset(path)
        if dataset is None:
            search.find("h5-missing-array", f"{group.path}/{path}")
            continue
        search.claim(dataset)
        name = path.rpartition("/")[2].partition(":")[0]
        if not name:
            search.find("h5-array-name", dataset.path, expected="kernel, bias or the like", got=path)
        if name in arrays:
            search.find("nested-network", group.path)
        arrays[name] = dataset
    return arrays


def _once(names: Iterable[str], where: str, search: _Search) -> Iterator[str]:
    seen: set[str] = set()
    for name in names:
        if name in seen:
            search.find("h5-listed-twice", f"{where}/{name}" if where else name)
        else:
            seen.add(name)
            yield name


def _vars_layers(container: Group, search: _Search) -> Iterator[FoundLayer]:
    """Layers by kind and number: conv2d, conv2d_1, ..., conv2d_10, dense, as HDF5's own order would not have it."""
    for name in sorted(container.groups, key=numbered):
        layer = container.groups[name]
        if numbered(name)[0] == PRUNING_WRAPPER:
            search.claimed.update(dataset.path for dataset in layer.arrays())
            search.find("pruning-wrapper", name)
            continue
        for child_name, child in layer.groups.items():
            kind = numbered(child_name)[0]
            if BAGGAGE.get(kind) == "seeds-ignored":
                search.pass_over(child, BAGGAGE[kind])
            elif child_name != "vars" and any(child.arrays()):
                search.claimed.update(dataset.path for dataset in child.arrays())
                search.find("nested-network", layer.path)
        if "vars" in layer.groups and (arrays := _vars_arrays(layer.groups["vars"], search)):
            yield FoundLayer(name, arrays)


def _vars_arrays(group: Group, search: _Search) -> dict[str, Dataset]:
    wanted = [str(index) for index in range(len(group.datasets))]
    for name, dataset in group.datasets.items():
        search.claim(dataset)
        if name not in wanted:
            search.find("h5-array-name", dataset.path, expected=f"0 to {len(wanted) - 1}", got=name)
    return {name: group.datasets[name] for name in wanted if name in group.datasets}


def _pass_over_baggage(root: Group, search: _Search) -> None:
    for name, group in root.groups.items():
        code = BAGGAGE.get(numbered(name)[0].lstrip("_"))
        if code and not any(dataset.path in search.claimed for dataset in group.arrays()):
            search.pass_over(group, code)


def _refuse_extras(root: Group, search: _Search) -> None:
    for dataset in root.arrays():
        if dataset.path not in search.claimed:
            search.find("h5-extra-array", dataset.path)
