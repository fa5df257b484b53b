"""Sorts of safe output that look like an unsafe one, each beside the unsafe one that it looks like."""

from __future__ import annotations

import json
from collections.abc import Sequence

import pytest

from egress_review.checks.bibliography import is_entry
from egress_review.checks.comments import is_remark
from egress_review.checks.organisations import Named, who
from egress_review.checks.share_words import outside_shares, shares_in_words
from egress_review.checks.statistic_rows import is_statistic
from egress_review.findings import Flagged, Severity
from tests.benchmarks.egress_documents import docx, page, pdf
from tests.benchmarks.egress_files import workbook
from tests.benchmarks.egress_slides import Slide, hwpx, pptx
from tests.unit.egress_review.egress_files import look


def rules(name: str, content: str | bytes) -> set[str]:
    """The rules that decide against a file."""
    return {f.rule for f in look(name, content).findings if isinstance(f, Flagged) and f.severity.decides}


def placed(heading: str, *areas: str, more: str = "", told: str = "") -> str:
    rows = (f"{area}{told},{37.5 + 0.0137 * n:.4f},{127 + 0.0121 * n:.4f}" for n, area in enumerate(areas))
    return f"{heading}{more},lat,lon\n" + "\n".join(rows) + "\n"


SEOUL = ("종로구", "중구", "용산구", "성동구")
LONDON = ("Camden", "Islington", "Hackney", "Tower Hamlets")


@pytest.mark.parametrize(
    ("name", "content", "stopped"),
    [
        ("중심점.csv", placed("자치구", *SEOUL), False),
        ("중심점.csv", placed("시군구코드", "11110", "11140", "11170", "11200"), False),
        ("centroids.csv", placed("LAD21NM", *LONDON), False),
        ("places.csv", placed("county_name", *LONDON), False),
        ("patients.csv", placed("district", *LONDON), True),
        ("자택.csv", placed("자치구", *SEOUL), True),
        ("a.csv", placed("자치구", *SEOUL, more=",나이", told=",34"), True),
        ("a.csv", placed("자치구", *SEOUL, more=",address", told=",x"), True),
        ("a.csv", placed("자치구", *SEOUL[:2], *SEOUL[:2]), True),
        ("a.csv", placed("code", "a1", "b2", "c3"), True),
    ],
)
def test_places_of_areas_pass_and_places_of_people_do_not(name: str, content: str, stopped: bool) -> None:
    assert ("table.singular" in rules(name, content)) is stopped


@pytest.mark.parametrize(("key", "stopped"), [("SIG_KOR_NM", False), ("district", False), ("name", True)])
def test_points_of_a_map_are_of_areas_where_their_properties_say_so(key: str, stopped: bool) -> None:
    points = [
        {
            "type": "Feature",
            "properties": {key: area},
            "geometry": {"type": "Point", "coordinates": [127 + 0.0121 * n, 37.5 + 0.0137 * n]},
        }
        for n, area in enumerate(SEOUL)
    ]
    content = json.dumps({"type": "FeatureCollection", "features": points})
    assert ("table.singular" in rules("a.geojson", content)) is stopped


def fractions(heading: str, *cells: str) -> str:
    rows = "".join(f"| {n} | {cell} |\n" for n, cell in enumerate(cells, 1))
    return f"| stratum | {heading} |\n|---|---|\n{rows}"


@pytest.mark.parametrize(
    ("heading", "cells", "stopped"),
    [
        ("추출률", ("1/250", "1/150"), False),
        ("Sampling fraction", ("1/250", "1/33"), False),
        ("dilution", ("1/16", "1/32"), False),
        ("odds", ("1/33", "1/250"), False),
        ("Rate", ("1/250", "1/100"), False),
        ("Rate", ("1/253", "1/117"), True),
        ("Mortality rate", ("1/250", "1/150"), True),
        ("사망률", ("1/250", "1/150"), True),
        ("Deaths", ("1/250", "1/150"), True),
        ("Sampling fraction", ("7/250", "1/150"), True),
    ],
)
def test_one_in_so_many_is_a_rate_where_the_heading_is_that_of_one(
    heading: str, cells: Sequence[str], stopped: bool
) -> None:
    assert ("cells.small" in rules("a.md", fractions(heading, *cells))) is stopped
    latex = "".join(f"{n} & {cell} \\\\\n" for n, cell in enumerate(cells))
    table = f"\\begin{{tabular}}{{lr}}\nstratum & {heading} \\\\\n\\hline\n{latex}\\end{{tabular}}\n"
    assert ("cells.small" in rules("a.tex", table)) is stopped


