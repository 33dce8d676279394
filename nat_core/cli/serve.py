"""The verb `nat app`: the app's server as a child process, for this computer, a classroom's network or the world.

A classroom's way in is this computer's address in the local network, a free port, and the QR code of both.
"""

import argparse
import io
import ipaddress
import os
import secrets
import socket
import sys
from dataclasses import dataclass
from pathlib import Path

import segno

from nat_core.data.sets import data_folder
from nat_core.errors import NoNetwork, NotServed
from nat_core.outputs import Drawn
from nat_core.stopping import run_in_order
from nat_core.store.checkpoints import CHECKPOINTS, available, checkpoints_folder

UNUSED_ADDRESS = ("192.0.2.1", 9)
"""An address kept for documentation (RFC 5737): a datagram socket finds its way there without sending anything."""
FIRST_PORT = 8501
"""Streamlit's own default."""
PORTS = 100
"""How many ports are tried, from the first one up."""
LAST_PORT = 65_535
PATIENCE = 4.5
"""How long a server may take to close once it is asked to, in seconds."""


# --- the way in ------------------------------------------------------------------------------------------------------


def local_address() -> str:
    """Return this computer's address in its network, as phones there reach it. Raises NoNetwork without one."""
    try:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
            probe.connect(UNUSED_ADDRESS)
            address = probe.getsockname()[0]  # of the network card that the system would send through
    except OSError:
        address = "127.0.0.1"
    if address.startswith("127.") or address == "0.0.0.0":
        raise NoNetwork(
            "This computer has no network address, so no phone can reach it. Connect it to the network that the "
            "phones use (Wi-Fi or cable), and start again."
        )
    return address


def local_addresses() -> tuple[str, ...]:
    """Return all addresses of this computer in its networks, the one that it sends through first.

    A laptop in two networks has two, and which of them the phones are in is known to its user alone. Raises NoNetwork
    where there is none.
    """
    import psutil

    first = local_address()
    running = {name for name, card in psutil.net_if_stats().items() if card.isup}
    cards = [card for name, card in psutil.net_if_addrs().items() if name in running]
    found = [each.address for card in cards for each in card if each.family == socket.AF_INET]
    # Those of this computer alone, and those that a card gives itself where no network answers, reach no phone.
    others = [each for each in found if not each.startswith(("127.", "169.254."))]
    return tuple(dict.fromkeys((first, *others)))


def free_port(wanted: int | None = None) -> int:
    """Return the port that is wanted, or the first free one from 8501 up. Raises NoNetwork where it is taken or none.

    It is free when it is asked for; another program may still be faster than the server.
    """
    if wanted is not None and not 1 <= wanted <= LAST_PORT:
        raise NoNetwork(f"--port needs a number from 1 to {LAST_PORT}, not {wanted}")
    candidates = range(FIRST_PORT, FIRST_PORT + PORTS) if wanted is None else (wanted,)
    for port in candidates:
        with socket.socket() as tried:
            if sys.platform != "win32":
                # As the server does it, so that a port which it can have is not refused here.
                tried.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                tried.bind(("0.0.0.0", port))
            except OSError:
                continue
            return port
    raise NoNetwork(f"Port {candidates[0]} is taken: stop what uses it, or name another one with --port.")


def qr_text(address: str, *, coloured: bool = False) -> str:
    """Return the QR code of an address as lines of a terminal, two rows of modules a line.

    The blocks are the light modules. `coloured` sets white on black by escape codes, whatever the terminal's colours.

    >>> len(qr_text("http://192.168.1.20:8501").splitlines())
    17
    """
    drawn = io.StringIO()
    segno.make(address, error="m", micro=False).terminal(drawn, compact=True)
    if not coloured:
        return drawn.getvalue()
    # Per line, so that the colour does not run to the terminal's edge or on into the prompt.
    return "".join(f"\x1b[97;40m{line}\x1b[0m\n" for line in drawn.getvalue().splitlines())


def qr_svg(address: str, scale: int = 10) -> str:
    """Return the QR code of an address as SVG, black on white with its quiet zone; `scale` pixels a module.

    >>> qr_svg("http://192.168.1.20:8501")[:4]
    '<svg'
    """
    drawn, code = io.BytesIO(), segno.make(address, error="m", micro=False)
    code.save(drawn, kind="svg", scale=scale, border=4, dark="#000", light="#fff", xmldecl=False, nl=False)
    width, height = code.symbol_size(scale, border=4)
    # With its own size alone, a browser that draws it smaller would cut it off.
    return drawn.getvalue().decode().replace("<svg ", f'<svg viewBox="0 0 {width} {height}" ', 1)


# --- the server ------------------------------------------------------------------------------------------------------


def serve(options: argparse.Namespace) -> int:
    """Run the app until it is stopped, and return its exit status; its configuration lies beside it.

    With --classroom, the local network is served; with --public, strangers are. Raises NotServed where that cannot be.
    """
    import nat_app  # the one place where the engine knows its app: to start it

    main = Path(nat_app.__file__).parent / "main.py"
    if not main.is_file():
        raise NotServed(f"No app at {main}: install the whole package again")
    served = _place(options)
    command = [sys.executable, "-m", "nat_app.server.run", f"--address={served.address}", f"--port={served.port}",
               "--while-stdin"]  # fmt: skip
    return 1 if run_in_order(command, PATIENCE, env=os.environ | served.settings) else 0


