"""Kinds that two sets by other hands showed to be missed or stopped: rows of people by shape, programs, archives.

Made anew here, in other words and other layouts than those sets had.
"""

from __future__ import annotations

import io
import json
import random
import struct
import zipfile
from collections.abc import Callable, Mapping, Sequence

from tests.benchmarks.egress_corpus import Sample
from tests.benchmarks.egress_documents import pdf, pdf_table
from tests.benchmarks.egress_files import notebook
from tests.benchmarks.egress_hospital import said, shown
from tests.benchmarks.egress_programs import many

Maker = Callable[[random.Random], Sample]
SINGLE = ("table.records", "table.singular")
PLACES = ("동부", "서부", "남부", "북부", "중부")


def _people(chance: random.Random, number: int) -> list[tuple[str, ...]]:
    """Sex, place, code of a disease, days, a measure of each."""
    return [
        (
            chance.choice("FM"),
            chance.choice(PLACES),
            chance.choice(("J45", "K21", "M17", "F32")),
            str(chance.randrange(1, 60)),
            f"{chance.uniform(1, 9):.2f}",
        )
        for _ in range(number)
    ]


def _single(sample: Sample) -> Sample:
    return Sample(sample.name, sample.data, "single people", SINGLE)


def _csv(rows: Sequence[Sequence[object]]) -> list[str]:
    return [",".join(map(str, row)) for row in rows]


# -- planted ----------------------------------------------------------------------------------------------------------


def rows_without_names(chance: random.Random) -> Sample:
    return _single(said("out.csv", "a1,a2,a3,a4,a5", *_csv(_people(chance, 70))))


def risk_of_each(chance: random.Random) -> Sample:
    rows = [(n, chance.choice("01"), f"{chance.random():.5f}") for n in range(1, 90)]
    return _single(said("risks.csv", "row,arm,p", *_csv(rows)))


def turned_on_its_side(chance: random.Random) -> Sample:
    people = _people(chance, 45)
    heads = ("성별", "권역", "상병", "재원", "수치")
    rows = [
        ("항목", *(f"S{n:03}" for n in range(45))),
        *((h, *column) for h, column in zip(heads, zip(*people, strict=True), strict=True)),
    ]
    return _single(said("wide.csv", *_csv(rows)))


def log_of_events(chance: random.Random) -> Sample:
    rows = [
        (
            chance.choice(("ER", "ICU", "OR")),
            f"2022-03-{chance.randrange(1, 29):02} {chance.randrange(24):02}:{chance.randrange(60):02}:{chance.randrange(60):02}",  # noqa: E501 - as a program writes it
        )
        for _ in range(60)
    ]
    return _single(said("moves.csv", "unit,at", *_csv(sorted(rows, key=lambda row: str(row[1])))))


def birth_months_listed(chance: random.Random) -> Sample:
    rows = [
        f"{n}  {chance.choice('남여')}   {1950 + chance.randrange(50)}.{chance.randrange(1, 13):02}   {chance.choice(PLACES)}   {many(chance)}"  # noqa: E501 - as a program writes it
        for n in range(1, 5)
    ]
    return _single(said("보기.txt", "> head(자료, 4)", "  성별   출생년월   거주지   지출", *rows))


def firms_by_name(chance: random.Random) -> Sample:
    firms = ("가람기계(주)", "(주)나래식품", "다온화학(주)", "주식회사 라온", "(주)마루")
    sales = sorted((many(chance) * 1000 for _ in firms), reverse=True)
    rows = [(n, firm, sale) for n, (firm, sale) in enumerate(zip(firms, sales, strict=True), 1)]
    return _single(said("매출상위.csv", "순위,업체명,매출액(백만원)", *_csv(rows)))


def story_of_one(chance: random.Random) -> Sample:
    year, income = 1950 + chance.randrange(45), many(chance)
    return _single(
        chance.choice(
            (
                said(
                    "사례.md",
                    "## 면담 결과",
                    "",
                    f"참여자 B는 {year}년생으로 봉화군에서 목사로 일하며 월급은 {income}만원이다.",
                ),
                said("case.txt", f"Another patient, a teacher born in May {year}, was admitted after a fall in 2020."),
                said("case.md", "The participant is the only veterinarian of Jindo-gun and was widowed in 2018."),
            )
        )
    )


