"""Findings on a terminal: in the language of who reads them, and without what a hostile name would do there."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from egress_review.errors import Invalid
from egress_review.findings import Severity, Where
from egress_review.in_words import SEVERITY_TEXT, place, printable
from hub_config.cli import GROUPS, Context, parser
from registry.text import Text


@pytest.fixture(autouse=True)
def without_engine(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DOCKER_HOST", "unix:///nonexistent/docker.sock")
    monkeypatch.setenv("LC_ALL", "ko_KR.UTF-8")


def check(folder: Path, *words: str) -> int:
    options = parser(GROUPS).parse_args(["egress", "check", str(folder), *words])
    code: int = options.func(options, Context(home=folder, json="--json" in words))
    return code


def test_a_place_is_written_in_words() -> None:
    assert place(Where(path="/a/{b}")) == Text("위치 /a/{b}", "at /a/{b}")
    assert place(Where(page=1, sheet="표")).ko == "1쪽, 시트 표"
    assert place(Where(row=3, column=2)) == Text("3행, 2열", "row 3, column 2")
    assert place(Where()) == Text("", "")


def test_every_severity_has_a_word_in_both_languages() -> None:
    assert set(SEVERITY_TEXT) == set(Severity)


def test_what_a_name_would_do_to_a_terminal_is_written_out() -> None:
    assert printable("표 1.csv") == "표 1.csv"
    assert printable("\x1b[2Ja\u202eb\u200b\udcff\n") == r"\x1b[2Ja\u202eb\u200b\udcff\n"


def test_a_checked_folder_is_said_in_the_language_of_the_terminal(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "표.csv").write_text("성별,인원\n남,25\n여,3\n", encoding="utf-8")
    (tmp_path / "a\x1b[2J.txt").write_text("fine\n", encoding="utf-8")
    assert check(tmp_path) == 1
    said = capsys.readouterr().out
    assert "고쳐야 함 · cells.small · 3행, 2열 · " in said
    assert ("\x1b" in said, "a\\x1b[2J.txt" in said) == (False, True)
    assert not {"fail", "block", "row", "column"} & set(said.split())


def test_a_name_that_is_no_text_does_not_break_the_answer_for_programs(
    tmp_path: Path, capsysbinary: pytest.CaptureFixture[bytes]
) -> None:
    (tmp_path / "a\udcff.txt").write_text("fine\n", encoding="utf-8")
    check(tmp_path, "--json")
    (file,) = json.loads(capsysbinary.readouterr().out)["files"]
    assert file["path"].endswith("a\udcff.txt")


def test_what_cannot_be_checked_is_refused_in_both_languages(tmp_path: Path) -> None:
    for path, code, ko in ((tmp_path, "no_files", "점검할 파일이"), (tmp_path / "none", "unreadable", "없는 파일")):
        with pytest.raises(Invalid) as refused:
            check(path)
        assert (refused.value.code, ko in refused.value.reason.ko) == (code, True)
        assert refused.value.reason.ko != refused.value.reason.en