def test_ones_beside_the_size_of_their_group_are_people() -> None:
    assert "cells.small" in rules("a.csv", "arm,n,rate\nA,250,1/250\nB,150,1/150\n")


@pytest.mark.parametrize(
    ("label", "statistic"),
    [
        *((label, True) for label in ("Rooms, median", "Median rooms", "Rooms (median)", "Visits: mean (SD)", "IQR")),
        *((label, True) for label in ("방 수, 중앙값", "방 수 (중앙값)", "평균 방 수", "표준편차", "Pièces, médiane")),
        *((label, True) for label in ("Length of stay, IQR", "Median age of patients", "Stay - median [IQR]")),
        *((label, False) for label in ("Rooms above median", "중앙값 미만", "평균 이상 소득자", "Average", "평균")),
        *((label, False) for label in ("Average earners", "Below median, n (%)", "IQR group", "Mean BMI >30", "Rare")),
        *((label, False) for label in ("Patients, no.", "평균 소득자", "Median or more rooms (n)", "Rooms, median, n")),
    ],
)
def test_a_row_holds_a_statistic_where_its_label_says_so(label: str, statistic: bool) -> None:
    assert is_statistic(label) is statistic


def test_a_median_in_a_table_of_counts_is_none_of_them_and_the_row_beside_it_is() -> None:
    table = "| | Treated (N = 4,401) | Control |\n|---|---|---|\n| Rented | 1,870 | 5,546 |\n| {} | 3 | 4 |\n"
    assert not rules("a.md", table.format("Rooms, median"))
    assert "cells.small" in rules("a.md", table.format("Rooms above median"))
    rows = [["", "Treated (N = 4,401)", "Control"], ["Rented", "1,870", "5,546"], ["Rooms, median", "3", "4"]]
    assert not rules("a.docx", docx(tables=[rows]))


@pytest.mark.parametrize(
    ("words", "stopped"),
    [
        ("Three in five participants finished.", False),
        ("One in four women used it.", False),
        ("One out of every six children was vaccinated.", False),
        ("성인 열 명 중 세 명이 이용하였다.", False),
        ("응답자 10명 중 3명꼴로 이용하였다.", False),
        ("Three of the five participants died.", True),
        ("Only five participants finished.", True),
        ("대상자 10명 중 3명이 탈락하였다.", True),
        ("One in four women used it; 4 participants died.", True),
    ],
)
def test_a_share_in_words_is_no_group_of_few(words: str, stopped: bool) -> None:
    assert ("cells.small" in rules("a.md", f"{words}\n")) is stopped


def test_a_share_of_a_small_group_that_was_studied_is_one_of_people() -> None:
    assert not list(shares_in_words("환자 다섯 명 중 세 명이 사망하였다"))
    assert outside_shares({13: 5, 40: 4}, "Three in     five") == {13: 5, 40: 4}


MONTHS = [[f"{n}월", str(27 - n), str(30 - n), str(12 - n)] for n in range(1, 8)]


@pytest.mark.parametrize(
    ("title", "stopped"),
    [
        ("측정소 유형별 월평균 PM2.5 (㎍/㎥)", False),
        ("Monthly rainfall by station (mm)", False),
        ("Electricity consumption (kWh), 2021", False),
        ("표 3. 오존 (단위: ppb)", False),
        ("월평균 습도", False),
        ("Noise level, dB", False),
        ("측정소 유형별", True),
        ("월평균 입원 환자", True),
        ("PM2.5 (㎍/㎥) 구간별 사망자", True),
        ("Smoking by BMI (kg/m2)", True),
        ("체질량지수(kg/㎡) 분포", True),
        ("Average monthly admissions", True),
    ],
)
def test_a_table_under_the_title_of_a_measurement_counts_nobody(title: str, stopped: bool) -> None:
    rows = [["월", "도시", "도로", "배경"], *MONTHS]
    bars = "\n".join("| " + " | ".join(row) + " |" for row in [rows[0], ["---"] * 4, *MONTHS])
    assert ("cells.small" in rules("a.md", f"## {title}\n\n{bars}\n")) is stopped
    assert ("cells.small" in rules("a.csv", f"# {title}\n" + "\n".join(map(",".join, rows)))) is stopped
    above = page(rows).replace(b"<table", f"<h2>{title}</h2><table".encode(), 1)
    assert ("cells.small" in rules("a.html", above)) is stopped


