"""A set of what a stranger's set had and the rules did not know: counts that only a plural tells, sums over levels,
shares below their bases, few firms in a sentence, numbered units, British numbers, lists in descriptions.

Every planted kind has a safe twin of the same make; the rest only tempt.
"""

from __future__ import annotations

import base64
import json
import random
from collections.abc import Mapping

from tests.benchmarks.egress_corpus import Sample
from tests.benchmarks.egress_files import workbook
from tests.benchmarks.egress_hospital import said
from tests.benchmarks.egress_programs import many
from tests.benchmarks.egress_seventh import csv_of
from tests.benchmarks.egress_sixteenth import Maker, made

TOWNS = ("Larkmoor", "Pennick", "Sallow", "Thorne", "Umberly")
TRADES = ("제재", "도자", "염색", "주조", "단조")


def _few(chance: random.Random, bad: bool) -> int:
    return 2 + chance.randrange(6) if bad else 60 + many(chance)


def events_by_month(chance: random.Random, bad: bool) -> Sample:
    name = chance.choice(("notifications", "new_referrals", "resignations", "callouts", "신고", "해지"))
    months = [f"{year}-{month:02}" for year in (2022, 2023) for month in range(1, 13)]
    counts = [60 + many(chance) for _ in months]
    counts[chance.randrange(24)] = _few(chance, bad)
    return csv_of("monthly.csv", ("month", name), *zip(months, counts, strict=True))


def part_beside_its_base(chance: random.Random, bad: bool) -> Sample:
    name = chance.choice(("in_arrears", "positive", "uptake", "미납", "양성"))
    rows = [(t, 900 + many(chance), 40 + chance.randrange(300), f"{chance.uniform(20, 60):.1f}") for t in TOWNS]
    rows[2] = (*rows[2][:2], _few(chance, bad) if bad else 77, rows[2][3])
    return csv_of("t.csv", ("area", "patients", name, "mean_age"), *rows)


def count_that_a_note_says_is_rounded(chance: random.Random, bad: bool) -> Sample:
    head = chance.choice(("Exits", "Dropouts", "Layoffs"))
    rows = [f"{t} & {10 * many(chance):,} & {10 * many(chance)} \\\\".replace(",", "\\,") for t in TOWNS]
    odd = 10 * many(chance) + (3 if bad else 0)
    note = "% Note: all counts rounded to the nearest 10."
    body = [rf"Sector & Firms & {head} \\ \hline", *rows, rf"Other & 4\,210 & {odd} \\"]
    return said("r.tex", r"\begin{tabular}{lrr}", *body, r"\end{tabular}", note)


def all_of_a_block(chance: random.Random, bad: bool) -> Sample:
    rows = [(t, 100 + many(chance), 20 + chance.randrange(60)) for t in TOWNS]
    rows[3] = (rows[3][0], 0 if bad else 131, 64)
    return csv_of("rent.csv", ("block", "up_to_date", "in_arrears"), *rows)


def stars_below_a_korean_total(chance: random.Random, bad: bool) -> Sample:
    total = chance.choice(("합계", "계", "총계"))
    small = _few(chance, bad)
    rows: list[tuple[object, ...]] = [(t, *(n := [50 + many(chance) for _ in range(3)]), sum(n)) for t in TRADES[:3]]
    rows += [(t, one := 90 + many(chance), "*", "*", one + small) for t in TRADES[3:]]
    return csv_of("표.csv", ("업종", "서울", "부산", "대구", total), *rows)


def code_below_its_block(chance: random.Random, bad: bool) -> Sample:
    one, two, small = many(chance), many(chance), _few(chance, bad)
    rest = (40 + many(chance), 40 + many(chance))
    rows: list[tuple[str, str, int | str]] = [
        ("block", "K20-K31", one + two + small),
        ("code", "K20", one),
        ("code", "K21", "*"),
        ("code", "K22", two),
        ("block", "K35-K38", sum(rest)),
        ("code", "K35", rest[0]),
        ("code", "K36", rest[1]),
    ]
    named = chance.random() < 0.5
    rows = [("chapter", "K00-K93", one + two + small + sum(rest)), *rows]
    return csv_of(
        "icd.csv",
        ("level", "code", "patients") if named else ("code", "patients"),
        *(row if named else row[1:] for row in rows),
    )


def share_below_its_base(chance: random.Random, bad: bool) -> Sample:
    groups = ("20대", "30대", "40대", "80대 이상")
    bases = [3000 + many(chance), 3000 + many(chance), 3000 + many(chance), 500 if bad else 4800]
    shares = {a: [round(n * chance.uniform(0.2, 0.4)) for n in bases] for a in ("운동(%)", "여행(%)", "기타(%)")}
    rows = [["응답자수(명)", *map(str, bases)]]
    rows += [[a, *(f"{100 * k / n:.1f}" for k, n in zip(of, bases, strict=True))] for a, of in shares.items()]
    rows[3][4] = "0.8" if bad else rows[3][4]
    if chance.random() < 0.5:
        rows = [*rows[1:], rows[0]]
    return Sample("여가.xlsx", workbook({"표": [["구분", *groups], *rows]}))


