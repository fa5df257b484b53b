"""Every use case of the egress desk that changes something, done once."""

from __future__ import annotations

from egress_review.model import Choice
from tests.integration.egress_review.egress_house import HERE, SAFE, Zone, ask_for
from tests.integration.house.house_uses import Act, Uses

USES: Uses[Zone] = Uses()
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


@USES.exercise("EgressDesk.revoke", "egress.revoked")
def revoke(zone: Zone) -> Act:
    request = zone.released()
    return lambda: zone.desk.revoke(
        zone.checkers["hana"], request.ref, "the wrong file", request.confirm_code, source=HERE
    )
