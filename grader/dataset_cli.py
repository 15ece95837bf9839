"""`python -m grader dataset`: makes and inspects data sets."""

import argparse
import json
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TypeAlias

from grader import dataset_recipes, dataset_streams, datasets, limits
from grader.dataset_errors import DatasetError
from grader.dataset_recipes import Channels, Split
from grader.dataset_streams import Stream
from grader.datasets import Dataset, Description
from grader.pictures.preparation import Layout, Preparation

Maker: TypeAlias = Callable[[argparse.Namespace], Stream]


def add_parser(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Adds `dataset` with its subcommands; the parsed options carry `run`, a function of them."""
    group = commands.add_parser("dataset", help="make or inspect a data set")
    kinds = group.add_subparsers(required=True, metavar="COMMAND")
    inspect = kinds.add_parser("inspect", help="tell what a data set holds, without showing it")
    inspect.add_argument("file", type=Path, metavar="FILE", help="an .npz with images and labels")
    inspect.add_argument("--json", action="store_true", help="print the facts as JSON")
    inspect.set_defaults(run=run, make=None, remarks=dict)
    _add_npz(kinds)
    _add_idx(kinds)
    _add_cifar10_cmu(kinds)
    _add_images(kinds)


def run(options: argparse.Namespace) -> int:
    """Makes or inspects a data set and prints what it holds; 0. Raises DatasetError or OSError where it cannot."""
    make: Maker | None = options.make
    if make is None:
        description = dataset_streams.describe(dataset_streams.load(options.file))
    else:
        _check_out(options.out, force=options.force)
        description = dataset_streams.save(make(options), options.out)
    remarks: dict[str, str] = options.remarks()
    as_json = json.dumps(datasets.as_json(description) | remarks, indent=2)
    sys.stdout.write((as_json if options.json else summarise(description, remarks)) + "\n")
    return 0


def summarise(description: Description, remarks: Mapping[str, str]) -> str:
    """The facts about a data set as lines for a reader, and remarks on how it was made."""
    shape = " x ".join(map(str, description.shape))
    counts = ", ".join(f"{label}: {count:,}" for label, count in enumerate(description.per_class))
    return "\n".join(
        (
            f"examples  {description.examples:,}",
            f"images    {shape}, {description.dtype}",
            f"classes   {description.classes:,} ({counts})",
            f"digest    {description.digest}",
            *(f"{name:<9} {remark}" for name, remark in remarks.items()),
        )
    )


def _add_npz(kinds: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    parser = kinds.add_parser("from-npz", help="take two named arrays of another .npz")
    parser.add_argument("source", type=Path, metavar="SRC")
    parser.add_argument("--images", required=True, metavar="NAME", help="the array of images, for example x_test")
    parser.add_argument("--labels", required=True, metavar="NAME", help="the array of labels, for example y_test")
    _finish(parser, lambda options: dataset_recipes.from_npz(options.source, options.images, options.labels))


def _add_idx(kinds: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    parser = kinds.add_parser("from-idx", help="read gray images from idx files, as MNIST and Fashion-MNIST come")
    parser.add_argument("images", type=Path, metavar="IMAGES", help="idx file of images, gzipped or not")
    parser.add_argument("labels", type=Path, metavar="LABELS", help="idx file of labels, gzipped or not")
    parser.add_argument(
        "--channels",
        choices=[channels.value for channels in Channels],
        default=Channels.LAST.value,
        help="where the channel axis goes: last for Keras (the default), first for PyTorch",
    )
    _finish(parser, lambda given: dataset_recipes.from_idx(given.images, given.labels, Channels(given.channels)))


def _add_cifar10_cmu(kinds: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    parser = kinds.add_parser("cifar10-cmu", help="build the set of CMU 10-605 from CIFAR-10's binary version")
    parser.add_argument(
        "source", type=Path, metavar="SRC", help="cifar-10-binary.tar.gz, or the folder unpacked from it"
    )
    parser.add_argument("--split", choices=[split.value for split in Split], required=True)
    _finish(parser, lambda options: dataset_recipes.cifar10_cmu(options.source, Split(options.split)))


def _add_images(kinds: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    parser = kinds.add_parser("images", help="prepare pictures in a folder or zip archive")
    parser.add_argument("source", type=Path, metavar="SRC", help="<class>_<number>.jpg, or a folder for each class")
    parser.add_argument("--resize", type=_side, metavar="N", help="make the shorter side N pixels, bilinear")
    parser.add_argument("--crop", type=_side, metavar="N", help="then cut N x N pixels from the middle")
    parser.add_argument(
        "--layout", choices=[layout.value for layout in Layout], required=True, help="chw for PyTorch, hwc for Keras"
    )
    parser.add_argument(
        "--classes",
        type=lambda text: text.split(","),
        metavar="A,B,...",
        help="the classes as files or folders bear them, in the order of the labels; else by number or by name",
    )
    _add_output(parser, _images)
    parser.set_defaults(remarks=_decoder)


def _images(options: argparse.Namespace) -> Stream:
    from grader.pictures import making  # Pillow is loaded by whoever needs it

    return making.stream(
        options.source, Preparation(Layout(options.layout), options.resize, options.crop), options.classes
    )


def _decoder() -> dict[str, str]:
    from grader.pictures import decoding

    return {"decoder": decoding.decoder()}


def _side(text: str) -> int:
    if not text.isdecimal() or not 1 <= int(text[:6]) <= limits.MAX_PICTURE_SIDE:
        raise argparse.ArgumentTypeError(f"{text!r} is no number of pixels from 1 to {limits.MAX_PICTURE_SIDE:,}")
    return int(text)


def _finish(parser: argparse.ArgumentParser, make: Callable[[argparse.Namespace], Dataset]) -> None:
    _add_output(parser, lambda options: dataset_streams.of(make(options)))


def _add_output(parser: argparse.ArgumentParser, make: Maker) -> None:
    parser.add_argument("out", type=Path, metavar="OUT.npz", help="the data set to write")
    parser.add_argument("--force", action="store_true", help="replace OUT.npz where it exists")
    parser.add_argument("--json", action="store_true", help="print the facts as JSON")
    parser.set_defaults(run=run, make=make, remarks=dict)


def _check_out(out: Path, *, force: bool) -> None:
    if out.suffix != ".npz":
        raise DatasetError(
            str(out), expected="a name that ends in .npz", got=f"{out.suffix or 'no ending'}", advice="Name it so."
        )
    if out.exists() and not force:
        raise DatasetError(
            str(out),
            expected="no file of that name yet",
            got="one",
            advice="Use another name, or --force to replace it.",
        )
