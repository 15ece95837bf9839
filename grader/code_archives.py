"""A zip with a student's code and weights: the network that they build, counted and checked like one that came as .onnx."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase

from grader import exports, extraction, limits
from grader.archives import Upload
from grader.checked import Checked, check_weights, reject
from grader.errors import Finding, Refusal
from grader.facts import AnyArray, Contents, Counts, LayerCount, Note, StoredWeights
from grader.memory_files import beginning_of, memory_file
from grader.reading.signatures import ZIP
from grader.reading.torch_files import TOP
from grader.series.planning import ATTACHMENTS, ends
from grader.upload_rules import CodeRule

STATISTICS = ("running_mean", "running_var")
BEYOND = "(weights of the checkpoint that the network does not use)"


@dataclass(frozen=True, slots=True)
class Code:
    """What the files of a zip are for: the script, its checkpoints, and what is kept for the staff."""

    script: str
    checkpoints: tuple[str, ...]
    attachments: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Exported:
    """The bytes of the .onnx that came out, remarks, how many weights and biases went in, and files for the staff."""

    graph: bytes
    notes: tuple[Note, ...]
    stored: int
    files: Mapping[str, bytes]


def is_code(upload: Upload) -> bool:
    """Whether an upload is a zip in a competition that takes code."""
    return upload.definition.grading.file.code is not None and beginning_of(upload.file, len(ZIP)) == ZIP


def export(upload: Upload) -> Exported:
    """The network that an upload's code builds. Raises Refusal, or GraderFault where the fault is ours."""
    rule = upload.definition.grading.file
    assert rule.code is not None  # noqa: S101 - `is_code` was asked
    exporter = exports.ready(upload.exporter)
    found = extraction.contents(upload.file, rule.archive, upload.reader)
    if found is None:
        raise Refusal(Finding("code-checkpoint-alone", expected=_either(rule.code.scripts)))
    code = plan_of(found, rule.code)
    checkpoints, notes = _checkpoints(upload, code)
    files = {name: _content(upload, name) for name in dict.fromkeys([code.script, *code.attachments])}
    source = files[code.script]
    if len(source) > limits.CODE_MAX_BYTES:
        raise Refusal(Finding("code-too-long", code.script, f"{limits.CODE_MAX_BYTES:,}", f"{len(source):,}"))
    graph, note = exports.run(exporter, code.script, source, checkpoints, rule, upload.definition.input_shape)
    return Exported(graph, (*notes, note), weights_and_biases(checkpoints), files)


def read(upload: Upload, exported: Exported) -> StoredWeights:
    """The graph of an export, read as an .onnx is that somebody hands in. Raises Refusal."""
    with memory_file(exported.graph) as file:
        found = extraction.weights(file, upload.definition.grading.file, upload.reader)
    return replace(found, notes=(*exported.notes, *found.notes))


def check(upload: Upload, exported: Exported, found: StoredWeights) -> Checked:
    """The network after checking. It has the parameters of its graph or those of the checkpoint, whichever are more."""
    checked = check_weights(found, upload.definition, upload.begun)
    if checked.accepted is None:
        return checked
    counts = _with_beyond(checked.accepted.counts, exported.stored)
    report = replace(checked.report, counts=counts)
    most = upload.definition.grading.limits.max_parameters
    if most is not None and counts.parameters > most:
        finding = Finding("too-many-parameters", expected=f"{most:,}", got=f"{counts.parameters:,}")
        return Checked(reject(report, [finding]))
    accepted = replace(checked.accepted, counts=counts)
    return replace(checked, report=report, accepted=accepted, attachments=exported.files)


def plan_of(found: Contents, rule: CodeRule) -> Code:
    """What each file of a zip is for. Raises Refusal with everything that is missing."""
    names = [member.name for member in found.members]
    scripts = [name for pattern in rule.scripts for name in names if _fits(name, (pattern,))]
    checkpoints = sorted(name for name in names if _fits(name, rule.checkpoints))
    listed = ", ".join(names[:6])
    missing = []
    if not scripts:
        missing.append(Finding("code-no-script", expected=_either(rule.scripts), got=listed))
    if not checkpoints:
        missing.append(Finding("code-no-checkpoint", expected=_either(rule.checkpoints), got=listed))
    if len(checkpoints) > limits.CODE_MAX_CHECKPOINTS:
        finding = Finding("code-too-many", expected=f"{limits.CODE_MAX_CHECKPOINTS}", got=f"{len(checkpoints)}")
        missing.append(finding)
    if missing:
        raise Refusal(*missing)
    return Code(scripts[0], tuple(checkpoints), tuple(name for name in names if ends(name, ATTACHMENTS)))


def weights_and_biases(checkpoints: Sequence[Mapping[str, AnyArray]]) -> int:
    """How many weights and biases checkpoints hold; running statistics are none, and equal arrays are one."""
    arrays = {
        (array.shape, array.dtype.str, array.tobytes()): array.size
        for checkpoint in checkpoints
        for name, array in checkpoint.items()
        if name.rpartition(".")[2] not in STATISTICS
    }
    return sum(arrays.values())


def state_dict(found: StoredWeights) -> dict[str, AnyArray]:
    """The arrays of a weight file by their names in the state dict."""
    return {
        own if layer.name == TOP else f"{layer.name}.{own}": array
        for layer in found.layers
        for own, array in layer.arrays.items()
    }


def _checkpoints(upload: Upload, code: Code) -> tuple[list[dict[str, AnyArray]], list[Note]]:
    """The arrays of each checkpoint, and remarks. Raises Refusal with the problems of all of them."""
    arrays: list[dict[str, AnyArray]] = []
    notes: list[Note] = []
    problems: list[Finding] = []
    for name in code.checkpoints:
        try:
            found = extraction.weights(upload.file, upload.definition.grading.file.archive, upload.reader, name)
        except Refusal as refusal:
            problems += [replace(finding, file=name) for finding in refusal.findings]
            continue
        notes += found.notes
        arrays.append(state_dict(found))
    if problems:
        raise Refusal(*problems)
    return arrays, notes


def _content(upload: Upload, name: str) -> bytes:
    return extraction.content(upload.file, upload.definition.grading.file.archive, upload.reader, name)


def _with_beyond(counts: Counts, stored: int) -> Counts:
    """The counts with the weights that a checkpoint has beyond the graph's as a line of their own; none of them is a zero."""
    beyond = stored - counts.parameters
    if beyond <= 0:
        return counts
    return replace(counts, parameters=stored, layers=(*counts.layers, LayerCount(BEYOND, (beyond,), beyond, 0)))


def _fits(name: str, patterns: Sequence[str]) -> bool:
    own = name.rpartition("/")[2].casefold()
    return any(fnmatchcase(own, pattern.casefold()) for pattern in patterns)


def _either(names: Sequence[str]) -> str:
    return " or ".join(names)
