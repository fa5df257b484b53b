"""Every use case of the egress desk that changes something, done once."""

from __future__ import annotations

import io
from dataclasses import replace

from audit.cells import CellStore
from egress_review.bringing import Incoming
from egress_review.model import Choice
from egress_review.policy import load_policy
from registry.desk import CLI
from tests.integration.egress_review.egress_house import CONTEXT, HERE, SAFE, Zone, ask_for
from tests.integration.egress_review.tampering import by_hand, sets
from tests.integration.egress_review.watch_house import watch_in
from tests.integration.house.house_uses import Act, Uses
from tests.unit.egress_review.source_house import as_csv, people

UK = load_policy("uk-sdap")
USES: Uses[Zone] = Uses(
    silent={
        "EgressDesk.choose_mail": "whether somebody wants mail concerns nobody else and gives no right",
        "EgressDesk.run_simulations": "does trials that were recorded when they were asked for, and changes no request",
    }
)
OTHER = "sex,n\nF,210\nM,220\n"


@USES.exercise("EgressDesk.precheck", "egress.prechecked")
def precheck(zone: Zone) -> Act:
    zone.write("table.csv", SAFE)
    return lambda: zone.desk.precheck(zone.workspace, ["table.csv"], "", source=HERE)


@USES.exercise(
    "EgressDesk.submit",
    "egress.drafted",
    "egress.submitted",
    why="a request is made and handed in with one button; its way has both steps",
)
def submit(zone: Zone) -> Act:
    zone.write("table.csv", SAFE)
    return lambda: zone.desk.submit(zone.author, zone.workspace, zone.draft(), source=HERE)


@USES.exercise(
    "EgressDesk.bring_in",
    "egress.drafted",
    "egress.submitted",
    why="a request is made and handed in with one button; its way has both steps",
)
def bring_in(zone: Zone) -> Act:
    incoming = Incoming("Codes", "To label drugs", CONTEXT, "codes.csv", io.BytesIO(SAFE.encode()))
    return lambda: zone.desk.bring_in(zone.author, zone.workspace, incoming, source=HERE)


@USES.exercise("EgressDesk.scan", "egress.scanned")
def scan(zone: Zone) -> Act:
    ref = zone.submit().ref
    return lambda: zone.desk.scan(ref)


@USES.exercise("EgressDesk.act", "egress.scanned")
def act(zone: Zone) -> Act:
    ref = zone.submit().ref
    return lambda: zone.desk.act(ref)


@USES.exercise("EgressDesk.preview", "egress.viewed")
def preview(zone: Zone) -> Act:
    request = zone.in_review()
    return lambda: zone.desk.preview(zone.checkers["hana"], request.ref, request.files[0].sha256, source=HERE)


@USES.exercise("EgressDesk.vote", "egress.voted")
def vote(zone: Zone) -> Act:
    request = zone.in_review()
    return lambda: zone.vote("hana", request)


@USES.exercise(
    "EgressDesk.vote (the last)", "egress.voted", "egress.approved", why="the vote that decides also approves"
)
def last_vote(zone: Zone) -> Act:
    request = zone.in_review()
    zone.vote("hana", request)
    return lambda: zone.vote("duri", request)


@USES.exercise("EgressDesk.watch_requests", "egress.not_as_recorded")
def watch_requests(zone: Zone) -> Act:
    by_hand(zone, zone.in_review().ref, sets("egress_request", purpose="For the press"))
    return zone.desk.watch_requests


@USES.exercise("EgressDesk.look_into", "egress.looked_into")
def look_into(zone: Zone) -> Act:
    ref = zone.in_review().ref
    by_hand(zone, ref, sets("egress_request", purpose="For the press"))
    zone.desk.watch_requests()
    return lambda: zone.desk.look_into(zone.checkers["senior"], ref, "compared with the backup", source=HERE)


@USES.exercise("EgressDesk.return_to_author", "egress.returned")
def return_to_author(zone: Zone) -> Act:
    request = zone.in_review()
    return lambda: zone.desk.return_to_author(zone.checkers["hana"], request.ref, "please add the year", source=HERE)


@USES.exercise("EgressDesk.resubmit", "egress.resubmitted")
def resubmit(zone: Zone) -> Act:
    request = zone.in_review()
    zone.desk.return_to_author(zone.checkers["hana"], request.ref, "please add the year", source=HERE)
    zone.write("table.csv", OTHER)
    return lambda: zone.desk.resubmit(zone.author, request.ref, zone.draft(), source=HERE)


@USES.exercise("EgressDesk.reject", "egress.rejected")
def reject(zone: Zone) -> Act:
    request = zone.in_review()
    zone.vote("hana", request, Choice.REJECT)
    zone.vote("duri", request, Choice.REJECT)
    return lambda: zone.desk.reject(zone.checkers["hana"], request.ref, "names of patients", source=HERE)


