from __future__ import annotations

import functools
import hashlib
import itertools
import json
from collections.abc import Iterator
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from ocsf_json_schema import OcsfJsonSchemaEmbedded, get_ocsf_schema

from audit.catalogue import CATALOGUE
from audit.event import Actor, Event, Object, Source, Subjects
from audit.outward.classes import OCSF_VERSION, PROFILES, OcsfClass
from audit.outward.meanings import MEANINGS, UNKNOWN, meaning_of
from audit.outward.ocsf import Outgoing, ocsf_event, ocsf_line
from audit.search import Entry
from tests.unit.audit.audit_outgoing import ALICE, AT, ORIGIN, SHA256, entry_of

REFS = {
    "person": ALICE,
    "project": "gibleed",
    "dataset": "gibleed",
    "grant": "g_aaaaaaaaaaaaaaaa",
    "membership": "m_aaaaaaaaaaaaaaaa",
    "invitation": "inv_aaaaaaaaaaaaaaaa",
    "workspace": "ws_aaaaaaaaaaaaaaaa",
    "request": "er_aaaaaaaaaaaaaaaa",
    "file": SHA256,
    "image": "ansim/notebook:1",
    "log": "audit",
    "zone": "zone",
    "policy": "kr-default",
    "session": "unidentified",
    "route": "work",
}
SUBJECTS = {
    "none": Subjects.none(),
    "dataset": Subjects.datasets([("gibleed", 1, 2694)]),
    "person": Subjects.person(ALICE),
}

CLASSES = list({m.ocsf.uid: m.ocsf for m in (*MEANINGS.values(), UNKNOWN)}.values())


def every_event(only: str | None = None) -> Iterator[Event]:
    """Every action, or one, with every outcome, object, subjects and actor that its row names."""
    for action, meaning in MEANINGS.items():
        if only not in (None, action):
            continue
        for outcome, kind, subjects in itertools.product(
            ("ok", "denied", "failed", "intent"), meaning.objects, meaning.subjects
        ):
            for actor in (Actor.person(ALICE, ("researcher",), "s1"), Actor.service("worker")):
                yield Event(
                    action,
                    actor,
                    Object(kind, REFS[kind], project="gibleed", sha256=SHA256),
                    SUBJECTS[subjects],
                    Source(None, host="zone1", container="c1"),
                    outcome=outcome,  # type: ignore[arg-type]  # the four outcomes
                    reason="some_code",
                    policy="sha256:1",
                    detail={"role": "checker", "bytes": 12, "code": SHA256, "kind": "execute_request", "n": [1, True]},
                    sealed={"comment": "말"},
                )


@functools.cache
def validator(class_uid: int) -> Draft202012Validator:
    schema = OcsfJsonSchemaEmbedded(released_schema())
    name = schema.lookup_class_name_from_uid(class_uid)
    return Draft202012Validator(schema.get_class_schema(class_name=name, profiles=list(PROFILES)))


@functools.cache
def released_schema() -> Any:
    return get_ocsf_schema(version=OCSF_VERSION)


def problems(event: dict[str, Any]) -> list[str]:
    found = validator(event["class_uid"]).iter_errors(json.loads(json.dumps(event)))
    return [f"{list(error.absolute_path)}: {error.message[:200]}" for error in found]


@pytest.mark.parametrize("action", sorted(CATALOGUE))
def test_every_action_of_the_catalogue_means_something_to_others(action: str) -> None:
    assert action in MEANINGS


def test_no_meaning_is_of_an_action_that_the_catalogue_does_not_know() -> None:
    assert set(MEANINGS) <= set(CATALOGUE)


@pytest.mark.parametrize("action", sorted(MEANINGS))
def test_every_event_that_can_be_written_is_valid_in_the_released_schema(action: str) -> None:
    found = [
        (event.outcome, event.object.kind, problems(ocsf_event(Outgoing(entry_of(event), ORIGIN))))
        for event in every_event(action)
    ]
    assert found
    assert [one for one in found if one[2]] == []


@pytest.mark.parametrize("kind", CLASSES, ids=lambda kind: kind.name)
def test_names_and_numbers_of_a_class_are_those_of_the_released_schema(kind: OcsfClass) -> None:
    released = {one["uid"]: one for one in released_schema()["classes"].values()}[kind.uid]
    numbers = {one["caption"]: int(number) for number, one in released["attributes"]["activity_id"]["enum"].items()}
    category = released_schema()["categories"]["attributes"][released["category"]]
    assert kind.name == released["caption"]
    assert (kind.category_uid, kind.category) == (category["uid"], category["caption"])
    assert dict(kind.activities).items() <= numbers.items()


def test_no_class_is_one_that_the_schema_gave_up() -> None:
    classes = {one["uid"]: one for one in released_schema()["classes"].values()}
    assert [m.ocsf.name for m in MEANINGS.values() if "@deprecated" in classes[m.ocsf.uid]] == []


