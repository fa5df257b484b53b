"""A set of small numbers that no cell names: shares of a base in words, parts of a whole, ends of values, claims.

Every planted kind has a safe twin of the same make; the rest only tempt.
"""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Mapping
from dataclasses import replace

from tests.benchmarks.egress_corpus import Sample
from tests.benchmarks.egress_documents import docx, page
from tests.benchmarks.egress_files import workbook
from tests.benchmarks.egress_hospital import said
from tests.benchmarks.egress_programs import many
from tests.benchmarks.egress_seventh import csv_of

WARDS = ("동구", "서구", "남구", "북구", "중구")
TRADES = ("Mining", "Retail", "Fishing", "Printing", "Catering")

Maker = Callable[[random.Random, bool], Sample]


def share_in_a_sentence(chance: random.Random, bad: bool) -> Sample:
    n, k = chance.randrange(180, 320), chance.randrange(3, 7) if bad else chance.randrange(40, 90)
    lines = (
        f"Among {n} small firms surveyed, 41.2% exported and {100 * k / n:.1f}% had closed within the year.",
        f"설문에 응한 교사 {n}명 중 {100 * k / n:.1f}%는 휴직 경험이 있었다.",
    )
    return said("summary.md", "# Survey", "", chance.choice(lines))


def few_in_words(chance: random.Random, bad: bool) -> Sample:
    word = chance.choice(("three", "Five", "seven")) if bad else "312"
    return said("notes.txt", f"Of the {many(chance) + 900} pupils, {word.lower()} changed schools during the term.")


def shares_below_sizes(chance: random.Random, bad: bool) -> Sample:
    rows = [["응답 (%)"], ["그렇다"], ["보통"], ["아니다"]]
    for i, name in enumerate(("도시", "농촌", "도서")):
        n = chance.randrange(190, 420)
        a = chance.randrange(3, 7) if bad and i == 1 else chance.randrange(40, 70)
        b = chance.randrange(60, 90)
        rows[0].append(f"{name} (n={n})")
        for row, k in zip(rows[1:], (a, b, n - a - b), strict=True):
            row.append(f"{100 * k / n:.1f}")
    return csv_of("응답분포.csv", *rows)


def shares_beside_a_base(chance: random.Random, bad: bool) -> Sample:
    lines = [
        "Table 3. Use of the clinic, %",
        "",
        "| District | Respondents | Often | Sometimes | Never |",
        "|---|---|---|---|---|",
    ]
    for i, name in enumerate(("Hill", "Lake", "Dale", "Moor")):
        n = chance.randrange(180, 460)
        a, b = chance.randrange(2, 8) if bad and i == 2 else chance.randrange(30, 60), chance.randrange(40, 80)
        lines.append(f"| {name} | {n} | " + " | ".join(f"{100 * k / n:.1f}" for k in (a, b, n - a - b)) + " |")
    return said("clinic.md", *lines)


def means_of_yes(chance: random.Random, bad: bool) -> Sample:
    rows = []
    for i, name in enumerate(WARDS[:4]):
        n = chance.randrange(150, 600)
        k = chance.randrange(2, 8) if bad and i == 3 else chance.randrange(20, 90)
        rows.append((name, n, f"{k / n:.4f}"))
    return csv_of("흡연.csv", ("구", "대상자수", "현재흡연_mean"), *rows)


def pairs_of_one_base(chance: random.Random, bad: bool) -> Sample:
    n, k = 900 + many(chance), chance.randrange(2, 8) if bad else 77
    rest = n - k - 401
    rows = [("Item", f"Women (n={n:,})")]
    rows += [(w, f"{v} ({100 * v / n:.1f})") for w, v in (("Employed", 401), ("Retired", rest), ("Student", k))]
    return Sample("women.xlsx", workbook({"T1": rows}))


def all_of_a_column(chance: random.Random, bad: bool) -> Sample:
    groups = {name: [chance.randrange(30, 90) for _ in range(3)] for name in TRADES}
    if bad:
        groups["Fishing"] = [0, 0, chance.randrange(20, 60)]
    rows = [(w, *(groups[t][i] for t in TRADES)) for i, w in enumerate(("covered", "partly covered", "not covered"))]
    return csv_of("cover.csv", ("insurance", *TRADES), *rows)


