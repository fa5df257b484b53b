"""The table of probes: every row complete, every attack in a row, and verdicts that cannot be mistaken."""

from __future__ import annotations

import faulthandler
import os
import re
import signal
from datetime import UTC, datetime

import pytest

from hub_config.probe import kit
from hub_config.probe.host.looks import LOOKS
from hub_config.probe.inside import (  # importing them fills ATTACKS
    base,
    files,
    kernel,
    limits,
    network,
    privileges,
    processes,
    secrets,
    shared,
    signals,
    sockets,
)
from hub_config.probe.model import Finding, Probe, Report, Verdict, judged
from hub_config.probe.table import BY_ID, INSIDE, PROBES, WALLS

MODULES = (files, kernel, limits, network, privileges, processes, secrets, shared, signals, sockets)
ITEM = re.compile(r"SATRE (?:\d\.\d\.\d\d|note [A-C])|CIS \d(?:\.\d+)*")
LEAST = 60


def test_there_are_more_probes_than_promised_and_no_id_stands_twice() -> None:
    assert len(PROBES) >= LEAST
    assert len(BY_ID) == len(PROBES)


def test_every_attack_inside_has_a_row_and_every_row_an_attack() -> None:
    assert all(MODULES)
    assert set(base.ATTACKS) == set(INSIDE)


def test_every_look_at_the_server_has_a_row_and_every_row_a_look() -> None:
    assert set(LOOKS) == {probe.id for probe in PROBES if probe.way == "host"}


@pytest.mark.parametrize("probe", PROBES, ids=lambda probe: probe.id)
def test_a_row_says_what_is_tried_what_counts_and_what_it_covers(probe: Probe) -> None:
    assert probe.wall in {wall.id for wall in WALLS}
    for text in (probe.tried, probe.held):
        assert text.ko
        assert text.en
        assert text.ko != text.en or text.en == "nosuid, nodev"
    assert probe.covers
    assert all(ITEM.fullmatch(item) for item in probe.covers), probe.covers


@pytest.mark.parametrize(
    ("held", "advice", "verdict"),
    [
        (True, False, Verdict.HELD),
        (False, False, Verdict.BROKEN),
        (None, False, Verdict.NOT_APPLICABLE),
        (True, True, Verdict.HELD),
        (False, True, Verdict.LACKING),
        (None, True, Verdict.NOT_APPLICABLE),
    ],
)
def test_a_verdict_follows_from_what_was_seen(held: bool | None, advice: bool, verdict: Verdict) -> None:
    probe = next(one for one in PROBES if one.advice is advice)
    assert judged(probe, held, "seen") == Finding(probe.id, verdict, "seen")


def test_one_broken_wall_breaks_the_report_and_advice_does_not() -> None:
    good = report(Finding("net.routes", Verdict.HELD, ""), Finding("host.userns", Verdict.LACKING, ""))
    bad = report(Finding("net.routes", Verdict.BROKEN, ""), Finding("host.userns", Verdict.LACKING, ""))
    assert (good.held, good.broken) == (True, ())
    assert (bad.held, bad.broken) == (False, ("net.routes",))
    assert good.digest() != bad.digest()
    assert bad.counts() == {"held": 0, "broken": 1, "lacking": 1, "not_computed": 0, "not_applicable": 0}


def report(*findings: Finding) -> Report:
    now = datetime(2026, 11, 22, tzinfo=UTC)
    return Report(began=now, ended=now, zone="z", image="i", runtime="runc", engine="e", findings=findings)


def test_an_attack_that_dies_or_fails_has_shown_nothing() -> None:
    def dies(facts: base.Facts) -> base.Seen:
        faulthandler.disable()  # the child's stack would stand in the output of the tests
        os.abort()

    def fails(facts: base.Facts) -> base.Seen:
        raise ValueError("no")

    def holds(facts: base.Facts) -> base.Seen:
        return base.Seen(True, "fine")

    assert base.alone(dies, {})["held"] is False
    assert base.alone(fails, {})["held"] is False
    assert base.alone(holds, {}) == {"held": True, "seen": "fine"}


def test_an_answer_of_the_kit_that_is_none_is_an_error() -> None:
    with pytest.raises(ValueError, match="no answer"):
        kit.read_answer("Killed")


def test_the_kit_fits_where_one_argument_or_one_cell_must_hold_it() -> None:
    longest_argument, longest_cell = 131_072, 1_000_000
    assert len(kit.program(INSIDE, {})) < longest_argument
    assert len(kit.cell(INSIDE, {})) < longest_cell


def test_a_call_that_a_filter_kills_is_refused_and_one_that_ends_otherwise_is_not() -> None:
    def killed(signal_number: int) -> str:
        return processes._in_a_child(lambda: os.kill(os.getpid(), signal_number) or "")  # type: ignore[func-returns-value]

    assert base.barred({"trace me": killed(signal.SIGSYS)}).held
    assert not base.barred({"trace me": killed(signal.SIGKILL)}).held


def test_what_an_attack_begins_ends_there_whatever_happens() -> None:
    reading, writing = os.pipe()
    here = os.getpid()

    def fail() -> str:
        raise OSError

    try:
        assert processes._in_a_child(fail) == "ended"
    finally:
        if os.getpid() != here:  # a child that went on into the tests
            os.write(writing, b"x")
            os._exit(1)
    os.close(writing)
    assert os.read(reading, 1) == b""
    os.close(reading)