@dataclass(frozen=True)
class Serving:
    """Where the app is served, and what its server is told."""

    address: str
    port: int
    settings: dict[str, str]
    """Variables of the environment."""


def _refuse_what_has_no_use(options: argparse.Namespace) -> None:
    """Raise NotServed where an option would not do what it promises, CheckpointError where no network may be read."""
    strangers = options.classroom or options.public
    if options.code is not None and not strangers:
        raise NotServed("--code keeps a door that is open to others: give --classroom or --public too, or leave it out")
    if options.address not in (None, "localhost"):
        try:
            number = ipaddress.ip_address(options.address)
            with socket.socket(socket.AF_INET if number.version == 4 else socket.AF_INET6) as tried:
                tried.bind((options.address, 0))  # any port: whose address it is
        except (ValueError, OSError):
            raise NotServed(
                f"--address needs an address of this computer as a number, such as 127.0.0.1, not {options.address!r}"
            ) from None
    folder = checkpoints_folder(options.checkpoints)
    if options.checkpoints is not None and not folder.is_dir():
        raise NotServed(f"No folder {folder}: check the name given to --checkpoints")
    available(folder)  # said here, not to every visitor, where it may not be read


def _place(options: argparse.Namespace) -> Serving:
    """Find where to serve, and say how to get there. Raises NotServed."""
    _refuse_what_has_no_use(options)
    named = [*options.host, *os.environ.get("NAT_HOSTS", "").split(",")]
    settings = {
        CHECKPOINTS: str(checkpoints_folder(options.checkpoints).absolute()),
        "NAT_DATA": str(data_folder(options.data).absolute()),
        "NAT_HOSTS": ",".join(filter(None, named)),
    }
    if os.environ.get("NAT_FRAMES"):
        settings["STREAMLIT_SERVER_XSRF_COOKIE_SAME_SITE"] = "none"  # else another site's page cannot upload through it
    code = {} if options.code is None else {"NAT_CODE": options.code or new_code()}
    if options.classroom:
        key = secrets.token_urlsafe(12)
        addresses, port = tell_class(options.port, code.get("NAT_CODE", ""), key)
        urls = ",".join(f"http://{address}:{port}" for address in addresses)
        # Browsers know this computer by its number, and in some networks by its name.
        hosts = ",".join([*addresses, f"{socket.gethostname()}.local", settings["NAT_HOSTS"]])
        more = {"NAT_CLASSROOM": urls, "NAT_PUBLIC": "1", "NAT_HOSTS": hosts, "STREAMLIT_SERVER_HEADLESS": "true",
                "NAT_TEACHER": key}  # fmt: skip
        return Serving("0.0.0.0", port, settings | more | code)
    # Where it is not said otherwise, the container's variable counts, else this computer alone is served.
    address = options.address or os.environ.get("STREAMLIT_SERVER_ADDRESS", "127.0.0.1")
    try:
        port = free_port(options.port)
    except NoNetwork as error:
        raise NotServed(str(error)) from None
    print(f"NAT Explorer: http://localhost:{port}", flush=True)
    if not options.public:
        return Serving(address, port, settings | code)
    print("Served to strangers; docs/deploying.md says what a proxy in front of it has to do.")
    if code:
        print(f"The code that visitors type: {code['NAT_CODE']}", flush=True)
    return Serving(address, port, settings | code | {"NAT_PUBLIC": "1", "STREAMLIT_SERVER_HEADLESS": "true"})


def new_code() -> str:
    """Return a code for the wall: six small letters and digits that nobody mistakes for each other.

    >>> len(new_code())
    6
    """
    return "".join(secrets.choice("abcdefghjkmnpqrstuvwxyz23456789") for _ in range(6))


def _drawable(code: str) -> str:
    """The QR code, or a sentence where the output's encoding (Windows' code pages, in a file) has no blocks for it."""
    try:
        code.encode(sys.stdout.encoding or "ascii")
    except UnicodeEncodeError:
        return "This output cannot show the QR code: it stands on the page Workshop as well.\n"
    return code


def tell_class(wanted: int | None, code: str, key: str) -> tuple[tuple[str, ...], int]:
    """Find this computer's addresses and a port for a class, and print what phones and teacher open.

    `code` is the door's, "" for none; `key` is the teacher's.
    """
    try:
        addresses, port = local_addresses(), free_port(wanted)
    except NoNetwork as error:
        raise NotServed(str(error)) from None
    url = f"http://{addresses[0]}:{port}/workshop"
    print(f"\nFor the class, in the same network: {url}\n")
    sys.stdout.write(Drawn(_drawable(qr_text(url, coloured=sys.stdout.isatty())) + "\n"))
    if len(addresses) > 1:
        others = ", ".join(addresses[1:])
        print(f"This computer is in other networks as well ({others}); choose on the page which one the phones use.")
    print("For the teacher, who opens a class with it and projects the page (keep this link to yourself):")
    print(f"    {url}?workshop_part=Classroom&teach={key}&v=1")
    if code:
        print(f"The code on the wall, which everyone types once: {code}")
    print("Photos stay in this computer's memory; no portraits, please.")
    print("Everyone in this network can open the app until you press Ctrl-C.", flush=True)
    return addresses, port
