"""The verb `nat page`: the small networks, the gallery and the thresholds as one HTML file, which the app makes."""

import argparse
import logging
import os
from collections.abc import Iterator
from contextlib import contextmanager

from nat_core.errors import CommandError
from nat_core.outputs import check_file
from nat_core.store.checkpoints import CHECKPOINTS, checkpoints_folder


def page(options: argparse.Namespace) -> int:
    """Write the page and say how large it is. Raises CheckpointError where one of its networks is missing, CommandError
    where it could not be written."""
    if options.file.is_dir():
        raise CommandError(f"{options.file} is a folder: name the file, such as {options.file / 'nat.html'}")
    check_file(options.file)  # said now, not after the page was made
    with _looking_in(str(checkpoints_folder(options.checkpoints).absolute())):
        from nat_app.one_page.one_file import write_page  # the app words it, and draws it

        length = write_page(options.file, offline=options.offline)
    print(f"{options.file}: {length / 1e6:.1f} MB. It needs no server and no network: open it in any browser.")
    return 0


@contextmanager
def _looking_in(folder: str) -> Iterator[None]:
    """Within it, the app looks for networks in this folder, and Streamlit does not warn that nobody visits it."""
    before = os.environ.get(CHECKPOINTS)
    os.environ[CHECKPOINTS] = folder
    logging.disable(logging.WARNING)
    try:
        yield
    finally:
        logging.disable(logging.NOTSET)
        if before is None:
            del os.environ[CHECKPOINTS]
        else:
            os.environ[CHECKPOINTS] = before