def exact_homes(chance: random.Random) -> Sample:
    features = [
        {
            "type": "Feature",
            "properties": {"arm": chance.choice("AB")},
            "geometry": {"type": "Point", "coordinates": [127 + chance.random(), 36 + chance.random()]},
        }
        for _ in range(12)
    ]
    return _single(Sample("homes.json", json.dumps({"type": "FeatureCollection", "features": features}).encode()))


def typed_into_a_program(chance: random.Random) -> Sample:
    people = _people(chance, 16)
    python = [f"    {json.dumps(person, ensure_ascii=False)[1:-1]}," for person in people]
    columns = [
        f"  {name} = c({', '.join(json.dumps(cell, ensure_ascii=False) for cell in column)}),"
        for name, column in zip(("sex", "area", "dx", "los", "v"), zip(*people, strict=True), strict=True)
    ]
    return _single(
        chance.choice(
            (
                said(
                    "run.py",
                    "import pandas as pd",
                    "rows = [",
                    *(f"    ({line.strip()[:-1]})," for line in python),
                    "]",
                ),
                said("run.R", "d <- data.frame(", *columns, ")", "summary(d)"),
                said(
                    "run.sas",
                    "data d;",
                    "input sex $ area $ dx $ los v;",
                    "datalines;",
                    *(" ".join(p) for p in people),
                    ";",
                    "run;",
                ),
                said(
                    "run.do", "clear", "input str1 sex str6 area str3 dx los v", *(" ".join(p) for p in people), "end"
                ),
            )
        )
    )


def pasted_into_a_cell(chance: random.Random) -> Sample:
    lines = ["sex,area,dx,los,value", *_csv(_people(chance, 14))]
    document = json.loads(notebook(["fit.summary()"], [None]))
    document["cells"].append({"cell_type": "raw", "id": "r1", "metadata": {}, "source": "\n".join(lines)})
    return _single(Sample("memo.ipynb", json.dumps(document).encode()))


def records_in_an_output(chance: random.Random) -> Sample:
    rows = [dict(zip(("sex", "area", "dx", "los", "value"), p, strict=True)) for p in _people(chance, 40)]
    return _single(Sample("peek.ipynb", notebook(["peek"], [{"application/json": rows}])))


def tally_of_a_cell(chance: random.Random) -> Sample:
    few = chance.randrange(1, 9)
    one = shown(f"J45    {many(chance)}\nK21    {many(chance)}\nM17    {few}", "d['dx'].value_counts()")
    return Sample(one.name, one.data, "small cell", ("cells.small",))


def small_in_latex(chance: random.Random) -> Sample:
    rows = [f"{place} & {many(chance)} \\\\" for place in PLACES[:3]]
    lines = (
        r"\begin{tabular}{lr}",
        r"권역 & 환자수 \\",
        r"\hline",
        *rows,
        f"제주 & {chance.randrange(1, 9)} \\\\",
        r"\end{tabular}",
    )
    one = said("표.tex", *lines)
    return Sample(one.name, one.data, "small cell", ("cells.small",))


def small_in_an_archive(chance: random.Random) -> Sample:
    tables = ["권역,환자수", *(f"{place},{many(chance)}" for place in PLACES[:3]), f"제주,{chance.randrange(1, 9)}"]
    data = _zip({"표/표1.csv": "\n".join(tables), "읽기.md": "# 표 1"})
    return Sample("결과.zip", data, "small cell", ("cells.small",))


def maker_of_a_pdf(chance: random.Random) -> Sample:
    rows = [("구분", "환자수"), *((place, str(many(chance))) for place in PLACES)]
    info = chance.choice(
        (b"/Author (J. Hong)", b"/Title (C:\\\\Users\\\\hong\\\\cohort.csv)", b"/Keywords (10023441, 10023442)")
    )
    return Sample("표.pdf", pdf([pdf_table(rows)], info=info), "metadata", ("pdf.metadata",))


