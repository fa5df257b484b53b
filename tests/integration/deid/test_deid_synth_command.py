"""`ansim deid synth` as a person types it: a file and a report, or no file and the reason."""

from __future__ import annotations

import contextlib
import io
import json
import signal
import sqlite3
import subprocess
import sys
import time
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from hub_config.cli import main
from hub_config.migrate import migrate
from hub_config.settings import HubSettings, ZoneSettings, load_settings, settings_text
from tests.patience import PATIENCE

ADULT = Path("tests/data/adult/adult.parquet").resolve()
ROWS = 6_000
POLICY = """version: 1
name: Adult, for practice
dataset: adult
project: practice
engine: marginals
gate: {attacks: 100, singling_out: 0.9, inference: 0.99, membership: 0.9}
targets: [salary-class]
columns:
  number: {kind: key}
  age: {kind: number, range: [17, 90]}
  sex: {kind: category}
  education: {kind: category}
  wage: {kind: number, range: [0, 900000]}
  salary-class: {kind: category}
"""
FOLDER = """version: 1
name: OMOP, for practice
dataset: hospital-syn
project: practice
engine: marginals
gate: {attacks: 100, singling_out: 1.0, linkability: 1.0, inference: 1.0, membership: 1.0}
tables:
  person:
    columns:
      person_id: {kind: key}
      born: {kind: number}
      wage: {kind: number}
  visit:
    columns:
      person_id: {kind: reference, table: person}
      ward: {kind: category}
"""


def start(*arguments: str, home: Path) -> subprocess.Popen[str]:
    command = [str(Path(sys.executable).with_name("ansim")), "--home", str(home), "deid", "synth", *arguments]
    # A shell starts what runs in its background with Ctrl-C switched off, and children keep it so.
    switch_on = partial(signal.signal, signal.SIGINT, signal.SIG_DFL)
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, preexec_fn=switch_on)


def synth(*arguments: str | Path, home: Path) -> tuple[int, str, str]:
    """Run the command as the entry point does; a process of its own would spend most of its time on starting."""
    with contextlib.redirect_stdout(io.StringIO()) as out, contextlib.redirect_stderr(io.StringIO()) as err:
        try:
            code = main(["--home", str(home), "deid", "synth", *map(str, arguments)])
        except SystemExit as wrong:
            code = int(str(wrong.code))
    return code, out.getvalue(), err.getvalue()


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the home of a zone: what makes an extract is recorded."""
    directory = tmp_path_factory.mktemp("home")
    (directory / "ansim.yaml").write_text(settings_text(ZoneSettings(), HubSettings()), encoding="utf-8")
    migrate(load_settings(directory).database_url())
    return directory


@pytest.fixture(scope="module")
def people(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the file that is learnt from: a part of the Adult data, as large as a verdict takes."""
    path = tmp_path_factory.mktemp("source") / "people.parquet"
    # No two people earn the same, so that no row equals another by chance and the verdict is the same each time.
    wages = pa.array(np.random.default_rng(1).permutation(900_000)[:ROWS])
    pq.write_table(pq.read_table(ADULT).slice(0, ROWS).append_column("wage", wages), path)
    return path


@pytest.fixture
def policy(tmp_path: Path) -> Path:
    path = tmp_path / "synthetic.yaml"
    path.write_text(POLICY, encoding="utf-8")
    return path


@dataclass(frozen=True, slots=True)
class Made:
    """One extract, with all that the command can write beside it."""

    target: Path
    page: Path
    sheet: Path
    found: dict[str, Any]


@pytest.fixture(scope="module")
def made(people: Path, home: Path, tmp_path_factory: pytest.TempPathFactory) -> Made:
    place = tmp_path_factory.mktemp("made")
    (place / "synthetic.yaml").write_text(POLICY, encoding="utf-8")
    target, page, sheet = (place / name for name in ("out.parquet", "report.html", "report.pdf"))
    options: list[str | Path] = ["--html", page, "--pdf", sheet, "--language", "ko", "--json"]
    code, out, err = synth(place / "synthetic.yaml", people, target, *options, home=home)
    assert (code, err) == (0, "")
    return Made(target, page, sheet, json.loads(out))


def test_a_synthetic_extract_is_written_with_its_report(made: Made) -> None:
    assert made.found["passed"] is True
    assert {risk["name"] for risk in made.found["risks"]} >= {"singling_out", "linkability", "inference", "membership"}
    table = pq.read_table(made.target)
    assert table.num_rows == made.found["rows"] == made.found["learnt_rows"]
    assert table.column_names == ["number", "age", "sex", "education", "wage", "salary-class"]
    described = json.loads(table.schema.metadata[b"ansim.extract"])
    assert described["synthetic"] is True
    assert described["policy_digest"] == made.found["policy_digest"]
    assert "합성자료 보고서" in made.page.read_text(encoding="utf-8")
    assert made.sheet.read_bytes().startswith(b"%PDF")


def test_statistics_of_the_file_are_of_the_synthetic_rows_alone(made: Made) -> None:
    """The columns of the file say the least and the most of what is in it, and nothing of the source."""
    file = pq.ParquetFile(made.target)
    ages = file.read(columns=["age"]).column("age").to_pylist()
    statistics = [file.metadata.row_group(n).column(1).statistics for n in range(file.metadata.num_row_groups)]
    assert min(one.min for one in statistics) == min(ages)
    assert max(one.max for one in statistics) == max(ages)


