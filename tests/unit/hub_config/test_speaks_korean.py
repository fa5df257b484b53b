"""What a start, a stop and a status say stands in Korean on a Korean terminal and in English on any other."""

from __future__ import annotations

import re
import socket
from pathlib import Path

import pytest
from rich.console import Console

from audit.text import Text
from hub_config import cli, engine, errors, full_disk, preflight, up
from hub_config.settings import ZoneSettings

HANGUL = re.compile("[가-힣]")


@pytest.mark.parametrize(
    "kind",
    [errors.ZoneError, errors.SettingsError, errors.EnvironmentMissing, errors.LogRefused, errors.NotRunning,
     engine.EngineMissing, up.StaysDemo],
)  # fmt: skip
def test_the_next_step_of_an_error_is_said_in_both_languages(kind: type[errors.ZoneError]) -> None:
    assert isinstance(kind.hint, Text)
    assert HANGUL.search(kind.hint.ko)
    assert not HANGUL.search(kind.hint.en)


@pytest.mark.parametrize(("language", "hangul"), [("ko_KR.UTF-8", True), ("en_US.UTF-8", False), ("C", False)])
def test_a_taken_port_is_said_in_the_language_of_the_terminal(
    language: str, hangul: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("LC_ALL", language)
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        plan = preflight.Plan(home=tmp_path, zone=ZoneSettings(port=port), hub_port=port + 1, first=True)
        with pytest.raises(errors.EnvironmentMissing) as refused:
            preflight.check_ports(plan)
    assert not HANGUL.search(str(refused.value)), "what goes into a log file stays English"
    assert cli._say(refused.value, 3) == 3
    said = capsys.readouterr().err
    assert bool(HANGUL.search(said)) is hangul
    assert str(port) in said


def test_a_full_disk_names_the_place_in_both_languages(tmp_path: Path) -> None:
    reason = full_disk.DiskFull(tmp_path).reason
    assert isinstance(reason, Text)
    assert str(tmp_path) in reason.ko
    assert str(tmp_path) in reason.en


@pytest.mark.parametrize(("language", "words"), [("ko_KR.UTF-8", "구역 시작"), ("C", "Starting the zone")])
def test_a_step_is_shown_in_the_language_of_the_terminal(
    language: str, words: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("LC_ALL", language)
    with up.step(Console(highlight=False), Text("구역 시작", "Starting the zone")):
        pass
    assert words in capsys.readouterr().out


def test_a_name_in_square_brackets_stands_whole_in_an_error(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Such as `table [1].csv` or the extra `ansim[sdv]`: a terminal's styles are written alike."""
    missing = str(tmp_path / "policy [1][bold].yaml")
    assert cli.main(["--home", str(tmp_path), "deid", "synth", missing, "rows.csv", "made.parquet"]) == 2
    assert "policy [1][bold].yaml" in capsys.readouterr().err
