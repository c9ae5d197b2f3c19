"""A team server behind the nginx of the example: TLS, sign-in, web socket, uploads, the log."""

from __future__ import annotations

import contextlib
import datetime as dt
import ipaddress
import json
import os
import re
import shutil
import ssl
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING
from typing import Any

import httpx
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from websockets.asyncio.client import connect
from websockets.exceptions import InvalidStatus

from tests.loops import finish
from tests.team_hand import CLIENT_SECRET
from tests.team_hand import COOKIE_SECRET
from tests.team_hand import PEOPLE
from tests.team_hand import TeamServer
from tests.team_hand import free_port
from tests.team_hand import running_team

if TYPE_CHECKING:
    from collections.abc import Iterator

EXAMPLE = Path(__file__).parents[1] / "docs" / "deploy" / "nginx.conf"
NGINX = shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin:/usr/local/sbin")
PATIENCE_S = 30.0
pytestmark = pytest.mark.skipif(NGINX is None, reason="NO NGINX: the example was not tried")


@dataclass(frozen=True)
class Front:
    """A team server and the proxy before it."""

    address: str
    team: TeamServer
    trust: ssl.SSLContext

    def client(self) -> httpx.Client:
        """Return a browser that trusts the certificate."""
        return httpx.Client(
            base_url=self.address, verify=self.trust, trust_env=False, timeout=PATIENCE_S
        )

    @contextlib.contextmanager
    def signed_in(self, name: str) -> Iterator[httpx.Client]:
        """Give a browser in which somebody has signed in through the proxy."""
        with self.client() as client:
            at = client.get("/sign-in?next=%2F")
            while at.is_redirect and "/authorize" not in at.headers["location"]:
                at = client.get(at.headers["location"])
            at = client.get(at.headers["location"] + f"&user={name}")
            assert at.headers["location"].startswith(self.address)
            at = client.get(at.headers["location"])
            assert at.status_code == 302, at.text
            yield client