@USES.exercise("EgressDesk.withdraw", "egress.withdrawn")
def withdraw(zone: Zone) -> Act:
    ref = zone.in_review().ref
    return lambda: zone.desk.withdraw(zone.author, ref, source=HERE)


@USES.exercise(
    "EgressDesk.release",
    "egress.releasing",
    "egress.released",
    why="a step that leaves the database has a beginning and an end in the log",
)
def release(zone: Zone) -> Act:
    ref = zone.approved().ref
    return lambda: zone.desk.release(ref)


@USES.exercise(
    "EgressDesk.release (no witness answers)",
    "egress.releasing",
    "egress.released",
    "egress.unwitnessed",
    why="a release that is decided and may not leave yet says so once",
)
def unwitnessed(zone: Zone) -> Act:
    ask_for(zone, zone.home, port=9)
    ref = zone.approved().ref
    return lambda: zone.desk.release(ref)


@USES.exercise("EgressDesk.collect", "egress.collected")
def collect(zone: Zone) -> Act:
    ref = zone.released().ref
    return lambda: zone.desk.collect(zone.author, ref, source=HERE)


@USES.exercise("EgressDesk.allow_collections", "egress.collections_allowed")
def allow_collections(zone: Zone) -> Act:
    ref = zone.released().ref
    return lambda: zone.desk.allow_collections(CLI, ref, 5, "their line breaks off", source=HERE)


@USES.exercise("EgressDesk.revoke", "egress.revoked")
def revoke(zone: Zone) -> Act:
    request = zone.released()
    return lambda: zone.desk.revoke(
        zone.checkers["hana"], request.ref, "the wrong file", request.confirm_code, source=HERE
    )


@USES.exercise("EgressDesk.save_draft", "egress.drafted")
def save_draft(zone: Zone) -> Act:
    return lambda: zone.desk.save_draft(zone.author, zone.workspace, zone.draft(), source=HERE)


def kept(zone: Zone) -> str:
    """The reference of a draft whose file lies in the outbox."""
    zone.write("table.csv", SAFE)
    return zone.desk.save_draft(zone.author, zone.workspace, zone.draft(), source=HERE).ref


@USES.exercise("EgressDesk.edit_draft", "egress.draft_saved")
def edit_draft(zone: Zone) -> Act:
    ref = kept(zone)
    return lambda: zone.desk.edit_draft(zone.author, ref, zone.draft("other.csv"), source=HERE)


@USES.exercise("EgressDesk.submit_draft", "egress.submitted")
def submit_draft(zone: Zone) -> Act:
    ref = kept(zone)
    return lambda: zone.desk.submit_draft(zone.author, ref, source=HERE)


@USES.exercise("EgressDesk.copy_to_draft", "egress.drafted")
def copy_to_draft(zone: Zone) -> Act:
    ref = kept(zone)
    zone.desk.withdraw(zone.author, ref, source=HERE)
    return lambda: zone.desk.copy_to_draft(zone.author, ref, source=HERE)


@USES.exercise("EgressDesk.comment", "egress.commented")
def comment(zone: Zone) -> Act:
    ref = zone.in_review().ref
    return lambda: zone.desk.comment(zone.checkers["hana"], ref, "which year is it?", source=HERE)


@USES.exercise("EgressDesk.recuse", "egress.recused")
def recuse(zone: Zone) -> Act:
    ref = zone.in_review().ref
    return lambda: zone.desk.recuse(zone.checkers["hana"], ref, "a friend of mine", source=HERE)


@USES.exercise("EgressDesk.declare_interest", "egress.interest_declared")
def declare_interest(zone: Zone) -> Act:
    hana = zone.checkers["hana"]
    return lambda: zone.desk.declare_interest(hana, hana.ref, "gibleed", "a friend leads it", source=HERE)


def idle(zone: Zone) -> None:
    """Let a draft lie until its author is warned."""
    kept(zone)
    days = zone.desk.policy_for(zone.workspace.project).idle_days
    zone.house.clock.pass_by(days=days - 1)


@USES.exercise("EgressDesk.tidy", "egress.idle_warned")
def warn_of_idleness(zone: Zone) -> Act:
    idle(zone)
    return lambda: zone.desk.tidy()


@USES.exercise("EgressDesk.tidy (given up)", "egress.abandoned")
def abandon(zone: Zone) -> Act:
    idle(zone)
    zone.desk.tidy()
    zone.house.clock.pass_by(days=8)
    return lambda: zone.desk.tidy()


@USES.exercise("EgressDesk.tidy (removed)", "egress.purged")
def purge(zone: Zone) -> Act:
    zone.desk.withdraw(zone.author, zone.in_review().ref, source=HERE)
    zone.house.clock.pass_by(days=zone.desk.policy_for(zone.workspace.project).purge_days + 1)
    return lambda: zone.desk.tidy()


