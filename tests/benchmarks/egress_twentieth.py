"""A set of what strangers' sets had and the rules did not know: layouts, people whom programs print, lists of firms.

Every planted kind has a safe twin of the same make; the rest only tempt.
"""

from __future__ import annotations

import json
import random
from collections.abc import Mapping
from dataclasses import replace

from tests.benchmarks.egress_corpus import Sample
from tests.benchmarks.egress_documents import page
from tests.benchmarks.egress_files import png
from tests.benchmarks.egress_hospital import said
from tests.benchmarks.egress_programs import many
from tests.benchmarks.egress_seventh import csv_of
from tests.benchmarks.egress_sixteenth import Maker, made
from tests.unit.egress_review.egress_files import chunk

TOWNS = ("Larkmoor", "Pennick", "Sallow", "Thorne")
TRADES = ("제재", "도자", "염색", "주조")


def row_of_latex_commented_out(chance: random.Random, bad: bool) -> Sample:
    rows = [f"{town} & {many(chance)} & {many(chance)} \\\\" for town in TOWNS]
    left = f"% Tarn & {many(chance)} & {2 + chance.randrange(6)} \\\\ % too few" if bad else "% Tarn was left out"
    return said(
        "t.tex", r"\begin{tabular}{lrr}", r"Town & Owners & Renters \\", r"\hline", *rows, left, r"\end{tabular}"
    )


def size_behind_a_percentage(chance: random.Random, bad: bool) -> Sample:
    bases = [120 + many(chance) for _ in TOWNS[:3]] + [4 + chance.randrange(5) if bad else 97]
    return csv_of("p.csv", ("town", "base", "moved_pct"), *((t, n, "25.0") for t, n in zip(TOWNS, bases, strict=True)))


def firm_behind_a_sum(chance: random.Random, bad: bool) -> Sample:
    sums, rows = [], [("업종", "업체", "매출")]
    for i, trade in enumerate(TRADES):
        each = [round(chance.uniform(40, 90), 1) for _ in range(8)]
        each[0] = 9400.5 if bad and i == 2 else each[0]
        rows += [(trade, str(at), f"{value:.1f}") for at, value in enumerate(each, 1)]
        sums.append((trade, 8, f"{sum(each):.1f}"))
    listed = csv_of("l.csv", *rows)
    table = csv_of("매출.csv", ("업종", "업체수", "매출합계(백만원)"), *[(t, n + 30, s) for t, n, s in sums])
    return replace(table, supporting=(("업체별.csv", listed.data),))


def share_of_the_largest(chance: random.Random, bad: bool) -> Sample:
    shares = [round(chance.uniform(0.1, 0.4), 2) for _ in TRADES]
    shares[1] = 0.94 if bad else shares[1]
    rows = [(t, 30 + many(chance), s) for t, s in zip(TRADES, shares, strict=True)]
    return csv_of("share.csv", ("업종", "기업수", "최대기업비중"), *rows)


def way_of_somebody(chance: random.Random, bad: bool) -> Sample:
    line = [[127 + chance.random() / 10, 37.5 + chance.random() / 10] for _ in range(7)]
    about = {"on": "07:12:40", "off": "19:31:02"} if bad else {"name": "Line 4", "lanes": 2}
    feature = {"type": "Feature", "properties": about, "geometry": {"type": "LineString", "coordinates": line}}
    return Sample("way.geojson", json.dumps({"type": "FeatureCollection", "features": [feature]}).encode())


def card_in_a_path(chance: random.Random, bad: bool) -> Sample:
    name = "-".join(f"{chance.randrange(1000, 9000)}" for _ in range(4)) if bad else f"part-{chance.randrange(90):05d}"
    return said("etl.log", "INFO start", f"INFO read /data/afc/{name}.parquet rows=412", "INFO end")


def record_that_a_program_prints(chance: random.Random, bad: bool) -> Sample:
    one = {"age": chance.randrange(30, 90), "sex": chance.choice("MF"), "residence": chance.choice(TOWNS), "hba1c": 6.4}
    many_ = {"n": 1000 + many(chance), "mean_age": 54.2, "share_women": 0.52}
    return said("run.log", "fitting", str(one if bad else many_), "done")


def effects_by_person(chance: random.Random, bad: bool) -> Sample:
    ids = chance.sample(range(10_000, 99_999), 9)
    rows = [f"{n}   {chance.uniform(-1, 1):.6f}" for n in ids]
    return said("fit.txt", "Linear mixed model fit by REML", "", f"${'patient_id' if bad else 'centre'}", *rows)


def rows_that_a_model_keeps(chance: random.Random, bad: bool) -> Sample:
    rows = [f"0.5 1:{chance.randrange(20, 90)} 2:{chance.uniform(5, 9):.1f}" for _ in range(12)]
    return said("svm.txt", "svm_type c_svc", "total_sv 12", "SV", *(rows if bad else ["(left out)"]))


def people_side_by_side(chance: random.Random, bad: bool) -> Sample:
    word = "subject" if bad else "wave"
    numbers = [str(chance.randrange(30, 90)) for _ in range(6)]
    head = ("item", *(f"{word} {n}" for n in range(1, 7)))
    return csv_of("wide.csv", head, ("mean age", *numbers), ("season", *(chance.choice("FM") for _ in range(6))))


