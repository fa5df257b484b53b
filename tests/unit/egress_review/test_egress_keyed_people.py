"""A few rows of people whom a key names, in tables, prints of frames, JSON and YAML; and keys of other things."""

from __future__ import annotations

import base64
import hashlib
import json

import pytest

from tests.unit.egress_review.egress_files import flagged, look

TOKENS = [base64.b32encode(str(7_001_138_400 + n * 7919).encode()).decode().rstrip("=") for n in range(5)]
RECORDS = [
    {"k": key, "by": 1940 + n * 7 % 40, "s": 1 + n % 2, "dx": ("C34.1", "C18.7", "C16.2")[n % 3]}
    for n, key in enumerate(TOKENS)
]
PEOPLE = {
    "head() of pandas": (
        "out.txt",
        "    pers_ref  birth_yr  muni  gross_2019\n0  70011384      1983   681     4821900\n"
        "1  70011392      1985   411     3190400\n2  70011417      1982   111    10418700\n",
    ),
    "data.table": (
        "km.Rout",
        '> print(d[d$os < 0, c("pid","dx_dt","os")])\n           pid      dx_dt  os\n 1: 0048812093 2017-04-11  -9\n'
        " 2: 0051920746 2018-09-27  -7\n 3: 0060017358 2019-01-15  -3\n> fit <- coxph(s ~ trt)\n",
    ),
    "a tibble": (
        "a.txt",
        "# A tibble: 2 x 3\n  ref        dx_dt      sex\n  <chr>      <date>     <chr>\n"
        "1 0048812093 2017-04-11 F\n2 0051920746 2018-09-27 M\n",
    ),
    "psql": (
        "q.log",
        " person_ref |   dx_dt    | os \n------------+------------+----\n 0048812093 | 2017-04-11 |  9\n"
        " 0051920746 | 2018-09-27 |  7\n(2 rows)\n",
    ),
    "list of Stata": (
        "s.log",
        ". list ref dx_dt birth_yr\n\n     +------------------------------------+\n"
        "     |        ref       dx_dt    birth_yr |\n     |------------------------------------|\n"
        "  1. | 0048812093   11apr2017        1944 |\n  2. | 0051920746   27sep2018        1951 |\n"
        "     +------------------------------------+\n",
    ),
    "PROC PRINT of SAS": (
        "s.lst",
        "Obs    subjno        birth      sex    gross\n\n  1    70011384      1983        2    4821900\n"
        "  2    70011392      1985        1    3190400\n",
    ),
    "a table in Korean": (
        "a.md",
        "| 결합키 | 출생연도 | 시군구 | 총급여 |\n|---|---|---|---|\n| 70011384 | 1983 | 681 | 48219000 |\n"
        "| 70011392 | 1985 | 411 | 31904000 |\n",
    ),
    "one row": ("d.Rout", "> d[1, ]\n   person_key   dx_dt sex birth_yr\n1: 0048812093 2017-04-11 F 1944\n"),
    "records": ("a.json", json.dumps({"meta": {"version": 1}, "items": RECORDS})),
    "records far below": ("b.json", json.dumps({"d": {"x": [{"cases": RECORDS[:3]}]}})),
    "a record in each line": ("c.jsonl", "\n".join(map(json.dumps, RECORDS))),
    "records below their keys": (
        "d.json",
        json.dumps({str(one["k"]): {key: one[key] for key in ("by", "s", "dx")} for one in RECORDS}),
    ),
    "hashes": (
        "e.json",
        json.dumps(
            [
                {
                    "id": hashlib.sha256(str(n).encode()).hexdigest()[:10],
                    "sex": "FM"[n % 2],
                    "admit": f"2019-0{n + 1}-1{n * 3 % 9}",
                }
                for n in range(4)
            ]
        ),
    ),
    "YAML": (
        "g.yaml",
        "cases:\n"
        + "".join(
            f"  - key: {r['k']}\n    birth_year: {r['by']}\n    sex: F\n    dx: {r['dx']}\n" for r in RECORDS[:3]
        ),
    ),
}
OTHERS = {
    "means by year": ("a.txt", "   year  mean_age      n\n0  2019      44.2  12310\n1  2020      44.9  11982\n"),
    "industries": ("b.txt", "     ksic  firms     sales\n0  241103    120  48219000\n1  262201    340  31904000\n"),
    "regions": ("c.txt", "  sgg_cd       n   mean_wage\n1: 11680  48,210   312.2\n2: 26350  21,120   288.1\n"),
    "coefficients": (
        "l.txt",
        "term   estimate  std.error  p.value\nage    0.041     0.002      <0.001\nsex2  -0.112  0.021  0.01\n",
    ),
    "runs": (
        "d.json",
        json.dumps(
            {"runs": [{"run_id": key, "model": "xgb", "date": f"2024-03-0{n + 1}"} for n, key in enumerate(TOKENS)]}
        ),
    ),
    "files": (
        "e.json",
        json.dumps(
            [
                {"file": f"t{n}.csv", "sha256": hashlib.sha256(str(n).encode()).hexdigest(), "entry": "2024-03-01"}
                for n in range(5)
            ]
        ),
    ),
    "results by outcome": (
        "f.json",
        json.dumps([{"outcome": name, "hr": 1.1, "lower": 1.02, "upper": 1.2, "n": 4120} for name in ("C34", "I21")]),
    ),
    "settings": (
        "g.json",
        json.dumps({"columns": [{"id": "a1b2c3d4e5", "name": "age"}, {"id": "f6a7b8c9d0", "name": "sex"}]}),
    ),
    "drugs": ("h.csv", "drug_code,listed,price\n645301230,2019-01-01,1200\n648900120,2018-03-04,2100\n"),
    "stations": ("k.csv", "station_id,opened,region\n20190011,2019-01-02,11\n20190023,2018-04-03,26\n"),
    "trials": ("m.csv", "nct_id,start,status\nNCT03412345,2018-01-22,completed\nNCT03912222,2019-05-02,completed\n"),
    "population": ("n.csv", "birth_year,sex,persons\n1940,1,123100\n1941,1,120400\n1942,2,131200\n"),
    "commits": ("j.txt", "Commit log\n3f2a1b9c 2024-01-02 fix age filter\na91b22ce 2024-01-05 add sex strata\n"),
}


@pytest.mark.parametrize("kind", PEOPLE)
def test_a_few_rows_of_people_stop_a_file(kind: str) -> None:
    assert flagged(look(*PEOPLE[kind]), "table.singular") or flagged(look(*PEOPLE[kind]), "table.records")


@pytest.mark.parametrize("kind", OTHERS)
def test_keys_of_other_things_and_rows_of_groups_leave(kind: str) -> None:
    assert not flagged(look(*OTHERS[kind]), "table.singular")
    assert not flagged(look(*OTHERS[kind]), "table.records")
