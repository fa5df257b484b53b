"""How fast somebody turned the pages before approving: what the server can know of reading."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from egress_review.figures import CastBallot
from egress_review.model import Choice
from egress_review.showing import reading_seconds
from portal.review_charts import FAST, is_odd, said
from registry.model import Role
from tests.integration.egress_review.egress_house import HERE, Zone

THEN = datetime(2026, 3, 2, 9, tzinfo=UTC)
PAGES = [("f" * 64, page) for page in range(1, 161)]
"""A file of 4 MB."""
SIZE = 4_000_000
BALLOT = CastBallot("er_a", 1, "p_hana", {"f" * 64: Choice.APPROVE}, THEN, SIZE, None, ())
LONG = "place,n\n" + "".join(
    f"district {n} {'of the northern province ' * 4},{300 + 7 * n % 400}\n" for n in range(1400)
)


def took(*seconds: float, pages: list[tuple[str, int]] = PAGES) -> int | None:
    """How long it took somebody who spent these seconds on one page after the other, and then voted."""
    at = [THEN + timedelta(seconds=sum(seconds[:n])) for n in range(len(seconds) + 1)]
    return reading_seconds(list(zip(pages, at, strict=False)), set(pages), at[-1])


@pytest.mark.parametrize(
    ("seconds", "fast"),
    [
        ([0.04] * 160, True),
        ([86_400.0, *[0.04] * 159], True),
        ([*[0.04] * 159, 86_400.0], True),
        ([*[0.04] * 80, 7200.0, *[0.04] * 79], True),
        ([5.0] * 160, False),
        ([86_400.0, *[5.0] * 159], False),
        ([*[5.0] * 120, *[0.04] * 40], False),
    ],
)
def test_four_megabytes_in_six_seconds_are_seen_whatever_was_opened_the_day_before(
    seconds: list[float], fast: bool
) -> None:
    found = replace(BALLOT, seconds=took(*seconds))
    assert is_odd(found) is fast
    if fast:
        assert said(found).en.endswith("in 6 s")


def test_whoever_turns_the_pages_quickly_and_then_reads_them_has_read_them() -> None:
    again = PAGES + PAGES
    at = [THEN + timedelta(seconds=0.04 * n) for n in range(160)]
    at += [at[-1] + timedelta(seconds=5 * n) for n in range(1, 161)]
    seconds = reading_seconds(list(zip(again, at, strict=True)), set(PAGES), at[-1] + timedelta(seconds=5))
    assert seconds is not None
    assert seconds > SIZE / FAST


def test_one_page_counts_from_when_it_was_shown_to_the_vote() -> None:
    assert took(90.0, pages=PAGES[:1]) == 90
    assert reading_seconds([], set(), THEN) is None
    assert reading_seconds([(PAGES[0], THEN)], set(), THEN + timedelta(seconds=9)) == 9


def test_an_approval_of_pages_that_were_never_shown_is_called_out_however_long_it_took() -> None:
    assert is_odd(BALLOT)
    assert is_odd(replace(BALLOT, seconds=10_000, unseen=("3-7",)))
    assert not is_odd(replace(BALLOT, seconds=10_000))


def test_a_ballot_cast_a_second_after_most_pages_were_turned_is_called_out(each_zone: Zone) -> None:
    zone = each_zone
    request = zone.in_review(LONG)
    sha256, wait = request.outputs[0].sha256, zone.house.clock.pass_by
    for who, seconds in (("hana", (86_400, 1, 1)), ("senior", (40, 40, 40))):
        for page, pause in enumerate(seconds, 1):
            look = zone.desk.preview(zone.checkers[who], request.ref, sha256, page, source=HERE)
            assert look.pages == len(seconds)
            wait(seconds=pause)
        zone.vote(who, request, comment="places are public")
    officer, now = zone.house.join("officer", Role.COMPLIANCE_OFFICER).person, wait(minutes=1)
    ballots = {one.checker_ref: one for one in zone.desk.figures(officer, now - timedelta(days=30), now).ballots}
    fast, slow = ballots[zone.checkers["hana"].ref], ballots[zone.checkers["senior"].ref]
    assert (fast.seconds, slow.seconds) == (3, 120)
    assert (is_odd(fast), is_odd(slow)) == (True, False)