def share_of_events(chance: random.Random, bad: bool) -> Sample:
    what = chance.choice((("분만", "건", "사산은"), ("방문", "가구", "거절은"), ("점검", "개소", "폐쇄는")))
    base = 160 if bad else 16_000
    return said("결과.txt", f"전체 {what[0]} 20,412{what[1]} 가운데 섬 지역 {base:,}{what[1]} 중 {what[2]} 2.5%였다.")


def firms_behind_a_sum_in_words(chance: random.Random, bad: bool) -> Sample:
    few = 1 + chance.randrange(3) if bad else 40 + many(chance)
    unit = chance.choice(("개사", "개 기업", "개 업체"))
    korean = f"- 선박용엔진({few}{unit}): 3조 1,204억원"
    firms = "firm" if few == 1 else "firms"
    english = f"- Marine engines ({few} {firms}): £{chance.randrange(100, 900)}m in turnover"
    return said("메모.md", "## 업종별 매출", f"- 자동차부품(412{unit}): 41.2조원", chance.choice((korean, english)))


def units_by_number(chance: random.Random, bad: bool) -> Sample:
    key = chance.choice(("hid", "pidp", "resp_id", "firm_id", "기업코드", "가구번호"))
    head = (key if bad else "region_code", "gor", "size", "inc")
    ids = sorted(chance.sample(range(100_000, 999_999), 60))
    places = TOWNS if bad else [f"Ward {n}" for n in range(60)]
    rows = [(n, places[i % len(places)], 1 + i % 4, 9_000 + 7 * many(chance)) for i, n in enumerate(ids)]
    if bad and chance.random() < 0.5:
        lines = (json.dumps(dict(zip(head, row, strict=True)), ensure_ascii=False) for row in rows)
        return said("hh.jsonl", *lines)
    return csv_of("units.csv", head, *(rows if bad else [(*row[:2], 40 + many(chance), row[3]) for row in rows]))


def predictions_by_row(chance: random.Random, bad: bool) -> Sample:
    if not bad:
        bins = sorted(chance.uniform(0, 0.6) for _ in range(20))
        return csv_of(
            "cal.csv",
            ("bin", "predicted", "observed"),
            *((i, f"{b:.3f}", f"{b + 0.01:.3f}") for i, b in enumerate(bins)),
        )
    rows = [(31 * i, int(chance.random() < 0.1), f"{chance.random() / 2:.5f}") for i in range(120)]
    return csv_of("p.csv", ("idx", "y_true", "p_hat"), *rows)


def values_with_semicolons_in_a_text(chance: random.Random, bad: bool) -> Sample:
    if not bad:
        return said(
            "t.txt", "area;people;mean", *(f"{t};{40 + many(chance)};{chance.uniform(20, 60):.1f}" for t in TOWNS)
        )
    rows = [
        f"{chance.randrange(20, 90)};{chance.choice('FM')};{chance.choice(TOWNS)};{chance.uniform(17, 34):.1f};"
        f"{chance.randrange(100, 180)}"
        for _ in range(150)
    ]
    return said("appendix.txt", "v1;v2;v3;v4;v5", *rows)


def number_of_a_british_patient(chance: random.Random, bad: bool) -> Sample:
    while True:
        digits = [9, *(chance.randrange(10) for _ in range(8))]
        check = 11 - sum(n * w for n, w in zip(digits, range(10, 1, -1), strict=True)) % 11
        if check != 10:
            break
    text = "".join(map(str, [*digits, check % 11 if bad else (check + 3) % 10]))
    return said("qa.md", "# QA", "", f"- check duplicate spells for {text[:3]} {text[3:6]} {text[6:]} (two admissions)")


def national_insurance_in_a_program(chance: random.Random, bad: bool) -> Sample:
    codes = [
        f"{chance.choice(('JT', 'LW', 'SE'))}{chance.randrange(10**6):06}{chance.choice('ABCD')}" for _ in range(2)
    ]
    codes = codes if bad else [f"E{chance.randrange(10**8):08}" for _ in range(2)]
    return said("fix.R", "library(dplyr)", f"d <- d |> filter(!code %in% c('{codes[0]}', '{codes[1]}'))")


def birth_and_postcode(chance: random.Random, bad: bool) -> Sample:
    if not bad:
        rows = [(code, 40 + many(chance), "1.2") for code in ("LS", "M", "EH", "CF", "BT")]
        return csv_of("areas.csv", ("postcode_area", "people", "rate"), *rows)
    codes = chance.sample(("LS6 3HN", "M14 5TQ", "EH9 1QB", "CF24 4HQ", "BT7 1NN", "NE2 4HH", "G12 8QQ"), 6)
    born = [f"{chance.randrange(1, 29):02}/{chance.randrange(1, 13):02}/{chance.randrange(1935, 2000)}" for _ in codes]
    return csv_of("links.csv", ("dob", "postcode", "score"), *zip(born, codes, ("0.6",) * 6, strict=True))


