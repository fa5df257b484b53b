"""Who dominates a sum is told by lists that researchers make themselves, by columns of shares and by sentences."""

from __future__ import annotations

import json
import random

import pytest

from egress_review.checks.largest_said import shares_of_largest
from egress_review.checks.subject import Subject
from egress_review.checks.supporting import Supporting, read_supporting
from egress_review.claims import FileClaims
from egress_review.findings import FileReport, Flagged, Severity
from tests.benchmarks.egress_files import workbook
from tests.unit.egress_review.egress_files import DEFAULT, look

RULES = ("evidence.dominance", "evidence.p_percent")


def beside(name: str, text: str, encoding: str = "utf-8") -> Supporting:
    data = text.encode(encoding)
    return read_supporting([Subject(name, "0" * 64, data, DEFAULT, FileClaims(), name.rpartition(".")[2], len(data))])


def told(report: FileReport) -> set[tuple[int, int, str]]:
    """Row, column and weight of all that was found of dominance."""
    return {
        (one.where.row, one.where.column, one.severity.value)
        for one in report.findings
        if isinstance(one, Flagged) and one.rule in RULES
    }


def firms(share: float, *, of: int = 14, total: int = 6120) -> list[float]:
    """What single firms give to a sum, the first of them so much of it."""
    first = round(total * share, 1)
    rest = [round((total - first) / (of - 1), 1)] * (of - 2)
    return [first, *rest, round(total - first - sum(rest), 1)]


PUBLISHED = "지역,기관수,청구액(백만원)\n서울,14,41220\n부산,14,17331\n강원,14,6120\n"


def rows(share: float) -> list[tuple[str, str, float]]:
    of = (("서울", firms(0.1, total=41220)), ("부산", firms(0.12, total=17331)), ("강원", firms(share)))
    return [(region, f"H{at:02}", value) for region, values in of for at, value in enumerate(values, 1)]


def in_long_form(share: float) -> str:
    return "지역,기관,매출_백만원\n" + "".join(f"{a},{b},{c}\n" for a, b, c in rows(share))


def contributor_first(share: float) -> str:
    return "기관코드,지역,종사자수,금액\n" + "".join(
        f"{b},{a},{20 + at},{c}\n" for at, (a, b, c) in enumerate(rows(share))
    )


def by_month(share: float) -> str:
    lines = [f"2022-{m:02},{a},{b},{c / 4:.3f}\n" for m in range(1, 5) for a, b, c in rows(share)]
    return "연월,지역,기관,청구액\n" + "".join(lines)


def in_won(share: float) -> str:
    return "지역,기관,매출_원\n" + "".join(f"{a},{b},{round(c * 1_000_000)}\n" for a, b, c in rows(share))


def with_totals(share: float) -> str:
    lines = "".join(f"{a},{b},{c}\n" for a, b, c in rows(share))
    return f"지역,기관,매출_백만원\n{lines}강원,합계,6120\n"


def in_json(share: float) -> str:
    return json.dumps([{"id": b, "region": a, "claims": c} for a, b, c in rows(share)])


@pytest.mark.parametrize("listed", [in_long_form, contributor_first, by_month, in_won, with_totals, in_json])
@pytest.mark.parametrize("encoding", ["utf-8", "cp949"])
def test_a_list_of_contributors_is_held_to_the_sums_that_it_makes_up(listed: object, encoding: str) -> None:
    assert callable(listed)
    name = "기여.json" if listed is in_json else "기여.csv"
    if listed is in_json and encoding != "utf-8":
        return

    def found(share: float) -> set[tuple[int, int, str]]:
        return told(look("표.csv", PUBLISHED, supporting=beside(name, listed(share), encoding)))

    assert (4, 3, "fail") in found(0.93)
    assert found(0.61) == {(4, 3, "warn")}
    assert found(0.3) == set()


def test_two_labels_name_a_group_together_or_one_of_them_stands_in_the_heading() -> None:
    chance = random.Random(3)
    each = [(r, s, f"f{i}", chance.randint(100, 200)) for r in "AB" for s in ("ga", "na") for i in range(8)]
    each += [("B", "na", "f9", 60_000)]
    supporting = beside("firms.csv", "region,sector,firm,gwh\n" + "".join(f"{a},{b},{c},{d}\n" for a, b, c, d in each))
    sums = {(r, s): sum(one[3] for one in each if one[:2] == (r, s)) for r in "AB" for s in ("ga", "na")}
    long = "region,sector,gwh used\n" + "".join(f"{r},{s},{value}\n" for (r, s), value in sums.items())
    wide = "region,ga,na\n" + "".join(f"{r},{sums[r, 'ga']},{sums[r, 'na']}\n" for r in "AB")
    assert (5, 3, "fail") in told(look("t.csv", long, supporting=supporting))
    assert {(row, column) for row, column, _ in told(look("t.csv", wide, supporting=supporting))} == {(3, 3)}


