"""Whatever a workspace posts, it gets an answer; what is refused as malformed leaves nothing in the log."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from starlette.routing import Route
from starlette.testclient import TestClient

from audit.search import Query, search
from portal.workspace_api import MAX_BODY, build_workspace_api
from tests.integration.portal.portal_world import LARGE, SMALL, World

WORDS = "Patients of the cohort by sex, counted once each; n is the number of people."
DRAFT: Mapping[str, Any] = {
    "title": "By sex",
    "purpose": "Table 2 of a paper",
    "context": WORDS,
    "controls": {"counts": ["patients"]},
    "files": ["table.csv"],
    "supporting": ["small.csv"],
    "groups": {"tables": {"context": WORDS, "controls": {"counts": ["n"]}, "files": ["table.csv"]}},
}
#: A body that each route takes; `{ref}` is a draft, or a request where the path says so.
BODIES: Mapping[str, Mapping[str, Any]] = {
    "/workspace/precheck": {key: DRAFT[key] for key in ("files", "controls", "context", "supporting")},
    "/workspace/submit": DRAFT,
    "/workspace/drafts": DRAFT,
    "/workspace/drafts/{ref}": DRAFT,
    "/workspace/drafts/{ref}/submit": {},
    "/workspace/requests/{ref}/withdraw": {},
    "/workspace/requests/{ref}/copy": {},
    "/workspace/requests/{ref}/comment": {"text": "For a paper", "group": "", "file": "table.csv"},
    "/workspace/packages": {"package": "lifelines", "reason": "Survival curves for table 3"},
}
MALFORMED = {400, 422}
ODD: st.SearchStrategy[Any] = st.sampled_from(
    (
        *("", " ", "\x00", "a\x00b", "\ud800", "\udfff.csv", "e\u0301", "\u202etable.csv", "x" * 30_000, "-1", "null"),
        *("../table.csv", "/etc/passwd", "table.csv/", "./table.csv", ".", "..", "table.csv\n", "nothing.csv"),
        *(None, True, False, 0, -1, 2**63, 10**400, 1.5, float("nan"), float("inf"), [], {}, [[]], [{}], [None], [""]),
        *(["table.csv", "table.csv"], ["table.csv", 1], ["\ud800"], ["\x00"], [f"{n}.csv" for n in range(1_001)]),
        *({"": {}}, {"\ud800": {"files": []}}, {"g": None}, {"g": {"files": None}}, {"g": {"files": [], "x": 1}}),
        *({"g": {"files": ["\ud800"], "context": "\x00"}}, {"x" * 65: {"files": []}}, {"g": {"files": ["no.csv"]}}),
        *({"\ud800": "\ud800"}, {"counts": [float("nan")]}, {"rounded_to": 10**400}),
    )
)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters(), max_size=20) | ODD,
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.text(st.characters(), max_size=8), inner, max_size=4)
    ),
    max_leaves=12,
)


def near(body: Mapping[str, Any]) -> st.SearchStrategy[Any]:
    """A body that a route takes, with entries exchanged, left out or added."""
    entries = {key: st.just(value) | st.just(value) | ODD | JSON for key, value in body.items()}
    added = st.dictionaries(st.sampled_from((*DRAFT, "text", "package", "ref", "state", "author")), JSON, max_size=2)
    return st.builds(lambda one, more: {**more, **one}, st.fixed_dictionaries({}, optional=entries), added)


NESTED = (b"[" * 3_000, b'{"files":' * 3_000, b"[" * 3_000 + b"]" * 3_000, b"9" * 5_000)
BYTES = st.binary(max_size=200) | st.sampled_from(
    (b"", b'{"title": "\xff"}', b'{"files": ["a"]} {}', b"\xef\xbb\xbf{}", *NESTED)
)
REFS = st.sampled_from(("draft", "reviewed", "ended", "er_" + "a" * 16)) | st.text(
    st.characters(codec="utf-8"), min_size=1
)
LANGUAGES = st.sampled_from(("", "ko", "en", "KO ", "fr-CH, fr;q=0.9", "\xff"))


def written(one: object) -> bytes:
    return json.dumps(one).encode()


CALLS = st.sampled_from(sorted(BODIES)).flatmap(
    lambda path: st.tuples(st.just(path), near(BODIES[path]).map(written) | JSON.map(written) | BYTES, REFS, LANGUAGES)
)


@dataclass(frozen=True, slots=True)
class Caller:
    """A workspace with a draft, a request that is reviewed, and one that has ended."""

    world: World
    client: TestClient
    refs: dict[str, str] = field(default_factory=dict)

    def make(self, name: str) -> None:
        """Make one of the three anew."""
        self.refs[name] = str(self.client.post("/workspace/drafts", json=DRAFT).json()["ref"])
        if name == "reviewed":
            assert self.post("/workspace/drafts/{ref}/submit", b"{}", name).status_code == 200
            self.world.zone.desk.scan(self.refs[name])
        elif name == "ended":
            assert self.post("/workspace/requests/{ref}/withdraw", b"{}", name).status_code == 200

    def post(self, path: str, body: bytes, ref: str, language: str = "") -> Any:
        address = path.replace("{ref}", quote(self.refs.get(ref, ref), safe=""))
        return self.client.post(address, content=body, headers={b"Accept-Language": language.encode("latin-1")})

    def last_entry(self) -> int:
        self.world.zone.log.settle()
        with self.world.zone.db.read() as tx:
            return search(tx, Query(limit=1))[0].index


@pytest.fixture
def caller(world: World) -> Caller:
    world.outbox(table=LARGE, small=SMALL)
    made = Caller(world, world.workspace_client(world.workspace().ref))
    for name in ("draft", "reviewed", "ended"):
        made.make(name)
    return made


def test_every_route_that_takes_a_body_is_tried_and_takes_the_one_that_is_changed(caller: Caller) -> None:
    routes = build_workspace_api(caller.world.zone).app.routes  # type: ignore[attr-defined]  # below the limit of bodies
    assert {one.path for one in routes if isinstance(one, Route) and "POST" in (one.methods or ())} == set(BODIES)
    for path in sorted(BODIES):
        fits = {"comment": "reviewed", "withdraw": "reviewed", "copy": "ended"}.get(path.rpartition("/")[2], "draft")
        answer = caller.post(path, written(BODIES[path]), fits)
        assert answer.status_code == 200, (path, answer.text)


def test_a_body_that_is_longer_than_any_call_is_refused_before_it_is_read(caller: Caller) -> None:
    before = caller.last_entry()
    for path in BODIES:
        assert caller.post(path, b" " * MAX_BODY + b"{}", "draft").status_code == 413, path
    assert caller.last_entry() == before


@pytest.mark.long
@settings(max_examples=200, deadline=None, suppress_health_check=list(HealthCheck))
@given(call=CALLS)
@example(call=("/workspace/submit", written({**DRAFT, "title": "\ud800"}), "draft", ""))
@example(call=("/workspace/drafts", written({"title": "a", "groups": {"\ud800": {"files": []}}}), "draft", ""))
@example(call=("/workspace/precheck", written({"files": ["\ud800"]}), "draft", "ko"))
@example(call=("/workspace/requests/{ref}/comment", written({"text": "a"}), "\x00", ""))
def test_no_body_of_a_workspace_breaks_the_zone_or_leaves_a_word_where_it_is_refused(
    caller: Caller, call: tuple[str, bytes, str, str]
) -> None:
    before = caller.last_entry()
    answer = caller.post(*call)
    assert answer.status_code in {200, 404, 409, *MALFORMED}, answer.text
    said = answer.json()
    if answer.status_code == 200:
        if call[0].endswith(("{ref}/submit", "/withdraw")):
            caller.make(call[2])
        return
    assert {*said["error"]["message"]} == {"ko", "en"}
    if answer.status_code in MALFORMED:
        assert caller.last_entry() == before, answer.text


@pytest.mark.parametrize(
    "address",
    ["/compliance/timeline/request/%00", "/compliance/timeline/request/er_%01", "/requests/new?project=a%00b"],
)
def test_a_page_whose_address_no_database_keeps_is_not_there(world: World, address: str) -> None:
    world.signed_in("jiwoo" if "compliance" in address else "minji").page(address, 404)


@pytest.mark.parametrize("address", ["/workspace/requests/%00", "/workspace/packages/files/%00/a.whl"])
def test_a_call_whose_address_no_database_keeps_is_not_there(caller: Caller, address: str) -> None:
    assert caller.client.get(address).status_code == 404