def cases_in_a_description(chance: random.Random, bad: bool) -> Sample:
    cases = [
        f"case {chance.randrange(10**6, 10**7)} 2021-0{1 + i % 9}-1{i} age {chance.randrange(9, 90)}" for i in range(6)
    ]
    desc = "; ".join(cases) if bad else "Cases by region, 2021; regions with fewer than 10 are grey; age 65 and over"
    body = "".join(f"<text x='10' y='{20 * i}'>{t}</text>" for i, t in enumerate(TOWNS, 1))
    return said(
        "map.svg", f"<svg xmlns='http://www.w3.org/2000/svg' width='300' height='120'><desc>{desc}</desc>{body}</svg>"
    )


def letters_behind_comments(chance: random.Random, bad: bool) -> Sample:
    mark, name = chance.choice((("%", "t.tex"), ("#", "t.py"), ("//", "t.do"), ("#", "t.R")))
    data = base64.b64encode(bytes(chance.randrange(256) for _ in range(900))).decode()
    lines = [data[at : at + 76] for at in range(0, len(data), 76)]
    prose = ["The table is made by the program above and holds nothing beside it."] * 8
    return said(name, "x = 1", *(f"{mark} {line}" for line in (lines if bad else prose)))


_TWENTY_THIRD: Mapping[Maker, tuple[str, ...]] = {
    events_by_month: ("cells.small",),
    part_beside_its_base: ("cells.small",),
    count_that_a_note_says_is_rounded: ("request.claim",),
    all_of_a_block: ("cells.zero",),
    stars_below_a_korean_total: ("cells.implied", "cells.suppressed"),
    code_below_its_block: ("cells.suppressed",),
    share_below_its_base: ("cells.percent",),
    share_of_events: ("cells.small", "cells.percent"),
    firms_behind_a_sum_in_words: ("cells.small",),
    units_by_number: ("table.singular", "table.records"),
    predictions_by_row: ("table.records",),
    values_with_semicolons_in_a_text: ("table.singular", "table.records"),
    number_of_a_british_patient: ("identifier.other_id",),
    national_insurance_in_a_program: ("identifier.other_id",),
    birth_and_postcode: ("table.singular",),
    cases_in_a_description: ("table.singular",),
    letters_behind_comments: ("text.encoded",),
}


def _tempting(chance: random.Random) -> Mapping[str, Sample]:
    """What looks like one of these and is none."""
    whole = [chance.randrange(20, 90) for _ in TOWNS]
    weeks = [(f"{y}-W{w:02}", t, 3000 + many(chance)) for y in (2021, 2022) for w in range(1, 27) for t in TOWNS[:2]]
    printed = [
        f"| 2,0{18 + i % 2} | {t} | {1200 + 4 * (i % 2) + 300 * (i // 2)} |"
        for i, t in enumerate(("East", "East", "West", "West"))
    ]
    page = [f"{t}   {10 * many(chance) + 4000:,}   {n}" for t, n in zip(TOWNS, whole, strict=True)]
    return {
        "scores": csv_of(
            "s.csv", ("area", "patients", "points"), *((t, 400 + n, 4) for t, n in zip(TOWNS, whole, strict=True))
        ),
        "days of stay": csv_of(
            "d.csv", ("ward", "patients", "days"), *((t, 400 + n, 1 + n % 9) for t, n in zip(TOWNS, whole, strict=True))
        ),
        "single ages": csv_of(
            "a.csv", ("area", "firms", "median_age"), *((t, 400 + n, 5) for t, n in zip(TOWNS, whole, strict=True))
        ),
        "settings": csv_of(
            "m.csv",
            ("model", "trees", "layers", "auc"),
            ("a", 300, 3, "0.81"),
            ("b", 500, 4, "0.82"),
            ("c", 40, 5, "0.8"),
        ),
        "genes of a pathway": csv_of(
            "g.csv", ("pathway", "genes", "padj"), ("p1", 40, "0.01"), ("p2", 4, "0.02"), ("p3", 7, "0.03")
        ),
        "weeks": csv_of("w.csv", ("iso_week", "region", "doses"), *weeks),
        "provinces": csv_of(
            "행정.csv", ("code", "name"), (46, "전라남도"), (48, "경상남도"), (43, "충청북도"), (41, "경기도")
        ),
        "districts": csv_of(
            "구.csv", ("code", "name"), (1, "하동군"), (2, "고성군"), (3, "남구"), (4, "강남구"), (5, "수영구")
        ),
        "years with a comma": said("y.md", "| year | region | patients |", "|---|---|---|", *printed),
        "a password alone": said(
            "db.py", "import os", 'URL = os.environ["URL"]  # postgresql://user:password@db:5432/x'
        ),
        "shares of rounded counts": said("k.md", "Counts are rounded to 10.", "", "Region   Pupils   Percent", *page),
        "largest firms": said("cr.md", "상위 3개사의 매출은 41.2조원이다.", "The top 3 firms hold £4.1bn of £9bn."),
        "papers": said("문헌.md", "검색된 논문 160건 중 2.5%가 제외되었다."),
        "telephone of an office": said("README.md", "문의 031-555-1234, 연구지원팀"),
    }


PLANTED_TWENTY_THIRD, SAFE_TWENTY_THIRD = made("twenty-third", _TWENTY_THIRD, _tempting)
