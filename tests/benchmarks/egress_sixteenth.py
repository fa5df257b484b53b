"""A set of what stands beside the cells: passwords, codes under remarks, margins of an earlier table, rates and bases.

Every planted kind has a safe twin of the same make; the rest only tempt.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from dataclasses import replace

from tests.benchmarks.egress_corpus import Sample
from tests.benchmarks.egress_documents import page
from tests.benchmarks.egress_files import notebook, png, workbook
from tests.benchmarks.egress_hospital import said
from tests.benchmarks.egress_programs import many
from tests.benchmarks.egress_seventh import csv_of

Maker = Callable[[random.Random, bool], Sample]

PLACES = ("Northfield", "Easton", "Weston", "Southam")
CLINICS = ("해오름", "달빛", "새봄", "온누리")


def password_in_an_address(chance: random.Random, bad: bool) -> Sample:
    address = f'"mysql+pymysql://analyst:Tg{chance.randrange(100, 999)}!bori@db.zone:3306/claims"'
    value = address if bad else 'os.environ["CLAIMS"]'
    return said("load.py", "import os", "import sqlalchemy", "", f"engine = sqlalchemy.create_engine({value})")


def password_in_settings(chance: random.Random, bad: bool) -> Sample:
    value = f"Mir{chance.randrange(1000, 9999)}#wolf" if bad else "${DB_PASSWORD}"
    return said("run.yaml", "seed: 7", "database:", "  host: db.zone", "  user: analyst", f"  password: {value}")


def password_in_a_library(chance: random.Random, bad: bool) -> Sample:
    value = f"han{chance.randrange(100, 999)}gang" if bad else "&pw."
    return said("prep.sas", f"libname claims oracle user=analyst password={value} path='zone';", "proc contents; run;")


def codes_under_remarks(chance: random.Random, bad: bool) -> Sample:
    start = chance.randrange(1_000_000, 8_000_000)
    codes = [f"H{start + 613 * i + i * i}" if bad else f"ward_{chr(97 + i)}" for i in range(5)]
    lines = [f'    "{code}",  # {chance.choice("MF")}, seen twice' for code in codes]
    return said("clean.py", "# rows that the steward asked to leave out", "LEFT = [", *lines, "]", "df = df.drop(LEFT)")


def rows_as_a_program_prints_them(chance: random.Random, bad: bool) -> Sample:
    rows = [
        {"subject_id": f"K{chance.randrange(10**6, 10**7)}", "sex": chance.choice("MF"), "age": 20 + 7 * (i * i % 9)}
        if bad
        else {"site": f"site {i}", "n": many(chance), "mean_age": round(chance.uniform(40, 60), 1)}
        for i in range(7)
    ]
    text = "".join(f"{row}\n" for row in rows)
    return Sample("check.ipynb", notebook(["for row in rows: print(row)"], [{"text/plain": text}]))


def all_of_one_finding(chance: random.Random, bad: bool) -> Sample:
    rows = [("기관", "양성", "음성", "계")]
    for i, name in enumerate(CLINICS[:3]):
        a, b = 0 if bad and i == 1 else 12 + chance.randrange(20), 30 + chance.randrange(20)
        rows.append((name, str(a), str(b), str(a + b)))
    return Sample("검사.xlsx", workbook({"T": rows}))


def without_and_with(chance: random.Random, bad: bool) -> Sample:
    rows = [("Trade", "No claim", "Claim")]
    for i, name in enumerate(("Roofing", "Haulage", "Bakery")):
        rows.append((name, str(many(chance)), str(3 + chance.randrange(5) if bad and i == 1 else many(chance))))
    return Sample("claims.html", page(rows, head="<meta charset='utf-8'>"))


def counts_by_a_caption(chance: random.Random, bad: bool) -> Sample:
    few = 2 + chance.randrange(6) if bad else many(chance)
    rows = "".join(
        f"<tr><td>{c}</td><td>{n}<sup>b</sup></td></tr>" for c, n in zip(CLINICS, (311, few, 204, 89), strict=True)
    )
    table = f"<table><caption>단위: 명</caption><tr><th>의원</th><th>전원</th></tr>{rows}</table>"
    return Sample("t.html", page(body=table, head="<meta charset='utf-8'>"))


def margin_of_what_was_masked(chance: random.Random, bad: bool) -> Sample:
    low, mid = [[41 + many(chance) for _ in CLINICS] for _ in range(2)]
    top = [4 + chance.randrange(5) if i == 2 else 43 + many(chance) for i in range(4)]
    head = "의원,경증,중등증,중증"
    rows = [
        f"{c},{a},{b},{'*' if i == 2 else t}" for i, (c, a, b, t) in enumerate(zip(CLINICS, low, mid, top, strict=True))
    ]
    sums = [a + b + t + (0 if bad else 31 * (i + 1)) for i, (a, b, t) in enumerate(zip(low, mid, top, strict=True))]
    new = csv_of("전체.csv", ("의원", "이용객"), *zip(CLINICS, sums, strict=True))
    return replace(new, earlier=(("정도별.csv", "\n".join((head, *rows, "")).encode()),))


def cut_moved_by_a_year(chance: random.Random, bad: bool) -> Sample:
    before = [200 + many(chance) for _ in PLACES]
    after = [n + (3 + chance.randrange(5) if bad and i == 1 else 60 + i) for i, n in enumerate(before)]
    one, other = (csv_of("c.csv", ("town", "commuters"), *zip(PLACES, of, strict=True)) for of in (before, after))
    return replace(other, name="commuters_to_66.csv", earlier=(("commuters_to_65.csv", one.data),))


def rate_of_a_population(chance: random.Random, bad: bool) -> Sample:
    rows = []
    for i, name in enumerate(PLACES):
        people = 20_000 + 1_000 * chance.randrange(20, 60)
        cases = 70 + chance.randrange(60)
        if bad and i == 0:
            people, cases = 9_000, 4 + chance.randrange(3)
        rows.append((name, people, f"{1000 * cases / people:.1f}"))
    return csv_of("rates.csv", ("town", "population", "incidence_per_1000"), *rows)


def behind_a_picture(chance: random.Random, bad: bool) -> Sample:
    few = 2 + chance.randrange(6) if bad else many(chance)
    behind = csv_of("b.csv", ("학년", "학생수"), ("1학년", 133), ("2학년", 121), ("특수학급", few))
    return Sample("그림3.png", png(7), supporting=(("그림3_인원.csv", behind.data),))


def listing_of_sas(chance: random.Random, bad: bool) -> Sample:
    lines = ["Obs    SEX    AGE    LOS" if bad else "Obs    SITE       MEAN     STD", ""]
    for i in range(1, 7):
        person = f"{chance.choice('MF'):>6} {chance.randrange(20, 90):>6} {chance.randrange(1, 40):>6}"
        group = f"   site{chr(64 + i)}     {chance.uniform(40, 60):.2f}    {chance.uniform(3, 9):.2f}"
        lines.append(f"{i:>3} {person if bad else group}")
    return said("listing.txt", *lines)


_SIXTEENTH: Mapping[Maker, tuple[str, ...]] = {
    password_in_an_address: ("text.secret",),
    password_in_settings: ("text.secret",),
    password_in_a_library: ("text.secret",),
    codes_under_remarks: ("identifier.other_id",),
    rows_as_a_program_prints_them: ("table.records", "table.singular"),
    all_of_one_finding: ("cells.zero",),
    without_and_with: ("cells.small",),
    counts_by_a_caption: ("cells.small",),
    margin_of_what_was_masked: ("cells.difference",),
    cut_moved_by_a_year: ("cells.difference",),
    rate_of_a_population: ("cells.percent",),
    behind_a_picture: ("figure.counts",),
    listing_of_sas: ("table.singular", "table.records"),
}


def _tempting(chance: random.Random) -> Mapping[str, Sample]:
    """What looks like one of these and is none."""
    frame = '  File "<env>/pandas/core/frame.py", line 41, in get'
    beds = [(p, 9000 + many(chance), "0.7") for p in PLACES]
    return {
        "a hole for a value": said("e.txt", "Traceback (most recent call last):", frame, "KeyError: <removed>"),
        "an address of nobody": said(
            "r.md", "Run `postgresql://user:password@localhost/db`; see https://docs.example.org:8080/a?b=c@d."
        ),
        "a word that is asked for": said("c.py", "key = 'age_group_10'", "con = connect(user=user, password=password)"),
        "codes of things": said("d.py", 'drug_codes = ["D3022003", "D3022871",', '  "D3029904"]'),
        "parts that are no people": csv_of("m.csv", ("model", "parameters"), ("small", 5), ("large", 9)),
        "beds for a thousand": csv_of("b.csv", ("town", "population", "beds per 1000"), *beds),
        "a smoothed rate": csv_of("s.csv", ("town", "population", "age-adjusted rate per 1000"), *beds),
        "wards of one kind": csv_of(
            "w.csv", ("과", "수술", "비수술"), ("외과", 120, 0), ("내과", 0, 310), ("신경과", 0, 40), ("정형", 44, 61)
        ),
    }


def made(
    of: str, planted: Mapping[Maker, tuple[str, ...]], tempting: Callable[[random.Random], Mapping[str, Sample]]
) -> tuple[dict[str, Callable[[random.Random], Sample]], dict[str, Callable[[random.Random], Sample]]]:
    """The planted kinds of a set, and its safe ones: the twins and what only tempts, by their names."""
    bad = {f"{of} {make.__name__.replace('_', ' ')}": _of(make, rules) for make, rules in planted.items()}
    twins = {f"{of} {make.__name__.replace('_', ' ')}": _safe(make) for make in planted}
    return bad, twins | {f"{of} {name}": _tempts(tempting, name) for name in tempting(random.Random(0))}


def _of(make: Maker, rules: tuple[str, ...]) -> Callable[[random.Random], Sample]:
    return lambda chance: replace(make(chance, True), planted=make.__name__.replace("_", " "), rules=rules)


def _safe(make: Maker) -> Callable[[random.Random], Sample]:
    return lambda chance: make(chance, False)


def _tempts(tempting: Callable[[random.Random], Mapping[str, Sample]], name: str) -> Callable[[random.Random], Sample]:
    return lambda chance: tempting(chance)[name]


PLANTED_SIXTEENTH, SAFE_SIXTEENTH = made("sixteenth", _SIXTEENTH, _tempting)