def test_what_does_not_add_up_to_a_column_says_nothing_of_it() -> None:
    listed = "region,year,firm,energy\n" + "".join(
        f"{r},{y},f{i},{9000 if i == 0 else 7}\n" for r in "AB" for y in (2020, 2021) for i in range(9)
    )
    assert told(look("t.csv", "region,gwh used\nA,812\nB,655\n", supporting=beside("f.csv", listed))) == set()


WIDE = "업종코드,사업체수,매출액_억원\nC10,66,18420\nC21,153,8872\nC24,401,61230\n"


@pytest.mark.parametrize(
    ("head", "row"),
    [
        ("업종코드,사업체수,매출합계,최대기여액,2위기여액", "{0},66,{1},{2},{3}"),
        ("업종코드,2위기여액,최대기여액,매출액", "{0},{3},{2},{1}"),
        ("code,n,second_largest,largest,total", "{0},66,{3},{2},{1}"),
        ("code,total_firms,total_sales,largest,second_largest", "{0},66,{1},{2},{3}"),
        ("code,share_largest,share_second", "{0},{4:.3f},{5:.3f}"),
        ("업종,1위 업체 비중(%),2위 업체 비중(%)", "{0},{6:.1f},{7:.1f}"),
        ("industry,C1,C2", "{0},{6:.1f},{8:.1f}"),
        ("업종,합계,최대1,상위2합계", "{0},{1},{2},{9}"),
    ],
)
@pytest.mark.parametrize("encoding", ["utf-8", "cp949"])
def test_a_row_for_each_group_with_its_largest_is_read_in_many_forms(head: str, row: str, encoding: str) -> None:
    def found(top: int, second: int) -> set[tuple[int, int, str]]:
        groups = [("C10", 18420, 2210, 1473), ("C21", 8872, top, second), ("C24", 61230, 11633, 7347)]
        lines = [
            row.format(a, b, c, d, c / b, d / b, 100 * c / b, 100 * d / b, 100 * (c + d) / b, c + d)
            for a, b, c, d in groups
        ]
        listed = beside("점검.csv", "\n".join([head, *lines]) + "\n", encoding)
        return told(look("업종별.csv", WIDE, supporting=listed, encoding=encoding))

    assert (3, 3, "fail") in found(6900, 1800)
    assert found(5145, 1242) == {(3, 3, "warn")}
    assert found(2129, 1242) == set()


@pytest.mark.parametrize(
    ("head", "scale"),
    [
        ("최대기관비중", 0.01),
        ("최대기관비중", 1),
        ("Share of largest (%)", 1),
        ("share_of_largest", 0.01),
        ("Share of the largest enterprise %", 1),
        ("largest firm's share", 0.01),
        ("top1_share", 0.01),
        ("최대 점유율(%)", 1),
        ("max share", 0.01),
        ("C1", 1),
    ],
)
def test_a_column_of_shares_of_the_largest_is_held_to_the_rule_of_dominance(head: str, scale: float) -> None:
    def found(share: float, name: str = head) -> set[tuple[int, int, str]]:
        cells = [round(one * scale, 3) for one in (11, share, 24)]
        lines = [f"과{at},48,{18230 + at},{cell}" for at, cell in enumerate(cells)]
        return told(look("t.csv", f"진료과,기관수,총진료비_백만원,{name}\n" + "\n".join(lines) + "\n"))

    assert found(95) == {(3, 4, "fail")}
    assert found(63) == {(3, 4, "warn")}
    assert found(27) == set()


@pytest.mark.parametrize(
    "head",
    [
        "Share of ten largest (%)",
        "상위 10개 기관 비중",
        "top10_share",
        "top 1% share",
        "매출 비중 상위 1%",
        "CR5",
        "C10",
    ],
)
def test_shares_of_many_or_of_a_part_of_everybody_are_none_of_the_largest(head: str) -> None:
    assert told(look("t.csv", f"industry,turnover (KRW bn),{head}\nA,1840,71.3\nB,2204,96.5\nC,300,93\n")) == set()


@pytest.mark.parametrize(
    "head", ["top-1 accuracy (%)", "Top two box (%)", "최대 점유율", "largest share missing (%)", "max share"]
)
def test_what_else_is_largest_in_per_cent_is_no_share_of_a_total(head: str) -> None:
    assert told(look("t.csv", f"model,runs,{head}\nA,1840,71.3\nB,2204,96.5\nC,300,93\n")) == set()


def test_a_first_and_a_second_share_are_added_and_a_share_of_two_is_not() -> None:
    apart = "업종,매출액,1위 비중,2위 비중\nA,100,0.60,0.33\nB,90,0.30,0.20\n"
    assert (2, 4, "fail") in told(look("t.csv", apart))
    together = "industry,turnover,CR1,CR2\nA,100,45,60\nB,90,44,88\n"
    assert told(look("t.csv", together)) == set()


