"""A workspace gets the requests that the table names, in every spelling nothing else."""

from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub_config.gate.errors import AmbiguousTarget, Refused
from hub_config.gate.refusals import REFUSALS
from hub_config.gate.routes import ICON_BYTES, LAB_BYTES, ROUTES, SOCKETS, WORDS, Kind, find_route, forwarded
from hub_config.gate.targets import Target, parse_target

KERNEL = "0f8fad5b-d9cb-469f-a165-70867728950e"

FORBIDDEN = [
    ("GET", "files/table.csv", "route.download"),
    ("GET", "files", "route.download"),
    ("GET", "view/page.html", "route.download"),
    ("GET", "nbconvert/html/x.ipynb", "route.convert"),
    ("POST", "nbconvert/html", "route.convert"),
    ("GET", "api/nbconvert", "route.convert"),
    ("GET", "api/terminals", "route.terminal"),
    ("POST", "api/terminals", "route.terminal"),
    ("GET", "terminals/1", "route.terminal"),
    ("GET", "proxy/8080/", "route.proxy"),
    ("GET", "lsp/ws/pylsp", "route.proxy"),
    ("GET", "lab/api/extensions", "route.extension"),
    ("POST", "lab/api/extensions", "route.extension"),
    ("GET", "metrics", "route.unlisted"),
    ("GET", "logout", "route.unlisted"),
    ("GET", "login", "route.unlisted"),
    ("POST", "api/shutdown", "route.unlisted"),
    ("PATCH", "api/me", "route.unlisted"),
    ("POST", "api/events", "route.unlisted"),
    ("GET", "api/spec.yaml", "route.unlisted"),
    ("GET", "custom/custom.css", "route.unlisted"),
    ("DELETE", "lab", "route.unlisted"),
    ("OPTIONS", "api/contents/x", "route.unlisted"),
    ("TRACE", "lab", "route.unlisted"),
    ("GET", "api/contents/x?download=1", "route.download"),
    ("GET", "api/contents/x?DOWNLOAD", "route.download"),
    ("GET", "api/contents/x?format=base64", "route.download"),
    ("GET", "api/contents/x?format=Base64", "route.download"),
    ("GET", "api/contents/x?format=bytes", "route.unlisted"),
    ("GET", "api/contents/x?format=", "route.unlisted"),
    ("GET", "api/contents/x?unknown=1", "route.unlisted"),
    ("GET", "static/x?download=1", "route.download"),
    ("GET", f"api/kernels/{KERNEL}/channels", "route.unlisted"),
    ("GET", "Files/x", "route.unlisted"),
    ("GET", "api/kernels/not-a-kernel", "route.unlisted"),
    ("GET", "kernelspecs/python3/table.png", "route.unlisted"),
    ("GET", "kernelspecs/python3/logo-512x512.png", "route.unlisted"),
]

ALLOWED = [
    ("GET", "", Kind.PAGE),
    ("GET", "lab", Kind.PAGE),
    ("GET", "lab/tree/dir/결과.ipynb", Kind.PAGE),
    ("GET", "lab/workspaces/auto-a/tree/x.ipynb", Kind.PAGE),
    ("GET", "doc/tree/x.ipynb", Kind.PAGE),
    ("GET", "static/lab/main.abc.js?v=1", Kind.STATIC),
    ("GET", "lab/extensions/@jupyter/x/static/remoteEntry.js", Kind.PLAIN),
    ("GET", "lab/api/settings/@jupyterlab/apputils-extension:themes", Kind.PLAIN),
    ("PUT", "lab/api/settings/@jupyterlab/apputils-extension:themes", Kind.SETTING),
    ("PATCH", "api/config/notebook", Kind.SETTING),
    ("GET", "lab/api/translations/ko_KR", Kind.PLAIN),
    ("PUT", "lab/api/workspaces/default", Kind.SETTING),
    ("GET", "api", Kind.PLAIN),
    ("GET", "api/contents?content=1&1732197600000=", Kind.PLAIN),
    ("GET", "api/contents/x.ipynb?type=notebook&content=1&hash=0", Kind.PLAIN),
    ("GET", "api/contents/x.ipynb?type=notebook&content=1&hash=1&contentProviderId=undefined&17=", Kind.PLAIN),
    ("PUT", "api/contents/x.ipynb", Kind.WRITE),
    ("POST", "api/contents/dir", Kind.WRITE),
    ("PATCH", "api/contents/x.ipynb", Kind.WRITE),
    ("POST", "api/contents/x.ipynb/checkpoints", Kind.WRITE),
    ("DELETE", "api/contents/x.ipynb", Kind.WRITE),
    ("POST", f"api/kernels/{KERNEL}/interrupt", Kind.PLAIN),
    ("PATCH", f"api/sessions/{KERNEL}", Kind.PLAIN),
    ("GET", "kernelspecs/python3/logo-svg.svg", Kind.PLAIN),
]


