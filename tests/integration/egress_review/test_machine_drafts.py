"""Drafts are kept, changed, handed in, withdrawn and copied; a scan that hangs is a failed one."""

from __future__ import annotations

import threading
from dataclasses import replace
from typing import Any

import pytest

from egress_review.errors import Conflict, Denied, Invalid
from egress_review.model import Action, Group
from egress_review.workflow import State
from registry.model import Role
from tests.integration.egress_review.egress_house import CONTEXT, HERE, SAFE, Zone


def test_a_draft_is_kept_changed_and_handed_in(zone: Zone) -> None:
    first = replace(zone.draft("later.csv"), context="", purpose="")
    kept = zone.desk.save_draft(zone.author, zone.workspace, first, source=HERE)
    assert kept.state is State.DRAFT
    assert zone.desk.draft_of(zone.author, kept.ref) == first
    zone.write("table.csv", SAFE)
    zone.write("more.csv", "a,n\nx,100\n")
    whole = replace(zone.draft(), supporting=("more.csv",), groups={"g": Group(CONTEXT, "", ("table.csv",))})
    zone.desk.edit_draft(zone.author, kept.ref, whole, source=HERE)
    assert zone.desk.draft_of(zone.author, kept.ref) == whole
    handed_in = zone.desk.submit_draft(zone.author, kept.ref, source=HERE)
    assert (handed_in.state, handed_in.round, len(handed_in.files)) == (State.SCANNING, 1, 2)
    assert zone.desk.scan(kept.ref).state is State.IN_REVIEW
    assert zone.actions(kept.ref) == ["egress.drafted", "egress.draft_saved", "egress.submitted", "egress.scanned"]
    with pytest.raises(Conflict):
        zone.desk.edit_draft(zone.author, kept.ref, whole, source=HERE)


def test_a_draft_takes_nothing_out_of_the_outbox_and_names_nothing_in_the_log(zone: Zone) -> None:
    zone.write("secret-name.csv", SAFE)
    kept = zone.desk.save_draft(zone.author, zone.workspace, zone.draft("secret-name.csv"), source=HERE)
    assert not list((zone.home / "vault" / "files").iterdir())
    assert "secret-name" not in str([body for body in zone.house.entries() if body["object"]["ref"] == kept.ref])


def test_a_draft_that_is_not_complete_is_kept_and_cannot_be_handed_in(zone: Zone) -> None:
    kept = zone.desk.save_draft(zone.author, zone.workspace, replace(zone.draft(), context=""), source=HERE)
    with pytest.raises(Invalid):
        zone.desk.submit_draft(zone.author, kept.ref, source=HERE)
    with pytest.raises(Invalid):
        zone.desk.save_draft(zone.author, zone.workspace, replace(zone.draft(), title=" "), source=HERE)


def test_a_draft_is_nobodys_but_its_authors(zone: Zone) -> None:
    kept = zone.desk.save_draft(zone.author, zone.workspace, zone.draft(), source=HERE)
    other = zone.house.join("other", Role.RESEARCHER).person
    for step in (zone.desk.draft_of, zone.desk.copy_to_draft, zone.desk.withdraw, zone.desk.submit_draft):
        options: dict[str, Any] = {} if step == zone.desk.draft_of else {"source": HERE}
        with pytest.raises(Denied):
            step(other, kept.ref, **options)
    with pytest.raises(Denied):
        zone.desk.view(zone.checkers["hana"], kept.ref)
    assert not zone.desk.waiting(zone.checkers["hana"])
    zone.desk.withdraw(zone.author, kept.ref, source=HERE)
    assert zone.desk.view(zone.author, kept.ref).request.state is State.WITHDRAWN


def test_a_draft_may_be_withdrawn_and_copied(zone: Zone) -> None:
    kept = zone.desk.save_draft(zone.author, zone.workspace, zone.draft(), source=HERE)
    with pytest.raises(Conflict):
        zone.desk.copy_to_draft(zone.author, kept.ref, source=HERE)
    zone.desk.withdraw(zone.author, kept.ref, source=HERE)
    again = zone.desk.copy_to_draft(zone.author, kept.ref, source=HERE)
    assert zone.desk.draft_of(zone.author, again.ref) == zone.draft()


def test_what_was_blocked_is_copied_by_its_author_and_seen_by_compliance_only(zone: Zone) -> None:
    blocked = zone.in_review("name,rrn\na,901106-1896546\n")
    assert blocked.state is State.BLOCKED
    assert Action.COPY in zone.desk.view(zone.author, blocked.ref).actions
    draft = zone.desk.copy_to_draft(zone.author, blocked.ref, source=HERE)
    assert zone.desk.draft_of(zone.author, draft.ref).files == ("table.csv",)
    zone.write("table.csv", SAFE)
    assert zone.desk.scan(zone.desk.submit_draft(zone.author, draft.ref, source=HERE).ref).state is State.IN_REVIEW
    sha256 = blocked.files[0].sha256
    for who in ("hana", "senior", "member"):
        with pytest.raises(Denied):
            zone.desk.preview(zone.checkers[who], blocked.ref, sha256, source=HERE)
    zone.desk.preview(zone.house.join("officer", Role.COMPLIANCE_OFFICER).person, blocked.ref, sha256, source=HERE)


def test_a_person_keeps_only_so_many_drafts(zone: Zone, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("egress_review.drafting.MOST_DRAFTS", 2)
    for _ in range(2):
        zone.desk.save_draft(zone.author, zone.workspace, zone.draft(), source=HERE)
    with pytest.raises(Conflict):
        zone.desk.save_draft(zone.author, zone.workspace, zone.draft(), source=HERE)


def test_a_draft_with_the_same_words_is_no_second_click(zone: Zone) -> None:
    zone.write("table.csv", SAFE)
    kept = zone.desk.save_draft(zone.author, zone.workspace, zone.draft(), source=HERE)
    assert zone.desk.submit(zone.author, zone.workspace, zone.draft(), source=HERE).ref != kept.ref


def test_a_scan_that_hangs_fails_and_is_tried_again(zone: Zone) -> None:
    release = threading.Event()

    class Hanging:
        def scan(self, job: Any) -> Any:
            release.wait(60)
            raise OSError

    request = zone.submit()
    desk = zone.reopened(scanner=Hanging())
    desk.scan_seconds = 0.05
    assert desk.scan(request.ref).state is State.SCAN_FAILED
    release.set()
    [failed] = [body for body in zone.house.entries() if body["action"] == "egress.scan_failed"]
    assert failed["reason"] == "scan_timeout"
    assert zone.desk.scan(request.ref).state is State.IN_REVIEW
