"""The command: train, prune, write files, table and figure; and enter the results as baselines."""

import os
from pathlib import Path

import click


@click.command()
@click.option("--data", required=True, type=click.Path(path_type=Path, exists=True), help="x_train … y_test in a .npz.")
@click.option("--out", required=True, type=click.Path(path_type=Path), help="Where files and states are kept.")
@click.option("--seed", default=10605, show_default=True)
@click.option("--long", is_flag=True, help="As many epochs as a course's own run.")
def main(data: Path, out: Path, seed: int, long: bool) -> None:
    """Run everything."""
    os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "1")
    from kits.reference import data as images
    from kits.reference import plan, running

    running.run(plan.plan(plan.LONG if long else plan.SHORT), images.load(data, seed), out, seed)
