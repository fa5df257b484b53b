"""Rules about people who use the zone: how much, when, what was refused, from where."""

from __future__ import annotations

import itertools
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from datetime import timedelta

from audit.review.evidence import QUARTER_MINUTES, Evidence, Fact, Place, Volume
from audit.review.findings import Finding, finding
from audit.review.policy import Rule

PERSON = "p_"


def mass_reads(evidence: Evidence, rule: Rule) -> Iterator[Finding]:
    """Find people who handled more within the window than a person does by hand; the peak is what is measured."""
    window = timedelta(minutes=rule.numbers["window_minutes"] - QUARTER_MINUTES)
    for who, used in _by_person(v for v in evidence.volumes if rule.covers(v.action)).items():
        peak = max(windows(used, window), key=lambda run: sum(v.count for v in run))
        most = sum(v.count for v in peak)
        if most >= rule.threshold:
            yield finding(rule, _ends(peak), who=(who,), count=most)


def off_hours(evidence: Evidence, rule: Rule) -> Iterator[Finding]:
    """Find people who used the zone at night, at weekends or on holidays."""
    for who, used in late_use(evidence).items():
        total = sum(v.count for v in used)
        if total >= rule.threshold:
            yield finding(rule, _ends(used), who=(who,), count=total)


def repeated_denials(evidence: Evidence, rule: Rule) -> Iterator[Finding]:
    """Find people who were refused again and again; one entry may stand for many refusals."""
    denied = defaultdict(list)
    for fact in evidence.inside():
        if fact.outcome == "denied" and fact.actor.startswith(PERSON):
            denied[fact.actor].append(fact)
    window = timedelta(hours=rule.numbers["window_hours"])
    for who, facts in denied.items():
        worst = max(_fact_windows(facts, window), key=lambda run: sum(f.count for f in run))
        total = sum(f.count for f in worst)
        if total >= rule.threshold:
            yield finding(rule, (f.index for f in worst), who=(who,), measured=total)


def download_without_release(evidence: Evidence, rule: Rule) -> Iterator[Finding]:
    """Find stopped downloads after which nothing left the project by the proper way, once the time for that is over."""
    grace = timedelta(days=rule.numbers["days"])
    released = defaultdict(list)
    for fact in evidence.facts:
        if fact.action == "egress.released" and fact.outcome == "ok":
            released[fact.project].append(fact.at)
    tried = defaultdict(list)
    for fact in evidence.inside("gate.refused"):
        known = evidence.until is not None and fact.at + grace <= evidence.until
        followed = any(fact.at <= at <= fact.at + grace for at in released[fact.project])
        if fact.reason in rule.reasons and known and not followed:
            tried[fact.actor, fact.project].append(fact)
    for (who, project), facts in tried.items():
        total = sum(f.count for f in facts)
        if total >= rule.threshold:
            yield finding(rule, (f.index for f in facts), who=(who,), what=project, measured=total)


def collected_without_release(evidence: Evidence, rule: Rule) -> Iterator[Finding]:
    """Find files that were collected without a release, or after it was revoked."""
    steps = defaultdict(list)
    for fact in evidence.facts:
        if fact.action in ("egress.released", "egress.revoked", "egress.expired") and fact.outcome == "ok":
            steps[fact.object].append((fact.index, fact.action))
    wrong = defaultdict(list)
    for fact in evidence.inside("egress.collected"):
        before = max((step for step in steps[fact.object] if step[0] < fact.index), default=None)
        if fact.outcome == "ok" and (before is None or before[1] != "egress.released"):
            wrong[fact.object].append(fact)
    for request, facts in wrong.items():
        if len(facts) >= rule.threshold:
            yield finding(rule, (f.index for f in facts), who=(f.actor for f in facts), what=request)


def failed_then_signed_in(evidence: Evidence, rule: Rule) -> Iterator[Finding]:
    """Find sign-ins that succeeded soon after several that failed."""
    window = timedelta(minutes=rule.numbers["window_minutes"])
    failed = defaultdict(list)
    for fact in evidence.facts:
        if fact.action == "session.refused":
            failed[fact.object].append(fact)
    for success in evidence.inside("session.signed_in"):
        before = [f for f in failed[success.object] if success.at - window <= f.at and f.index < success.index]
        if len(before) >= rule.threshold:
            entries = [*(f.index for f in before), success.index]
            yield finding(rule, entries, who=(success.actor,), measured=len(before))


def address_change(evidence: Evidence, rule: Rule) -> Iterator[Finding]:
    """Find sessions that went on from another address."""
    sessions: dict[tuple[str, str], list[Place]] = defaultdict(list)
    for place in evidence.places or ():
        if place.at in evidence.span:
            sessions[place.actor, place.session].append(place)
    for (who, _), places in sessions.items():
        places.sort(key=lambda p: p.index)
        changes = [b.index for a, b in itertools.pairwise(places) if a.address != b.address]
        if len(changes) >= rule.threshold:
            yield finding(rule, changes, who=(who,))


def late_use(evidence: Evidence) -> dict[str, list[Volume]]:
    """Return what each person did outside working hours."""
    outside = evidence.outside()
    return _by_person(v for v in evidence.volumes if outside[v.quarter])


def windows(used: Sequence[Volume], length: timedelta) -> Iterator[list[Volume]]:
    """Yield what happened within `length` behind each quarter of an hour in which something did."""
    ordered = sorted(used, key=lambda v: (v.quarter, v.first))
    start = 0
    for end, volume in enumerate(ordered):
        if end + 1 < len(ordered) and ordered[end + 1].quarter == volume.quarter:
            continue
        while volume.quarter - ordered[start].quarter > length:
            start += 1
        yield ordered[start : end + 1]


def _fact_windows(facts: Iterable[Fact], length: timedelta) -> Iterator[list[Fact]]:
    ordered = sorted(facts, key=lambda f: (f.at, f.index))
    start = 0
    for end, fact in enumerate(ordered):
        while fact.at - ordered[start].at >= length:
            start += 1
        yield ordered[start : end + 1]


def _by_person(used: Iterable[Volume]) -> dict[str, list[Volume]]:
    found = defaultdict(list)
    for volume in used:
        if volume.actor.startswith(PERSON):
            found[volume.actor].append(volume)
    return found


def _ends(used: Iterable[Volume]) -> Iterator[int]:
    """Yield the entries that volumes name: the first and the last of each."""
    for volume in used:
        yield volume.first
        yield volume.last
