"""Masked cells that something around them gives away, means of yes and no, shares below their base, the outermost.

Every planted kind has a safe twin of the same make.
"""

from __future__ import annotations

import json
import random
from collections.abc import Callable
from dataclasses import replace

from tests.benchmarks.egress_corpus import Sample
from tests.benchmarks.egress_documents import docx
from tests.benchmarks.egress_files import workbook
from tests.benchmarks.egress_hospital import said
from tests.benchmarks.egress_seventh import csv_of

Maker = Callable[[random.Random, bool], Sample]

MASKS = ("*", "<10", "비공개", "(S)", "x", "※", "[c]", "n<10", "...", "suppressed")
PLACES = ("Harbour", "Quarry", "Orchard", "Foundry")


def _parts(chance: random.Random, number: int = 3) -> list[int]:
    return [5 * chance.randrange(20, 90) + chance.randrange(1, 5) for _ in range(number)]


def _few(chance: random.Random) -> int:
    return chance.randrange(3, 9)


def total_in_a_sentence(chance: random.Random, bad: bool) -> Sample:
    parts, few = _parts(chance), _few(chance) if bad else 61
    total = sum(parts) + few
    line = chance.choice(
        (
            f"In all there were {total} permits.",
            f"Of the {total} permits, most were renewed.",
            f"전체 {total}건을 집계했다.",
        )
    )
    rows = [f"| {place} | {n} |" for place, n in zip(PLACES, (*parts, chance.choice(MASKS)), strict=True)]
    return said("permits.md", "| place | permits |", "|---|---|", *rows, "", line)


def total_in_a_title(chance: random.Random, bad: bool) -> Sample:
    parts, few = _parts(chance), _few(chance) if bad else 47
    rows = [("place", "visits"), *zip(PLACES, (*map(str, parts), chance.choice(MASKS)), strict=True)]
    return Sample("visits.docx", docx([f"Table 4. Visits by place (N = {sum(parts) + few})"], [rows]))


def total_above_a_sheet(chance: random.Random, bad: bool) -> Sample:
    parts, few = _parts(chance), _few(chance) if bad else 38
    rows = [(f"조사 대상 전체 {sum(parts) + few}명",), ("지구", "인원")]
    rows += list(zip(PLACES, (*map(str, parts), chance.choice(MASKS)), strict=True))
    return Sample("지구.xlsx", workbook({"표": rows}))


def total_in_json(chance: random.Random, bad: bool) -> Sample:
    parts, few = _parts(chance), _few(chance) if bad else 52
    hidden: object = chance.choice((None, "*", "<10"))
    shape = chance.choice(("lists", "object", "records"))
    values = [*parts, hidden]
    table: object = {"place": PLACES, "licences": values}
    if shape == "object":
        table = dict(zip(PLACES, values, strict=True))
    elif shape == "records":
        table = [{"place": place, "n": n} for place, n in zip(PLACES, values, strict=True)]
    return Sample("licences.json", json.dumps({"table": table, "total": sum(parts) + few}).encode())


def share_kept(chance: random.Random, bad: bool) -> Sample:
    parts, few = _parts(chance), _few(chance)
    total = sum(parts) + few
    share = f"{100 * few / total:.2f}" if bad else "-"
    cells = [(place, n, f"{100 * n / total:.2f}") for place, n in zip(PLACES, parts, strict=False)]
    return csv_of("share.csv", ("place", "permits", "share"), *cells, (PLACES[3], chance.choice(MASKS), share))


def rate_kept(chance: random.Random, bad: bool) -> Sample:
    rows: list[tuple[object, ...]] = []
    for place, n in zip(PLACES, (*_parts(chance), _few(chance)), strict=True):
        people = chance.randrange(20_000, 90_000)
        last = place == PLACES[3]
        rate = f"{100_000 * n / people:.2f}" if bad or not last else "*"
        rows.append((place, people, rate, "*" if last else n))
    return csv_of("rates.csv", ("구", "주민등록인구", "인구 10만 명당 발생률", "발생 건수"), *rows)