def test_classes_of_what_is_measured_and_columns_of_people_are_counted_under_any_title() -> None:
    for names in ("<18.5,18.5-25,≥25", "환자,입원,사망"):
        rows = "\n".join(map(",".join, MONTHS))
        assert "cells.small" in rules("a.csv", f"# 월평균 체질량지수 (kg/㎡)\n월,{names}\n{rows}\n")


LIFE = "연령,lx(생존자),dx(기수 10만명당),기대여명(년)\n" + "\n".join(
    f"{age},{99_712 - 8 * age},{age + 4},{81.9 - age}" for age in range(5, 15)
)


def test_remarks_around_a_delimited_table_are_no_rows_of_it() -> None:
    assert not rules("a.csv", f"# 완전생명표(여자, 통계청 공표), 기수 100,000명 기준\n{LIFE}\n# 통계청 공표 생명표\n")
    assert not rules("a.csv", "age,population,deaths per 100,000\n5,99712,9\n6,99703,8\n7,99695,7\n")
    assert "cells.small" in rules("a.csv", "# by age, all\nage,patients\n5,120\n6,8\n7,130\n")


@pytest.mark.parametrize(
    ("content", "rule"),
    [
        ("region,count\nA,120\nB,130\n# C,3\n", "cells.small"),
        ("# region,count\nA,120\nB,3\n", "cells.small"),
        ("region,count\nA,120\n# C,3\nB,130\n", "cells.small"),
        ("region,count\nA,120\nB,130\n# C had 3 patients, D had 120\n", "cells.small"),
        ("# 담당: 홍길동, 010-1234-5678\nregion,count\nA,120\nB,130\n", "identifier.phone"),
        ("region,count\nA,120\nB,130\n# see patient Hannah Miller, ward 3\n", "identifier.person"),
        ("# patient_id,age\n" + "".join(f"P{n:05},{20 + n}\n" for n in range(20)), "table.records"),
    ],
)
def test_what_is_put_behind_the_sign_of_a_remark_is_looked_at_all_the_same(content: str, rule: str) -> None:
    assert rule in rules("a.csv", content)


def test_a_row_that_holds_a_number_is_no_remark() -> None:
    assert is_remark("# 1,204 people of 12 regions, 2021 to 2023")
    assert not is_remark("# Jeju,3")
    assert not is_remark("Jeju, 3")


@pytest.mark.parametrize(
    ("content", "stopped"),
    [
        ({"params": {"num_leaves": 7, "n_estimators": 5, "max_depth": 3, "seed": 42}}, False),
        ({"args": {"num_workers": 4, "n_jobs": 2}}, False),
        ({"model": {"config": {"numTrees": 5, "maxDepth": 3}}}, False),
        ({"설정": {"num_leaves": 7, "max_depth": 3}}, False),
        ({"params": {"n_patients": 7, "max_depth": 3}}, True),
        ({"config": {"서울": 7, "부산": 120}}, True),
        ({"settings": {"counts": {"Seoul": 3, "Busan": 120}}}, True),
        ({"params": {"male": 3, "female": 120}}, True),
        ({"options": {"n": 7, "seed": 4}}, True),
    ],
)
def test_settings_count_nobody_and_people_among_them_do(content: object, stopped: bool) -> None:
    assert ("cells.small" in rules("a.json", json.dumps(content))) is stopped


def test_the_size_of_a_model_is_no_count_in_other_files_either() -> None:
    assert not rules("a.yaml", "params:\n  num_leaves: 7\n  max_depth: 3\n")
    assert not rules("grid.csv", "num_leaves,max_depth,auc\n7,3,0.81\n9,4,0.82\n15,5,0.83\n")


WORKS = (
    "김영수·박미정(2020), 「주거비와 출산」, 『주택연구』 28(2), 5-31",
    "이정호(2018), 『조세와 지역』, 한울, ISBN 978-89-460-6512-3",
)


def test_those_who_wrote_published_works_may_be_named_in_a_bibliography() -> None:
    assert not rules("a.md", "# 참고문헌\n\n" + "\n\n".join(WORKS) + "\n")
    assert not rules(
        "a.docx", docx(["참고문헌"], [[["번호", "문헌"], *([str(n), work] for n, work in enumerate(WORKS))]])
    )
    assert is_entry('Kim, Y. (2020). "Housing costs and births". Housing Studies 28(2), 5-31.')


