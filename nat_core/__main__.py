"""The command line `nat`: runs one command; its exit statuses are explained in `nat --help`."""

import os
import signal
import sys
from collections.abc import Sequence
from contextlib import nullcontext, suppress

from nat_core.cli.parser import build_parser
from nat_core.stopping import heard, left_quietly, stop_behind

GO_ON = {"reproduce": "go on with the same command"}
"""What to do after a stop, by verb, where the verb itself does not say more."""


@left_quietly()
def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command, that of `sys.argv` unless `arguments` are given, and return its exit status.

    A wrong command, --help and --version raise SystemExit, as argparse does; so does a reader of the output who leaves.
    """
    _write_anything()
    options = build_parser().parse_args(arguments)
    try:
        # The app's server is a process of its own, which `nat_core.cli.serve` ends in order.
        with heard() if options.verb != "app" else nullcontext():
            # Imported here, so that Ctrl-C while it loads ends as cleanly as later.
            from nat_core.cli import commands

            return commands.run(options)
    except (KeyboardInterrupt, OSError) as error:
        if (stop := stop_behind(error)) is None:
            raise
        return _stopped(options.verb, stop)


def _stopped(verb: str, stop: KeyboardInterrupt) -> int:
    said = getattr(stop, "said", "") or GO_ON.get(verb, "")
    with suppress(OSError):  # the terminal may be gone
        print(f"\nnat {verb}: stopped{'; ' if said else ''}{said}.", file=sys.stderr)
    return 128 + getattr(stop, "number", signal.SIGINT)


def _write_anything() -> None:
    """Let the output take every character: what its encoding lacks (Windows' code pages) is written as an escape.

    Whoever has closed an output (`>&-`) wants nothing of it: it goes where nobody reads.
    """
    for name in ("stdout", "stderr"):
        if getattr(sys, name) is None:
            setattr(sys, name, open(os.devnull, "w", encoding="utf-8"))  # noqa: SIM115 - open to the end
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")


if __name__ == "__main__":
    sys.exit(main())