# -- safe -------------------------------------------------------------------------------------------------------------


def title_of_a_pdf(chance: random.Random) -> Sample:
    rows = [("group", "patients"), *((f"arm {n}", str(many(chance))) for n in range(1, 5))]
    info = b"/Title (Table 2. Visits 2019-2022) /Producer (xdvipdfmx) /Creator (LaTeX with hyperref) /Subject (unspecified)"  # noqa: E501 - as a program writes it
    return Sample("table2.pdf", pdf([pdf_table(rows)], info=info))


def program_alone(chance: random.Random) -> Sample:
    seed = chance.randrange(10**6)
    return chance.choice(
        (
            said("fit.R", "library(survival)", f"set.seed({seed})", "cuts <- c(0, 18, 40, 65, 75, 85, 95, 105, 110, 115, 120)",  # noqa: E501 - as a program writes it
                 "fit <- coxph(Surv(t, e) ~ age + sex, data = d)", "print(summary(fit)$coefficients)"),
            said("clean.do", "use cohort.dta, clear", "keep if age >= 20", "tabulate region if n > 10", f"set seed {seed}"),  # noqa: E501 - as a program writes it
            said("main.py", "REGIONS = ['서울', '부산', '대구', '인천', '광주', '대전', '울산', '세종', '경기', '강원']",  # noqa: E501 - as a program writes it
                 "CODES = [11, 21, 22, 23, 24, 25, 26, 29, 31, 32]", f"SEED = {seed}", "weights = {'age': 0.4, 'sex': 0.2}"),  # noqa: E501 - as a program writes it
            said("q.sql", "SELECT region, COUNT(*) AS n FROM visit", "WHERE year BETWEEN 2018 AND 2022", "GROUP BY region",  # noqa: E501 - as a program writes it
                 "HAVING COUNT(*) >= 10;"),
        )
    )  # fmt: skip


def tables_in_an_archive(chance: random.Random) -> Sample:
    people = ["권역,환자수", *(f"{place},{many(chance)}" for place in PLACES)]
    visits = ["요일,방문 건수", *(f"{day},{1000 + many(chance)}" for day in "월화수목금")]
    members = {"t1.csv": "\n".join(people), "t2.csv": "\n".join(visits), "README.md": "# 결과\n\n표 두 개."}
    return Sample("tables.zip", _zip(members))


def latex_of_a_model(chance: random.Random) -> Sample:
    rows = [
        f"{name} & {chance.uniform(0.5, 2):.2f} & ({chance.uniform(0.1, 0.4):.2f}) \\\\"
        for name in ("Age", "Sex", "BMI")
    ]
    return said(
        "model.tex",
        r"\begin{tabular}{lrr}",
        r" & OR & (SE) \\",
        r"\hline",
        *rows,
        r"\hline",
        f"Observations & {1000 + many(chance)} & \\\\",
        r"\end{tabular}",
    )


def office_to_ask(chance: random.Random) -> Sample:
    return chance.choice(
        (
            said(
                "안내.md",
                "자료 문의: 국민건강보험공단 빅데이터운영실, 대표전화 1577-1000",
                "",
                f"분석 대상 {many(chance)}명.",
            ),
            said("about.txt", "Data: Korea Disease Control Agency, Osong. Switchboard 043-719-7777."),
            said("장소.txt", "- 분석 장소: 보건의료 데이터센터(서울특별시 중구 퇴계로 173)"),
        )
    )


def wide_columns(chance: random.Random) -> Sample:
    rows = [f"{place:<8}{'    '.join(str(many(chance)).rjust(5) for _ in range(5))}" for place in PLACES]
    return said(
        "표.txt", "> xtabs(~ area + year, d)", "", "area         2018     2019     2020     2021     2022", *rows
    )