def _certificate(folder: Path) -> tuple[Path, Path]:
    """Write a certificate of our own for the loopback address, and its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "atlas")])
    now = dt.datetime.now(dt.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(days=1))
        .not_valid_after(now + dt.timedelta(days=2))
        .add_extension(
            x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]),
            critical=False,
        )
        .sign(key, hashes.SHA256())
    )
    certificate, secret = folder / "atlas.crt", folder / "atlas.key"
    certificate.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    secret.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    return certificate, secret


def _config(folder: Path, *, plain: int, tls: int, app: int) -> Path:
    """Write the example with the ports and files of this test."""
    certificate, secret = _certificate(folder)
    changes = {
        "listen 80;": f"listen 127.0.0.1:{plain};",
        "listen 443 ssl": f"listen 127.0.0.1:{tls} ssl",
        "server 127.0.0.1:8501;": f"server 127.0.0.1:{app};",
        "atlas.example.org": "127.0.0.1",
        "/etc/nginx/tls/atlas.crt": str(certificate),
        "/etc/nginx/tls/atlas.key": str(secret),
    }
    text = EXAMPLE.read_text("utf-8")
    for old, new in changes.items():
        assert old in text, old
        text = text.replace(old, new)
    kinds = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    temporary = "".join(f"{kind}_temp_path {folder}/{kind};\n" for kind in kinds)
    user = "user root;\n" if hasattr(os, "geteuid") and os.geteuid() == 0 else ""
    path = folder / "nginx.conf"
    path.write_text(
        f"{user}worker_processes 1;\ndaemon off;\npid {folder}/nginx.pid;\n"
        f"error_log {folder}/error.log;\nevents {{}}\nhttp {{\n{temporary}{text}\n}}\n",
        "utf-8",
    )
    return path


@pytest.fixture(scope="module")
def front(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Front]:
    """Run a team server and nginx before it."""
    folder = tmp_path_factory.mktemp("front")
    tls = free_port()
    address = f"https://127.0.0.1:{tls}"
    tables: dict[str, dict[str, Any]] = {
        "server": {"public_url": address},
        "limits": {"login_per_minute": 1000},
    }
    with running_team(folder / "workspace", tables) as team:
        app = int(team.address.rpartition(":")[2])
        config = _config(folder, plain=free_port(), tls=tls, app=app)
        assert NGINX is not None
        command = [NGINX, "-p", str(folder), "-c", str(config)]
        subprocess.run([*command, "-t"], check=True, capture_output=True)  # noqa: S603 - our own file
        proxy = subprocess.Popen(command, stderr=subprocess.DEVNULL)  # noqa: S603 - the same
        try:
            trust = ssl.create_default_context(cafile=folder / "atlas.crt")
            found = Front(address, team, trust)
            _wait(found)
            yield found
        finally:
            proxy.terminate()
            proxy.wait(timeout=PATIENCE_S)


def _wait(front: Front) -> None:
    until = time.monotonic() + PATIENCE_S
    while time.monotonic() < until:
        with contextlib.suppress(httpx.TransportError), front.client() as client:
            if client.get("/healthz").status_code == 200:
                return
        time.sleep(0.1)
    pytest.fail("nginx did not start")


def _socket(front: Front, client: httpx.Client, **headers: str) -> Any:
    """Return the web socket of a page, through the proxy."""
    cookies = {cookie.name: cookie.value or "" for cookie in client.cookies.jar}
    told = {"Cookie": "; ".join(f"{k}={v}" for k, v in cookies.items())} | headers
    origin = told.pop("Origin", front.address)
    return connect(
        front.address.replace("https", "wss") + "/_stcore/stream",
        subprotocols=["streamlit", cookies.get("_streamlit_xsrf", "none")],  # type: ignore[list-item]
        additional_headers=told,
        origin=origin,  # type: ignore[arg-type]
        ssl=front.trust,
        proxy=None,
    )


def test_a_stranger_gets_the_sign_in_page_and_nothing_else(front: Front) -> None:
    with front.client() as client:
        page = client.get("/map", headers={"Accept": "text/html"})
        assert page.status_code in {200, 401}
        assert "/static/js" not in page.text
        assert client.get("/_stcore/host-config").status_code == 401
        assert page.headers["Strict-Transport-Security"]


def test_who_signs_in_has_a_cookie_for_https_only(front: Front) -> None:
    with front.signed_in("planner") as client:
        cookies = [one for one in client.cookies.jar if one.name.startswith("_streamlit_user")]
        assert cookies
        assert all(one.secure for one in cookies)
        page = client.get("/", headers={"Accept": "text/html"})
        assert page.status_code == 200
        assert "<script" in page.text


def test_the_socket_of_a_page_goes_through_and_stays_open(front: Front) -> None:
    async def talk(client: httpx.Client) -> bool:
        async with _socket(front, client) as socket:
            await socket.ping()
            return bool(socket.subprotocol == "streamlit")

    with front.signed_in("planner") as client:
        client.get("/_stcore/host-config")
        assert finish(talk(client))


@pytest.mark.parametrize("origin", ["https://evil.example", "http://127.0.0.1", "null"])
def test_a_socket_from_another_site_is_refused(front: Front, origin: str) -> None:
    async def talk(client: httpx.Client) -> None:
        async with _socket(front, client, Origin=origin):
            pass

    with front.signed_in("planner") as client, pytest.raises(InvalidStatus) as refused:
        finish(talk(client))
    assert refused.value.response.status_code == 403


def test_a_large_upload_passes_the_proxy_and_a_large_anything_else_does_not(front: Front) -> None:
    with front.signed_in("planner") as client:
        content = b"x" * (3 * 1024 * 1024)
        # The page that it belongs to is not open, so the app refuses it; the proxy did not.
        there = client.put("/_stcore/upload_file/none/none", files={"file": ("a.csv", content)})
        assert there.status_code in {400, 403}
        assert "nginx" not in there.text
        elsewhere = client.post("/map", content=content)
        assert elsewhere.status_code == 413


def test_what_a_visitor_says_of_his_address_is_not_believed(front: Front) -> None:
    with front.client() as client:
        forged = {"X-Forwarded-For": "127.0.0.1", "X-Forwarded-Host": "evil.example"}
        answer = client.get("/map", headers=forged | {"Accept": "text/html"})
        assert "evil.example" not in answer.text
        assert "evil.example" not in answer.headers.get("location", "")


def test_plain_http_leads_to_tls(front: Front) -> None:
    config = (front.team.workspace.parent / "nginx.conf").read_text("utf-8")
    port = re.findall(r"listen 127\.0\.0\.1:(\d+);", config)[0]
    answer = httpx.get(f"http://127.0.0.1:{port}/map?a=1", trust_env=False)
    assert answer.status_code == 308
    assert answer.headers["location"] == "https://127.0.0.1/map?a=1"


def test_the_log_tells_requests_and_no_secret_and_nobody_by_name(front: Front) -> None:
    with front.signed_in("steward") as client:
        client.get("/exports/Zk3Jd0fj3kd9fj3kd0fj3kd9fj3kd0fj/secret%20firm.xlsx?key=hunter2")
        cookies = [cookie.value or "" for cookie in client.cookies.jar]
    text = front.team.log.read_text("utf-8")
    lines = [json.loads(line) for line in text.splitlines() if line.startswith("{")]
    requests = [line for line in lines if line["event"] == "request"]
    exports = [line for line in requests if line["route"] == "/exports/{token}/{name}"]
    assert [line["status"] for line in exports] == [404]
    assert (exports[0]["role"], len(exports[0]["person"])) == ("steward", 12)
    assert {"GET", "WS"} <= {line["method"] for line in requests}
    assert re.fullmatch(r"[0-9a-f]{32}", exports[0]["request"])
    people = [word for pair in PEOPLE.values() for word in pair]
    for secret in (*cookies, *people, CLIENT_SECRET, COOKIE_SECRET, "hunter2", "firm.xlsx"):
        assert secret not in text, secret
    assert "Zk3Jd0fj3kd9" not in text
    assert not re.search(r"code=[^*]", text)