def running_total_kept(chance: random.Random, bad: bool) -> Sample:
    parts = _parts(chance, 5)
    parts[2] = _few(chance)
    rows = []
    for at, n in enumerate(parts):
        running = sum(parts[: at + 1])
        rows.append((f"Q{at + 1}", "*" if at == 2 else n, running if bad or at < 2 else "*"))
    return csv_of("quarters.csv", ("quarter", "new", "so far"), *rows)


def sum_by_mean(chance: random.Random, bad: bool) -> Sample:
    rows: list[tuple[object, ...]] = []
    for place, n in zip(PLACES, (*_parts(chance), _few(chance)), strict=True):
        mean, last = chance.randrange(300, 900), place == PLACES[3]
        rows.append((place, "*" if last else n, mean * n if bad or not last else "*", mean))
    return csv_of("grants.csv", ("지구", "수혜자", "지원액 합계(천원)", "지원액 평균(천원)"), *rows)


def mean_of_rows(chance: random.Random, bad: bool) -> Sample:
    parts, few = _parts(chance), _few(chance) if bad else 58
    mean = (sum(parts) + few) / 4
    rows = [f"{place:<10}{n:>8}" for place, n in zip(PLACES, (*parts, "*"), strict=True)]
    return said("mean.txt", f"{'place':<10}{'cases':>8}", *rows, f"{'Mean':<10}{mean:>8.2f}")


def classes_across(chance: random.Random, bad: bool) -> Sample:
    cells = [_parts(chance) for _ in range(3)]
    cells[1][1] = _few(chance)
    rows = [[f"{row}0대", *map(str, values), str(sum(values))] for row, values in enumerate(cells, 2)]
    rows.append(["계", *(str(sum(column)) for column in zip(*cells, strict=True)), str(sum(map(sum, cells)))])
    for row, column in ((1, 2),) if bad else ((1, 2), (1, 3), (2, 2), (2, 3)):
        rows[row][column] = "*"
    return csv_of("연령등급.csv", ("연령", "1등급", "2등급", "3등급", "계"), *rows)


def note_says_it(chance: random.Random, bad: bool) -> Sample:
    rows = [f"| {place} | {n} |" for place, n in zip(PLACES, (*_parts(chance), "[c]"), strict=True)]
    few = chance.choice(("four", "6", "three")) if bad else "fewer than ten"
    note = f"Note: {PLACES[3]} had {few} cases and is not shown."
    return said("note.md", "| place | cases |", "|---|---|", *rows, "", note)


def other_half(chance: random.Random, bad: bool) -> Sample:
    left, right = _parts(chance, 4), _parts(chance, 4)
    left[3] = _few(chance)
    whole = [a + b for a, b in zip(left, right, strict=True)]
    shown: list[object] = [*whole[:3], whole[3] if bad else "*"]
    files = (
        csv_of("everyone.csv", ("grade", "계"), *zip("5678", shown, strict=True)),
        csv_of("day.csv", ("grade", "daytime"), *zip("5678", right, strict=True)),
    )
    part = csv_of("boarding.csv", ("grade", "boarding"), *zip("5678", (*left[:3], "<10"), strict=True))
    return replace(part, beside=tuple((one.name, one.data) for one in files))


def share_below_its_base(chance: random.Random, bad: bool) -> Sample:
    n = chance.randrange(41, 89)
    k = chance.randrange(2, 5) if bad else chance.randrange(14, 20)
    head, item = chance.choice((("조사 대상: {}가구", "난방을 못 한 비율"), ("Respondents: {}", "Without heating")))
    return said("heat.md", "## Heating", "", f"- {head.format(n)}", f"- {item}: {100 * k / n:.1f}%")


def mean_of_yes(chance: random.Random, bad: bool) -> Sample:
    n = chance.randrange(60, 95)
    k = chance.randrange(2, 6) if bad else chance.randrange(22, 40)
    rows = [("owns a car (0/1)", n, f"{k / n:.3f}"), ("years of schooling", n, "11.824")]
    return csv_of("means.csv", ("variable", "N", "Mean"), *rows)


