"""Tables whose whole numbers count nobody by their form, counts in thousands, and their twins that count people."""

from __future__ import annotations

import pytest

from egress_review.checks.columns import Kind, kind_of
from egress_review.findings import Flagged, Verdict
from tests.unit.egress_review.egress_files import look

PLAN = """Two-sample t test, equal allocation (planned)

 Power   alpha   delta    SD    n per arm   total
 0.80    0.05    0.50    1.0        64       128
 0.90    0.05    0.50    1.0        86       172
 0.80    0.05    1.60    1.0         8        16
 0.90    0.05    2.00    1.0         7        14
"""
SEEN = """Two-sample t test by group (observed)

 Power   alpha   delta    SD    n per arm   total
 0.80    0.05    0.50    1.0         7        14
 0.90    0.05    0.50    1.0         4         8
 0.80    0.05    1.60    1.0       120       240
 0.90    0.05    2.00    1.0       310       620
"""
LIFE = """연령(x),n,"q(x,n)",l(x),"d(x,n)","L(x,n)",e(x)
0,1,0.0031,100000,310,99845,83.1
1,4,0.0005,99690,50,398640,82.4
5,5,0.0004,99640,40,498100,78.4
10,10,0.0009,99600,90,995550,73.5
20,10,0.0030,99510,,,63.5
"""
CHECKLIST = """| Item | No | Recommendation | Page |
|---|---|---|---|
| Title | 1 | State the design in the title | 1 |
| Background | 2 | Explain the background | 3 |
| Participants | 6 | Give the criteria of eligibility | 4 |
| Outcomes | 7 | Define all outcomes | 6 |
| Events | 15 | Report numbers of events | 8 |
"""
QUESTIONS = """문6. 다음 각 항목에 얼마나 동의하십니까? (1 전혀 아니다 ~ 5 매우 그렇다)
     6-1) 퇴근 후에도 연락을 받는다            1  2  3  4  5
     6-2) 휴직을 눈치보지 않고 쓸 수 있다      1  2  3  4  5
     6-3) 유연근무를 장려한다                  1  2  3  4  5
"""
OPTIONS = "| item | a | b | c |\n|---|---|---|---|\n| I sleep well | 3 | 2 | 1 |\n| I eat well | 3 | 2 | 1 |\n"
IN_THOUSANDS = (
    "표 1. 인구\n\n(단위: 천 명)\n\n| 연령 | 남 | 여 |\n|---|---|---|\n| 0~4세 | 3 | 4 |\n| 5~9세 | 12 | 9 |\n"
)
DOSES = (
    "ATC\t성분\tDDD\tU\tMED factor\nN02AA01\tmorphine\t100\tmg\t1\n"
    "N02AA03\thydromorphone\t20\tmg\t4\nN05BA12\talprazolam\t1\tmg\t-\n"
)
TWO = (
    "표 1. 인구 (단위: 천명)\n\n| 시도 | 남자 | 여자 |\n|---|---|---|\n| 서울 | 412 | 433 |\n| 부산 | 212 | 233 |\n\n"
    "표 2. 시도별 환자 수\n\n| 시도 | 남자 | 여자 |\n|---|---|---|\n| 서울 | 41 | 3 |\n| 부산 | 21 | 23 |\n"
)
PYRAMID = "연령계급,남자,여자\n(단위: 천명),,\n0~4세,3,3\n5~9세,4,4\n10~14세,15,15\n15~19세,26,36\n"


