"""The students' command line. Where the service is installed, its own `secateur` has these commands, too."""

import click

from client.export import export


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="secateur")
def main() -> None:
    """Prepare submissions for a course that grades with Secateur."""


main.add_command(export)
