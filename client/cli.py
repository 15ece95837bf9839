"""The students' command line. Where the service is installed, its own `secateur` has these commands, too."""

import click

from client import handing_in, looking, signing_in
from client.export import export
from client.version import version

COMMANDS = (
    signing_in.login,
    signing_in.logout,
    signing_in.use,
    looking.competitions,
    looking.submissions,
    looking.show_one,
    looking.leaderboard,
    looking.limits,
    handing_in.check,
    handing_in.submit,
    export,
)


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(version())
def main() -> None:
    """Check, hand in and look at submissions to a course that grades with Secateur.

    Exit statuses: 0 done, 1 the file was refused or rejected, 2 usage, 3 not signed in or not allowed, 4 no try is left or
    files are not taken now, 5 the server or the way to it.
    """


for _command in COMMANDS:
    main.add_command(_command)
