"""The tensors of a whole pickled module, found without its code.

A module pickles as an object whose state is its dictionary of attributes. Three of them are looked into, as
torch.nn.Module.state_dict does: `_parameters`, `_buffers` (but for those that are not persistent) and `_modules`.
"""

from collections.abc import Iterator

from grader import limits
from grader.errors import Finding, Refusal
from grader.reading.pickle_nodes import Made, Node, pairs_of, texts_of, value_of


def is_module(node: Node) -> bool:
    """Whether a node is an object with the attributes of a torch module."""
    if not isinstance(node, Made) or len(pairs_of(node.state) or ()) > limits.MODULE_MAX_ATTRIBUTES:
        return False
    return all(pairs_of(value_of(node.state, name)) is not None for name in ("_parameters", "_buffers", "_modules"))


def walk(module: Node) -> Iterator[tuple[Node, Node]]:
    """Name -> tensor's node, in the order of torch's own state_dict. Raises Refusal where modules never end."""
    yield from _Walk().below(module, "", 0)


class _Walk:
    """Counts the modules that one walk has met; one that is used twice counts twice, as its tensors do."""

    def __init__(self) -> None:
        self.modules = 0

    def below(self, module: Node, prefix: str, depth: int) -> Iterator[tuple[Node, Node]]:
        self.modules += 1
        if self.modules > limits.MODULE_MAX_MODULES or depth > limits.MODULE_MAX_DEPTH:
            expected = f"{limits.MODULE_MAX_MODULES:,} modules, {limits.MODULE_MAX_DEPTH} deep"
            raise Refusal(Finding("module-too-deep", prefix[: limits.MAX_NAME_CHARACTERS], expected))
        state = module.state if isinstance(module, Made) else None
        passing = texts_of(value_of(state, "_non_persistent_buffers_set"))
        for name, value in [*_entries(state, "_parameters"), *_entries(state, "_buffers")]:
            if value is not None and name not in passing:
                yield f"{prefix}{name}", value
        for name, child in _entries(state, "_modules"):
            if child is None:
                continue
            if not is_module(child):
                raise Refusal(Finding("module-odd", f"{prefix}{name}"[: limits.MAX_NAME_CHARACTERS]))
            yield from self.below(child, f"{prefix}{name}.", depth + 1)


def _entries(state: Node, attribute: str) -> list[tuple[str, Node]]:
    """The pairs of one of a module's dictionaries; each name once, as the last one that was written."""
    last: dict[str, Node] = {}
    pairs = pairs_of(value_of(state, attribute)) or []
    for name, value in pairs:
        if not isinstance(name, str) or len(name) > limits.MAX_NAME_CHARACTERS or len(pairs) > limits.MAX_TENSORS:
            raise Refusal(Finding("module-odd", attribute))
        last[name] = value
    return list(last.items())
