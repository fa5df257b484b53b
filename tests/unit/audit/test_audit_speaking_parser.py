"""Errors of the command line are in the language of the terminal, for every command below the top one."""

from __future__ import annotations

import argparse

import pytest

from audit.speaking_parser import SpeakingParser, in_korean
from hub_config.cli import GROUPS, main, parser

WRONG = {
    "audit timeline": "꼭 필요한 값이 빠졌습니다: kind, ref",
    "audit timeline planet x": "고를 수 없는 값입니다: 'planet'",
    "audit timeline person p_1 --limit many": "1 이상의 정수가 아닙니다: 'many'",
    "audit timeline person p_1 --after soon": "값의 형식이 맞지 않습니다(int): 'soon'",
    "audit answer saw": "다음 가운데 하나를 지정해야 합니다: --person --project",
    "audit search --person": "--person: 값이 하나 필요합니다",
    "audit key rotate --keep-old x --destroy-old": "--destroy-old: 함께 쓸 수 없는 옵션입니다: --keep-old",
    "audit search --colour red": "알 수 없는 값입니다: --colour red",
    "audit fly": "고를 수 없는 값입니다: 'fly'",
    "egress check": "꼭 필요한 값이 빠졌습니다: PATH",
    "deid scan --jsonl=3": "--jsonl: 값을 받지 않는 옵션입니다: '3'",
}


@pytest.mark.parametrize("words", WRONG)
def test_a_wrong_command_is_answered_in_korean_on_a_korean_terminal(
    words: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("LC_ALL", "ko_KR.UTF-8")
    with pytest.raises(SystemExit) as ended:
        main(words.split())
    said = capsys.readouterr().err
    assert ended.value.code == 2
    assert WRONG[words] in said
    assert said.startswith("사용법: ansim ")
    assert "--help`에 있습니다" in said


@pytest.mark.parametrize("words", WRONG)
def test_it_is_answered_in_english_elsewhere(
    words: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("LC_ALL", "C.UTF-8")
    with pytest.raises(SystemExit) as ended:
        main(words.split())
    said = capsys.readouterr().err
    assert ended.value.code == 2
    assert said.startswith("usage: ansim ")
    assert all(character < "가" for character in said)


def test_every_command_speaks_and_its_help_has_korean_headings(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LC_ALL", "ko_KR.UTF-8")
    found = list(below(parser(GROUPS)))
    assert len(found) > 50
    assert all(isinstance(one, SpeakingParser) for one in found)
    assert all("options:" not in one.format_help() and "옵션:" in one.format_help() for one in found)


def test_a_sentence_that_no_table_names_stays_as_it_is() -> None:
    assert in_korean("argument --before: 날은 2026-11-21처럼 씁니다") == "--before: 날은 2026-11-21처럼 씁니다"
    assert in_korean("something new") == "something new"


def below(top: argparse.ArgumentParser) -> list[argparse.ArgumentParser]:
    """The parser and every one of its commands."""
    found = [top]
    for action in top._actions:
        if isinstance(action, argparse._SubParsersAction):
            for command in action.choices.values():
                found += below(command)
    return found