def names_in_a_column(chance: random.Random, bad: bool) -> Sample:
    names = ("오영숙", "이은주", "권태호", "한상철") if bad else ("강남구", "송파구", "서초구", "마포구")
    rows = [(f"{i}병동", many(chance), name) for i, name in enumerate(names, 1)]
    return csv_of("ward.csv", ("병동", "재원자수", "최장재원자" if bad else "관할"), *rows)


def somebody_quoted(chance: random.Random, bad: bool) -> Sample:
    told = f"I was the only midwife of {chance.choice(TOWNS)} Island until 2018" if bad else "The cost was too high"
    return said("interviews.md", f'Of 40 people many spoke of cost: "{told}." (female, {"58" if bad else "50s"})')


def left_out_by_stata(chance: random.Random, bad: bool) -> Sample:
    few = 2 + chance.randrange(6) if bad else 30 + many(chance)
    lines = ("note: dx7 != 0 predicts success perfectly;", f"      dx7 omitted and {few} obs not used.", "")
    return said("logit.log", *lines, "Number of obs = 4,221")


def week_cut_off(chance: random.Random, bad: bool) -> Sample:
    before = [200 + many(chance) for _ in TOWNS]
    after = [n - (2 + chance.randrange(5) if bad else 60) for n in before]
    one, other = (
        csv_of(
            "a.csv",
            ("town", "period", "admissions"),
            *((t, f"2023-01-01~{end}", n) for t, n in zip(TOWNS, of, strict=True)),
        )
        for of, end in ((before, "2023-12-31"), (after, "2023-12-24"))
    )
    return replace(other, name="admissions_2.csv", earlier=(("admissions_1.csv", one.data),))


def filter_in_a_line_above(chance: random.Random, bad: bool) -> Sample:
    before = [500 + many(chance) for _ in TOWNS]
    after = [n - (2 + chance.randrange(6) if bad else 80) for n in before]
    first = said(
        "d1.csv", "Population: all members", "town,persons", *(f"{t},{n}" for t, n in zip(TOWNS, before, strict=True))
    )
    head = "Population: members, dialysis left out"
    second = said("d2.csv", head, "town,persons", *(f"{t},{n}" for t, n in zip(TOWNS, after, strict=True)))
    return replace(second, earlier=(("d1.csv", first.data),))


_TWENTIETH: Mapping[Maker, tuple[str, ...]] = {
    row_of_latex_commented_out: ("cells.small",),
    size_behind_a_percentage: ("cells.small", "cells.percent"),
    firm_behind_a_sum: ("evidence.dominance",),
    share_of_the_largest: ("evidence.dominance",),
    way_of_somebody: ("table.singular",),
    card_in_a_path: ("identifier.other_id",),
    record_that_a_program_prints: ("table.records",),
    effects_by_person: ("table.records",),
    rows_that_a_model_keeps: ("table.records",),
    people_side_by_side: ("table.singular",),
    names_in_a_column: ("identifier.person",),
    somebody_quoted: ("table.singular",),
    left_out_by_stata: ("cells.small",),
    week_cut_off: ("cells.difference",),
    filter_in_a_line_above: ("cells.difference",),
}


def _tempting(chance: random.Random) -> Mapping[str, Sample]:
    """What looks like one of these and is none."""
    counts = "".join(
        f"<tr><th rowspan=2>{town}</th><td>Count</td><td>{30 + i}</td><td>{70 - i}</td><td>100</td></tr>"
        f"<tr><td>%</td><td>{30 + i}.0%</td><td>{70 - i}.0%</td><td>100.0%</td></tr>"
        for i, town in enumerate(TOWNS)
    )
    heads = "<tr><th></th><th></th><th>Walked</th><th>Cycled</th><th>Total</th></tr>"
    software = chunk(b"iTXt", b"Software\0\0\0\0\0Matplotlib version3.10, https://matplotlib.org/")
    quoted = '"=""Wage""","=""0.400***"""'
    stata = f'{{}}\n,"=""(1) All"""\n{quoted}\n"=""Observations""","=""{59_000 + many(chance)}"""\n'
    return {
        "a label over two rows": Sample("x.html", page(f"<table>{heads}{counts}</table>")),
        "the name of a program": Sample("bars.png", png(9, software)),
        "cells as Stata quotes them": Sample("t3.csv", stata.format("")[1:].encode()),
        "an office": said("README.md", "문의: 자료운영실 033-736-2430", "교신저자: 예방의학교실 02-2228-1850"),
        "the hash of a file": said("run.log", "INFO sha256=" + "ab0c" * 12 + "0184203996de88ed"),
        "codes of a vocabulary": said("q.sql", "SELECT 1 FROM t WHERE concept_id IN (320128, 4028741, 312327)"),
        "work of a sampler": said("stan.txt", "draws=4000", "", "Divergences: 3 of 4000 (0.1%)"),
        "patience": said("train.log", "2026-09-11 10:37:23,857 INFO epoch 15/15", "INFO early stopping: patience 5"),
        "levels of an answer": said("l.lst", "Model Information", "", "Number of Response Levels     2"),
        "a wage by law": said("w.tex", r"Minimum wage bite & -0.373 & 0.198 \\", r" & (0.030) & (0.047) \\"),
        "an author who is nobody": said("orcid.md", "ORCID 0000-0002-1825-0097, AB 12 of 34 56"),
    }


PLANTED_TWENTIETH, SAFE_TWENTIETH = made("twentieth", _TWENTIETH, _tempting)
