"""Supporting files are seen and checked and never leave; groups say what their own files show."""

from __future__ import annotations

import hashlib
import json
import zipfile
from dataclasses import replace
from typing import Any

import pytest

from egress_review import store
from egress_review.errors import Denied, Invalid, OutboxRefused
from egress_review.model import Group, declared
from egress_review.verify_package import verify_package
from egress_review.workflow import State
from tests.integration.egress_review.egress_house import CONTEXT, HERE, SAFE, Zone

EVIDENCE = "sex,n,top1,top2,total\nF,120,9,8,900\nM,130,9,7,910\n"


def with_evidence(zone: Zone, **changes: Any) -> Any:
    zone.write("table.csv", SAFE)
    zone.write("evidence.csv", EVIDENCE)
    draft = replace(zone.draft("table.csv", **changes), supporting=("evidence.csv",))
    return zone.desk.scan(zone.desk.submit(zone.author, zone.workspace, draft, source=HERE).ref)


def test_reviewers_see_evidence_and_vote_on_outputs_only(zone: Zone) -> None:
    request = with_evidence(zone)
    assert [file.name for file in request.outputs] == ["table.csv"]
    [evidence] = request.supporting
    with pytest.raises(Denied):
        zone.desk.preview(zone.checkers["member"], request.ref, evidence.sha256, source=HERE)
    look = zone.desk.preview(zone.checkers["hana"], request.ref, evidence.sha256, source=HERE)
    assert look.page.pieces[0].preview.rows[0][0] == "sex"
    with pytest.raises(Invalid, match="no other"):
        zone.vote("hana", request, votes={file.sha256: "approve" for file in request.files})
    zone.vote("hana", request)
    assert zone.vote("duri", request).state is State.APPROVED


def test_nothing_of_the_evidence_leaves(zone: Zone) -> None:
    request = with_evidence(zone)
    zone.vote("hana", request)
    zone.vote("duri", request)
    zone.desk.release(request.ref)
    directory = zone.desk.package_of(request.ref)
    assert verify_package(directory, zone.log_key).files == ("files/table.csv",)
    digest = hashlib.sha256(EVIDENCE.encode()).hexdigest()
    for path in [path for path in directory.rglob("*") if path.is_file()]:
        content = path.read_bytes()
        assert b"top1" not in content, path
        # Its hash would let somebody who knows the form of the table try every small number in it.
        assert digest.encode() not in content, path
        assert b"evidence.csv" not in content, path
    collected = zone.desk.collect(zone.author, request.ref, source=HERE)
    with zipfile.ZipFile(collected) as archive:
        assert not [name for name in archive.namelist() if "evidence" in name]
    document = json.loads((directory / "release.json").read_bytes())
    assert document["request"]["supporting_files"] == 1
    [released] = [body for body in zone.house.entries() if body["action"] == "egress.released"]
    assert digest not in json.dumps(released)


def test_the_hash_in_a_package_does_not_let_the_evidence_be_guessed(zone: Zone) -> None:
    request = with_evidence(zone)
    with zone.house.db.read() as tx:
        known = store.load(tx, request.ref)
    guessed = replace(known, salt="")
    assert guessed.context_hash != known.context_hash
    assert len(known.salt) == 32


def test_evidence_that_equals_an_output_would_leave_as_that_output_and_is_refused(zone: Zone) -> None:
    zone.write("table.csv", SAFE)
    zone.write("same.csv", SAFE)
    draft = replace(zone.draft("table.csv"), supporting=("same.csv",))
    with pytest.raises(Invalid) as refused:
        zone.desk.submit(zone.author, zone.workspace, draft, source=HERE)
    assert refused.value.code == "evidence_leaves"
    twice = replace(zone.draft("table.csv"), supporting=("table.csv",))
    with pytest.raises(OutboxRefused):
        zone.desk.submit(zone.author, zone.workspace, twice, source=HERE)


def test_a_package_with_evidence_put_into_it_does_not_verify(zone: Zone) -> None:
    request = with_evidence(zone)
    zone.vote("hana", request)
    zone.vote("duri", request)
    zone.desk.release(request.ref)
    directory = zone.desk.package_of(request.ref)
    (directory / "files" / "evidence.csv").write_text(EVIDENCE)
    assert not verify_package(directory, zone.log_key).ok


def test_changed_evidence_voids_the_votes_and_no_evidence_keeps_the_old_hash(zone: Zone) -> None:
    request = with_evidence(zone)
    changed = replace(request, files=(*request.outputs, replace(request.supporting[0], sha256="0" * 64)))
    assert changed.context_hash != request.context_hash
    plain = zone.in_review()
    said = {
        "title": plain.title,
        "purpose": plain.purpose,
        "context": plain.context,
        "controls": plain.controls,
        "files": [[file.name, file.sha256] for file in plain.files],
    }
    content = json.dumps(said, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    assert plain.context_hash == hashlib.sha256(content.encode()).hexdigest()


def test_a_group_has_words_and_declarations_of_its_own(zone: Zone) -> None:
    zone.write("a.csv", SAFE)
    zone.write("b.csv", SAFE.replace("120", "125"))
    groups = {"rounded": Group(CONTEXT, '{"rounded_to": 5}', ("b.csv",))}
    draft = replace(zone.draft("a.csv", "b.csv", controls='{"counts": ["n"]}'), groups=groups)
    request = zone.desk.scan(zone.desk.submit(zone.author, zone.workspace, draft, source=HERE).ref)
    assert [(file.name, file.group) for file in request.files] == [("a.csv", ""), ("b.csv", "rounded")]
    with zone.house.db.read() as tx:
        assert store.load(tx, request.ref).groups == groups
    assert declared(request) == {"counts": ["n"], "files": {"b.csv": {"rounded_to": 5}}}
    reworded = replace(request, groups={"rounded": Group(CONTEXT + " More.", '{"rounded_to": 5}', ("b.csv",))})
    assert reworded.context_hash != request.context_hash


@pytest.mark.parametrize(
    ("groups", "code"),
    [
        ({"g": Group(CONTEXT, "", ("other.csv",))}, "bad_group"),
        ({"g": Group(CONTEXT, "", ())}, "bad_group"),
        ({"g": Group(CONTEXT, "", ("table.csv",)), "h": Group(CONTEXT, "", ("table.csv",))}, "bad_group"),
        ({"g": Group("short", "", ("table.csv",))}, "context_short"),
        ({" g": Group(CONTEXT, "", ("table.csv",))}, "bad_group"),
        ({"g": Group(CONTEXT, '{"rounded": 5}', ("table.csv",))}, "bad_controls"),
    ],
)
def test_a_group_that_leaves_something_open_is_refused(zone: Zone, groups: dict[str, Group], code: str) -> None:
    zone.write("table.csv", SAFE)
    with pytest.raises(Invalid) as refused:
        zone.desk.submit(zone.author, zone.workspace, replace(zone.draft(), groups=groups), source=HERE)
    assert refused.value.code == code