def below(path: str) -> Target:
    target = parse_target("/" + path.encode().decode("latin-1") if path.isascii() else _quoted(path))
    return Target(target.path[1:], target.query)


def decide(method: str, raw: str) -> None:
    """Read and decide a raw target as the gate does."""
    target = parse_target(raw)
    find_route(method, Target(target.path[1:], target.query), websocket=False)


def _quoted(path: str) -> str:
    return "/" + "".join(c if c.isascii() else "".join(f"%{b:02X}" for b in c.encode()) for c in path)


@pytest.mark.parametrize(("method", "path", "code"), FORBIDDEN)
def test_a_forbidden_request_is_refused_with_its_own_words(method: str, path: str, code: str) -> None:
    with pytest.raises(Refused) as refused:
        find_route(method, below(path), websocket=False)
    assert refused.value.code == code


@pytest.mark.parametrize(("method", "path", "kind"), ALLOWED)
def test_what_lab_needs_is_listed(method: str, path: str, kind: Kind) -> None:
    assert find_route(method, below(path), websocket=False).kind is kind


@pytest.mark.parametrize(
    ("path", "kind"), [(f"api/kernels/{KERNEL}/channels", Kind.KERNEL), ("api/events/subscribe", Kind.EVENTS)]
)
def test_only_two_websockets_exist(path: str, kind: Kind) -> None:
    assert find_route("GET", below(path), websocket=True).kind is kind
    with pytest.raises(Refused):
        find_route("GET", below(path), websocket=False)


@pytest.mark.parametrize("path", ["terminals/websocket/1", "lsp/ws/x", "lab", "api/kernels", "api/yjs"])
def test_every_other_websocket_is_refused(path: str) -> None:
    with pytest.raises(Refused):
        find_route("GET", below(path), websocket=True)


@given(
    case=st.sampled_from([case for case in FORBIDDEN if case[1].isascii()]),
    seed=st.integers(0, 2**32),
    share=st.floats(0.05, 1.0),
    rounds=st.integers(1, 3),
)
def test_no_encoding_of_a_forbidden_path_passes(
    case: tuple[str, str, str], seed: int, share: float, rounds: int
) -> None:
    method, path, _ = case
    chance = random.Random(seed)
    raw = path
    for _ in range(rounds):
        raw = "".join(
            f"%{ord(c):02{chance.choice('xX')}}" if c not in "?&=" and chance.random() < share else c for c in raw
        )
    with pytest.raises((AmbiguousTarget, Refused)):
        decide(method, "/" + raw)


@given(
    prefix=st.sampled_from(["lab/..", "static/%2e%2e", "api/contents/..", "lab/.", "lab/%2e", "", "lab/%2e%2e%2f"]),
    path=st.sampled_from(["files/x", "terminals/1", "view/x", "nbconvert/html/x"]),
)
def test_no_detour_leads_to_a_forbidden_path(prefix: str, path: str) -> None:
    with pytest.raises((AmbiguousTarget, Refused)):
        decide("GET", f"/{prefix}/{path}")


def test_no_answer_with_what_people_made_is_larger_than_what_is_shown_at_once() -> None:
    small = 50_000
    for path in ("api/contents/x.ipynb", "lab/api/workspaces/default", "api/sessions", "api/config/notebook"):
        assert find_route("GET", below(path), websocket=False).limit(small) == small
    assert find_route("GET", below("lab/api/workspaces/default"), websocket=False).looked_at
    assert find_route("GET", below("api/contents/x"), websocket=False).looked_at
    icon = find_route("GET", below("kernelspecs/python3/logo-64x64.png"), websocket=False)
    assert icon.limit(10**9) == ICON_BYTES
    assert find_route("GET", below("lab/api/translations/ko_KR"), websocket=False).limit(small) == LAB_BYTES


def test_a_file_is_read_as_text_unless_a_format_was_asked_for() -> None:
    asked = forwarded("GET", Target("api/contents/x.csv", (("content", "1"),)))
    assert ("format", "text") in asked.query
    notebook = Target("api/contents/x.ipynb", (("type", "notebook"),))
    assert forwarded("GET", notebook) == notebook
    written = Target("api/contents/x.csv")
    assert forwarded("PUT", written) == written


def test_every_row_says_why_it_is_there_and_every_word_is_known() -> None:
    assert all(route.reason for route in (*ROUTES, *SOCKETS))
    assert {code for _, code in WORDS} <= set(REFUSALS)


def test_no_row_of_the_words_shadows_a_listed_route() -> None:
    for method, path, _ in ALLOWED:
        find_route(method, below(path), websocket=False)
        assert not any(pattern.fullmatch(below(path).path) for pattern, _ in WORDS)
