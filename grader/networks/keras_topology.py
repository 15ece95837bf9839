"""Which layer of a Keras configuration takes what: a Sequential's list, or a Functional's graph.

A Functional's layer lists one inbound node for each place where it is used. Keras 2 writes a node as a list of
[layer, node, tensor, keyword arguments], Keras 3 as `args` and `kwargs` in which each tensor is an object with
`keras_history`, [layer, node, tensor].
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from grader.errors import DefinitionError

INPUT_LAYER = "InputLayer"
FUNCTIONAL = ("Functional", "Model")  # Keras before 2.4 wrote Model

Config = Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Entry:
    """One layer of a configuration: its class, its options, and what it takes in each place where it is used."""

    kind: str
    options: Config
    inbound: Sequence[object] = ()

    @property
    def name(self) -> str:
        """The layer's name, as text whatever it is."""
        return str(self.options.get("name"))


class Call(NamedTuple):
    """One use of a layer; `inputs` are earlier calls by their place in the list, None is the network's input."""

    entry: Entry
    inputs: tuple[int | None, ...]


@dataclass(frozen=True, slots=True)
class Node:
    """What a layer gives in one of the places where it is used."""

    layer: str
    use: int


@dataclass(frozen=True, slots=True)
class Topology:
    """The layers but for the input, in saving order, and their uses in an order that computes; the last is the output.

    `input_shape` is as the configuration has it, batch included.
    """

    name: str
    entries: tuple[Entry, ...]
    calls: tuple[Call, ...]
    input_shape: object


def entries_of(config: Config) -> tuple[Entry, ...]:
    """The layers of a configuration as they are listed. Raises DefinitionError where it is not one of Keras'."""
    kind, body = config.get("class_name"), config.get("config")
    if kind != "Sequential" and kind not in FUNCTIONAL:
        raise DefinitionError(
            f"the network's configuration is of class {kind!r}; supported: 'Sequential' and 'Functional'"
        )
    listed = body.get("layers") if isinstance(body, Mapping) else body
    if not isinstance(listed, list | tuple) or not listed:
        raise DefinitionError("the network's configuration lists no layers; save it with model.to_json()")
    return tuple(_entry(each, position) for position, each in enumerate(listed, start=1))


def topology_of(config: Config) -> Topology:
    """How the layers of a configuration hang together. Raises DefinitionError where they do not."""
    entries, kind, body = entries_of(config), str(config.get("class_name")), config.get("config")
    if not isinstance(body, Mapping):
        body = {"layers": body}  # a Sequential before Keras 2.2.3
    name = str(body.get("name", kind.lower()))
    if kind in FUNCTIONAL:
        return _functional(name, body, entries)
    first = entries[0].options
    shape = first.get("batch_shape") or first.get("batch_input_shape") or body.get("build_input_shape")
    layers = tuple(entry for entry in entries if entry.kind != INPUT_LAYER)
    calls = [Call(entry, (place - 1 if place else None,)) for place, entry in enumerate(layers)]
    return Topology(name, layers, tuple(calls), shape)


def needed_for(topology: Topology, last: int | None) -> list[int]:
    """The calls that `last` is made of, itself included, by their places in order."""
    needed = {last}
    for place in range(len(topology.calls) - 1, -1, -1):
        if place in needed:
            needed.update(topology.calls[place].inputs)
    return sorted(place for place in needed if place is not None)


def _entry(value: object, position: int) -> Entry:
    """One layer as it stands in the list; `position` counts from 1."""
    if isinstance(value, Mapping):
        kind, options = value.get("class_name"), value.get("config")
        if isinstance(kind, str) and isinstance(options, Mapping):
            nodes = value.get("inbound_nodes")
            return Entry(kind, options, nodes if isinstance(nodes, list | tuple) else ())
    raise DefinitionError(f"layer {position} of the network's configuration has no class_name and config")


