"""What words claim of the detail of tables, people whom only a name shows, a few typed rows, and scripts of pages."""

from __future__ import annotations

import pytest

from egress_review.checks.few_people import people_among
from egress_review.checks.foreign_people import is_person, people_in_lines
from egress_review.checks.scripts import holds_no_data, is_known_place, is_plain_call, read_script
from egress_review.findings import FileReport, Flagged, Verdict
from tests.benchmarks.egress_documents import page
from tests.unit.egress_review.egress_files import flagged, look


def rules(name: str, content: str | bytes) -> set[str]:
    """The rules that decide against a file."""
    report: FileReport = look(name, content)
    return {f.rule for f in report.findings if isinstance(f, Flagged) and f.severity.decides}


@pytest.mark.parametrize(
    ("words", "cells", "broken"),
    [
        ("Ages are top-coded at 90.", ("85-89", "90-94"), True),
        ("Ages are top-coded at 90.", ("85-89", "90+"), False),
        ("Ages above 85 are shown as 85+.", ("84", "92"), True),
        ("85세 이상은 하나로 묶었다.", ("80-84", "85-89"), True),
        ("85세 이상은 하나로 묶었다.", ("80-84", "85+"), False),
        ("Age groups of five years.", ("85-89", "90-94"), False),
    ],
)
def test_ages_above_the_claimed_top_break_the_claim(words: str, cells: tuple[str, ...], broken: bool) -> None:
    rows = "\n".join(f"| {cell} | {120 + at} |" for at, cell in enumerate(cells))
    assert ("request.claim" in rules("a.md", f"{words}\n\n| age | n |\n|---|---|\n{rows}\n")) is broken


@pytest.mark.parametrize(
    ("words", "heading", "cells", "broken"),
    [
        ("시도 단위로만 제시하였다", "지역", ("종로구 사직동", "마포구 공덕동"), True),
        ("시도 단위로만 제시하였다", "지역", ("서울", "대구"), False),
        ("Places are at province level only", "place", ("Suwon-si Jangan-gu", "Goyang-si Deogyang-gu"), True),
        ("Dates are given by year only", "admission", ("2021-03-04", "2021-03-05"), True),
        ("Dates are given by year only", "admission", ("2021", "2022"), False),
    ],
)
def test_finer_areas_and_days_than_the_words_say_are_found(
    words: str, heading: str, cells: tuple[str, ...], broken: bool
) -> None:
    rows = "\n".join(f"| {cell} | {120 + at} |" for at, cell in enumerate(cells))
    assert ("request.claim" in rules("a.md", f"{words}.\n\n| {heading} | n |\n|---|---|\n{rows}\n")) is broken


def test_the_description_of_the_request_claims_as_much_as_the_file() -> None:
    report = look("a.csv", "age,n\n85-89,120\n90-94,44\n", context="Ages are top-coded at 90.")
    assert any(rule == "request.claim" for rule, _ in flagged(report))


@pytest.mark.parametrize(
    "line",
    [
        "The oldest, Margaret Holloway, withdrew.",
        "spoke with Rebecca Tannenbaum",
        "Mr. T. Abernathy was readmitted",
        "JONATHAN PIERCE called",
        "Dohyun Kim left early",
        "Park Ji-young left early",
        "We thank the family of the patient Ethan Caldwell.",
    ],
)
def test_a_name_without_a_word_that_calls_it_one_is_found(line: str) -> None:
    assert list(people_in_lines(["", line])) == [2]


@pytest.mark.parametrize(
    "line",
    [
        "Robert Koch Institute",
        "Henry Ford Hospital",
        "San Diego County",
        "Thomas Jefferson University of Medicine",
        "Analysis by Rebecca Holt",
        "# Author: Emily Carter",
        "Helen Marsh, PhD",
        "Brown Robert. J Epidemiol. 2016;49(2):88-96",
        "Kaplan Meier Curve",
        "Martin Street",
        "Gangwon-do and Seoul",
    ],
)
def test_institutions_places_and_authors_are_nobody(line: str) -> None:
    assert list(people_in_lines(["", "", *[""] * 20, line])) == []


def test_authors_below_a_title_are_nobody_and_a_list_of_participants_is_somebody() -> None:
    assert list(people_in_lines(["# Distance", "", "Emily Carter, Daniel Hughes"])) == []
    assert list(people_in_lines(["Participants lost to follow-up:", "Emily Carter"])) == [2]
    assert is_person("Holloway, Margaret", "contact_person") is False
    assert is_person("Holloway, Margaret", "longest stay")


