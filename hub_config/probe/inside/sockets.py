"""The sockets of the zone and of the machine; runs inside the workspace."""

from __future__ import annotations

import json
import os
import re
import select
import socket
import time
from collections.abc import Mapping
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
    "/run/systemd/resolve/io.systemd.Resolve",
    "/run/systemd/resolve/io.systemd.Resolve.Monitor",
    "/run/nscd/socket",
)
CALLS = 300  # of a flood
STATUS = b"GET /workspace/status HTTP/1.1\r\nHost: zone\r\n"
HONEST = "/workspace/status"
STATUSES = re.compile(rb"HTTP/1\.[01] (\d{3})")  # a second answer may follow a body without a new line
LAST = b"Connection: close\r\n\r\n"
#: What each socket answers, so that it is known to be there when it refuses.
LISTED = {API: STATUS + LAST, PACKAGES: b"GET /simple/ HTTP/1.1\r\nHost: zone\r\n" + LAST}
OK = 200
EXCHANGE_SECONDS = 3.0
KEPT_WAITING = "done: kept waiting"
FLOOD_SECONDS, SETTLING_SECONDS = 10.0, 5.0  # a gate takes 200 in a second
DIALS = 600


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
        status, document, _ = _asked(STATUS + header + LAST)
        headers = {k.lower(): v for k, v in document.get("headers", {}).items()}
        honest = headers.get("ansim-workspace") == facts["workspace"]
        clean = not {"cookie", "authorization", "x-forwarded-user", "x-forwarded-for"} & headers.keys()
        refusal = 400 <= status < 500
        seen[name] = (
            "known as itself" if status == OK and honest and clean else f"status {status}" if refusal else "done"
        )
    return _there(API, seen)


@attack("sock.unlisted")
def unlisted(facts: Facts) -> Seen:
    """Call what no table lists: other pages of the portal, in several spellings."""
    paths = (
        b"/", b"/people", b"/workspace/", b"/workspace/../people", b"/workspace/%2e%2e/people", b"//people",
        b"/workspace/status?x=1", b"/hub/api/users", b"http://portal/people", b"/workspace/status/",
    )  # fmt: skip
    tried = {}
    for path in paths:
        tried[path.decode()] = _judged(b"GET " + path + b" HTTP/1.1\r\nHost: zone\r\n" + LAST)
    return _there(API, tried)


@attack("sock.packages")
def packages(facts: Facts) -> Seen:
    """Use the mirror of packages as a way out: uploads, queries, other addresses, other servers."""
    lines = (
        b"POST /legacy/", b"PUT /files/x-1.0-py3-none-any.whl", b"POST /simple/", b"DELETE /simple/pip/",
        b"GET /simple/pip/?leak=1", b"GET /simple/Leak_Of_Capitals/", b"GET /simple/" + b"a" * 65 + b"/",
        b"GET /files/../../people", b"GET /%2e%2e/%2e%2e/people", b"GET /workspace/status", b"GET /people",
        b"GET http://pypi.org/simple/pip/", b"CONNECT pypi.org:443",
    )  # fmt: skip
    head = b" HTTP/1.1\r\nHost: zone\r\nContent-Length: 0\r\n" + LAST
    return _there(PACKAGES, {line.decode()[:60]: _judged(line + head, PACKAGES) for line in lines})


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
    return _there(API, {name: _judged(data) for name, data in tried.items()})


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
        answer, waiting = _exchange(data)
        statuses = [int(one) for one in STATUSES.findall(answer)]
        # What was read as a call of its own may also have gone on, and be the answer to whoever calls next.
        _, document, _ = _asked(LISTED[API])
        desync = len(statuses) > 1 or document.get("target", HONEST) != HONEST
        taken = desync or any(s < 400 for s in statuses)
        said = ",".join(map(str, statuses)) or (KEPT_WAITING if waiting else "closed")
        answers[name] = f"done: {said}" if taken else said
    return _there(API, answers)


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
    """Dial in far more often than the zone takes, and wait each time that its queue is full."""
    opened: list[socket.socket] = []
    answer, until = "EAGAIN", time.monotonic() + FLOOD_SECONDS
    while len(opened) < DIALS and answer in ("done", "EAGAIN") and time.monotonic() < until:
        dialled = socket.socket(socket.AF_UNIX)
        dialled.setblocking(False)
        answer = outcome(lambda one=dialled: one.connect(UP))  # type: ignore[misc]
        if answer == "done":
            opened.append(dialled)
        else:
            dialled.close()
            time.sleep(0.01)
    allowed, until = facts["connections"], time.monotonic() + SETTLING_SECONDS
    while (left := _kept(opened)) > allowed and time.monotonic() < until:
        time.sleep(0.1)
    words = f"{len(opened)} dialled, {left} kept, {allowed} allowed, at last {answer}"
    if len(opened) <= allowed:
        return Seen(False, f"{words}: it proves nothing")
    return Seen(left <= allowed, words)


