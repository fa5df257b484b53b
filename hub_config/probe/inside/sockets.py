"""The sockets of the zone and of the machine; runs inside the workspace."""

from __future__ import annotations

import json
import os
import socket
from typing import Any

from hub_config.probe.inside.base import Facts, Seen, attack, connects, outcome, refused

ZONE = "/zone"
API = f"{ZONE}/api.sock"
UP = f"{ZONE}/up.sock"
PACKAGES = f"{ZONE}/packages.sock"
ENGINES = (
    "/var/run/docker.sock",
    "/run/docker.sock",
    "/run/containerd/containerd.sock",
    "/run/docker/containerd/containerd.sock",
    "/run/podman/podman.sock",
    "/run/crio/crio.sock",
    "/run/dbus/system_bus_socket",
    "/run/systemd/private",
    "/run/systemd/notify",
)
STATUS = b"GET /workspace/status HTTP/1.1\r\nHost: zone\r\n"


@attack("sock.abstract")
def abstract(facts: Facts) -> Seen:
    """Connect to a socket without a path that the machine holds open for this."""
    name = "\0" + facts["abstract"]
    return refused({"stream": connects(name, socket.AF_UNIX)})


@attack("sock.listed")
def listed(facts: Facts) -> Seen:
    """Look for sockets of the machine in the list of the kernel."""
    with open("/proc/net/unix") as file:
        names = [line.split()[-1] for line in file.readlines()[1:] if len(line.split()) > 7]
    foreign = [n for n in names if facts["abstract"] in n or "docker" in n or n.startswith(("/run/", "@/"))]
    return Seen(not foreign, f"{len(names)} named sockets, of the machine: {len(foreign)}")


@attack("sock.engine")
def engine(facts: Facts) -> Seen:
    """Reach whoever may command containers or services."""
    tried = {path: connects(path, socket.AF_UNIX) for path in ENGINES}
    tried["tcp 2375"], tried["tcp 2376"] = connects(("127.0.0.1", 2375)), connects(("127.0.0.1", 2376))
    return refused(tried)


@attack("sock.directory")
def directory(facts: Facts) -> Seen:
    """Make, rename, remove and link in the directory of the zone's sockets."""
    return refused(
        {
            "create": outcome(lambda: open(f"{ZONE}/x", "w").close()),
            "rename": outcome(lambda: os.rename(UP, f"{ZONE}/old.sock")),
            "remove": outcome(lambda: os.unlink(UP)),
            "link": outcome(lambda: os.symlink("/etc", f"{ZONE}/etc")),
            "mode": outcome(lambda: os.chmod(UP, 0o777)),
        }
    )


@attack("sock.content")
def content(facts: Facts) -> Seen:
    """Look what the directory of the zone's sockets holds."""
    found = sorted(os.listdir(ZONE))
    return Seen(set(found) <= {"up.sock", "api.sock", "packages.sock"}, "holds " + ", ".join(found))


@attack("sock.replace")
def replace(facts: Facts) -> Seen:
    """Put another server behind the name of the zone's socket."""

    def bind(path: str) -> None:
        with socket.socket(socket.AF_UNIX) as server:
            server.bind(path)

    return refused(
        {
            "bind over": outcome(lambda: bind(UP)),
            "bind beside": outcome(lambda: bind(f"{ZONE}/gate.sock")),
            "rename over": outcome(lambda: os.rename("/home/researcher", ZONE)),
        }
    )


@attack("sock.identity")
def identity(facts: Facts) -> Seen:
    """Claim to be another workspace, in every way that a header can."""
    claims = (
        b"Ansim-Workspace: ws_zzzzzzzzzzzzzzzz\r\nX-Forwarded-For: 127.0.0.1\r\nX-Forwarded-User: admin\r\n"
        b"Cookie: ansim-session=x\r\nAuthorization: Bearer x\r\n"
    )
    seen = {}
    for name, header in (("one header", claims), ("twice", claims + claims), ("lower case", claims.lower())):
        status, document = _asked(STATUS + header + b"Connection: close\r\n\r\n")
        headers = {k.lower(): v for k, v in document.get("headers", {}).items()}
        honest = headers.get("ansim-workspace") == facts["workspace"]
        clean = not {"cookie", "authorization", "x-forwarded-user", "x-forwarded-for"} & headers.keys()
        refusal = 400 <= status < 500
        seen[name] = (
            "known as itself" if status == 200 and honest and clean else f"status {status}" if refusal else "done"
        )
    return refused(seen)


@attack("sock.unlisted")
def unlisted(facts: Facts) -> Seen:
    """Call what no table lists: other pages of the portal, in several spellings."""
    paths = (
        b"/", b"/people", b"/workspace/", b"/workspace/../people", b"/workspace/%2e%2e/people", b"//people",
        b"/workspace/status?x=1", b"/hub/api/users", b"http://portal/people", b"/workspace/status/",
    )  # fmt: skip
    tried = {}
    for path in paths:
        status, _ = _asked(b"GET " + path + b" HTTP/1.1\r\nHost: zone\r\nConnection: close\r\n\r\n")
        tried[path.decode()] = "done" if 0 < status < 400 else str(status)
    return refused(tried)


