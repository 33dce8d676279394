"""What one visitor and the whole server may use: one set of limits for this computer alone, one for a public.

The command that starts the app says by the environment which one holds; with Streamlit's own command, it is the first.
"""

import os
from collections.abc import Mapping
from dataclasses import dataclass

PUBLIC = "NAT_PUBLIC"
"""The environment's switch: "1" where strangers visit."""
HOSTS = "NAT_HOSTS"
"""The names, with commas, under which browsers may ask for the app, beside this computer's own."""
FRAMES = "NAT_FRAMES"
"""The addresses, with spaces, of the pages that may show the app inside of themselves."""
CODE = "NAT_CODE"
"""The code that visitors have to give before they see anything; nothing where none is needed."""
OWN_HOSTS = ("localhost", "127.0.0.1", "::1")
MB = 1_000_000


@dataclass(frozen=True)
class Limits:
    """The limits of one server."""

    sockets: int
    """Visits at once, one WebSocket each."""
    sockets_each: int
    """Visits at once from one address; a school may have one for all of its computers."""
    connections_each: int
    """Connections of any kind at once from one address, which a proxy before the server is, too."""
    upload_each: int
    """Bytes of uploaded files that one visitor has on the server."""
    upload_all: int
    """Bytes of uploaded files on the server."""
    files_each: int
    """Uploaded files that one visitor has on the server."""
    uploads_at_once: int
    """Uploads of one visitor at the same time, each of which holds a buffer."""
    upload_rate: float
    """Bytes a second of all uploads from one address, refused ones too, in the long run: faster ones wait."""
    messages: float
    """Messages a second from one visitor in the long run; those above it wait."""
    burst: int
    """Messages that may come at once."""
    runs_at_once: int
    """Runs of the page's script that visits from one address begin at the same time; others wait for their turn."""
    trainers: int
    """Processes of low priority that train at the same time; 0 for threads of the server's own, which start at once."""
    training: float
    """Seconds that one training may take in such a process."""
    brought: int
    """Bytes of what all visitors together brought along: image sets, networks, photos."""


LOCAL_LIMITS = Limits(64, 64, 512, 1_000 * MB, 2_000 * MB, 10_000, 8, 1_000 * MB, 25.0, 200, 64, 0, 300.0, 4_000 * MB)
PUBLIC_LIMITS = Limits(400, 100, 1_000, 64 * MB, 1_000 * MB, 2_000, 4, 16 * MB, 25.0, 200, 2, 2, 300.0, 1_000 * MB)


def is_public(environment: Mapping[str, str] | None = None) -> bool:
    """Return whether strangers visit.

    >>> is_public({"NAT_PUBLIC": "1"}), is_public({})
    (True, False)
    """
    return (os.environ if environment is None else environment).get(PUBLIC) == "1"


def limits(environment: Mapping[str, str] | None = None) -> Limits:
    """Return the limits that hold.

    >>> limits({"NAT_PUBLIC": "1"}).upload_each
    64000000
    """
    return PUBLIC_LIMITS if is_public(environment) else LOCAL_LIMITS


def hosts(environment: Mapping[str, str] | None = None) -> frozenset[str]:
    """Return the names under which browsers may ask for the app, in small letters and without ports.

    >>> sorted(hosts({"NAT_HOSTS": "nat.example.org, Wall.local"}))
    ['127.0.0.1', '::1', 'localhost', 'nat.example.org', 'wall.local']
    """
    named = (os.environ if environment is None else environment).get(HOSTS, "")
    return frozenset(OWN_HOSTS) | {name.strip().lower() for name in named.split(",") if name.strip()}
