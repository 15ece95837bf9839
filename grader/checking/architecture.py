"""Whether a file's layers are the network's: every missing, extra, misplaced and misshapen one, told at once.

A file of Keras that states its order is matched by order: names do not matter, since a notebook that builds its network
twice numbers on. One that does not is matched kind by kind, in the order of the numbers in its names. A file of PyTorch is
matched by name where the names are the network's, which its code gives; else by its order, or as `unordered` says.
"""

import difflib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from grader import limits
from grader.checking.alignment import Pair, align
from grader.checking.arrays import distance, match_arrays, shapes_of
from grader.checking.fit import Fit, cast_notes
from grader.checking.unordered import by_name, place
from grader.errors import Finding
from grader.facts import AnyArray, NetworkLayer, Note, Shape, StoredLayer, StoredWeights
from grader.layer_names import numbered
from grader.networks.graph import Network

KERAS = "keras-"
"""How the names of its layouts begin."""


@dataclass(frozen=True, slots=True)
class _Section:
    """What is compared with what: all layers in one go, or those of a kind; and whether each has found its place already."""

    wanted: Sequence[NetworkLayer]
    found: Sequence[StoredLayer]
    is_paired: bool = False
    problems: tuple[Finding, ...] = ()
    notes: tuple[Note, ...] = ()


@dataclass(frozen=True, slots=True)
class Matched:
    """The arrays that found their slot, by slot name in network order, and all that keeps others from theirs."""

    arrays: Mapping[str, AnyArray]
    problems: tuple[Finding, ...]
    notes: tuple[Note, ...] = ()


def fit(stored: StoredWeights, network: Network) -> Fit:
    """The file's arrays in the slots of the one network that is asked for."""
    matched = match(stored, network.layers)
    return Fit(network, network.slots, matched.arrays, matched.problems, matched.notes)


def match(stored: StoredWeights, layers: Sequence[NetworkLayer]) -> Matched:
    """The file's arrays by slot of the network, with every problem up to a cap and remarks on what was accepted."""
    problems: list[Finding] = []
    notes: list[Note] = []
    arrays: dict[str, AnyArray] = {}
    if len(stored.layers) != len(layers):
        problems.append(Finding("layer-count", expected=str(len(layers)), got=str(len(stored.layers))))
    if len(stored.layers) <= max(len(layers), limits.MAX_MATCH_LAYERS):
        for section in _sections(stored, layers):
            problems += section.problems
            notes += section.notes
            _match_section(section, arrays, problems)
    slots = [slot.name for layer in layers for slot in layer.slots]
    ordered = {name: arrays[name] for name in slots if name in arrays}
    return Matched(ordered, capped(problems), (*notes, *cast_notes(ordered)))


def _sections(stored: StoredWeights, layers: Sequence[NetworkLayer]) -> Iterator[_Section]:
    if not stored.layout.startswith(KERAS):
        yield _section_of_torch(stored, layers)
        return
    if stored.ordered:
        yield _Section(layers, stored.layers)
        return
    own = sorted(stored.layers, key=lambda layer: numbered(layer.name))
    kinds = dict.fromkeys([*(layer.kind for layer in layers), *(numbered(layer.name)[0] for layer in own)])
    for kind in kinds:
        wanted = [layer for layer in layers if layer.kind == kind]
        yield _Section(wanted, [layer for layer in own if numbered(layer.name)[0] == kind])


def _section_of_torch(stored: StoredWeights, layers: Sequence[NetworkLayer]) -> _Section:
    if (named := by_name(stored.layers, layers)) is not None:
        return _Section(layers, named, is_paired=True)
    if stored.ordered:
        return _Section(layers, stored.layers)
    placed = place(stored.layers, layers)
    return _Section(layers, placed.layers, placed.is_told, placed.problems, placed.notes)


def _match_section(section: _Section, arrays: dict[str, AnyArray], problems: list[Finding]) -> None:
    wanted, found = section.wanted, section.found
    pairs: list[Pair]
    if section.is_paired or _same_places(wanted, found):
        pairs, misplaced = [(i, i) for i in range(len(wanted))], {}
    else:
        pairs = align(wanted, found, distance)
        misplaced = _misplaced(wanted, found, [(i, j) for i, j in pairs if not _fits(wanted, found, i, j)])
    moved = set(misplaced.values())
    names, own_names = [layer.name for layer in wanted], [layer.name for layer in found]
    for i, j in pairs:
        layer = wanted[i] if i is not None and i not in misplaced else None
        own = found[j] if j is not None and j not in moved else None
        if i is not None and i in misplaced:
            problems.append(_order(wanted, found, i, misplaced[i]))
        if layer and own:
            problems += match_arrays(layer, own, arrays)
        elif layer:
            nearest = _nearest(layer.name, own_names, len(problems))
            problems.append(Finding("missing-layer", layer.name, _shapes_text(layer), nearest))
        elif own:
            nearest = _nearest(own.name, names, len(problems))
            problems.append(Finding("extra-layer", own.name, nearest, _shapes_text(own)))


def _same_places(wanted: Sequence[NetworkLayer], found: Sequence[StoredLayer]) -> bool:
    """Whether each layer can be meant for the one at its place: as many, alike in kind, and not the same ones reordered."""
    if len(wanted) != len(found) or sorted(map(shapes_of, wanted)) == sorted(map(shapes_of, found)):
        return False
    return all(distance(layer, own) is not None for layer, own in zip(wanted, found, strict=True))


def _fits(wanted: Sequence[NetworkLayer], found: Sequence[StoredLayer], i: int | None, j: int | None) -> bool:
    return i is not None and j is not None and distance(wanted[i], found[j]) == 0.0


def _misplaced(wanted: Sequence[NetworkLayer], found: Sequence[StoredLayer], loose: Sequence[Pair]) -> dict[int, int]:
    """Layers without a fitting partner whose shapes stand elsewhere in the file: index in the network to index there.

    `loose` are the pairs that do not fit.
    """
    by_shapes: dict[tuple[Shape, ...], list[int]] = {}
    for _, j in loose:
        if j is not None:
            by_shapes.setdefault(shapes_of(found[j]), []).append(j)
    places: dict[int, int] = {}
    for i, _ in loose:
        if i is not None and (candidates := by_shapes.get(shapes_of(wanted[i]))):
            places[i] = candidates.pop(0)
    return places


def _order(wanted: Sequence[NetworkLayer], found: Sequence[StoredLayer], i: int, j: int) -> Finding:
    layer, own = wanted[i], found[j]
    where = layer.name if layer.name == own.name else f"{layer.name} (yours: {own.name})"
    return Finding("layer-order", where, f"place {i + 1} of {len(wanted)}", f"place {j + 1} of {len(found)}")


def _shapes_text(layer: NetworkLayer | StoredLayer) -> str:
    return ", ".join(str(shape) for shape in shapes_of(layer))


def _nearest(name: str, names: Sequence[str], before: int) -> str:
    """The name most like one; it is sought for no problem that stands too far behind others to be shown."""
    close = difflib.get_close_matches(name, names, n=1) if before < limits.MAX_MATCH_PROBLEMS else []
    return close[0] if close else "none"


def capped(problems: Sequence[Finding]) -> tuple[Finding, ...]:
    """The first problems, and how many more there are."""
    if len(problems) <= limits.MAX_MATCH_PROBLEMS:
        return tuple(problems)
    shown = problems[: limits.MAX_MATCH_PROBLEMS - 1]
    return (*shown, Finding("more-problems", got=str(len(problems) - len(shown))))