@attack("sock.packages")
def packages(facts: Facts) -> Seen:
    """Use the mirror of packages as a way out: uploads, queries, other addresses, other servers."""
    lines = (
        b"POST /legacy/", b"PUT /files/x-1.0-py3-none-any.whl", b"POST /simple/", b"DELETE /simple/pip/",
        b"GET /simple/pip/?leak=1", b"GET /simple/Leak_Of_Capitals/", b"GET /simple/" + b"a" * 65 + b"/",
        b"GET /files/../../people", b"GET /%2e%2e/%2e%2e/people", b"GET /workspace/status", b"GET /people",
        b"GET http://pypi.org/simple/pip/", b"CONNECT pypi.org:443",
    )  # fmt: skip
    head = b" HTTP/1.1\r\nHost: zone\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
    return refused({line.decode()[:60]: _judged(_asked(line + head, PACKAGES)[0]) for line in lines})


@attack("sock.oversized")
def oversized(facts: Facts) -> Seen:
    """Send more than a call may hold: in the header, in the body, and in a body that never ends."""
    post = b"POST /workspace/drafts HTTP/1.1\r\nHost: zone\r\nContent-Type: application/json\r\n"
    chunk = b"%x\r\n" % 65536 + b" " * 65536 + b"\r\n"
    tried = {
        "header": STATUS + b"X: " + b"a" * 200_000 + b"\r\n\r\n",
        "length": post + b"Content-Length: 99999999999\r\n\r\n" + b" " * 2_000_000,
        "chunks": post + b"Transfer-Encoding: chunked\r\n\r\n" + chunk * 32,
    }
    return refused({name: _judged(_asked(data)[0]) for name, data in tried.items()})


@attack("sock.smuggled")
def smuggled(facts: Facts) -> Seen:
    """Hide a second call in the body of the first."""
    hidden = b"GET /people HTTP/1.1\r\nHost: zone\r\n\r\n"
    post = b"POST /workspace/drafts HTTP/1.1\r\nHost: zone\r\nContent-Type: application/json\r\n"
    tried = {
        "both lengths": post
        + b"Content-Length: %d\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n" % len(hidden)
        + hidden,
        "two lengths": post + b"Content-Length: 0\r\nContent-Length: %d\r\n\r\n" % len(hidden) + hidden,
        "odd coding": post + b"Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n" + hidden,
        "space before colon": post + b"Content-Length : 0\r\n\r\n" + hidden,
        "folded": post + b"Content-Length:\r\n 0\r\n\r\n" + hidden,
    }
    answers = {}
    for name, data in tried.items():
        statuses = _statuses(data)
        answers[name] = "done" if any(200 <= s < 400 for s in statuses) else ",".join(map(str, statuses)) or "closed"
    return refused(answers)


@attack("sock.early")
def early(facts: Facts) -> Seen:
    """Speak on the browser's way before the zone asks, so that the answer would be another person's."""
    with socket.socket(socket.AF_UNIX) as speaking:
        speaking.settimeout(3)
        speaking.connect(UP)
        speaking.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello")
        try:
            rest = speaking.recv(100)
        except TimeoutError:
            return Seen(False, "the connection was kept")
        except ConnectionError:
            rest = b""
    return Seen(rest == b"", "the connection was closed" if not rest else "something was asked")


@attack("sock.flood")
def flood(facts: Facts) -> Seen:
    """Dial in far more often than the zone takes."""
    opened: list[socket.socket] = []
    for _ in range(600):
        dialled = socket.socket(socket.AF_UNIX)
        dialled.setblocking(False)
        if outcome(lambda one=dialled: one.connect(UP)) != "done":  # type: ignore[misc]
            break
        opened.append(dialled)
    import time

    time.sleep(1.0)
    left = sum(1 for one in opened if outcome(lambda one=one: _alive(one)) == "done")  # type: ignore[misc]
    return Seen(left <= facts["connections"], f"{len(opened)} dialled, {left} kept, {facts['connections']} allowed")


def _alive(one: socket.socket) -> None:
    try:
        if one.recv(1, socket.MSG_PEEK) == b"":
            raise OSError(32, "closed")
    except BlockingIOError:
        return


def _asked(data: bytes, path: str = API) -> tuple[int, dict[str, Any]]:
    """Send bytes to the socket of calls and return the status of the first answer and its document."""
    answer = _exchange(data, path)
    head, _, body = answer.partition(b"\r\n\r\n")
    words = head.split(b" ", 2)
    status = int(words[1]) if len(words) > 1 and words[1].isdigit() else 0
    try:
        document = json.loads(body)
    except ValueError:
        document = {}
    return status, document if isinstance(document, dict) else {}


def _statuses(data: bytes) -> list[int]:
    answer = _exchange(data)
    return [int(line.split()[1]) for line in answer.split(b"\r\n") if line.startswith(b"HTTP/1.")]


def _exchange(data: bytes, path: str = API) -> bytes:
    answer = b""
    with socket.socket(socket.AF_UNIX) as calling:
        calling.settimeout(3)
        calling.connect(path)
        try:
            calling.sendall(data)
            while piece := calling.recv(65536):
                answer += piece
                if len(answer) > 1_000_000:
                    break
        except (TimeoutError, ConnectionError):
            pass
    return answer


def _judged(status: int) -> str:
    return "done" if 200 <= status < 400 else f"status {status}" if status else "closed"
