"""Tables are read as seen: rows that share a label, remarks in LaTeX, labels of a drawing by their places."""

from __future__ import annotations

import pytest

from egress_review.checks.supporting import read_supporting
from egress_review.claims import Claims
from egress_review.engine import InputFile
from egress_review.findings import Verdict
from egress_review.scan_main import _subject
from tests.unit.egress_review.egress_files import DEFAULT, flagged, look, places

PAGE = """<!DOCTYPE html><html><head><title>t</title></head><body><table>
<tr><th></th><th></th><th>Walked</th><th>Cycled</th><th>Total</th></tr>
<tr><th rowspan="2">Girls</th><td>Count</td><td>140</td><td>{count}</td><td>{girls}</td></tr>
<tr><td>%</td><td>{a}%</td><td>{b}%</td><td>100.0%</td></tr>
<tr><th rowspan=2>Boys</th><td>Count</td><td>210</td><td>90</td><td>300</td></tr>
<tr><td>%</td><td>70.0%</td><td>30.0%</td><td>100.0%</td></tr>
</table></body></html>"""

TEX = r"""\begin{tabular}{lrr}
\hline
Depot & Trips & Drivers \\
\hline
North & 512 & 44 \\ % checked twice
South & 380 & 31 \\
REMARK
\hline
\end{tabular}
"""

DRAWING = """<svg xmlns="http://www.w3.org/2000/svg" width="400" height="300">
<text x="10" y="20">Remaining in the panel by month</text>
<text x="10" y="250">Number at risk</text>
{labels}</svg>"""


def test_a_label_that_spans_rows_labels_each_of_them() -> None:
    fine = look("a.html", PAGE.format(count=60, girls=200, a="70.0", b="30.0"))
    assert fine.verdict is Verdict.PASSED
    assert not flagged(fine, "table.shape")
    assert places(look("a.html", PAGE.format(count=4, girls=144, a="97.2", b="2.8")), "cells.small") == [(2, 4)]


@pytest.mark.parametrize("rowspan", ["0", "-1", "x", "99999", "9" * 400, "٣"])
def test_an_odd_number_of_rows_is_read_to_its_end(rowspan: str) -> None:
    page = PAGE.replace('rowspan="2"', f'rowspan="{rowspan}"').format(count=4, girls=144, a="97.2", b="2.8")
    assert look("a.html", page).verdict is Verdict.FLAGGED


@pytest.mark.parametrize(
    "remark", [r"% West & 40 & 3 \\", r"%West & 40 & 3 \\  % too few, leave out", r"  %% West & 40 & 3 \\"]
)
def test_a_row_of_latex_that_is_only_commented_out_is_a_row(remark: str) -> None:
    assert look("t.tex", TEX.replace("REMARK", "% three depots were closed")).verdict is Verdict.PASSED
    assert places(look("t.tex", TEX.replace("REMARK", remark)), "cells.small") == [(7, 3)]


def test_labels_of_a_drawing_are_read_line_by_line() -> None:
    def drawn(numbers: tuple[int, ...]) -> str:
        pairs = [
            f'<text x="{60 + 70 * i}" y="270">{n}</text><text x="{60 + 70 * i}" y="230">{6 * i}</text>'
            for i, n in enumerate(numbers)
        ]
        return DRAWING.format(labels="\n".join(pairs))

    assert look("km.svg", drawn((812, 640, 455, 301))).verdict is Verdict.PASSED
    assert flagged(look("km.svg", drawn((812, 640, 455, 3))), "cells.small")


def test_the_size_of_what_a_percentage_is_of_counts_people() -> None:
    rows = "borough,base,moved_pct\nA,640,31.2\nB,512,28.9\n"
    assert look("t.csv", rows + "C,403,30.0\n").verdict is Verdict.PASSED
    assert places(look("t.csv", rows + "C,7,28.6\n"), "cells.small") == [(4, 2)]


def test_a_note_of_several_cells_below_a_table_with_gaps_is_no_row_of_it() -> None:
    rows = "ward,early,late,night,on call,all\nA,61,350,234,104,749\nB,121,281,112,292,806\nC,380,c,184,c,615\n"
    rows += "D,155,c,246,c,493\nE,339,364,205,329,1237\nF,321,256,154,152,883\nAll,1377,1297,1135,974,4783\n\n"
    report = look("t.csv", rows + "# c = hidden: fewer than ten, or else it could be told\n")
    assert report.verdict is not Verdict.NOT_CHECKED


def test_a_person_in_the_name_of_a_file_that_a_text_mentions_is_found() -> None:
    fine = look("log.txt", "read D:\\survey\\wave_3_final.csv\nwrote out/분석_결과_최종.png\n")
    assert not flagged(fine, "identifier")
    found = flagged(look("log.txt", "read a.csv\nread D:\\심층면담\\이서준_850212_녹음.wav\n"), "identifier")
    assert [(rule, where.row) for rule, where in found] == [("identifier.person", 2)]


def test_cells_that_stata_quotes_for_spreadsheets_are_words_and_are_read() -> None:
    table = ',"=""(1) All"""\n"=""Wage""","=""0.400***"""\n,"=""(0.017)"""\n"=""Observations""","=""{n}"""\n'
    assert look("t.csv", table.format(n="59,435")).verdict is Verdict.PASSED
    counted = 'depot,"=""n"""\nA,"=""412"""\nB,"=""{n}"""\n'
    assert places(look("t.csv", counted.format(n=3)), "cells.small") == [(3, 2)]
    assert "table.formula" in dict(flagged(look("t.csv", 'a,b\nA,"=""x""&A1"\n')))