@USES.exercise("EgressDesk.take", "egress.taken")
def take(zone: Zone) -> Act:
    ref = zone.in_review().ref
    return lambda: zone.desk.take(zone.checkers["hana"], ref, source=HERE)


@USES.exercise("EgressDesk.give_back", "egress.given_back")
def give_back(zone: Zone) -> Act:
    ref = zone.in_review().ref
    zone.desk.take(zone.checkers["hana"], ref, source=HERE)
    return lambda: zone.desk.give_back(zone.checkers["hana"], ref, source=HERE)


@USES.exercise("EgressDesk.code_behind", "egress.code_read")
def code_behind(zone: Zone) -> Act:
    ref = zone.in_review().ref
    cells = CellStore(zone.home / "cells", zone.house.log._keys.cells, zone.house.log.cell_keys())
    why = "where the third column comes from"
    return lambda: zone.desk.code_behind(zone.checkers["hana"], ref, why, cells=cells, source=HERE)


@USES.exercise(
    "EgressDesk.comparison", "egress.viewed", "egress.viewed", why="two files are looked at, each of its own request"
)
def comparison(zone: Zone) -> Act:
    request = zone.in_review()
    zone.desk.return_to_author(zone.checkers["hana"], request.ref, "please add the year", source=HERE)
    zone.write("table.csv", OTHER)
    again = zone.desk.resubmit(zone.author, request.ref, zone.draft(), source=HERE)
    zone.desk.scan(again.ref)
    hana, sha256 = zone.checkers["hana"], again.files[0].sha256
    key = zone.desk.screen(hana, again.ref).last[sha256].key
    return lambda: zone.desk.comparison(hana, again.ref, sha256, key, source=HERE)


@USES.exercise("EgressDesk.fingerprint", "egress.fingerprinted")
def fingerprint(zone: Zone) -> Act:
    zone.desk = zone.reopened(watch=watch_in(zone.home))
    return lambda: zone.desk.fingerprint("omop", 1)


@USES.exercise("EgressDesk.declare_canaries", "egress.canaries_declared")
def declare_canaries(zone: Zone) -> Act:
    zone.desk = zone.reopened(watch=watch_in(zone.home))
    file = zone.home / "birds.csv"
    file.write_bytes(as_csv(people(1)))
    return lambda: zone.desk.declare_canaries("omop", file, by=CLI, source=HERE)


def drawn(zone: Zone) -> str:
    """The reference of a release that is drawn next."""
    policy = replace(zone.options["policy"], recheck_percent=100)
    zone.desk = zone.reopened(watch=watch_in(zone.home), policy=policy)
    request = zone.in_review()
    zone.vote("hana", request)
    zone.vote("senior", request)
    return zone.desk.release(request.ref).ref


@USES.exercise("EgressDesk.draw_rechecks", "egress.recheck_drawn")
def draw_rechecks(zone: Zone) -> Act:
    drawn(zone)
    return lambda: zone.desk.draw_rechecks()


@USES.exercise("EgressDesk.recheck", "egress.rechecked")
def recheck(zone: Zone) -> Act:
    ref = drawn(zone)
    zone.desk.draw_rechecks()
    return lambda: zone.desk.recheck(zone.checkers["duri"], ref, True, "", source=HERE)


@USES.exercise("EgressDesk.assign_policy", "egress.policy_assigned")
def assign_policy(zone: Zone) -> Act:
    controller = zone.house.accounts["sunhee"].actor
    return lambda: zone.desk.assign_policy("project", "gibleed", UK, by=controller, source=HERE)


@USES.exercise("EgressDesk.simulate", "egress.policy_simulated")
def simulate(zone: Zone) -> Act:
    zone.in_review()
    controller = zone.house.accounts["sunhee"].actor
    return lambda: zone.desk.simulate(UK, None, by=controller, source=HERE, progress=lambda _done, _total: None)


@USES.exercise("EgressDesk.ask_simulation", "egress.policy_simulated")
def ask_simulation(zone: Zone) -> Act:
    controller = zone.house.accounts["sunhee"].actor
    return lambda: zone.desk.ask_simulation(UK, None, by=controller, source=HERE)


@USES.exercise("EgressDesk.replay", "egress.replayed")
def replay(zone: Zone) -> Act:
    ref = zone.in_review().ref
    controller = zone.house.accounts["sunhee"].actor
    return lambda: zone.desk.replay(ref, by=controller, source=HERE)


@USES.exercise("EgressDesk.remind", "egress.overdue")
def remind(zone: Zone) -> Act:
    zone.in_review()
    zone.house.clock.pass_by(days=10)
    return zone.desk.remind