@pytest.mark.parametrize("action", sorted(MEANINGS))
def test_every_activity_named_is_one_of_its_class(action: str) -> None:
    meaning = meaning_of(action)
    assert meaning.activity in meaning.ocsf.activities


def test_the_validator_of_these_tests_refuses_what_the_schema_does_not_allow() -> None:
    event = ocsf_event(Outgoing(entry_of(next(every_event())), ORIGIN))
    assert problems({**event, "severity_id": 7})
    assert problems({**event, "surprise": 1})
    assert problems({name: value for name, value in event.items() if name != "metadata"})


def test_an_event_carries_its_place_in_the_log_and_the_bytes_that_were_hashed() -> None:
    for event in every_event():
        entry = entry_of(event, index=41)
        sent = ocsf_event(Outgoing(entry, ORIGIN))
        proof = sent["unmapped"]["log"]
        assert (proof["origin"], proof["index"], proof["leaf_hash"]["value"]) == (ORIGIN, 41, entry.leaf_hash.hex())
        assert hashlib.sha256(b"\x00" + sent["raw_data"].encode()).digest() == entry.leaf_hash
        assert (sent["metadata"]["sequence"], sent["metadata"]["uid"]) == (41, event.id)
        assert sent["metadata"]["profiles"] == list(PROFILES)


def test_no_fact_of_the_body_is_lost_on_the_way() -> None:
    event = next(event for event in every_event() if event.action == "egress.voted")
    sent = json.loads(ocsf_line(Outgoing(entry_of(event), ORIGIN)))
    body = json.loads(sent["raw_data"])
    rest = sent["unmapped"]
    assert (rest["detail"], rest["subjects"], rest["object"], rest["outcome"]) == tuple(
        body[name] for name in ("detail", "subjects", "object", "outcome")
    )


def test_a_person_appears_by_opaque_reference_and_never_with_an_address() -> None:
    event = Event(
        "session.signed_in",
        Actor.person(ALICE),
        Object("person", ALICE),
        Subjects.person(ALICE),
        Source("203.0.113.7", host="zone1"),
        sealed={"handle": "minji"},
    )
    line = ocsf_line(Outgoing(entry_of(event), ORIGIN))
    sent = json.loads(line)
    assert sent["user"] == {"uid": ALICE, "type_id": 1, "type": "User"}
    assert "203.0.113.7" not in line
    assert "minji" not in line


def test_announcement_and_outcome_share_one_correlation() -> None:
    place, nobody, here = Object("workspace", REFS["workspace"]), Subjects.none(), Source(None)
    announced = Event("workspace.start", Actor.service("hub"), place, nobody, here, outcome="intent")
    ended = Event("workspace.start", Actor.service("hub"), place, nobody, here, intent_id=announced.id)
    first, second = (ocsf_event(Outgoing(entry_of(event), ORIGIN)) for event in (announced, ended))
    assert first["metadata"]["correlation_uid"] == second["metadata"]["correlation_uid"] == announced.id
    assert (first["status"], second["status"]) == ("Announced", "Success")


@pytest.mark.parametrize(
    ("action", "outcome", "alerts", "severity"),
    [
        ("cell.sent", "ok", False, "Informational"),
        ("cell.sent", "denied", False, "Low"),
        ("log.verified", "ok", False, "Informational"),
        ("log.verified", "failed", True, "High"),
        ("egress.revoked", "ok", True, "Medium"),
    ],
)
def test_severity_follows_outcome_and_alert(action: str, outcome: str, *, alerts: bool, severity: str) -> None:
    event = next(event for event in every_event() if (event.action, event.outcome) == (action, outcome))
    sent = ocsf_event(Outgoing(entry_of(event), ORIGIN))
    assert (sent["is_alert"], sent["severity"]) == (alerts, severity)


def test_a_damaged_entry_goes_out_as_critical_and_claims_no_bytes() -> None:
    entry = entry_of(next(every_event()), intact=False)
    sent = ocsf_event(Outgoing(entry, ORIGIN))
    assert (sent["is_alert"], sent["severity"], "raw_data" in sent) == (True, "Critical", False)
    assert sent["unmapped"]["log"]["intact"] is False
    assert problems(sent) == []


def test_an_action_of_another_version_still_goes_out_valid() -> None:
    event = entry_of(next(every_event()))
    body = {**event.body, "action": "old.forgotten"}
    sent = ocsf_event(Outgoing(Entry(1, event.id, AT, "portal", body, event.leaf_hash), ORIGIN))
    assert (sent["class_name"], sent["activity_name"], sent["message"]) == (
        "Event Log Activity",
        "Other",
        "old.forgotten",
    )
    assert problems(sent) == []