def test_the_way_that_somebody_went_is_theirs_and_the_course_of_a_road_is_nobodys() -> None:
    shape = (
        '{"type":"FeatureCollection","features":[{"type":"Feature","properties":%s,"geometry":'
        '{"type":"LineString","coordinates":[[127.01,37.52],[127.02,37.53],[127.05,37.51]]}}]}'
    )
    assert look("road.geojson", shape % '{"name":"Route 7","lanes":4}').verdict is Verdict.PASSED
    for said in ('{"start":"06:12:31","end":"22:48:07"}', '{"card":"a81f"}'):
        assert flagged(look("way.geojson", shape % said), "table.singular")


def test_numbers_of_cards_without_a_checksum_are_found_and_an_orcid_is_none() -> None:
    assert look("log.txt", "written by 0000-0002-1825-0097\n").verdict is Verdict.PASSED
    found = flagged(look("log.txt", "start\nread /data/by_card/1234-2877-5710-7764.parquet rows=748\n"), "identifier")
    assert [(rule, where.row) for rule, where in found] == [("identifier.other_id", 2)]
    assert flagged(look("daily_1010-5292-6339-9558.csv", "hour,boardings\n7,4810\n8,5120\n"), "identifier.other_id")


def test_four_cells_of_four_digits_are_no_card() -> None:
    rows = "\n".join(f"{i},{n}" for i, n in enumerate((1210, 2290, 1690, 3540, 1600, 2660, 2800, 2340), 11))
    assert not flagged(look("t.csv", f"zone,cards\n{rows}\n"), "identifier")


def test_the_telephone_of_an_office_and_the_digits_of_a_hash_are_nobodys() -> None:
    fine = "문의: 자료운영실 033-736-2430, nhiss@nhis.example.or.kr\n교신저자: 예방의학교실 02-2228-1850\n"
    digest = "sha256=" + "ab0c" * 12 + "0184203996de88ed\n"
    assert not flagged(look("README.md", fine + digest), "identifier")
    assert flagged(look("README.md", "김서연 보호자 033-736-2430\n"), "identifier.phone")


@pytest.mark.parametrize(
    "listed",
    [
        "trade,firm,sales\n" + "".join(f"{t},{i},{v}\n" for t in "XYZ" for i, v in enumerate((90, 80, 70, 60, 50))),
        "trade,n,top1_share,top2_share\nX,5,0.25,0.48\nY,5,0.26,0.49\nZ,5,0.25,0.48\n",
        "업종,n,합계,최대1,최대2\nX,5,350,90,80\nY,5,350,90,80\nZ,5,350,90,80\n",
    ],
)
def test_contributors_that_a_researcher_lists_are_held_to_the_rule_of_dominance(listed: str) -> None:
    def report(supporting: str) -> list[tuple[int, int]]:
        beside = read_supporting([_subject(InputFile.of("contributors.csv", supporting.encode()), DEFAULT, Claims())])
        output = "trade,firms,sales_krw\nX,50,350\nY,50,350\nZ,50,350\n"
        return places(look("t.csv", output, supporting=beside), "evidence.dominance")

    assert report(listed) == []
    dominated = (
        listed.replace("Y,0,90", "Y,0,9900")
        .replace("0.26,0.49", "0.93,0.94")
        .replace("Y,5,350,90,80", "Y,5,350,320,10")
    )
    assert (3, 3) in report(dominated)


@pytest.mark.parametrize(
    "said",
    [
        "London includes the late claim of Clive Fairhurst",
        "asked for by the mother of Derek Tweddle, pupil",
        "see Mrs. Eileen Fairhurst",
        "patient John Smith left",
        "NI number QQ 82 32 38 C",
        "JK 12 34 56 B paid twice",
        "NHS number: 943 476 5919",
        "SSN 536-22-1187",
    ],
)
def test_somebody_whom_the_words_name_is_found_in_a_note_below_a_table(said: str) -> None:
    assert flagged(look("t.csv", f'ward,n\nA,412\nB,380\n\n"Note: {said}."\n'), "identifier.other_id")
    assert flagged(look("t.md", f"# Wards\n\nNote: {said}.\n"), "identifier.other_id")


@pytest.mark.parametrize(
    "said",
    [
        "the Patient Health Questionnaire and the Child Benefit Register",
        "a patient in Seoul, a student at Leeds, the case of The Hague",
        "records of National Health Service trusts",
        "fitted by the method of Kaplan and Meier",
        "AB 12 of 34 56",
    ],
)
def test_capitals_alone_name_nobody(said: str) -> None:
    assert look("t.md", f"# Wards\n\nNote: {said}.\n").verdict is Verdict.PASSED


def test_a_group_with_nobody_of_a_kind_fails_where_the_others_are_divided() -> None:
    rows = "school,pupils,vaccinated_pct\nA,120,40.0\nB,96,37.5\nC,64,37.5\n"
    assert places(look("t.csv", rows + "D,88,0.0\n"), "cells.zero") == [(5, 3)]
    assert look("t.csv", rows + "D,88,0.0\n").verdict is Verdict.FLAGGED
    assert look("t.csv", rows + "D,88,37.5\n").verdict is Verdict.PASSED