def small(name: str, content: str) -> list[tuple[int, int]]:
    """Where a file has cells below the smallest."""
    found = (f for f in look(name, content).findings if isinstance(f, Flagged))
    return [(f.where.row, f.where.column) for f in found if f.rule in ("cells.small", "cells.implied")]


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("plan.txt", PLAN),
        ("plan.csv", "시나리오,검정력,유의수준,효과크기,군별 표본수,n\n가,80%,0.05,1.6,8,16\n나,90%,0.05,1.6,10,20\n"),
        (
            "power.log",
            "Study parameters:\n\n  alpha = 0.0500\n  power = 0.8000\n  delta = 1.8\n\n  N = 12\n  N per group = 6\n",
        ),
        ("pwr.txt", "              n = 6\n              d = 1.8\n      sig.level = 0.05\n          power = 0.8\n"),
        (
            "events.csv",
            "power,alpha,OR,p0,events needed,total n\n0.8,0.05,2,0.1,40,412\n0.8,0.05,4,0.1,9,96\n",
        ),
        ("life.csv", LIFE),
        ("strobe.md", CHECKLIST),
        (
            "strobe.csv",
            "항목,번호,권고,쪽\n제목,1,설계를 명시,1\n배경,2,과학적 배경,3\n대상자,6,선정 기준,4\nn,7,표본수 근거,5\n",
        ),
        ("survey.txt", QUESTIONS),
        ("survey.md", OPTIONS),
        ("pyramid.csv", PYRAMID),
        ("pyramid.md", IN_THOUSANDS),
        ("pyramid2.csv", "age,men (천명),women (천명)\n0-4,3,3\n5-9,4,4\n10-14,15,15\n"),
        (
            "codes.csv",
            "old,name_old,new,name_new,link\n26110,반도체,26110,메모리,1:N\n96119,기타 미용,96114,네일,N:1\n",
        ),
        ("atc.tsv", DOSES),
    ],
)
def test_plans_life_tables_checklists_options_and_thousands_count_nobody(name: str, content: str) -> None:
    assert small(name, content) == []
    assert look(name, content).verdict is Verdict.PASSED


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("seen.txt", SEEN),
        ("seen.csv", "group,power,alpha,delta,observed n\na,0.80,0.05,1.6,8\nb,0.90,0.05,1.6,10\nc,0.90,0.05,0.5,86\n"),
        (
            "reached.txt",
            "              n = 6\n              d = 1.8\n      sig.level = 0.05\n          power = 0.8147\n",
        ),
        ("sizes.csv", "group,sample size,mean\na,120,1.2\nb,7,1.4\nc,88,1.1\n"),
        ("cohort.csv", LIFE.replace("100000,310", "1000,3").replace("99690,50", "997,5").replace("99640,40", "992,4")),
        ("patients.csv", LIFE.replace('"L(x,n)"', "환자수").replace("498100", "6")),
        ("list.md", CHECKLIST.replace("Page", "n")),
        ("filled.txt", QUESTIONS.replace("1  2  3  4  5", "41  32  8  4  15", 1)),
        (
            "survey.md",
            "| item | n | men | women |\n|---|---|---|---|\n| I sleep | 3 | 2 | 1 |\n| I eat | 3 | 2 | 1 |\n",
        ),
        ("persons.csv", PYRAMID.replace("천명", "명")),
        ("mixed.csv", "연령계급,남자(명),여자\n(단위: 천명),,\n0~4세,3,3\n5~9세,4,4\n10~14세,15,15\n"),
        ("two.md", TWO),
        ("too_many.csv", "지역,남자,여자\n(단위: 천명),,\n서울,120431,131022\n부산,3,41022\n"),
        ("named.csv", "group,size\nA (N:1),412\nB,330\n"),
        ("atc.tsv", "ATC\t성분\tDDD\t환자수\nN02AA01\tmorphine\t100\t412\nN02AA03\thydromorphone\t20\t4\n"),
    ],
)
def test_their_twins_that_count_people_are_stopped(name: str, content: str) -> None:
    assert small(name, content)


@pytest.mark.parametrize("code", ["N18", "N18.5", "N00-N99", "N02AA01", "N02A", "N02AA", "A00–B99"])
def test_codes_of_diseases_and_drugs_are_no_numbers_of_people(code: str) -> None:
    assert kind_of(code) is Kind.UNKNOWN


@pytest.mark.parametrize("name", ["N", "n (%)", "N total", "N02 patients"])
def test_numbers_of_people_stay(name: str) -> None:
    assert kind_of(name) in (Kind.COUNT, Kind.COUNT_AND_PERCENT)
