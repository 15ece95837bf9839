"""The commands: train, prune, grade and draw; and enter the results into a service."""

import os
import sys
from pathlib import Path

import click

HERE = Path(__file__).parent
RESULTS = HERE.parent / "cmu-10605" / "results"
FOLDER = click.Path(path_type=Path, file_okay=False)


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
def main() -> None:
    """Reference solutions of the pruning assignment: five methods in plain Keras."""
    # Without it Keras' convolutions take several times as long on processors without AVX-512.
    os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "1")
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")


@main.command()
@click.option(
    "--data",
    required=True,
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    help="A .npz with x_train, y_train, x_test and y_test.",
)
@click.option("--out", required=True, type=FOLDER, help="Where weight files and the state of a stopped run are kept.")
@click.option("--results", default=RESULTS, show_default=True, type=FOLDER, help="Where table and figure go.")
@click.option("--seed", default=10605, show_default=True, help="Of the validation images and of all training.")
@click.option("--long", is_flag=True, help="As many epochs as the course spent; for a GPU, or a night.")
@click.option("--only-report", is_flag=True, help="Train nothing: grade and draw what is finished.")
def run(data: Path, out: Path, results: Path, seed: int, long: bool, only_report: bool) -> None:
    """Train the dense network, prune it by every method, grade each file, and write table and figure.

    What is finished is not made again; a run that was stopped goes on where it was.
    """
    from kits.reference import data as images
    from kits.reference import plan, reporting, running

    loaded = images.load(data, seed)
    if not only_report:
        running.run(plan.plan(plan.LONG if long else plan.SHORT), loaded, out, seed)
    sys.exit(0 if reporting.report(loaded, out, results, seed) else 1)


@main.command()
@click.argument("source", type=click.Path(path_type=Path, exists=True))
@click.argument("target", type=click.Path(path_type=Path, dir_okay=False))
@click.option("--only-training", is_flag=True, help="Without the test images: the file to hand out.")
def data(source: Path, target: Path, only_training: bool) -> None:
    """Build the assignment's images in TARGET from CIFAR-10's binary version, the archive or the folder SOURCE."""
    from grader.dataset_errors import DatasetError
    from kits.reference.data import build

    try:
        build(source, target, only_training=only_training)
    except DatasetError as error:
        raise click.ClickException(str(error)) from None


@main.command()
@click.option("--url", envvar="SECATEUR_URL", required=True, help="The service's address.")
@click.option("--token", envvar="SECATEUR_TOKEN", required=True, help="An instructor's token that may do everything.")
@click.option("--competition", default="cmu-10605", show_default=True, help="The competition's slug.")
@click.option("--out", required=True, type=FOLDER, help="The folder of a finished run.")
@click.option("--step", "steps", multiple=True, help="A step's folder; several times. Else the best of each method.")
def baselines(url: str, token: str, competition: str, out: Path, steps: tuple[str, ...]) -> None:
    """Hand the results in as the board's baselines, and tell what the service makes of each file.

    What stands on the board already is left as it is: a second call enters what is missing.
    """
    from kits.reference import baselines as entering
    from kits.reference.service import Service, Trouble

    try:
        entered = entering.enter(Service(url, token), competition, out, steps)
    except Trouble as trouble:
        raise click.ClickException(str(trouble)) from None
    sys.exit(0 if entered else 1)
