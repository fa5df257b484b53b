"""Single people that a program lists by the way: first rows, structures of frames, cases of a diagnosis, letters."""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Mapping

from tests.benchmarks.egress_corpus import Sample
from tests.benchmarks.egress_documents import docx, page
from tests.benchmarks.egress_files import notebook, workbook
from tests.benchmarks.egress_hospital import said, shown
from tests.benchmarks.egress_people import person

Maker = Callable[[random.Random], Sample]
RULES = ("table.records", "table.singular", "identifier.person", "identifier.other_id")


def _record(chance: random.Random) -> tuple[str, str, str, str, str]:
    """Number, date of admission, age, sex, a laboratory value."""
    day = f"20{chance.randrange(15, 24)}-{chance.randrange(1, 13):02}-{chance.randrange(1, 29):02}"
    return (
        str(chance.randrange(10_000_000, 99_999_999)),
        day,
        str(chance.randrange(20, 95)),
        chance.choice("FM"),
        f"{chance.uniform(4, 14):.1f}",
    )


HEAD = ("patient_id", "admitted", "age", "sex", "hba1c")


def _listed(sample: Sample, what: str) -> Sample:
    return Sample(sample.name, sample.data, what, RULES)


def head_of_a_frame(chance: random.Random) -> Sample:
    rows = [_record(chance) for _ in range(5)]
    text = "\n".join(
        [
            "   patient_id    admitted  age sex  hba1c",
            *(f"{i}    {r[0]}  {r[1]}   {r[2]}   {r[3]}   {r[4]}" for i, r in enumerate(rows)),
        ]
    )
    return _listed(shown(text, "df.head()"), "first rows")


def sample_as_a_page(chance: random.Random) -> Sample:
    rows = [_record(chance) for _ in range(3)]
    body = "".join(f"<tr><th>{chance.randrange(9999)}</th>{''.join(f'<td>{c}</td>' for c in r)}</tr>" for r in rows)
    head = "".join(f"<th>{h}</th>" for h in ("", *HEAD))
    html = f'<div><table border="1" class="dataframe"><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>'
    return _listed(Sample("look.ipynb", notebook(["df.sample(3)"], [{"text/html": html}])), "sampled rows")


def glimpse(chance: random.Random) -> Sample:
    """str() and glimpse() of R: the first values of every column."""
    rows = [_record(chance) for _ in range(6)]
    a, b, c, d, e = zip(*rows, strict=True)
    if chance.random() < 0.5:
        lines = [
            "'data.frame':\t812 obs. of  5 variables:",
            f" $ patient_id: int  {' '.join(a)} ...",
            f" $ admitted  : Date, format: {' '.join(repr(x) for x in b)} ...",
            f" $ age       : int  {' '.join(c)} ...",
            f" $ sex       : chr  {' '.join(repr(x) for x in d)} ...",
            f" $ hba1c     : num  {' '.join(e)} ...",
        ]
    else:
        lines = [
            "Rows: 812",
            "Columns: 5",
            f"$ patient_id <dbl> {', '.join(a)}, …",
            f"$ admitted   <date> {', '.join(b)}, …",
            f"$ age        <int> {', '.join(c)}, …",
            f"$ sex        <chr> {', '.join(d)}, …",
            f"$ hba1c      <dbl> {', '.join(e)}, …",
        ]
    return _listed(said("structure.txt", *lines), "structure with values")


def one_row(chance: random.Random) -> Sample:
    """df.iloc[0]."""
    pairs = "\n".join(f"{k:<12}{v:>12}" for k, v in zip(HEAD, _record(chance), strict=True))
    return _listed(shown(f"{pairs}\nName: 0, dtype: object", "df.iloc[0]"), "one row")


def list_of_stata(chance: random.Random) -> Sample:
    rows = [_record(chance) for _ in range(4)]
    bar = "     +" + "-" * 50 + "+"
    body = [f"{i:>3}. | {r[0]}   {r[1]}   {r[2]}   {r[3]}   {r[4]:>6} |" for i, r in enumerate(rows, 1)]
    return _listed(
        said(
            "list.log",
            ". list in 1/4",
            bar,
            "     | patien~d     admitted   age   sex    hba1c |",
            "     |" + "-" * 50 + "|",
            *body,
            bar,
        ),
        "list in 1/4",
    )


