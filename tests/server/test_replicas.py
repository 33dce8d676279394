"""Two servers of the app behind nginx, by the configuration that the documents give."""

import re
import shutil
import subprocess
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import pytest

from tests.attacks import Request, send
from tests.browsing import ROOT, free_port, served, wait_until_healthy
from tests.uploads import picture
from tests.visitors import Visitor, put

NGINX = shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin:/usr/local/sbin")
pytestmark = [
    pytest.mark.endurance,
    pytest.mark.skipif(NGINX is None, reason="needs nginx: apt-get install nginx-light"),
]
REPLICAS = ("replica_a", "replica_b")


def documented(ports: tuple[int, int], own: int, folder: Path) -> str:
    """The documents' configuration for servers on these ports, and what any nginx needs around it."""
    text = (ROOT / "docs" / "deploying.md").read_text(encoding="utf-8")
    (part,) = re.findall(r"<!-- nginx:begin -->\s+```nginx\n(.*?)```", text, re.DOTALL)
    for old, new in (("8501", ports[0]), ("8502", ports[1]), ("listen 80;", f"listen 127.0.0.1:{own};")):
        assert str(old) in part
        part = part.replace(str(old), str(new))
    part = part.replace("nat.example.org", "localhost")
    temporary = "".join(
        f"{kind}_temp_path {folder}/{kind};\n" for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    return (
        f"daemon off; pid {folder}/nginx.pid; error_log {folder}/error.log;\n"
        f"events {{ }}\nhttp {{ access_log off;\n{temporary}{part}}}\n"
    )


@pytest.fixture(scope="module")
def proxied(digits_networks: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of nginx before two servers."""
    folder, own = tmp_path_factory.mktemp("nginx"), free_port()
    folder.parent.parent.chmod(0o755)
    with served(digits_networks, "--public") as first, served(digits_networks, "--public") as second:
        ports = (int(first.rpartition(":")[2]), int(second.rpartition(":")[2]))
        (folder / "nginx.conf").write_text(documented(ports, own, folder))
        nginx = subprocess.Popen([str(NGINX), "-c", str(folder / "nginx.conf"), "-p", str(folder)])
        try:
            wait_until_healthy(f"http://localhost:{own}", 30)
            yield f"http://localhost:{own}"
        finally:
            nginx.terminate()
            nginx.wait(30)


def sent_to(address: str, cookie: str = "") -> str:
    """Which replica a request for a page is sent to, by the cookie that comes back."""
    headers = (("Cookie", f"nat_replica={cookie}"),) if cookie else ()
    answer = send(address, Request("", "GET", "/", headers))
    assert answer.status == 200
    return re.findall(r"nat_replica=(\w+)", str(answer.headers))[0]


def test_who_comes_anew_is_sent_to_either_and_stays_there(proxied: str) -> None:
    assert set(Counter(sent_to(proxied) for _ in range(24))) == set(REPLICAS)
    for each in REPLICAS:
        assert {sent_to(proxied, each) for _ in range(4)} == {each}
    # Nobody chooses a server that is none.
    assert sent_to(proxied, "127.0.0.1:22") in REPLICAS


@pytest.mark.parametrize("replica", REPLICAS)
def test_a_visit_with_its_uploads_stays_with_one_server(proxied: str, replica: str) -> None:
    own = f"anna; nat_replica={replica}"
    with Visitor(proxied, "your_photos", "pair=digits", headers={"Cookie": f"nat_visitor={own}"}) as visit:
        visit.upload("mine.png", picture((9, 90, 200)), own)
        assert "mine" in visit.everything
        # On the other server nobody knows this visit, which is why it has to stay.
        other = next(each for each in REPLICAS if each != replica)
        target = f"/_stcore/upload_file/{visit.session}/{uuid4()}"
        assert put(proxied, target, f"anna; nat_replica={other}", b"hello").status != 204
        visit.again()
        assert "mine" in visit.everything