def all_by_two_counts(chance: random.Random, bad: bool) -> Sample:
    rows = []
    for i, name in enumerate(WARDS):
        n = chance.randrange(60, 300)
        rows.append((name, n, n if bad and i == 2 else n // chance.randrange(3, 6)))
    return csv_of("항체.csv", ("구", "검사자 수", "항체 양성자 수"), *rows)


def all_by_share(chance: random.Random, bad: bool) -> Sample:
    rows = [("Department", "Staff (n)", "Burnout (%)")]
    for i, name in enumerate(("Surgery", "Radiology", "Pharmacy", "Records")):
        rows.append(
            (name, str(chance.randrange(40, 90)), "100.0" if bad and i == 1 else f"{chance.uniform(20, 60):.1f}")
        )
    return Sample("burnout.docx", docx(["Burnout by department"], [rows]))


def nested_subtotals(chance: random.Random, bad: bool) -> Sample:
    rows: list[tuple[object, ...]] = [("권역", "구", "환자수")]
    hidden = {(0, 1)} if bad else {(0, 1), (0, 2)}
    grand = 0
    for g, zone in enumerate(("수도권", "영남권")):
        counts = [chance.randrange(40, 300) for _ in range(3)]
        if (g, 1) in hidden:
            counts[1], counts[2] = chance.randrange(3, 9), counts[2] if bad else chance.randrange(11, 19)
        rows += [(zone, w, "*" if (g, i) in hidden else n) for i, (w, n) in enumerate(zip(WARDS, counts, strict=False))]
        rows.append((f"{zone} 소계", "", sum(counts)))
        grand += sum(counts)
    return csv_of("권역.csv", *rows, ("전체", "", grand))


def part_of_a_whole(chance: random.Random, bad: bool) -> Sample:
    whole = {w: chance.randrange(200, 900) for w in WARDS}
    part = {w: n - chance.randrange(30, 120) for w, n in whole.items()}
    part["남구"] = whole["남구"] - (chance.randrange(2, 8) if bad else 44)
    names = chance.choice((("전체 등록 학생수", "내국인 등록 학생수"), ("All pupils", "Pupils without aid")))
    beside = csv_of("all.csv", ("area", names[0]), *whole.items())
    return replace(csv_of("part.csv", ("area", names[1]), *part.items()), beside=((beside.name, beside.data),))


def older_than(chance: random.Random, bad: bool) -> Sample:
    old = {w: chance.randrange(300, 900) for w in WARDS}
    new = {w: n - chance.randrange(20, 80) for w, n in old.items()}
    new["서구"] = old["서구"] - (chance.randrange(2, 8) if bad else 35)
    before = csv_of("a.csv", ("구", "70세 이상 수급자수"), *old.items())
    return replace(csv_of("b.csv", ("구", "71세 이상 수급자수"), *new.items()), earlier=((before.name, before.data),))


def to_a_later_day(chance: random.Random, bad: bool) -> Sample:
    old = {w: chance.randrange(100, 900) for w in TRADES}
    new = {w: n + chance.randrange(20, 90) for w, n in old.items()}
    new["Retail"] = old["Retail"] + (chance.randrange(2, 8) if bad else 23)
    before = csv_of("may.csv", ("trade", "cumulative claims to 31 May"), *old.items())
    now = csv_of("june.csv", ("trade", "cumulative claims to 30 June"), *new.items())
    return replace(now, earlier=((before.name, before.data),))


def left_out_in_a_column(chance: random.Random, bad: bool) -> Sample:
    rows = [("시도", "사업체수(개소)", "1인 사업체 제외(개소)")]
    for i, name in enumerate(WARDS):
        n = chance.randrange(200, 700)
        rows.append((name, str(n), str(n - (chance.randrange(2, 8) if bad and i == 1 else chance.randrange(30, 90)))))
    return Sample("t.html", page(rows))


def sum_of_what_was_hidden(chance: random.Random, bad: bool) -> Sample:
    counts = {w: chance.randrange(60, 300) for w in TRADES} | {"Mining": chance.randrange(3, 9)}
    total = sum(counts.values())
    hidden = {"Mining"} if bad else {"Mining", "Retail"}
    before = csv_of("clinics.csv", ("clinic", "patients"), *((w, "*" if w in hidden else n) for w, n in counts.items()))
    return replace(
        csv_of("sum.csv", ("clinic", "patients"), ("All clinics", total)), earlier=((before.name, before.data),)
    )


def _rounded(chance: random.Random, bad: bool, base: int = 5) -> list[tuple[str, str]]:
    rows = [(w, str(base * chance.randrange(20, 200))) for w in WARDS]
    return [*rows[:2], ("남구", str(base * 31 + 2)), *rows[3:]] if bad else rows


def claimed_in_a_paragraph(chance: random.Random, bad: bool) -> Sample:
    words = chance.choice(
        ("본문의 모든 빈도는 10의 배수로 반올림하였습니다.", "Every count is rounded to the nearest 10.")
    )
    return Sample("r.docx", docx(["결과", words], [[("구", "환자수"), *_rounded(chance, bad, 10)]]))


def claimed_in_a_heading(chance: random.Random, bad: bool) -> Sample:
    return csv_of("h.csv", ("구", "인원(5명 단위 반올림)"), *_rounded(chance, bad))


def claimed_by_a_readme(chance: random.Random, bad: bool) -> Sample:
    words = chance.choice(
        ("All counts in wards.csv are rounded to the nearest 5.", "wards.csv: 인원은 5명 단위로 반올림")
    )
    table = csv_of("wards.csv", ("구", "인원"), *_rounded(chance, bad))
    if chance.random() < 0.5:
        return replace(table, beside=(("README.txt", f"{words}\n".encode()),))
    return replace(said("README.txt", words), beside=((table.name, table.data),))


def claimed_least(chance: random.Random, bad: bool) -> Sample:
    rows = [(w, str(chance.randrange(60, 400))) for w in TRADES]
    if bad:
        rows[2] = (rows[2][0], str(chance.randrange(12, 28)))
    note = chance.choice(("Cells with fewer than 30 firms are suppressed.", "주) 30 미만인 셀은 비공개 처리함"))
    lines = ["| trade | firms |", "|---|---|", *(f"| {a} | {b} |" for a, b in rows), "", note]
    return said("firms.md", *lines)


def ends_in_records(chance: random.Random, bad: bool) -> Sample:
    ends = {"min": 31.2, "max": chance.randrange(171, 199)} if bad else {"p10": 55.0, "p90": 95.0}
    one = {"variable": "weight", "n": 4120, "mean": 68.4, "sd": 11.9, **ends}
    return Sample("describe.json", json.dumps({"weight": one}).encode())


def ends_in_words(chance: random.Random, bad: bool) -> Sample:
    words = (
        f"중앙값은 12일이었고 최장 재원일수는 {chance.randrange(201, 299)}일이었다.",
        f"The oldest participant was {chance.randrange(101, 108)} years old.",
        f"Median cost 312 (range 12-{chance.randrange(4001, 4999)}).",
    )
    return said("t.txt", chance.choice(words) if bad else "중앙값 12일, 사분위 범위 6~19일이었다.")


def ends_of_a_frame(chance: random.Random, bad: bool) -> Sample:
    lines = ["      age             bmi      ", " Min.   :19.00   Min.   :12.31  ", " Median :54.00   Median :23.10  "]
    lines.append(f" Max.   :{chance.randrange(98, 106)}.00   Max.   :61.77  ")
    return said("summary.txt", "> summary(d)", *(lines if bad else lines[2:3]))


def rows_in_a_model(chance: random.Random, bad: bool) -> Sample:
    rows = [[float(chance.randrange(20, 90)), round(chance.gauss(24, 3), 1)] for _ in range(12)]
    kept = {"medoids": rows, "labels_n": [312, 418]} if bad else {"coef": [[0.12, -0.4]], "intercept": [0.1]}
    return Sample("model.json", json.dumps({"model": "PAM", "k": 12, **kept}).encode())


_FOURTEENTH: Mapping[Maker, tuple[str, ...]] = {
    share_in_a_sentence: ("cells.small",),
    few_in_words: ("cells.small",),
    shares_below_sizes: ("cells.percent",),
    shares_beside_a_base: ("cells.percent",),
    means_of_yes: ("cells.percent",),
    pairs_of_one_base: ("cells.small",),
    all_of_a_column: ("cells.zero",),
    all_by_two_counts: ("cells.zero",),
    all_by_share: ("cells.zero",),
    nested_subtotals: ("cells.suppressed",),
    part_of_a_whole: ("cells.linked",),
    older_than: ("cells.difference",),
    to_a_later_day: ("cells.difference",),
    left_out_in_a_column: ("cells.linked", "cells.implied"),
    sum_of_what_was_hidden: ("cells.difference",),
    claimed_in_a_paragraph: ("request.claim",),
    claimed_in_a_heading: ("request.claim",),
    claimed_by_a_readme: ("request.claim",),
    claimed_least: ("request.claim",),
    ends_in_records: ("cells.extremes",),
    ends_in_words: ("cells.extremes",),
    ends_of_a_frame: ("cells.extremes",),
    rows_in_a_model: ("table.records",),
}


def _tempting(chance: random.Random) -> Mapping[str, Sample]:
    """What looks like one of these and is none."""
    n = many(chance)
    births = [
        csv_of("o.csv", ("구", f"{year}년 출생아수"), *((w, 200 + i) for i, w in enumerate(WARDS)))
        for year in (2020, 2021)
    ]
    zero = [(w, n, 40, 0 if w == "서구" else 31) for w in WARDS]
    cancers = [("위암", 412, 288), ("폐암", 512, 301), ("대장암", 310, 299), ("전립선암", n, 0)]
    founded = [("가", 120, 131, 125), ("나", 0, 0, 88), ("다", 99, 87, 91)]
    waits = [(w, 13 * i + 101, 40) for i, w in enumerate(WARDS)]
    return {
        "a zero alone": csv_of("z.csv", ("구", "경증", "중등증", "중증"), *zero),
        "by nature": csv_of("s.csv", ("암종", "남", "여"), *cancers),
        "a perfect class": csv_of(
            "c.csv", ("actual", "a", "b", "c"), ("a", 120, 0, 0), ("b", 0, 118, 11), ("c", 14, 12, 99)
        ),
        "founded later": csv_of("y.csv", ("기관", "2020년", "2021년", "2022년"), *founded),
        "complete data": csv_of("q.csv", ("site", "n", "completeness (%)"), ("A", 812, 91.2), ("B", 210, 100.0)),
        "ends of a scale": csv_of("l.csv", ("문항 점수", "n", "mean", "min", "max"), ("불안", n, 8.1, 0, 21)),
        "years": csv_of("v.csv", ("variable", "n", "min", "max"), ("first year", n, 2009, 2021)),
        "other units": csv_of("w.csv", ("구", "인원", "P50 (rounded to 10 min)"), *waits),
        "a criterion": said(
            "m.md", f"Adults aged 19 to 75 years (mean 54.1) met the inclusion criteria: {n} patients."
        ),
        "an interval": said(
            "i.md", f"Of the {n} patients, 41.3% responded (95% CI 2% to 61%), 2.5% more than planned."
        ),
        "another year": replace(births[1], earlier=(("o.csv", births[0].data),)),
        "sites left out": said(
            "e.md",
            "Hospitals with fewer than 50 patients were excluded.",
            "",
            "| sex | patients |",
            "|---|---|",
            "| F | 41 |",
            f"| M | {n} |",
        ),
    }


def _of(make: Maker, rules: tuple[str, ...]) -> Callable[[random.Random], Sample]:
    return lambda chance: replace(make(chance, True), planted=make.__name__.replace("_", " "), rules=rules)


def _safe(make: Maker) -> Callable[[random.Random], Sample]:
    return lambda chance: make(chance, False)


def _tempts(name: str) -> Callable[[random.Random], Sample]:
    return lambda chance: _tempting(chance)[name]


PLANTED_FOURTEENTH = {
    f"fourteenth {make.__name__.replace('_', ' ')}": _of(make, rules) for make, rules in _FOURTEENTH.items()
}
SAFE_FOURTEENTH = {f"fourteenth {make.__name__.replace('_', ' ')}": _safe(make) for make in _FOURTEENTH} | {
    f"fourteenth {name}": _tempts(name) for name in _tempting(random.Random(0))
}
