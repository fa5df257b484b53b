"""The recognisers of a zone serve surveys and the texts of policies too, and the digest of the policy says so."""

from __future__ import annotations

import pickle
from argparse import Namespace
from pathlib import Path
from types import SimpleNamespace
from typing import cast

import pyarrow.parquet as pq
import pytest

from audit.cli_context import Context
from deid import survey_command
from deid.engine import apply
from deid.errors import RecogniserError
from deid.policy import load_policy
from deid.recogniser_file import kept_recognisers
from deid.sources import open_table
from deid.survey import survey
from deid.zone_recognisers import compiled
from tests.integration.extracts.extract_world import World, first_extract_world, world
from tests.unit.deid.deid_world import KEY

__all__ = ["first_extract_world", "world"]

KEPT = "version: 1\nrecognisers:\n  - {rule: chart, label: OTHER_ID, pattern: 'CH[0-9]{6}', score: 0.9}\n"
POLICY = """
version: 1
name: t
dataset: hospital
project: cardio
purpose: statistics
order: source
columns:
  note: {role: free, action: scrub_text, reason: r}
"""
TEXT = "환자 CH123456 외래에서 다시 보기로 함"


@pytest.fixture
def home(tmp_path: Path) -> Path:
    (tmp_path / "recognisers.yaml").write_text(KEPT, encoding="utf-8")
    (tmp_path / "policy.yaml").write_text(POLICY, encoding="utf-8")
    lines = ["no,note", *(f"{n},{TEXT.replace('456', f'{n:03d}')}" for n in range(40))]
    (tmp_path / "notes.csv").write_text("\n".join([*lines, ""]), encoding="utf-8")
    return tmp_path


def test_a_policy_cuts_out_of_texts_what_the_zone_looks_for(home: Path) -> None:
    plain = load_policy(home / "policy.yaml")
    rules = load_policy(home / "policy.yaml", kept_recognisers(home))
    apply(plain, open_table(home / "notes.csv"), KEY, home / "without.parquet")
    apply(rules, open_table(home / "notes.csv"), KEY, home / "with.parquet")
    assert "CH123000" in str(pq.read_table(home / "without.parquet").column("note")[0])
    shown = pq.read_table(home / "with.parquet").column("note").to_pylist()
    assert shown == ["환자 [OTHER_ID] 외래에서 다시 보기로 함"] * 40
    assert pickle.loads(pickle.dumps(rules)) == rules, "it goes to the workers of a cluster"


def test_the_digest_of_a_policy_names_the_recognisers_where_they_decide(home: Path) -> None:
    plain = load_policy(home / "policy.yaml")
    kept = kept_recognisers(home)
    assert kept_recognisers(home / "nowhere") == ()
    assert load_policy(home / "policy.yaml", ()) == plain
    assert load_policy(home / "policy.yaml", kept).digest != plain.digest
    (home / "policy.yaml").write_text(POLICY.replace("role: free, action: scrub_text", "role: drop"), encoding="utf-8")
    assert load_policy(home / "policy.yaml", kept) == load_policy(home / "policy.yaml")


def test_a_survey_finds_in_a_column_what_the_zone_looks_for(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    table = open_table(home / "notes.csv")
    without = {column.name: column for column in survey(table).columns}
    found = {column.name: column for column in survey(table, more=compiled(kept_recognisers(home))).columns}
    assert "OTHER_ID" not in without["note"].identifiers
    assert found["note"].identifiers["OTHER_ID"] == 1.0
    assert found["note"].role == "free", "sentences with a number in them are scrubbed, not replaced"
    given = Namespace(table=[str(home / "notes.csv")], connection=None, draft=None, inventory=None)
    context = cast(Context, SimpleNamespace(home=home, json=True, print=print))
    assert survey_command.run(given, context) == 0
    assert "OTHER_ID" in capsys.readouterr().out


def test_a_broken_file_of_recognisers_stops_the_command_before_anything_is_read(home: Path) -> None:
    (home / "recognisers.yaml").write_text(KEPT.replace("CH", "[[CH]"), encoding="utf-8")
    given = Namespace(table=[str(home / "nowhere.csv")], connection=None, draft=None, inventory=None)
    with pytest.raises(RecogniserError, match=r"recognisers.yaml.*3"):
        survey_command.run(given, cast(Context, SimpleNamespace(home=home, json=True, print=print)))


def test_an_extract_under_review_is_made_with_them(world: World) -> None:
    rule = "version: 1\nrecognisers:\n  - {rule: patient, label: OTHER_ID, pattern: '환자[0-9]', score: 0.9}\n"
    world.policy = world.policy.replace("role: direct, action: pseudonym_one_way", "role: free, action: scrub_text")
    shown = []
    for _ in range(2):
        run = world.processed().run
        assert run is not None
        shown.append((run.policy_sha256, pq.read_table(run.directory / "people.parquet").column("id").to_pylist()))
        (world.home / "recognisers.yaml").write_text(rule, encoding="utf-8")
    assert shown[0][1][0] == "환자0"
    assert shown[1][1] == ["[OTHER_ID]"] * 6
    assert shown[0][0] != shown[1][0], "the record says by what the texts were read"
