"""The written documents lead somewhere, exist in both languages, and claim nothing that is not there."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from hub_config.cli import GROUPS, parser
from hub_config.demo.people import PEOPLE
from hub_config.demo.seed import seed_directory
from hub_config.generated import PAGES as GENERATED
from hub_config.generated import walk

REPOSITORY = Path(__file__).resolve().parents[3]
DOCS = REPOSITORY / "docs"
PAGES = sorted([*DOCS.rglob("*.md"), *REPOSITORY.glob("*.md")])
TUTORIALS = sorted((DOCS / "tutorial").glob("*.md"))
BOTH_LANGUAGES = ("tutorial/researcher", "tutorial/checker", "tutorial/compliance", "tutorial/operator")
LINK = re.compile(r"\]\(([^)\s]+)\)")
# Written by the functional test of the first release; a fresh checkout may be older than the last run of it.
SCREENSHOTS = {
    f"{name}.png"
    for name in (
        "signin",
        "home-researcher",
        "workspace",
        "precheck",
        "request",
        "review-refused",
        "review",
        "released",
        "timeline",
        "verify-tampered",
    )
}


def headings(page: Path) -> set[str]:
    """The anchors of a page, made as the hosting sites make them."""
    titles = re.findall(r"^#+ (.+)$", page.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", title).strip().lower().replace(" ", "-") for title in titles}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(REPOSITORY)))
def test_every_link_of_a_page_leads_somewhere(page: Path) -> None:
    for link in LINK.findall(page.read_text(encoding="utf-8")):
        address, _, anchor = link.partition("#")
        if "://" in address:
            continue
        target = (page.parent / address).resolve() if address else page
        if target.parent == DOCS / "images" and target.name in SCREENSHOTS:
            continue
        if target.parent == DOCS / "reference" and target.name in GENERATED:
            continue
        assert target.exists(), link
        assert not anchor or anchor in headings(target), link


def test_every_screenshot_is_used_in_a_tutorial() -> None:
    shown = {Path(link).name for page in TUTORIALS for link in LINK.findall(page.read_text(encoding="utf-8"))}
    assert shown >= SCREENSHOTS


@pytest.mark.parametrize("name", BOTH_LANGUAGES)
def test_both_languages_of_a_tutorial_show_the_same_pictures_and_commands(name: str) -> None:
    korean, english = ((DOCS / f"{name}.{language}.md").read_text(encoding="utf-8") for language in ("ko", "en"))
    for pattern in (r"\]\((\.\./images/[^)]+)\)", r"^## \d", r"^(?:\.venv/bin/)?(?:ansim|make) [a-z-]+"):
        assert re.findall(pattern, korean, re.MULTILINE) == re.findall(pattern, english, re.MULTILINE)


def test_tutorials_name_people_of_the_demo_world() -> None:
    handles = {person.handle for person in PEOPLE}
    for page in TUTORIALS:
        named = set(re.findall(r"\*\*([a-z]+)\*\*", page.read_text(encoding="utf-8")))
        assert named - {"approve", "changes", "reject"} <= handles, page.name


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(REPOSITORY)))
def test_every_command_that_a_page_tells_to_type_exists(page: Path) -> None:
    named = {name: GROUPS[name] for name in ("audit", "deid", "egress", "registry")}
    known = {" ".join(path) for path, _ in walk(parser(named), ("ansim",))}
    targets = set(re.findall(r"^([a-z-]+):", (REPOSITORY / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    for block in re.findall(r"```sh\n(.*?)```", page.read_text(encoding="utf-8"), re.DOTALL):
        for line in block.splitlines():
            words = re.sub(r" --home \S+", "", line.split("#")[0].removeprefix(".venv/bin/")).split()
            if words[:1] == ["make"]:
                assert words[1] in targets, line
            elif words[:1] == ["ansim"]:
                assert any(" ".join(words[:count]) in known for count in (3, 2) if len(words) >= count), line


def test_the_tutorial_notebook_is_called_as_the_page_calls_it() -> None:
    directory = seed_directory("gibleed-study")
    assert directory is not None
    [notebook] = directory.glob("*.ipynb")
    for language in ("ko", "en"):
        assert notebook.name in (DOCS / f"tutorial/researcher.{language}.md").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def assessment() -> dict[str, Any]:
    content: dict[str, Any] = yaml.safe_load((DOCS / "satre.yaml").read_text(encoding="utf-8"))
    return content


def test_every_statement_of_the_specification_has_one_status(assessment: dict[str, Any]) -> None:
    identifiers = [statement["id"] for statement in assessment["statements"]]
    assert len(identifiers) == len(set(identifiers)) == 185
    assert identifiers == sorted(identifiers)
    for statement in assessment["statements"]:
        assert statement["status"] in ("met", "partial", "operator", "planned")
        assert set(statement) <= {"id", "status", "en", "ko", "evidence", "tests"}


def test_what_is_claimed_names_code_and_what_is_met_names_tests(assessment: dict[str, Any]) -> None:
    for statement in assessment["statements"]:
        if statement["status"] in ("met", "partial"):
            assert statement["evidence"], statement["id"]
            assert statement["en"], statement["id"]
            assert statement["ko"], statement["id"]
        if statement["status"] == "met":
            assert statement["tests"], statement["id"]


def test_every_file_that_the_assessment_names_exists(assessment: dict[str, Any]) -> None:
    named = {
        path
        for statement in assessment["statements"]
        for path in (*statement.get("evidence", []), *statement.get("tests", []))
    }
    assert [path for path in sorted(named) if not (REPOSITORY / path).exists()] == []


def test_risks_that_the_assessment_names_stand_in_the_threat_model(assessment: dict[str, Any]) -> None:
    model = {lang: (DOCS / f"explanation/threat-model{lang}.md").read_text(encoding="utf-8") for lang in ("", ".ko")}
    known = {lang: re.findall(r"^\* \*\*(R\d+) ", text, re.MULTILINE) for lang, text in model.items()}
    assert known[""] == known[".ko"] == [f"R{number}" for number in range(1, len(known[""]) + 1)]
    for statement in assessment["statements"]:
        assert set(re.findall(r"R\d+", statement.get("en", ""))) <= set(known[""])