def _functional(name: str, body: Config, entries: Sequence[Entry]) -> Topology:
    start, end = _only(body, "input_layers"), _only(body, "output_layers")
    named = {entry.name: entry for entry in entries}
    if start.layer not in named or named[start.layer].kind != INPUT_LAYER:
        raise DefinitionError(f"the network's input '{start.layer}' is none of its layers")
    inbound = {Node(entry.name, index): (entry, node) for entry in entries for index, node in enumerate(entry.inbound)}
    calls: list[Call] = []
    places: dict[Node, int | None] = {start: None}
    for node in _ordered(inbound, start, end):
        entry, written = inbound[node]
        places[node] = len(calls)
        calls.append(Call(entry, tuple(places[taken] for taken in _taken(entry, written))))
    if idle := [node.layer for node in inbound if node not in places]:
        raise DefinitionError(f"layer '{idle[0]}' does not lead from the network's input to its output")
    options = named[start.layer].options
    layers = tuple(entry for entry in entries if entry.kind != INPUT_LAYER)
    return Topology(name, layers, tuple(calls), options.get("batch_shape") or options.get("batch_input_shape"))


def _ordered(inbound: Mapping[Node, tuple[Entry, object]], start: Node, end: Node) -> Iterator[Node]:
    """The uses of layers that lead to `end`, each after all that it takes."""
    done, open_ones, stack = {start}, set[Node](), [end]
    while stack:
        node = stack[-1]
        if node in done:
            stack.pop()
            continue
        if node not in inbound:
            raise DefinitionError(f"the configuration takes '{node.layer}' (use {node.use}), which it does not define")
        missing = [taken for taken in _taken(*inbound[node]) if taken not in done]
        if not missing:
            done.add(node)
            yield stack.pop()
            continue
        if node in open_ones:
            raise DefinitionError(f"layer '{node.layer}' takes its own output")
        open_ones.add(node)
        stack += missing


def _only(body: Config, key: str) -> Node:
    """The one node that `input_layers` or `output_layers` names, as [layer, node, tensor] or a list of those."""
    value = body.get(key)
    if isinstance(value, list | tuple) and len(value) == 1:
        value = value[0]
    if node := _history(value):
        return node
    raise DefinitionError(f"{key} is {str(value)[:80]}; a network with one input and one output is needed")


def _taken(entry: Entry, node: object) -> list[Node]:
    """What a layer takes in one of its uses. Raises where that is not tensors alone."""
    if isinstance(node, Mapping):
        _check_keywords(entry, node.get("kwargs"))
        taken = list(_tensors(entry, node.get("args")))
    else:
        taken = []
        for each in node if isinstance(node, list | tuple) else [node]:
            found = _history(each)
            if found is None:
                raise _error(entry, f"it takes {str(each)[:60]}, which is no layer's output")
            _check_keywords(entry, each[3] if isinstance(each, list | tuple) and len(each) > 3 else None)
            taken.append(found)
    if not taken:
        raise _error(entry, "it takes nothing")
    return taken


def _tensors(entry: Entry, value: object) -> Iterator[Node]:
    """The tensors in the arguments of a use as Keras 3 writes them."""
    if isinstance(value, list | tuple):
        for each in value:
            yield from _tensors(entry, each)
        return
    config = value.get("config") if isinstance(value, Mapping) else None
    node = _history(config.get("keras_history")) if isinstance(config, Mapping) else None
    if node is None:
        raise _error(entry, f"it takes {str(value)[:60]}, which is no layer's output")
    yield node


def _history(value: object) -> Node | None:
    if isinstance(value, list | tuple) and len(value) >= 3:
        layer, index, tensor = value[:3]
        if isinstance(layer, str) and type(index) is int and index >= 0 and type(tensor) is int and tensor == 0:
            return Node(layer, index)
    return None


def _check_keywords(entry: Entry, keywords: object) -> None:
    if keywords and not isinstance(keywords, Mapping):
        raise _error(entry, f"its arguments are {str(keywords)[:60]}")
    for name, value in keywords.items() if isinstance(keywords, Mapping) else ():
        if value not in (None, False):
            raise _error(entry, f"it is called with {name} = {str(value)[:60]}, which is not supported")


def _error(entry: Entry, message: str) -> DefinitionError:
    return DefinitionError(f"layer '{entry.name}' ({entry.kind}): {message}")