@pytest.mark.parametrize("share", [95, 33])
def test_shares_stand_in_rows_in_json_and_in_remarks_too(share: int) -> None:
    wanted = share == 95
    files: list[tuple[str, str | bytes]] = [
        ("t.csv", f"item,Cement,Glass\nTurnover,912,44\nShare of largest (%),20,{share}\n"),
        (
            "t.json",
            json.dumps({"Glass": {"turnover": 912.5, "share_of_largest": share / 100}, "Tin": {"turnover": 4.5}}),
        ),
        ("t.json", json.dumps({"note": f"In glass the largest firm accounts for {share} % of turnover."})),
        (
            "t.csv",
            f"Industry,Turnover,Remark\nCement,1840.2,\nGlass,912.6,largest enterprise alone {share} %\nTin,3,\n",
        ),
        (
            "t.xlsx",
            workbook(
                {"표": [["업종", "매출", "비고"], ["시멘트", "912", ""], ["유리", "88", f"최대 업체 비중 {share}%"]]}
            ),
        ),
        ("t.md", f"| 업종 | 비고 |\n|---|---|\n| 유리 | 1위 업체가 {share}% 차지 |\n"),
        ("t.tex", f"Smelting is concentrated: the largest\nsite alone accounts for {share}\\% of the branch\ntotal.\n"),
        ("t.csv", f"업종,매출\n유리,88.5\n시멘트,912.5\n# 유리는 한 업체가 매출의 {share}%를 차지\n"),
    ]
    for name, content in files:
        assert ("fail" in {weight for *_, weight in told(look(name, content))}) is wanted, name


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ("상위 두 기관이 청구액의 91%를 차지하였으며, 1위 기관의 비중은 48%였다.", [(2, 91), (1, 48)]),
        ("상위 2개사의 매출 비중 합계는 93.1%이다.", [(2, 93.1)]),
        ("가장 큰 업체가 전체 매출의 72%를 차지한다.", [(1, 72)]),
        ("최대 기관 비중 63%, 둘째로 큰 기관 29%로 집중되어 있다.", [(1, 63), (2, 92)]),
        ("최대 사업체 단독 비중 61.4%", [(1, 61.4)]),
        ("1위와 2위 업체가 있으며 둘을 합하면 시장의 95%를 차지한다.", [(2, 95)]),
        ("The two largest hospitals account for 91% of total claims.", [(2, 91)]),
        ("91 % of turnover is accounted for by the two largest firms.", [(2, 91)]),
        ("A single firm generated 94\\% of exports.", [(1, 94)]),
        ("The dominant supplier held 92 percent of the market", [(1, 92)]),
        ("Two firms (the two largest) account for 97% of sales", [(2, 97)]),
        (
            "52~per cent falls to the north site and a further 41~per cent to the second largest, so that the two "
            "account for 93~per cent of the total.",
            [(2, 93), (1, 52), (2, 93)],
        ),
    ],
)
def test_sentences_that_give_the_share_of_the_largest_are_read(words: str, found: list[tuple[int, float]]) -> None:
    assert [(one.largest, one.share) for one in shares_of_largest(words)] == found


@pytest.mark.parametrize(
    "words",
    [
        "기관 14개소 중 상위 두 기관이 청구액의 38%를 차지하였으며, 1위 기관의 비중은 21%였다.",
        "14개 기관 가운데 1위 기관의 비중은 21%였다.",
        "상위 10개 기관이 청구액의 91%를 차지하였다.",
        "상위 1%가 매출의 92%를 차지하였다.",
        "상위 2개 기업의 비중이 90% 미만인 업종만 공개하였다.",
        "상위 두 기관이 90% 이상을 차지하면 비공개한다.",
        "한 기관이 90%를 넘게 차지하는 경우는 없었다.",
        "가장 큰 연령대가 매출의 92%를 차지하였다.",
        "사망원인 1위는 암으로 91%를 차지하였다.",
        "한 병원의 자료로 대상자의 92%가 여성이었다.",
        "최대 기업군이 수출의 92%를 차지하였다.",
        "The ten largest sites account for 96 per cent of the branch total.",
        "The top 10% of patients account for 93% of costs.",
        "No single firm accounts for more than 90% of turnover.",
        "The two largest contributors may not exceed 90% of the total.",
        "If one firm accounts for 91% of a total, the cell is hidden.",
        "The largest industry accounts for 92% of firms.",
        "In one hospital, 92% of patients were women.",
        "The largest hospital contributed 92% of the participants.",
        "One firm in five accounts for 92% of sales.",
        "One unit more of dust accounts for 92% of the variance.",
        "The largest laboratory site contributed 92% of samples.",
        "Of the 14 firms the two largest hold 21% of sales.",
    ],
)
def test_sentences_of_many_of_groups_of_people_and_of_rules_pass(words: str) -> None:
    for name in ("t.md", "t.txt"):
        report = look(name, f"# Results\n\n{words}\n")
        stopping = [one for one in report.findings if isinstance(one, Flagged) and one.severity is not Severity.NOTE]
        assert stopping == []
