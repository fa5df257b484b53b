"""Many tables become an inventory, a draft policy is one that works, and a command that is killed leaves nothing."""

from __future__ import annotations

import csv
import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import sqlalchemy as sa

from deid.commands import _dry_run
from deid.inventory import Surveyed, inventory_csv, inventory_html, tables_in
from deid.policy import parse_policy
from deid.sources import open_table
from deid.survey import Survey, draft_policy, survey
from tests.integration.deid.test_deid_commands import ansim


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    home = tmp_path / "data"
    (home / "below").mkdir(parents=True)
    pq.write_table(pa.table({"age": [30] * 100, "sex": ["m", "f"] * 50}), home / "ready.parquet")
    rows = [f"{n:06d},김민준,{20 + n % 40},{'' if n % 3 else 'x'}" for n in range(90)]
    (home / "people.csv").write_text("\n".join(["chart_no,성명,나이,비고", *rows]), encoding="cp949")
    (home / "below" / "names.tsv").write_text("성명\n김철수\n이영희\n", encoding="utf-8-sig")
    (home / "broken.parquet").write_bytes(b"PAR1 and no more")
    (home / "read me.md").write_text("no table", encoding="utf-8")
    (home / "away.csv").symlink_to("/etc/passwd")
    return home


def surveyed(folder: Path) -> list[Surveyed]:
    return [Surveyed(p.name, "x", 1, survey(open_table(p))) for p in tables_in([folder]) if p.stem != "broken"]


def test_a_folder_is_surveyed_with_what_is_below_and_nothing_is_followed_out_of_it(folder: Path) -> None:
    assert [p.name for p in tables_in([folder])] == ["names.tsv", "broken.parquet", "people.csv", "ready.parquet"]


def test_each_table_has_a_verdict_with_its_reason(folder: Path) -> None:
    verdicts = {row.name: row.found.readiness for row in surveyed(folder) if isinstance(row.found, Survey)}
    assert verdicts == {"names.tsv": "not_providable", "people.csv": "after_deid", "ready.parquet": "ready"}


def test_the_command_writes_the_inventory_and_names_what_it_could_not_read(folder: Path, tmp_path: Path) -> None:
    target = tmp_path / "inventory.csv"
    done = ansim("survey", str(folder), "--inventory", str(target), "--json", home=tmp_path)
    assert done.returncode == 1, "one of the tables could not be read"
    rows = list(csv.DictReader(target.read_text(encoding="utf-8-sig").splitlines()))
    said = {Path(row["name"]).name: row["readiness"] for row in rows}
    assert said["broken.parquet"] == "cannot be read"
    assert said["ready.parquet"] == "ready"
    assert len(json.loads(done.stdout)) == len(rows) == 4
    assert "김민준" not in target.read_text(encoding="utf-8-sig") + done.stdout
    assert "Traceback" not in done.stderr


def test_an_inventory_runs_no_formula_and_escapes_names(folder: Path) -> None:
    rows = [Surveyed('=HYPERLINK("http://a")', "<b>", 0, surveyed(folder)[0].found)]
    assert b"\"'=HYPERLINK" in inventory_csv(rows, "en")
    assert "<b>" not in inventory_html(rows, "ko")


@pytest.mark.parametrize("name", ["people.csv", "below/names.tsv", "ready.parquet"])
def test_a_draft_policy_is_one_that_a_dry_run_takes(
    folder: Path, name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    table = open_table(folder / name)
    policy = parse_policy(draft_policy(survey(table), name="d", dataset="d", project="p"))

    class Plain:
        json = False

        def print(self, *objects: object) -> None:
            sys.stdout.write(" ".join(map(str, objects)) + "\n")

    assert _dry_run(policy, table, Plain()) == 0  # type: ignore[arg-type]
    shown = capsys.readouterr().out
    assert all(f"{column}  [" in shown for column in table.columns)


def test_a_table_of_a_database_is_surveyed_too(tmp_path: Path) -> None:
    engine = sa.create_engine(f"sqlite:///{tmp_path / 'x.db'}")
    with engine.begin() as connection:
        connection.exec_driver_sql("CREATE TABLE people (id INTEGER PRIMARY KEY, age INTEGER, phone TEXT)")
        for n in range(60):
            connection.exec_driver_sql("INSERT INTO people VALUES (?, ?, ?)", (n, 20 + n % 7, f"010-1234-{n:04d}"))
    (tmp_path / "address").write_text(f"sqlite:///{tmp_path / 'x.db'}", encoding="utf-8")
    (tmp_path / "address").chmod(0o600)
    done = ansim("survey", "people", "--connection", str(tmp_path / "address"), "--json", home=tmp_path)
    roles = {column["name"]: column["role"] for column in json.loads(done.stdout)["columns"]}
    assert roles["phone"] == "direct"
    assert "x.db" not in done.stdout + done.stderr


KILLED = """
import sys
from pathlib import Path
import pyarrow as pa
from deid.targets import extract_file
with extract_file(Path(sys.argv[1]), {}) as writer:
    writer.write(pa.RecordBatch.from_pydict({"a": list(range(100_000))}))
    print("row", flush=True)
    sys.stdin.read()
"""


@pytest.mark.parametrize("suffix", ["parquet", "csv"])
def test_whatever_writes_an_extract_leaves_nothing_when_it_is_killed(tmp_path: Path, suffix: str) -> None:
    """`apply` and `anonymise` write through the same door."""
    (tmp_path / "made").mkdir()
    arguments = [sys.executable, "-c", KILLED, str(tmp_path / "made" / f"out.{suffix}")]
    with subprocess.Popen(arguments, stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=Path.cwd()) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"row\n"
        os.kill(process.pid, signal.SIGKILL)
        process.wait()
    assert list((tmp_path / "made").iterdir()) == []