def printed_by_sas(chance: random.Random) -> Sample:
    rows = [_record(chance) for _ in range(6)]
    body = [f"{i:>4}    {r[0]}    {r[1]}    {r[2]}    {r[3]}    {r[4]:>5}" for i, r in enumerate(rows, 1)]
    return _listed(
        said("print.txt", "The SAS System", "", " Obs    patient_id    admitted     age    sex    hba1c", "", *body),
        "PROC PRINT",
    )


def influence(chance: random.Random) -> Sample:
    """Cases that pull a regression, by their number."""
    rows = [
        f"{_record(chance)[0]},{chance.uniform(2, 4):.3f},{chance.uniform(0.1, 0.9):.4f},{chance.uniform(90, 200):.1f}"
        for _ in range(6)
    ]
    return _listed(said("casewise.csv", "patient_id,std_residual,cooks_d,observed_sbp", *rows), "cases of a diagnosis")


def series_of_a_patient(chance: random.Random) -> Sample:
    """The values of one patient through a stay."""
    rows = [
        f"{_day},{chance.uniform(36, 39):.1f},{chance.randrange(60, 120)}"
        for _day in (f"2022-03-{d:02}" for d in range(2, 12))
    ]
    return _listed(
        said("patient_4471.csv", f"# patient_id {_record(chance)[0]}", "date,temperature,pulse", *rows), "one patient"
    )


def letter(chance: random.Random) -> Sample:
    text = f"환자 {person(chance)}({chance.randrange(30, 90)}세, 여)는 2021년 3월 {chance.randrange(1, 28)}일 호흡곤란으로 내원하여 항생제를 투여받았다."  # noqa: E501 - as a program writes it
    return _listed(Sample("증례.docx", docx(["증례 검토", text])), "a case report")


def record_in_json(chance: random.Random) -> Sample:
    content = [dict(zip(HEAD, _record(chance), strict=True)) for _ in range(4)]
    return _listed(Sample("sample.json", json.dumps(content).encode()), "records")


def list_of_names(chance: random.Random) -> Sample:
    rows = [
        (person(chance), str(chance.randrange(20, 90)), chance.choice("남여"), f"{chance.uniform(4, 12):.1f}")
        for _ in range(8)
    ]
    return _listed(
        Sample("명단.xlsx", workbook({"대상자": [("성명", "나이", "성별", "당화혈색소"), *rows]})), "a list of people"
    )


def events_by_person(chance: random.Random) -> Sample:
    """Times and events as a survival program wants them: a row for each person."""
    rows = [f"{chance.randrange(10, 900)},{chance.randrange(2)},{chance.randrange(30, 90)}" for _ in range(24)]
    return _listed(said("survival_input.csv", "time,status,age", *rows), "times of single people")


def addresses_on_a_page(chance: random.Random) -> Sample:
    rows = [("subject", "visit", "age", "weight", "score")]
    rows += [
        (
            f"S-{chance.randrange(100, 999)}",
            f"V{v}",
            str(chance.randrange(20, 80)),
            f"{chance.uniform(45, 99):.1f}",
            str(chance.randrange(0, 30)),
        )
        for v in (1, 2)
        for _ in range(5)
    ]
    return _listed(Sample("listing.html", page(rows)), "listing by subject")


def longest_stays(chance: random.Random) -> Sample:
    rows = sorted((chance.randrange(60, 400) for _ in range(5)), reverse=True)
    return _listed(
        said(
            "top5.md",
            "| 순위 | 연령 | 성별 | 재원일수 | 진료비(원) |",
            "|---|---|---|---|---|",
            *(
                f"| {i} | {chance.randrange(20, 90)} | {chance.choice('남여')} | {d} | {d * 412_311:,} |"
                for i, d in enumerate(rows, 1)
            ),
        ),
        "five patients",
    )


LISTED: Mapping[str, Maker] = {
    f"listed {maker.__name__.replace('_', ' ')}": maker
    for maker in (
        head_of_a_frame, sample_as_a_page, glimpse, one_row, list_of_stata, printed_by_sas, influence, series_of_a_patient,  # noqa: E501 - as a program writes it
        letter, record_in_json, list_of_names, events_by_person, addresses_on_a_page, longest_stays,
    )
}  # fmt: skip
PLANTED_LISTED = LISTED
