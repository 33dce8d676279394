"""The command line `nat`: runs one command; its exit statuses are explained in `nat --help`."""

import sys
from collections.abc import Sequence
from contextlib import suppress
from signal import SIGINT

from nat_core.stopping import heard, stop_behind

GO_ON = {"reproduce": "go on with the same command"}
"""What to do after a stop, by verb, where the verb itself does not say more."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command, that of `sys.argv` unless `arguments` are given, and return its exit status.

    A wrong command, --help and --version raise SystemExit, as argparse does; so does a reader of the output who leaves.
    """
    try:
        with heard():
            # All else is imported here, so that Ctrl-C while it loads ends as cleanly as later.
            from nat_core.outputs import outputs

            with outputs():
                return _run(arguments)
    except KeyboardInterrupt as stop:
        return _stopped("", stop)


def _run(arguments: Sequence[str] | None) -> int:
    from nat_core.cli.parser import build_parser

    options = build_parser().parse_args(arguments)
    try:
        from nat_core.cli import commands

        return commands.run(options)
    except (KeyboardInterrupt, OSError) as error:
        if (stop := stop_behind(error)) is None:
            raise
        return _stopped(options.verb, stop)


def _stopped(verb: str, stop: KeyboardInterrupt) -> int:
    said = getattr(stop, "said", "") or GO_ON.get(verb, "")
    with suppress(OSError):  # the terminal may be gone
        print(f"\nnat{verb and ' '}{verb}: stopped{said and '; '}{said}.", file=sys.stderr)
    return 128 + getattr(stop, "number", SIGINT)


if __name__ == "__main__":
    sys.exit(main())