def described_yes(chance: random.Random, bad: bool) -> Sample:
    n = chance.randrange(60, 95)
    k = chance.randrange(2, 6) if bad else chance.randrange(22, 40)
    p = k / n
    rows = [("count", n, n), ("mean", f"{p:.4f}", "41.2"), ("std", f"{(p * (1 - p) * n / (n - 1)) ** 0.5:.4f}", "9.9")]
    return csv_of("describe.csv", ("", "insured", "age"), *rows)


def all_in_a_sentence(chance: random.Random, bad: bool) -> Sample:
    n = chance.randrange(18, 60)
    lines = (
        (
            f"다 작업장 근로자 {n}명 전원이 기준 초과 납에 중독된 것으로 판정되었다.",
            f"다 작업장 근로자 {n + 80}명 중 {n}명이 중독되었다.",
        ),
        (f"All {n} boarders of the second house were infected.", f"About half of the {n} boarders were infected."),
    )
    return said("report.txt", chance.choice(lines)[0 if bad else 1])


def outermost_quantiles(chance: random.Random, bad: bool) -> Sample:
    places = ("0%", "10%", "25%", "50%", "75%", "90%", "100%")
    values = sorted(chance.randrange(100, 9_000) * 7 + 1 for _ in places)
    rows = list(zip(places, values, strict=True))
    return csv_of("quantiles.csv", ("percentile", "distance"), *(rows if bad else rows[1:-1]))


def superlative_heading(chance: random.Random, bad: bool) -> Sample:
    name = chance.choice(("최고 연봉(만원)", "최장 근속기간", "최대 지연일수")) if bad else "평균 지연일수"
    rows = [
        (place, n, f"{chance.uniform(8, 30):.1f}", 100 + 7 * i)
        for i, (place, n) in enumerate(zip(PLACES, _parts(chance, 4), strict=True))
    ]
    head = ("사업장", "인원", "평균 근속", name)
    return csv_of("근속.csv", head, *(row if bad else (*row[:3], row[2]) for row in rows))


def largest_in_a_log(chance: random.Random, bad: bool) -> Sample:
    value = chance.randrange(201, 399)
    line = f"maximum distance observed = {value}.7 km" if bad else "maximum distance allowed = 500 km"
    return said("run.log", "[info] mean=41.2 km sd=12.1 n=4,812", f"[info] {line}")


_UNMASKED: dict[Maker, tuple[str, ...]] = {
    **dict.fromkeys(
        (
            total_in_a_sentence,
            total_in_a_title,
            total_above_a_sheet,
            total_in_json,
            share_kept,
            rate_kept,
            running_total_kept,
            sum_by_mean,
            mean_of_rows,
            classes_across,
            note_says_it,
        ),
        ("cells.suppressed", "cells.small", "cells.implied", "cells.linked"),
    ),
    other_half: ("cells.linked",),
    share_below_its_base: ("cells.small",),
    mean_of_yes: ("cells.percent",),
    described_yes: ("cells.percent",),
    all_in_a_sentence: ("cells.zero",),
    outermost_quantiles: ("cells.extremes",),
    superlative_heading: ("cells.extremes",),
    largest_in_a_log: ("cells.extremes",),
}


def _of(make: Maker, rules: tuple[str, ...]) -> Callable[[random.Random], Sample]:
    return lambda chance: replace(make(chance, True), planted=make.__name__.replace("_", " "), rules=rules)


def _safe(make: Maker) -> Callable[[random.Random], Sample]:
    return lambda chance: make(chance, False)


PLANTED_UNMASKED = {
    f"unmasked {make.__name__.replace('_', ' ')}": _of(make, rules) for make, rules in _UNMASKED.items()
}
SAFE_UNMASKED = {f"unmasked {make.__name__.replace('_', ' ')}": _safe(make) for make in _UNMASKED}