@pytest.mark.parametrize(
    ("rows", "people"),
    [
        ("M 34 170 no|F 51 158 yes|M 29 181 no|F 77 150 yes", 4),
        ("age sex sbp|54 M 120|71 F 133|39 F 118|66 M 151", 4),
        ("ward sex n|A M 54|A F 71|B M 39|B F 66", 0),
        ("ward sex mean|A M 54|A F 71|B M 39|B F 66", 0),
        ("age sex rate|20 M 1.2|30 F 1.3|40 M 1.4|50 F 1.5", 0),
        ("North 54 71 39|South 66 48 51|East 60 41 77|West 55 54 58", 0),
    ],
)
def test_a_few_rows_of_people_are_told_from_groups(rows: str, people: int) -> None:
    assert people_among([row.split() for row in rows.split("|")]) == people


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("d.py", "d = {'age': [54, 71, 39, 66], 'sex': ['M', 'F', 'F', 'M'], 'cd4': [210, 330, 120, 540]}"),
        ("d.sas", "data a; input id age sex $; datalines;\n1 54 M\n2 71 F\n3 39 F\n4 66 M\n5 48 F\n;\nrun;"),
        ("d.csv", "item,p1,p2,p3,p4,p5\nsex,M,F,F,M,F\nage,54,71,39,66,48\nbmi,23.1,25.5,21.0,30.2,27.7\n"),
    ],
)
def test_people_typed_into_programs_and_laid_on_their_side_are_found(name: str, text: str) -> None:
    assert "table.singular" in rules(name, text)


@pytest.mark.parametrize(
    "text",
    [
        "Adverse events: 412 mild, 88 moderate, 4 severe.",
        "Cases by village: Ashby 41, Burton 33, Colby 4, Denby 52.",
        "Two workers of the foundry developed mesothelioma.",
        "Mortality was 3/212 in the first arm.",
        "arm     A   B\nsite\n1      41  38\n2      52   3\n",
        "n by arm\n A  B\n41  7\n",
    ],
)
def test_counts_in_lists_fractions_and_printed_blocks_are_judged(text: str) -> None:
    assert "cells.small" in rules("a.txt", text)


@pytest.mark.parametrize(
    "text",
    [
        "Adverse events: 412 mild, 88 moderate, 44 severe.",
        "Outcomes: table 1, figure 2, section 3.",
        "Two reviewers had access; the grade was 2/6.",
        "n by arm\n A  B\n41  77\n",
    ],
)
def test_lists_of_large_groups_and_of_things_pass(text: str) -> None:
    assert look("a.txt", text).verdict is Verdict.PASSED


@pytest.mark.parametrize(
    "script",
    [
        "var d = [54, 71, 39, 66, 48, 51];",
        "fetch('https://example.org/' + d)",
        "eval(x)",
        "var s = atob('QUJD')",
        "var n = 8801011234567;",
        "var s = '" + "a b " * 30 + "';",
        "var p54M120F71 = 1;",
        "/* x */ document.write(x)",
        "x" * 7000,
        "'\\x41\\x42'",
    ],
)
def test_a_script_that_could_hold_send_or_decode_data_is_never_let_through(script: str) -> None:
    assert not holds_no_data(script)
    assert "markup.active" in rules("a.html", page(head=f"<script>{script}</script>"))


def test_a_script_of_a_program_of_documents_is_pointed_out_and_passes() -> None:
    script = "<script>document.addEventListener('DOMContentLoaded', function () { build(); });</script>"
    report = look("a.html", page(body="<p>x</p>", head=script))
    assert report.verdict is Verdict.PASSED
    assert "markup.active" in {rule for rule, _ in flagged(report)}


@pytest.mark.parametrize(
    ("trace", "rule"),
    [
        ('[{"type": "box", "y": [1.2, 3.1, 2.2, 9.8, 4.1, 3.3, 2.8]}]', "figure.points"),
        ('[{"type": "bar", "y": [41], "text": ["880101-1234568"]}]', "identifier.rrn"),
    ],
)
def test_what_a_page_hands_to_a_figure_is_examined_as_the_figure(trace: str, rule: str) -> None:
    drawn = f"<script>Plotly.newPlot('f-1', {trace}, {{}});</script>"
    assert rule in rules("a.html", page(body=drawn))


def test_data_in_an_element_of_json_is_examined() -> None:
    held = '<script type="application/json">{"note": "880101-1234568"}</script>'
    assert "identifier.rrn" in rules("a.html", page(body=held))
    assert not read_script("window.x = 1", "text/x-template").calm


@pytest.mark.parametrize(
    ("address", "known"),
    [
        ("https://cdn.plot.ly/plotly-2.35.2.min.js", True),
        ("https://cdn.jsdelivr.net/npm/bootstrap@5.3.0/dist/css/bootstrap.min.css", True),
        ("https://cdn.jsdelivr.net/npm/vega-embed@6", True),
        ("https://cdn.jsdelivr.net/npm/hong-gildong@1.0.0/seoul.js", False),
        ("https://cdn.jsdelivr.net/npm/vega@5?of=hong", False),
        ("https://cdn.jsdelivr.net/npm/x@1.0.0/880101", False),
        ("https://example.org/plotly-2.35.2.min.js", False),
        ("https://cdn.plot.ly/plotly-2.35.2.min.js?who=kim", False),
        ("http://cdn.plot.ly/plotly-2.35.2.min.js", False),
    ],
)
def test_only_files_of_public_libraries_may_be_loaded(address: str, known: bool) -> None:
    assert is_known_place(address) is known


def test_a_handler_may_call_by_name_and_hand_nothing_over() -> None:
    assert is_plain_call("startup()")
    assert not is_plain_call("startup(54, 'M')")
    assert "markup.active" in rules("a.html", page(body='<p onclick="show(54)">x</p>'))