def test_tables_of_a_folder_come_out_in_a_folder_with_every_reference_whole(tmp_path: Path, home: Path) -> None:
    random, count = np.random.default_rng(1), 600
    visits = random.integers(0, count, 900)
    source, target, policy = tmp_path / "tables", tmp_path / "practice", tmp_path / "omop.yaml"
    source.mkdir()
    about = {"born": random.integers(1930, 2000, count), "wage": random.permutation(900_000)[:count]}
    pq.write_table(pa.table({"person_id": np.arange(count), **about}), source / "person.parquet")
    wards = random.choice(["A", "B"], 900)
    pq.write_table(pa.table({"person_id": visits, "ward": wards}), source / "visit.parquet")
    policy.write_text(FOLDER, encoding="utf-8")
    code, out, err = synth(policy, source, target, "--json", home=home)
    assert (code, err) == (0, "")
    assert set(json.loads(out)["tables"]) == {"person", "visit", "people"}
    made = {name: pq.read_table(target / f"{name}.parquet") for name in ("person", "visit")}
    keys = set(made["person"].column("person_id").to_pylist())
    assert set(made["visit"].column("person_id").to_pylist()) <= keys
    assert all(key.startswith("S") for key in keys)
    policy.write_text(FOLDER.replace("membership: 1.0", "membership: 0.1"), encoding="utf-8")
    code, _, _ = synth(policy, source, tmp_path / "refused", "--json", home=home)
    assert (code, (tmp_path / "refused").exists()) == (1, False)


def test_a_limit_that_is_not_kept_leaves_no_file_and_says_which(
    policy: Path, people: Path, tmp_path: Path, home: Path
) -> None:
    policy.write_text(POLICY.replace("membership: 0.9", "membership: 0.3"), encoding="utf-8")
    target, page = tmp_path / "out.parquet", tmp_path / "report.html"
    code, out, _ = synth(policy, people, target, "--html", page, home=home)
    assert code == 1
    assert not target.exists()
    assert "above the limit" in out or "한도 초과" in out
    assert page.exists()


def test_a_budget_is_said_in_the_report_and_in_the_file(policy: Path, people: Path, tmp_path: Path, home: Path) -> None:
    education = sorted(set(pq.read_table(ADULT).column("education").to_pylist()))
    text = POLICY.replace("engine: marginals", "engine: marginals\nprivacy: {epsilon: 1.0, delta: 1.0e-5}")
    text = text.replace("sex: {kind: category}", "sex: {kind: category, values: [Female, Male]}")
    text = text.replace(
        "education: {kind: category}", f"education: {{kind: category, values: {json.dumps(education)}}}"
    )
    text = text.replace("salary-class: {kind: category}", 'salary-class: {kind: category, values: ["<=50K", ">50K"]}')
    policy.write_text(text, encoding="utf-8")
    target = tmp_path / "out.parquet"
    code, out, err = synth(policy, people, target, "--json", home=home)
    assert (code, err) == (0, "")
    assert json.loads(out)["engine"]["epsilon"] == 1.0
    assert json.loads(pq.read_schema(target).metadata[b"ansim.extract"])["engine"]["delta"] == 1e-5


def test_a_file_that_is_there_is_never_replaced(policy: Path, people: Path, tmp_path: Path, home: Path) -> None:
    target = tmp_path / "out.parquet"
    target.write_bytes(b"mine")
    code, _, err = synth(policy, people, target, home=home)
    assert code == 2
    assert "out.parquet" in err
    assert target.read_bytes() == b"mine"


@pytest.mark.parametrize(
    "content", [b"", b"PAR1 this is none", b"a\n" + b"1\n" * 50, b"\x00" * 1_000], ids=["empty", "cut", "few", "zeros"]
)
def test_a_source_that_cannot_be_used_ends_in_one_sentence(
    policy: Path, tmp_path: Path, home: Path, content: bytes
) -> None:
    source, target = tmp_path / "source.parquet", tmp_path / "out.parquet"
    source.write_bytes(content)
    code, _, err = synth(policy, source, target, home=home)
    assert code == 2
    assert "Traceback" not in err
    assert not target.exists()


@pytest.mark.parametrize(("how", "code"), [(signal.SIGKILL, -signal.SIGKILL), (signal.SIGINT, 130)])
def test_one_that_is_cut_short_leaves_nothing(
    policy: Path, people: Path, tmp_path: Path, home: Path, how: signal.Signals, code: int
) -> None:
    """By Ctrl-C it says so, to the person and in the log; killed it cannot, and leaves nothing all the same."""
    policy.write_text(POLICY.replace("attacks: 100", "attacks: 90000"), encoding="utf-8")
    target, before = tmp_path / "out.parquet", entries(home)
    process = start(str(policy), str(people), str(target), "--json", home=home)
    ends = time.monotonic() + PATIENCE
    while entries(home) == before and process.poll() is None and time.monotonic() < ends:
        time.sleep(0.1)  # until it is announced, so that it is at work
    process.send_signal(how)
    _, err = process.communicate(timeout=PATIENCE)
    assert process.returncode == code
    assert [path.name for path in tmp_path.iterdir()] == ["synthetic.yaml"]
    if how is signal.SIGINT:
        assert "nothing was written" in err or "아무것도 쓰지 않았습니다" in err
        assert "Traceback" not in err
        assert entries(home) == before + 2


def entries(home: Path) -> int:
    """Return how many events the log of the zone holds."""
    with contextlib.closing(sqlite3.connect(home / "ansim.db")) as database:
        return int(database.execute("SELECT count(*) FROM audit_entry").fetchone()[0])
