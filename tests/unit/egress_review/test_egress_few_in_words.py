"""Few people and firms that sentences and remarks count in words, and the one at the top that they name."""

from __future__ import annotations

import pytest

from egress_review.checks.few_in_words import few_in_words
from egress_review.checks.program_words import words_of
from egress_review.checks.singled_out import says_no_ends, value_at_top
from egress_review.findings import Flagged, Severity
from tests.benchmarks.egress_documents import docx
from tests.unit.egress_review.egress_files import look


def stopped(name: str, content: str | bytes, prefix: str) -> bool:
    """Whether a rule of that family stops a file."""
    found = (f for f in look(name, content).findings if isinstance(f, Flagged))
    return any(one.rule.startswith(prefix) and one.severity.decides for one in found)


@pytest.mark.parametrize(
    ("line", "value"),
    [
        ("막걸리 제조업에서는 단 두 곳만이 신청하였고 모두 탈락하였다.", 2),
        ("해당 섬의 수산물 가공업체는 세 곳뿐이며 매출이 줄었다.", 3),
        ("조선 기자재 업종에서는 네 개 업체가 부도 처리되었다.", 4),
        ("흑자를 낸 곳은 삼 개 업체만이 남았다.", 3),
        ("이식 환자 중 일곱 명은 추적이 되지 않아 사망으로 보았다.", 7),
        ("응답자 가운데 다섯 명은 조사 도중 철회하였다.", 5),
        ("참여자 중 세 사람이 자살을 시도하였다.", 3),
        ("이 중 네 명은 재입원하였다.", 4),
        ("여성 환자는 여덟 명에 불과하였다.", 8),
        ("섬 지역 가구 중 여섯 가구는 체납 상태였다.", 6),
        ("담배 제조업은 세 회사밖에 없다.", 3),
        ("탈북 청소년 가운데 여섯 명이 자퇴하였다.", 6),
        ("수술 후 세 명에서 합병증이 발생하였다.", 3),
        ("세 농가에서만 구제역이 발생하였다.", 3),
        ("Four of the pupils were expelled during the year.", 4),
        ("Of the mills, only three survived the crisis.", 3),
        ("Seven of them died within a year.", 7),
        ("Only two firms on the island were left.", 2),
        ("Three of the breweries were fined after the audit.", 3),
        ("Two companies were dropped because of losses.", 2),
    ],
)
def test_few_people_and_firms_are_counted_in_words(line: str, value: int) -> None:
    assert [found for _, found in few_in_words(line, 10)] == [value]
    assert stopped("a.md", f"# 결과\n\n{line}\n", "cells.small")


@pytest.mark.parametrize(
    "line",
    [
        "모형은 세 가지 방법으로 추정하였다.",
        "두 병원이 연구에 참여하였다.",
        "참여 병원은 두 곳뿐이다.",
        "검토자 두 명이 독립적으로 판독하였다.",
        "연구자 세 명이 코딩하였다.",
        "만족도는 5점 척도 다섯 문항으로 물었다.",
        "사업체가 두 곳뿐인 지역은 비공개 처리하였다.",
        "국민 열 명 중 세 명은 운동을 하지 않는다.",
        "성인 10명 중 3명꼴로 흡연한다.",
        "시도 두 곳을 제외한 15개 시도를 분석하였다.",
        "두 세대에 걸친 이동을 살펴보았다.",
        "한 기업이 여러 사업장을 가질 수 있다.",
        "동시에 두 명만 접속할 수 있다.",
        "집단마다 최소 세 명 이상이어야 한다.",
        "네 개 업체의 장비로 측정하였다.",
        "자료는 두 기업에서 제공받았다.",
        "환자 중 사망한 사람은 412명이었다.",
        "Two reviewers screened the titles.",
        "Only two participating hospitals used this system.",
        "Two hospitals take part as sites.",
        "We compared three models and two methods.",
        "Cells with only two firms were suppressed.",
        "If only one firm is left, the cell is merged.",
        "The survey was carried out by two companies.",
        "One in five people applied.",
        "Families with two children were excluded.",
        "Only two workers are started, as the memory is small.",
        "Only two families of distributions were tried.",
        "Each node of the tree has only two children.",
    ],
)
def test_methods_sites_limits_and_those_who_did_the_work_are_no_counts(line: str) -> None:
    assert not list(few_in_words(line, 10))


