"""The verb `nat app`: Streamlit's server as a child process, on this computer or for a classroom's network."""

import argparse
import os
import subprocess
import sys
from pathlib import Path

from nat_core.checkpoints import checkpoints_folder
from nat_core.classroom import NoNetwork, free_port, local_address, qr_text
from nat_core.datasets import data_folder


class NotServed(Exception):
    """The app cannot be served; the message is a sentence for who started it."""


def serve(options: argparse.Namespace) -> int:
    """Run the app until it is stopped, and return its exit status; its configuration lies beside it.

    With --classroom, the local network is served. Raises NotServed where that cannot be.
    """
    main = Path(__file__).parents[1] / "app" / "main.py"
    if not main.is_file():
        raise NotServed(f"No app at {main}: install the whole package again")
    settings = {
        "NAT_CHECKPOINTS": str(checkpoints_folder(options.checkpoints).absolute()),
        "NAT_DATA": str(data_folder(options.data).absolute()),
    }
    flags = [f"--server.port={options.port}"] if options.port else []
    if options.classroom:
        address, port = _classroom(options.port)
        settings["NAT_CLASSROOM"] = f"http://{address}:{port}"
        flags = ["--server.address=0.0.0.0", f"--server.port={port}", f"--browser.serverAddress={address}"]
    command = [sys.executable, "-m", "streamlit", "run", str(main), *flags]
    with subprocess.Popen(command, env=os.environ | settings) as server:
        try:
            return 1 if server.wait() else 0
        except KeyboardInterrupt:
            server.wait()  # Ctrl-C reached it as well: let it close before the shell's prompt comes back
            raise


def _classroom(wanted: int | None) -> tuple[str, int]:
    """Find this computer's address and a port for a class, and print both with their QR code."""
    try:
        address, port = local_address(), free_port(wanted)
    except NoNetwork as error:
        raise NotServed(str(error)) from None
    url = f"http://{address}:{port}"
    print(f"\nFor the class, in the same network: {url}\n")
    print(qr_text(url, coloured=sys.stdout.isatty()))
    print(f"To project it: {url}/workshop?workshop_part=Classroom")
    print("Photos stay in this computer's memory; no portraits, please.")
    print("Everyone in this network can open the app until you press Ctrl-C.", flush=True)
    return address, port
