"""`secateur export`: the .onnx of a zip with code and weights, made on one's own machine as the server makes it."""

import os
import tempfile
import zipfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import click

from grader import code_archives, competition, exports, messages, pipeline
from grader.archives import Upload
from grader.checked import with_problems
from grader.competition import Definition, Grading
from grader.errors import DefinitionError, GraderFault, Refusal
from grader.limits import MAX_FILE_BYTES
from grader.network_rule import NetworkRule
from grader.own_file import OwnFile
from grader.running import EXPORTING_JOB, READING_JOB
from grader.summary import summarise
from grader.upload_rules import CodeRule, FileRule

SCRIPTS = ("*.py", "*.ipynb")
WEIGHTS = ("*.ckpt", "*.pt", "*.pth", "*.safetensors")
FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


class Shape(click.ParamType[tuple[int, int, int]]):
    """The shape of an image: 3x224x224."""

    name = "CxHxW"

    def convert(
        self, value: object, parameter: click.Parameter | None, context: click.Context | None
    ) -> tuple[int, int, int]:
        """The three sizes, or an error of usage."""
        sizes = str(value).lower().split("x")
        if len(sizes) != 3 or not all(size.isdecimal() and int(size) for size in sizes):
            self.fail(f"{value} is not channels x height x width, such as 3x224x224", parameter, context)
        channels, height, width = map(int, sizes)
        return channels, height, width


@click.command("export")
@click.argument("files", nargs=-1, required=True, type=FILE)
@click.option(
    "--competition", "definition_file", type=FILE, help="The competition's definition; the network is checked, too."
)
@click.option("--shape", type=Shape(), help="The shape of an image, without a definition.")
@click.option(
    "--entry", multiple=True, help="What builds the network, without a definition; default: build and others."
)
@click.option(
    "-o",
    "--output",
    type=click.Path(dir_okay=False, writable=True, path_type=Path),
    default=Path("model.onnx"),
    show_default=True,
)
def export(
    files: Sequence[Path],
    definition_file: Path | None,
    shape: tuple[int, int, int] | None,
    entry: Sequence[str],
    output: Path,
) -> None:
    """Write the network of FILES as ONNX: the zip that you would hand in, or a script and its weight files.

    Your code is run here as it is on the server, except that nothing contains it: export only what you wrote yourself.
    """
    definition = _definition(definition_file, shape, entry)
    if not exports.has_torch():
        raise click.ClickException("this needs torch: pip install torch")
    with _archive(files) as file:
        upload = pipeline.begin(file, definition, OwnFile(READING_JOB), exporter=OwnFile(EXPORTING_JOB))
        try:
            exported = code_archives.export(upload)
        except Refusal as refusal:
            problems = [messages.problem(finding) for finding in refusal.findings]
            click.echo(summarise(with_problems(upload.begun, problems), definition))
            raise SystemExit(1) from None
        except GraderFault as fault:
            raise click.ClickException(f"a fault of the exporter, not of your code: {fault}") from None
        output.write_bytes(exported.graph)
        click.echo(f"{output}: {len(exported.graph):,} bytes. {exported.notes[-1].message}")
        if definition_file is not None:
            _check(upload, exported)


def _check(upload: Upload, exported: code_archives.Exported) -> None:
    """Tells what the competition says of the network; ends with status 1 where it is refused."""
    try:
        report = code_archives.check(upload, exported, code_archives.read(upload, exported)).report
    except Refusal as refusal:
        report = with_problems(upload.begun, [messages.problem(finding) for finding in refusal.findings])
    click.echo(summarise(report, upload.definition))
    if report.problems:
        raise SystemExit(1)


def _definition(path: Path | None, shape: tuple[int, int, int] | None, entry: Sequence[str]) -> Definition:
    if (path is None) is (shape is None):
        raise click.UsageError("either --competition or --shape says what images look like")
    if path is not None:
        try:
            definition = competition.load(path)
        except DefinitionError as error:
            raise click.ClickException(str(error)) from None
        if definition.grading.file.code is None:
            raise click.ClickException(f"{definition.slug} takes no code: hand in the file that it asks for")
        return definition
    code = CodeRule(scripts=SCRIPTS, checkpoints=WEIGHTS, **({"entry": tuple(entry)} if entry else {}))
    grading = Grading(
        file=FileRule(format="onnx", names=("*",), max_bytes=MAX_FILE_BYTES, code=code),
        network=NetworkRule(free=True, input_shape=shape),
        classes=("one", "other"),
        score="accuracy",
    )
    return Definition("export", grading)


@contextmanager
def _archive(files: Sequence[Path]) -> Iterator[int]:
    """A descriptor of the one zip, or of one that is made of several files."""
    if len(files) == 1 and zipfile.is_zipfile(files[0]):
        with files[0].open("rb") as stream:
            yield stream.fileno()
        return
    with tempfile.TemporaryFile() as stream:
        with zipfile.ZipFile(stream, "w") as archive:
            for path in files:
                archive.write(path, path.name)
        stream.flush()
        os.lseek(stream.fileno(), 0, os.SEEK_SET)
        yield stream.fileno()