@pytest.mark.parametrize(
    "line",
    [
        "환자명 김영수 (1975) 「면담 기록」 3(2)",
        "김영수 (남, 45세), 「면담」 2020 연구",
        "성명: 박미정 1982",
        "환자 이정호 씨",
    ],
)
def test_a_list_of_participants_is_found_under_that_heading_too(line: str) -> None:
    assert not is_entry(line)
    assert "identifier.person" in rules("a.md", f"# 참고문헌\n\n{WORKS[0]}\n\n- 환자 이정호 씨\n- {line}\n")


@pytest.mark.parametrize(
    "name",
    [
        *("Data analysis unit", "Department of Public Health", "Seoul National University", "ONS Data Team"),
        *("Office for National Statistics", "Karolinska Institute", "R&D department", "Abteilung Statistik"),
        *(
            "통계분석팀",
            "국민건강보험공단 빅데이터실",
            "고려대학교 보건대학원",
            "건강보험심사평가원",
            "원무과",
            "統計局",
        ),
    ],
)
def test_an_organisation_is_told_by_its_words(name: str) -> None:
    assert who(name) is Named.ORGANISATION


@pytest.mark.parametrize(
    "name",
    [
        *("Kim Minsu", "김민수", "김민수 (원무과)", "통계팀 김민수", "정은실", "이태원", "김민수연구원", "박과장"),
        *("minsu.kim@snu.ac.kr", "mkim", "DESKTOP\\mkim", "data_team01", "Smith lab", "John Smith Unit", "KIM team"),
        *("Data analysis unit - Kim Minsu", "University of Maria Gonzalez", "12 patients died in Jeju unit"),
        *("Unit 20240301", "Health unit http://x.kr", "data " * 20 + "unit"),
    ],
)
def test_whatever_may_name_a_person_is_somebody(name: str) -> None:
    assert who(name) is Named.SOMEBODY


def test_an_organisation_in_the_properties_is_pointed_out_and_a_person_stops_the_file() -> None:
    core = {
        "docProps/core.xml": b'<p xmlns:d="http://purl.org/dc/elements/1.1/"><d:creator>Policy team</d:creator></p>'
    }
    for content, name, rule in (
        (docx(["Words."], creator="Data analysis unit"), "a.docx", "document.people"),
        (pptx(Slide(("Words",)), creator="통계분석팀"), "a.pptx", "document.people"),
        (hwpx(["글"], creator="통계분석팀"), "a.hwpx", "document.people"),
        (workbook({"S": [["a", "b"], ["c", "d"]]}, parts=core), "a.xlsx", "workbook.people"),
        (pdf([[(60, 780, "Words.")]], info=b"/Author (Data analysis unit)"), "a.pdf", "pdf.metadata"),
    ):
        found = [f for f in look(name, content).findings if isinstance(f, Flagged) and f.rule == rule]
        assert [f.severity for f in found] == [Severity.WARN]
    assert "document.people" in rules("a.docx", docx(["Words."], creator="Kim Minsu"))
    assert "pdf.metadata" in rules("a.pdf", pdf([[(60, 780, "Words.")]], info=b"/Author (mkim)"))


@pytest.mark.parametrize(
    "options",
    [
        "1 예 2 아니오",
        "1 예, 2 아니요",
        "0 아니오 1 예",
        "1 예 / 2 아니오 / 9 모름",
        "1 예 9 무응답",
        "1 상용 2 임시 3 일용 4 고용주 5 자영업",
    ],
)
def test_the_options_of_a_question_count_nobody(options: str) -> None:
    table = [["변수명", "설명", "보기"], ["p252101", "직업훈련 참여", options], ["p251642", "임금", "만원 (모름 9998)"]]
    assert "cells.small" not in rules("변수목록.docx", docx(["변수목록"], [table]))
    assert "cells.small" not in rules("변수목록.md", f"# 변수목록\n\np252101 직업훈련 참여\n\n{options}\n")


@pytest.mark.parametrize("said", ["이상반응 1 예가 있었다.", "재수술 3 예, 사망 2 예.", "합병증은 4예였다."])
def test_cases_that_a_text_counts_stay(said: str) -> None:
    assert "cells.small" in rules("a.md", f"# 결과\n\n{said}\n")
