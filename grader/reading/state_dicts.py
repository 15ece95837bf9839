"""Which of a pickle's tensors are the network's: a state dict, one inside a training checkpoint, or a whole module.

Prefixes that wrappers put before every name are taken off: `module.` (DataParallel, AveragedModel) and `_orig_mod.`
(torch.compile).
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

from grader import limits
from grader.errors import Finding, Refusal
from grader.reading.pickle_nodes import Node, describe, pairs_of
from grader.reading.tensors import Tensor, is_tensor, read_tensor
from grader.reading.torch_modules import is_module, walk

KNOWN_NAMES = (
    *("state_dict", "model_state_dict", "model_state", "model", "net", "network", "net_state_dict", "weights"),
    *("student", "student_state_dict", "params", "parameters", "module"),
)
"""What training scripts call the network's entry of a checkpoint."""
WRAPPER_PARTS = {"module": "data-parallel", "_orig_mod": "compiled"}
COUNTER = "num_batches_tracked"  # how many batches a BatchNorm has seen; nothing is computed from it once trained
AVERAGED = "n_averaged"  # how often torch.optim.swa_utils.AveragedModel has averaged; it stands beside `module.`
PACKED = "_packed_params"  # the weight and bias of a quantised dense layer, with their type beside them
_HALVES = {("_orig", "_mask"): "torch-pruned", ("_g", "_v"): "torch-parametrised"}
_MAX_WRAPPERS = 3
_LOOK_AT = 64  # entries: one dictionary may hang in a thousand places, and none is searched from end to end


@dataclass(frozen=True, slots=True)
class Found:
    """The network's tensors by name, whether they came out of a whole module, and remarks (code -> a number)."""

    tensors: dict[str, Tensor]
    is_module: bool
    notes: dict[str, int]


def find(tree: Node) -> Found:
    """The network's tensors in the order in which they were written. Raises Refusal with every problem, up to a cap."""
    notes: dict[str, int] = {}
    holder = _network_of(tree, notes)
    whole = is_module(holder)
    if whole:
        notes["whole-module"] = 1
    named = list(islice(walk(holder) if whole else pairs_of(holder) or (), limits.MAX_TENSORS + 1))
    return Found(collect(named, notes), whole, notes)


def collect(named: Sequence[tuple[Node, Node]], notes: dict[str, int]) -> dict[str, Tensor]:
    """The tensors among pairs of a name and a tensor or its node. Raises Refusal with every problem, up to a cap."""
    if len(named) > limits.MAX_TENSORS:
        raise Refusal(Finding("too-many-tensors", expected=f"{limits.MAX_TENSORS:,}"))
    tensors: dict[str, Tensor] = {}
    findings = list(_collect(_unwrapped(named, notes), tensors, notes))
    if not tensors and not findings:
        findings.append(Finding("no-tensors"))
    if findings:
        raise Refusal(*findings[: limits.MAX_READ_FINDINGS])
    places = {(each.storage.key, each.offset, each.shape, each.strides) for each in tensors.values()}
    if ties := len(tensors) - len(places):
        notes["tied-tensors"] = ties
    return tensors


def _network_of(tree: Node, notes: dict[str, int]) -> Node:
    """The state dict or module itself, out of whatever training script wrote around it."""
    for _ in range(_MAX_WRAPPERS):
        pairs = pairs_of(tree)
        if is_module(tree) or (_is_state_dict(tree) and not _is_around_a_network(pairs or [])):
            return tree
        if pairs is None or len(pairs) > limits.CHECKPOINT_MAX_ENTRIES:
            got = "a tensor without a name" if is_tensor(tree) else describe(tree)
            raise Refusal(Finding("no-state-dict", got=got))
        tree = _entry_of(pairs, notes)
    raise Refusal(Finding("no-state-dict", got=describe(tree)))


def _entry_of(pairs: list[tuple[Node, Node]], notes: dict[str, int]) -> Node:
    """The one entry of a checkpoint that is the network, or leads to it."""
    entries = {name: value for name, value in pairs if isinstance(name, str)}
    known = [name for name in KNOWN_NAMES if name in entries]
    networks = [name for name, value in entries.items() if _is_network(value)]
    leading = [name for name in known if _leads_to_network(entries[name])]
    chosen = [name for name in known if name in networks] or leading or networks
    if len(chosen) > 1:
        raise Refusal(Finding("several-state-dicts", got=" and ".join(name[:60] for name in chosen[:3])))
    chosen = chosen or [name for name in known if pairs_of(entries[name]) is not None]
    if not chosen:
        names = ", ".join(name for name in entries if name.isprintable())
        raise Refusal(
            Finding("no-state-dict", got=f"a dictionary of {names[:120]}" if names else "an empty dictionary")
        )
    if others := set(networks) - set(chosen):
        notes["other-networks-ignored"] = notes.get("other-networks-ignored", 0) + len(others)
    if len(entries) > 1:
        notes["checkpoint-baggage-ignored"] = notes.get("checkpoint-baggage-ignored", 0) + len(entries) - 1
    return entries[chosen[0]]