def zones_by_name(chance: random.Random) -> Sample:
    zones = ("수도권", "강원권", "충청권", "제주권")
    return said(
        "권역.md", "| 권역 | 가구 |", "|---|---|", *(f"| {zone} | {many(chance) % 80 + 15} |" for zone in zones)
    )


def turned_picture(chance: random.Random) -> Sample:
    jpeg = bytes.fromhex(
        "ffd8ffe000104a46494600010100000100010000ffdb004300" + "10" * 64 + "ffc0000b080008000801011100"
        "ffc4001400010000000000000000000000000000000affc40014100100000000000000000000000000000000ffda0008010100003f00"
    )
    entries = ((0x0112, 3, 1, struct.pack("<HH", 1, 0)), (0x0128, 3, 1, struct.pack("<HH", 2, 0)))
    body = b"".join(struct.pack("<HHI", tag, kind, number) + value for tag, kind, number, value in entries)
    exif = b"Exif\0\0II*\0" + struct.pack("<IH", 8, len(entries)) + body + bytes(4)
    at = jpeg.index(b"\xff\xdb")
    noise = bytes(chance.randrange(1, 255) for _ in range(20))
    return Sample(
        "fig.jpg", jpeg[:at] + b"\xff\xe1" + struct.pack(">H", len(exif) + 2) + exif + jpeg[at:] + noise + b"\xff\xd9"
    )


def numbers_of_a_model(chance: random.Random) -> Sample:
    result = {"auc": round(chance.uniform(0.7, 0.9), 3), "folds": 5, "n": 4000 + many(chance)}
    return Sample("scores.ipynb", notebook(["JSON(result)"], [{"application/json": result}]))


def plain_error(chance: random.Random) -> Sample:
    line = chance.randrange(1, 9)
    told = {
        "output_type": "error",
        "ename": "ValueError",
        "evalue": "Input contains NaN",
        "traceback": [f"Cell In[3], line {line}", "ValueError: Input contains NaN"],
    }
    document = json.loads(notebook(["model.fit(a, b)"], [None]))
    document["cells"][0]["outputs"] = [told]
    return Sample("run.ipynb", json.dumps(document).encode())


def sorted_long_table(chance: random.Random) -> Sample:
    rows = [
        (place, sex, age, f"{chance.uniform(2, 9):.1f}")
        for place in PLACES
        for sex in "FM"
        for age in range(20, 90, 10)
    ]
    return said("표준화.csv", "권역,성별,연령,유병(%)", *_csv(rows))


def replicates(chance: random.Random) -> Sample:
    rows = [(n, chance.choice(("lasso", "ridge")), f"{chance.random():.4f}") for n in range(1, 60)]
    return said("boot.csv", "replicate,method,auc", *_csv(rows))


def findings_of_many(chance: random.Random) -> Sample:
    return said(
        "질적.md",
        f"면담에는 {many(chance)}명이 참여하였고 65세 이상이 절반이었다. 주제마다 15명 이상이 언급하였다.",
        "",
        "A 60-year-old woman with average values has a predicted risk of 4%.",
    )


def _zip(members: Mapping[str, str]) -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as package:
        for name, text in members.items():
            package.writestr(name, text)
    return target.getvalue()


PLANTED_THIRTEENTH: Mapping[str, Maker] = {
    f"thirteenth {make.__name__.replace('_', ' ')}": make
    for make in (
        rows_without_names, risk_of_each, turned_on_its_side, log_of_events, birth_months_listed, firms_by_name,
        story_of_one, exact_homes, typed_into_a_program, pasted_into_a_cell, records_in_an_output, tally_of_a_cell,
        small_in_latex, small_in_an_archive, maker_of_a_pdf,
    )
}  # fmt: skip
SAFE_THIRTEENTH: Mapping[str, Maker] = {
    f"thirteenth {make.__name__.replace('_', ' ')}": make
    for make in (
        title_of_a_pdf, program_alone, tables_in_an_archive, latex_of_a_model, office_to_ask, wide_columns,
        zones_by_name, turned_picture, numbers_of_a_model, plain_error, sorted_long_table, replicates, findings_of_many,
    )
}  # fmt: skip