def _kept(opened: list[socket.socket]) -> int:
    return sum(1 for one in opened if outcome(lambda one=one: _alive(one)) == "done")  # type: ignore[misc]


@attack("sock.log_flood")
def log_flood(facts: Facts) -> Seen:
    """Keep drafts as fast as the socket takes them: each would be an entry of the log that nobody removes."""
    call = b"POST /workspace/drafts HTTP/1.1\r\nHost: zone\r\nContent-Type: application/json\r\nContent-Length: 2\r\n"
    call += b"Connection: close\r\n\r\n{}"
    answers = [_asked(call)[0] for _ in range(CALLS)]
    slowed = answers.count(429)
    passed = len([status for status in answers if status and status != 429])
    return Seen(slowed > 0 and passed <= facts["calls"], f"{CALLS} calls, passed: {passed}, told to wait: {slowed}")


def _alive(one: socket.socket) -> None:
    try:
        if one.recv(1, socket.MSG_PEEK) == b"":
            raise OSError(32, "closed")
    except BlockingIOError:
        return


def _there(path: str, tried: Mapping[str, str]) -> Seen:
    """Hold if every try was refused by a socket that answers what is listed; one that is gone refuses everything."""
    status, _, _ = _asked(LISTED[path], path)
    if status != OK:
        return Seen(False, f"control: what is listed was answered with {status or 'nothing'}")
    return refused(tried)


def _judged(data: bytes, path: str = API) -> str:
    """Send bytes to a socket and return how they were refused, or `done`; who goes on listening has not refused."""
    status, _, waiting = _asked(data, path)
    if not status:
        return KEPT_WAITING if waiting else "closed"
    return "done" if status < 400 else f"status {status}"


def _asked(data: bytes, path: str = API) -> tuple[int, dict[str, Any], bool]:
    """Send bytes to a socket; return the status of the first answer, its document, and whether it went on waiting."""
    answer, waiting = _exchange(data, path)
    head, _, body = answer.partition(b"\r\n\r\n")
    words = head.split(b" ", 2)
    status = int(words[1]) if len(words) > 1 and words[1].isdigit() else 0
    try:
        document = json.loads(body)
    except ValueError:
        document = {}
    return status, document if isinstance(document, dict) else {}, waiting


def _exchange(data: bytes, path: str = API) -> tuple[bytes, bool]:
    """Send bytes and read what comes meanwhile; return it, and whether the connection was still open at the end."""
    answer, left, until = b"", memoryview(data), time.monotonic() + EXCHANGE_SECONDS
    with socket.socket(socket.AF_UNIX) as calling:
        calling.settimeout(EXCHANGE_SECONDS)
        calling.connect(path)
        calling.setblocking(False)
        while (seconds := until - time.monotonic()) > 0 and len(answer) < 1_000_000:
            reading, writing, _ = select.select([calling], [calling] if left else [], [], seconds)
            try:
                if writing:
                    left = left[calling.send(left[:65536]) :]
                if reading:
                    piece = calling.recv(65536)
                    if not piece:
                        return answer, False
                    answer += piece
            except BlockingIOError:
                continue
            except BrokenPipeError:
                left = left[:0]  # what was answered before is still there to be read
            except ConnectionError:
                return answer, False
    return answer, True
