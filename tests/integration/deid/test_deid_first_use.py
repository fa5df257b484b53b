"""The first hour with the commands: wrong paths, a dry run that does not mislead, drafts that can be trusted."""

from __future__ import annotations

import json
from datetime import date, timedelta
from pathlib import Path
from typing import Any
from uuid import NAMESPACE_OID, uuid5

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import yaml

from deid import keys_commands
from deid.errors import UsageError
from hub_config.cli import main
from hub_config.migrate import migrate
from hub_config.settings import HubSettings, ZoneSettings, load_settings, settings_text
from tests.integration.deid.test_deid_cluster import HEAD

ROWS = 60


@pytest.fixture
def table(tmp_path: Path) -> Path:
    names = ("환자 김철수가 두통을 호소함", "보호자 이영희와 면담함", "특이 사항이 없어 귀가함")
    made = pa.table(
        {
            "idno": [9_001_011_234_560 + n * 137 for n in range(ROWS)],
            "성명": ["Bjørk"] * (ROWS - 6) + ["김민준", "이서연"] * 3,
            "code": ["I10", "E11", "J45"] * (ROWS // 3),
            "note": [f"{names[n % 3]}. {n}번째 기록" for n in range(ROWS)],
        }
    )
    pq.write_table(made, tmp_path / "people.parquet")
    return tmp_path / "people.parquet"


def ansim(home: Path, *words: str) -> int:
    return main(["--home", str(home), "deid", *words])


def policy(home: Path, columns: str) -> str:
    path = home / "policy.yaml"
    path.write_text(HEAD.format(order="source") + columns, encoding="utf-8")
    return str(path)


def test_a_file_that_is_not_there_is_not_called_damaged(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert ansim(tmp_path, "survey", str(tmp_path / "none.csv")) == 2
    assert "no file" in capsys.readouterr().err
    rules = policy(tmp_path, "  code: {role: sensitive, action: keep, reason: r}\n")
    assert ansim(tmp_path, "apply", rules, str(tmp_path), str(tmp_path / "out.csv")) == 2
    assert "is a folder" in capsys.readouterr().err


def test_a_report_that_cannot_be_written_is_one_error_and_no_traceback(
    table: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    nowhere = tmp_path / "missing" / "file"
    assert ansim(tmp_path, "risk", str(table), "--quasi", "code", "--html", str(nowhere)) == 2
    assert ansim(tmp_path, "risk", str(table), "--quasi", "code", "--pdf", str(nowhere)) == 2
    assert ansim(tmp_path, "survey", str(table), "--draft", str(nowhere)) == 2
    assert capsys.readouterr().err.count("cannot be written") == 3


def test_what_to_do_next_is_said_in_korean_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("LC_ALL", "ko_KR.UTF-8")
    assert ansim(tmp_path, "survey", str(tmp_path / "none.csv")) == 2
    assert "다시 실행하십시오" in capsys.readouterr().err


def test_a_dry_run_shows_what_the_whole_column_will_become(
    table: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rules = policy(tmp_path, "  code: {role: sensitive, action: rare_to_other, params: {min_count: 5}, reason: r}\n")
    assert ansim(tmp_path, "apply", rules, str(table), "--dry-run", "--json") == 0
    # Each of the three stands twenty times in the table, and at most twice among the rows that are shown.
    first, *others = map(json.loads, capsys.readouterr().out.splitlines())
    assert first["after"] == ["I10", "E11", "J45", "I10", "E11"]
    assert {(one["column"], one["action"]) for one in others} == {("idno", "drop"), ("성명", "drop"), ("note", "drop")}
    assert ansim(tmp_path, "apply", rules, str(table), "--dry-run") == 0
    assert "note  [not named in the policy · dropped]" in capsys.readouterr().out


def test_a_draft_makes_coarser_what_singles_people_out(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    made = pa.table(
        {
            "age": [20 + (n * 7) % 61 for n in range(300)],
            "sex": [n % 2 for n in range(300)],
            "visit_date": [date(2024, 1, 1) + timedelta(days=n) for n in range(300)],
        }
    )
    pq.write_table(made, tmp_path / "visits.parquet")
    draft = tmp_path / "draft.yaml"
    assert ansim(tmp_path, "survey", str(tmp_path / "visits.parquet"), "--draft", str(draft)) == 0
    columns = yaml.safe_load(draft.read_text(encoding="utf-8"))["columns"]
    assert (columns["age"]["action"], columns["age"]["params"]) == ("range", {"width": 10})
    assert columns["sex"]["action"] == "keep"
    assert (columns["visit_date"]["action"], columns["visit_date"]["params"]) == ("date_floor", {"unit": "quarter"})
    assert ansim(tmp_path, "apply", str(draft), str(tmp_path / "visits.parquet"), "--dry-run") == 0


def test_a_dry_run_of_a_table_without_rows_says_nothing_of_a_row(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "head.csv").write_text("region,code\n", encoding="utf-8")
    rules = policy(tmp_path, "  region: {role: quasi, action: geo_level, params: {level: sido}, reason: r}\n")
    assert ansim(tmp_path, "apply", rules, str(tmp_path / "head.csv"), "--dry-run") == 0
    assert "row 0" not in capsys.readouterr().err


def test_a_draft_scrubs_notes_and_replaces_names_and_numbers(table: Path, tmp_path: Path) -> None:
    draft = tmp_path / "draft.yaml"
    assert ansim(tmp_path, "survey", str(table), "--draft", str(draft)) == 0
    proposed: dict[str, Any] = yaml.safe_load(draft.read_text(encoding="utf-8"))["columns"]
    assert {name: column["action"] for name, column in proposed.items()} == {
        "idno": "pseudonym_one_way",
        "성명": "pseudonym_one_way",
        "code": "keep",
        "note": "scrub_text",
    }
    assert "params" not in proposed["idno"]  # it is a person's, so that it meets the same number in other tables


def test_a_survey_says_in_words_what_it_saw_and_takes_dates_notes_and_running_numbers_for_what_they_are(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    notes = (
        "김민준님 전화 010-1234-5678",
        "서울특별시 종로구 세종대로 12",
        "주민번호 900101-1234568 확인",
        "특이 소견 없음",
    )
    rows = [
        f"{n + 10_007},{n * 7 % 59},{uuid5(NAMESPACE_OID, str(n))},2024-01-{n % 28 + 1:02d},{notes[n % 4]} {n}"
        for n in range(ROWS)
    ]
    (tmp_path / "visits.csv").write_text("\n".join(["row,visit_id,source,admitted,memo", *rows]), encoding="cp949")
    draft = tmp_path / "draft.yaml"
    monkeypatch.setenv("LC_ALL", "ko_KR.UTF-8")
    assert ansim(tmp_path, "survey", str(tmp_path / "visits.csv"), "--draft", str(draft)) == 0
    proposed = yaml.safe_load(draft.read_text(encoding="utf-8"))["columns"]
    assert {name: (one["role"], one["action"]) for name, one in proposed.items()} == {
        **dict.fromkeys(("row", "visit_id", "source"), ("direct", "pseudonym_one_way")),
        "admitted": ("quasi", "date_floor"),
        "memo": ("free", "scrub_text"),
    }
    assert proposed["visit_id"]["params"] == {"space": "visit_id"}
    assert ansim(tmp_path, "apply", str(draft), str(tmp_path / "visits.csv"), "--dry-run") == 0
    assert f"저장함: {draft}" in (said := capsys.readouterr().out)
    assert "값 28가지 · 결측 0%" in said
    assert ansim(tmp_path, "survey", str(tmp_path / "nowhere.csv"), str(tmp_path / "visits.csv")) == 1
    assert capsys.readouterr().out.count("nowhere.csv") == 1


def test_nothing_left_is_not_a_table_that_meets_its_k(
    table: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    target = tmp_path / "out.csv"
    assert ansim(tmp_path, "anonymise", str(table), str(target), "--quasi", "code", "--k", "100") == 2
    assert "no rows are left" in capsys.readouterr().err
    assert not target.exists()
    assert ansim(tmp_path, "anonymise", str(table), str(target), "--quasi", "code", "--k", "5") == 0
    assert "Columns left as they were: idno, 성명, note" in capsys.readouterr().out


def test_a_script_cannot_answer_for_a_person(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def nobody(_prompt: str) -> str:
        raise EOFError

    monkeypatch.setattr(keys_commands, "getpass", nobody)
    with pytest.raises(UsageError, match="nobody is there"):
        keys_commands._present(None, "minji")  # type: ignore[arg-type]  # it is refused before the zone is opened


def test_a_text_column_with_one_value_is_said_to_be_dropped_and_what_was_looked_for_in_it(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rows = [f"{20 + n % 9},담당 김철수 010-3345-9087로 연락,내과 병동," for n in range(ROWS)]
    (tmp_path / "one.csv").write_text("\n".join(["age,note,ward,blank", *rows]), encoding="utf-8")
    draft = tmp_path / "draft.yaml"
    assert ansim(tmp_path, "survey", str(tmp_path / "one.csv"), "--draft", str(draft)) == 0
    shown = capsys.readouterr().out
    said = {line.split()[0]: line for line in shown.splitlines() if "[drop" in line}
    assert "(name, telephone number)" in said["note"]
    assert "no identifier was found" in said["ward"]
    assert "it has no value" in said["blank"]
    assert "· note: all its values are the same" in shown
    assert "김철수" not in shown + draft.read_text(encoding="utf-8")
    assert yaml.safe_load(draft.read_text(encoding="utf-8"))["columns"]["note"]["action"] == "drop"


@pytest.mark.parametrize("words", [("keys", "list"), ("linkage", "list"), ("reidentify", "list")])
def test_where_no_zone_is_its_commands_exit_3_and_say_how_to_make_one(
    words: tuple[str, ...], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    home = tmp_path / "none"
    assert ansim(home, *words) == 3
    assert "make up" in capsys.readouterr().err
    assert not home.exists()


def test_what_the_policy_does_not_name_is_named_when_it_is_left_out(
    table: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    settings = tmp_path / "ansim.yaml"
    settings.write_text(settings_text(ZoneSettings(), HubSettings()), encoding="utf-8")
    migrate(load_settings(tmp_path).database_url())
    rules = policy(tmp_path, "  code: {role: sensitive, action: keep, reason: r}\n")
    assert ansim(tmp_path, "apply", rules, str(table), str(tmp_path / "out.csv")) == 0
    assert "does not name them: idno, 성명, note" in capsys.readouterr().out