def test_a_document_is_read_as_a_text_is() -> None:
    words = "세액공제를 이용한 기업은 318곳이었고, 양조업에서는 단 세 곳만이 이용하였다."
    assert stopped("a.docx", docx([words]), "cells.small")
    assert not stopped(
        "a.docx", docx(["제도를 이용한 기업은 318곳이었고, 분석은 세 가지 방법으로 하였다."]), "cells.small"
    )


@pytest.mark.parametrize(
    ("name", "program"),
    [
        ("a.do", "* 섬 지역 여객업은 두 업체뿐이라 제외\ndrop if ksic==501\n"),
        ("a.do", "drop if ksic==501 // 2개사뿐이고 둘 다 적자라서 제외\n"),
        ("a.r", "d <- d[d$k != 501, ] # only two firms were left, both with losses\n"),
        ("a.py", '"""Sample.\n\nTwo companies were dropped after the audit.\n"""\nimport pandas\n'),
        ("a.sas", "data a; set b; /* 두 업체만이 남았다 하여 제외: 적자 */ run;\n"),
        ("a.sql", "select 1 -- 세 업체만이 남았고 모두 적자였다\n"),
        ("a.jl", "#= Three of the firms\nwere fined =#\nx = 1\n# only three firms were left\n"),
        ("a.sps", "COMMENT only two firms were left.\n"),
    ],
)
def test_remarks_of_programs_are_read_for_numbers_in_words(name: str, program: str) -> None:
    assert stopped(name, program, "cells.small")


@pytest.mark.parametrize(
    "program",
    [
        "* 두 가지 모형을 비교\nreg y x\n",
        "# two models, three folds\nfit(x)\n",
        "// 검토자 두 명이 확인함\n",
        "x = only_two(firms)\n",
    ],
)
def test_other_remarks_and_code_stay(program: str) -> None:
    assert not stopped("a.do", program, "cells.")


def test_rulers_of_remarks_open_no_long_one() -> None:
    assert words_of("#=========\nx = 1\n#=========\ny = 2\n").strip("=\n ") == ""


@pytest.mark.parametrize(
    "line",
    [
        "참고로 가장 큰 차주의 잔액은 71억 2,005만원이다.",
        "가장 많은 매출을 올린 업체는 412억 원이었다.",
        "최대 채무자의 부채는 12억 3,400만 원이다.",
        "1위 기업의 수출액은 3,412만 달러였다.",
        "가장 오래 입원한 환자는 412일이었다.",
        "The largest borrower owes KRW 8.34 billion.",
        "The highest earner in the sample made £412,000.",
    ],
)
def test_the_one_at_the_top_is_named_with_its_value(line: str) -> None:
    assert any(value_at_top(line))
    words = f"최소·최대값은 제시하지 않으며 분위수만 제시한다 (n = 41,208).\n\n{line}\n"
    found = [f for f in look("a.md", words).findings if isinstance(f, Flagged) and f.rule == "cells.extremes"]
    assert [(f.where.row, f.severity) for f in found] == [(3, Severity.FAIL)]


@pytest.mark.parametrize(
    "line",
    [
        "가장 큰 지역은 경기로 1,360만 명이다.",
        "가장 많이 이용한 업종은 음식점업 412억 원이다.",
        "최대 대출 한도는 3억 원이다.",
        "가장 큰 기업 집단의 평균 매출은 412억 원이다.",
        "가장 많은 환자가 방문한 해는 2019년이다.",
        "The largest sector employs 41,000 employees.",
        "The highest quintile of households earns on average $41,000.",
        "The largest loan may be up to £25,000.",
    ],
)
def test_regions_sectors_groups_and_limits_have_a_largest_too(line: str) -> None:
    assert not any(value_at_top(line))


def test_words_that_no_ends_leave_are_known() -> None:
    assert says_no_ends("No minimum or maximum values are given.")
    assert says_no_ends("최댓값과 최솟값은 싣지 않았다")
    assert not says_no_ends("최댓값은 412이다. The maximum is 7.")


def test_a_footnote_of_a_document_is_read() -> None:
    space = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'
    said = "<w:p><w:r><w:t>이식 환자 중 일곱 명은 전원 후 추적이 되지 않았다.</w:t></w:r></w:p>"
    notes = f'<w:footnotes {space}><w:footnote w:id="1">{said}</w:footnote></w:footnotes>'
    content = docx(["표 4. 이식 후 결과"], parts={"word/footnotes.xml": notes.encode()})
    assert stopped("a.docx", content, "cells.small")
