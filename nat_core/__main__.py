"""The command line `nat`: runs one command; its exit statuses are explained in `nat --help`."""

import os
import sys
from collections.abc import Sequence

from nat_core.cli.parser import build_parser

HINTS = {
    "train": "; go on from the newest state with --resume",
    "reproduce": "; go on with the same command",
}
"""What to do after Ctrl-C, by verb."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command, that of `sys.argv` unless `arguments` are given, and return its exit status.

    A wrong command, --help and --version raise SystemExit, as argparse does.
    """
    options = build_parser().parse_args(arguments)
    try:
        # Imported here, so that Ctrl-C while it loads ends as cleanly as later.
        from nat_core.cli import commands

        return commands.run(options)
    except KeyboardInterrupt:
        print(f"\nnat {options.verb}: stopped{HINTS.get(options.verb, '')}.", file=sys.stderr)
        return 130
    except BrokenPipeError:
        # The reader of a pipe (head, less) has left: keep Python from complaining when it closes the output.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1


if __name__ == "__main__":
    sys.exit(main())