def _is_around_a_network(pairs: list[tuple[Node, Node]]) -> bool:
    """Whether tensors lie beside a network, as a loss, an accuracy or a generator's state do, and not in one.

    Under a usual name there is no doubt; under another, no tensor beside it may have a name with a dot, as a layer's has.
    """
    if len(pairs) > limits.CHECKPOINT_MAX_ENTRIES:
        return False
    entries = {name: value for name, value in pairs if isinstance(name, str)}
    if any(_leads_to_network(entries[name]) for name in KNOWN_NAMES if name in entries):
        return True
    dotted = any("." in name for name, value in entries.items() if is_tensor(value))
    return not dotted and any(_is_network(value) for value in entries.values())


def _leads_to_network(node: Node) -> bool:
    """Whether a node is a network or a dictionary that has one near its beginning."""
    return _is_network(node) or any(_is_network(value) for _, value in islice(pairs_of(node) or (), _LOOK_AT))


def _is_network(node: Node) -> bool:
    return is_module(node) or _is_state_dict(node)


def _is_state_dict(node: Node) -> bool:
    """Whether a dictionary has names of text and a tensor near its beginning; what else is in it is told later."""
    return any(isinstance(key, str) and is_tensor(value) for key, value in islice(pairs_of(node) or (), _LOOK_AT))


def _unwrapped(named: Sequence[tuple[Node, Node]], notes: dict[str, int]) -> Iterator[tuple[Node, Node]]:
    """The same pairs without the parts of names that a wrapper put there."""
    names = [name.removeprefix("_orig_mod.") for name, _ in named if isinstance(name, str)]
    parallel = all(name.startswith("module.") for name in names if name != AVERAGED)
    averaged = parallel and AVERAGED in names and len(names) > 1
    for name, value in named:
        if not isinstance(name, str) or len(name) > 2 * limits.MAX_NAME_CHARACTERS:
            yield name, value
            continue
        parts = name.split(".")
        if "_orig_mod" in parts[:-1]:
            notes[WRAPPER_PARTS["_orig_mod"]] = 1
            parts = [part for part in parts[:-1] if part != "_orig_mod"] + parts[-1:]
        if averaged and parts == [AVERAGED]:
            continue
        if parallel and parts[:1] == ["module"]:
            notes["averaged" if averaged else WRAPPER_PARTS["module"]] = 1
            parts = parts[1:]
        yield ".".join(parts), value


def _collect(
    named: Iterator[tuple[Node, Node]], tensors: dict[str, Tensor], notes: dict[str, int]
) -> Iterator[Finding]:
    """Puts the tensors where they belong; gives what is wrong with the others."""
    names: set[str] = set()
    for name, value in named:
        if not isinstance(name, str) or not is_plain_name(name):
            got = ascii(name)[:60] if isinstance(name, str) else describe(name)
            yield Finding("tensor-name", expected=str(limits.MAX_NAME_CHARACTERS), got=got)
            continue
        if name in names:
            yield Finding("tensor-named-twice", name)
        names.add(name)
        if name.rpartition(".")[2] == COUNTER:
            notes["counters-ignored"] = notes.get("counters-ignored", 0) + 1
            continue
        tensor = value if isinstance(value, Tensor | Finding) else read_tensor(value, name)
        if isinstance(tensor, Finding) and tensor.code == "not-a-tensor" and PACKED in name.split("."):
            tensor = Finding("tensor-quantised", name)
        if problem := _reparametrised(name, names) or (tensor if isinstance(tensor, Finding) else None):
            yield problem
        elif isinstance(tensor, Tensor):
            tensors[name] = tensor


def is_plain_name(name: str) -> bool:
    """Whether a tensor's name is short, printable, and made of parts that are joined by dots."""
    return len(name) <= limits.MAX_NAME_CHARACTERS and name.isprintable() and all(name.split("."))


def _reparametrised(name: str, names: set[str]) -> Finding | None:
    """What torch.nn.utils leaves in place of a weight: two arrays that only its hooks put together."""
    for endings, code in _HALVES.items():
        base = next((name.removesuffix(ending) for ending in endings if name.endswith(ending)), "")
        if base and all(base + ending in names for ending in endings):
            return Finding(code, base)
    if ".parametrizations." in f".{name}":
        return Finding("torch-parametrised", name)
    return None
