"""Extracts from files on disk: what is read, what is written, and what is not."""

from __future__ import annotations

import json
import os
import signal
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pyarrow as pa
import pyarrow.csv as pa_csv
import pyarrow.parquet as pq
import pytest

from deid.engine import apply
from deid.errors import DataError, KeyStoreError, PolicyError
from deid.key_destruction import destroy_key
from deid.keys import KeyStore
from deid.policy import Policy, parse_policy
from deid.pseudonyms import original
from deid.release import NotReleasable
from deid.sources import open_table
from deid.targets import METADATA_KEY

POLICY = """
version: 1
name: 시험
dataset: hospital
project: cardio
purpose: scientific_research
order: {order}
columns:
  rrn: {{role: direct, action: pseudonym_reversible, reason: 연결에 필요}}
  name: {{role: drop, reason: 필요 없음}}
  age: {{role: quasi, action: range, params: {{width: 10}}, reason: 나이대만 필요}}
  region: {{role: quasi, action: keep, reason: 지역 비교}}
  disease: {{role: sensitive, action: keep, reason: 연구 대상}}
{release}
"""
PEOPLE = [
    ("900101-1234567", "김철수", "33", "서울", "고혈압", "비고 1"),
    ("910202-2345678", "이영희", "37", "서울", "당뇨", "비고 2"),
    ("920303-1456789", "박민수", "31", "서울", "고혈압", "비고 3"),
    ("700101-1111111", "최고령", "99", "제주", "희귀병", "비고 4"),
]
HEADER = ("rrn", "name", "age", "region", "disease", "memo")


def policy(order: str = "source", release: str = "") -> Policy:
    return parse_policy(POLICY.format(order=order, release=release))


def text_file(directory: Path, *, encoding: str = "utf-8", separator: str = ",") -> Path:
    lines = [separator.join(row) for row in (HEADER, *PEOPLE)]
    path = directory / f"people-{encoding}.txt"
    path.write_bytes("\n".join([*lines, ""]).encode(encoding))
    return path


@pytest.fixture
def keys(tmp_path: Path) -> KeyStore:
    return KeyStore(tmp_path / "additional")


@pytest.mark.parametrize(
    ("encoding", "separator"), [("utf-8", ","), ("utf-8-sig", "|"), ("cp949", "|"), ("cp949", "\t")]
)
def test_an_extract_has_the_columns_of_the_policy_and_no_other(
    tmp_path: Path, keys: KeyStore, encoding: str, separator: str
) -> None:
    table = open_table(text_file(tmp_path, encoding=encoding, separator=separator))
    key = keys.key("cardio", 1)
    applied = apply(policy(), table, key, tmp_path / "out.parquet")
    made = pq.read_table(tmp_path / "out.parquet")
    assert made.column_names == ["rrn", "age", "region", "disease"]
    assert applied.unnamed == ("memo",)
    assert made.column("age").to_pylist() == ["30~40", "30~40", "30~40", "90~100"]
    assert [original(t, key.derive("reversible|person")) for t in made.column("rrn").to_pylist()] == [
        row[0].replace("-", "") for row in PEOPLE
    ]
    assert table.described["encoding"] == ("utf-8-sig" if encoding == "utf-8-sig" else encoding)


def test_nothing_of_the_source_rides_along(tmp_path: Path, keys: KeyStore) -> None:
    source = pa.table(
        {name: pa.array([row[i] for row in PEOPLE]).dictionary_encode() for i, name in enumerate(HEADER)}
    ).slice(0, 3)  # the fourth person is only an unused category
    pq.write_table(source.replace_schema_metadata({"pandas": "희귀병 최고령"}), tmp_path / "in.parquet")
    apply(policy(), open_table(tmp_path / "in.parquet"), keys.key("cardio", 1), tmp_path / "out.parquet")
    data = (tmp_path / "out.parquet").read_bytes()
    for value in ("희귀병", "최고령", "900101", "9001011234567", "김철수", "비고"):
        assert value.encode() not in data
    described = json.loads(pq.read_schema(tmp_path / "out.parquet").metadata[METADATA_KEY])
    assert described["policy_digest"] == policy().digest


def test_rows_that_break_k_are_left_out_as_far_as_the_policy_permits(tmp_path: Path, keys: KeyStore) -> None:
    table, key = open_table(text_file(tmp_path)), keys.key("cardio", 1)
    applied = apply(policy(release="release: {k: 3, max_suppression: 0.25}"), table, key, tmp_path / "out.parquet")
    assert (applied.rows, applied.suppressed) == (3, 1)
    assert applied.assessment is not None
    assert applied.assessment.k == 3
    with pytest.raises(NotReleasable) as refused:
        apply(policy(release="release: {k: 3, max_suppression: 0.1}"), table, key, tmp_path / "no.parquet")
    assert refused.value.exit_code == 1
    with pytest.raises(NotReleasable, match=r"l\(disease\)"):
        apply(policy(release="release: {l: {disease: 3}}"), table, key, tmp_path / "no.parquet")
    assert sorted(path.name for path in tmp_path.iterdir() if "no." in path.name) == []


def test_a_shuffled_extract_has_the_same_rows_in_another_order(tmp_path: Path, keys: KeyStore) -> None:
    source = pa.table(
        {
            name: [f"{row[i]}{n}" if name == "rrn" else row[i] for n in range(50) for row in PEOPLE]
            for i, name in enumerate(HEADER)
        }
    )
    pq.write_table(source, tmp_path / "in.parquet")
    table, key = open_table(tmp_path / "in.parquet"), keys.key("cardio", 1)
    apply(policy(), table, key, tmp_path / "a.parquet")
    apply(policy("shuffled"), table, key, tmp_path / "b.parquet")
    rows = [pq.read_table(tmp_path / name).to_pylist() for name in ("a.parquet", "b.parquet")]
    assert rows[0] != rows[1]
    assert sorted(map(str, rows[0])) == sorted(map(str, rows[1]))


def test_a_csv_extract_holds_no_formula(tmp_path: Path, keys: KeyStore) -> None:
    path = tmp_path / "in.csv"
    path.write_text('rrn,name,age,region,disease,memo\n1,x,30,=HYPERLINK("http://a"),@SUM(1),m\n', encoding="utf-8")
    apply(policy(), open_table(path), keys.key("cardio", 1), tmp_path / "out.csv")
    row = pa_csv.read_csv(tmp_path / "out.csv").to_pylist()[0]
    assert row["region"].startswith("'=")
    assert row["disease"].startswith("'@")


def hostile_files(directory: Path) -> dict[str, Path]:
    good = directory / "good.parquet"
    pq.write_table(pa.table({name: [row[i] for row in PEOPLE] for i, name in enumerate(HEADER)}), good)
    contents = {
        "truncated.parquet": good.read_bytes()[: good.stat().st_size // 2],
        "wide.csv": b",".join(b"c%d" % n for n in range(200_000)),
        "long.csv": b"c" * 5_000_000,
        "ragged.csv": b"rrn,name,age,region,disease,memo\n1,2,3\n",
        "binary.csv": b"rrn,name\n\0\0",
        "latin.csv": "rrn,name\n1,\xff\xfe\xfd".encode("latin-1"),
        "empty.csv": b"",
        "twice.csv": b"rrn,rrn\n1,2\n",
        "number.csv": b"rrn,name,age,region,disease,memo\n1,x,\xea\xb9\x80\xec\xb2\xa0\xec\x88\x98,a,b,c\n",
    }
    for name, data in contents.items():
        (directory / name).write_bytes(data)
    return {name: directory / name for name in contents}


def test_a_hostile_file_fails_as_one_error_that_shows_no_value_and_leaves_nothing(
    tmp_path: Path, keys: KeyStore
) -> None:
    for name, path in hostile_files(tmp_path).items():
        target = tmp_path / "out" / f"{name}.parquet"
        target.parent.mkdir(exist_ok=True)
        with pytest.raises(DataError) as caught:
            apply(policy(), open_table(path), keys.key("cardio", 1), target)
        assert "김철수" not in str(caught.value) + caught.value.text("ko")
        assert list(target.parent.iterdir()) == []


def test_an_extract_is_never_written_over_another(tmp_path: Path, keys: KeyStore) -> None:
    (tmp_path / "out.parquet").write_bytes(b"kept")
    with pytest.raises(DataError):
        apply(policy(), open_table(text_file(tmp_path)), keys.key("cardio", 1), tmp_path / "out.parquet")
    assert (tmp_path / "out.parquet").read_bytes() == b"kept"


KILLED = """
import sys, time
from pathlib import Path
sys.path.insert(0, sys.argv[1])
from deid.engine import apply
from deid.keys import KeyStore
from deid.sources import open_table
from tests.integration.deid.test_deid_extracts import policy
directory = Path(sys.argv[2])
def slow(done, every):
    print("row", flush=True)
    time.sleep(60)
key = KeyStore(directory / "additional").key("cardio", 1)
apply(policy(), open_table(Path(sys.argv[3])), key, directory / "made" / "out.parquet", progress=slow)
"""


def test_a_run_that_is_killed_leaves_nothing_at_all(tmp_path: Path) -> None:
    (tmp_path / "made").mkdir()
    source = text_file(tmp_path)
    arguments = [sys.executable, "-c", KILLED, str(Path.cwd()), str(tmp_path), str(source)]
    with subprocess.Popen(arguments, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"row\n"
        os.kill(process.pid, signal.SIGKILL)
        process.wait()
    assert list((tmp_path / "made").iterdir()) == []


def test_two_projects_share_no_token_over_many_identifiers(keys: KeyStore, tmp_path: Path) -> None:
    rows = pa.table({name: [f"{n:013d}" if name == "rrn" else "1" for n in range(100_000)] for name in HEADER})
    pq.write_table(rows, tmp_path / "in.parquet")
    tokens = []
    for number, domain in enumerate(("cardio", "neuro", "cardio")):
        apply(policy(), open_table(tmp_path / "in.parquet"), keys.key(domain, 1), tmp_path / f"{number}.parquet")
        tokens.append(pq.read_table(tmp_path / f"{number}.parquet").column("rrn").to_pylist())
    assert not set(tokens[0]) & set(tokens[1])
    assert tokens[0] == tokens[2]
    assert len(set(tokens[0])) == 100_000


def test_a_destroyed_key_is_nowhere_and_cannot_be_made_again(tmp_path: Path) -> None:
    keys = KeyStore(tmp_path / "additional")
    secret = keys.key("cardio", 1)
    with closing(sqlite3.connect(tmp_path / "additional" / "additional.db")) as database:
        (salt,) = database.execute("SELECT salt FROM pseudonym_key").fetchone()
    record = destroy_key(keys, "cardio", 1, by="p_aaaaaaaaaaaaaaaa", why="보유기간 만료", event_id="e")
    assert record.destroyed_at is not None
    assert salt not in b"".join(path.read_bytes() for path in (tmp_path / "additional").iterdir())
    with pytest.raises(KeyStoreError, match="destroyed"):
        keys.key("cardio", 1)
    assert keys.key("cardio", 2).derive("x") != secret.derive("x")


def test_another_domain_needs_the_approval_of_a_second_person(keys: KeyStore) -> None:
    with pytest.raises(KeyStoreError):
        keys.refuse_linkage("shared", "cardio")
    with pytest.raises(KeyStoreError):
        keys.approve_linkage("shared", "cardio", requested_by="a", approved_by="a")
    keys.approve_linkage("shared", "cardio", requested_by="a", approved_by="b")
    keys.refuse_linkage("shared", "cardio")
    with pytest.raises(KeyStoreError):
        keys.refuse_linkage("shared", "neuro")


def test_a_key_never_shows_in_a_text_and_the_store_refuses_to_be_readable(tmp_path: Path) -> None:
    keys = KeyStore(tmp_path / "additional")
    assert "secret" not in repr(keys.key("cardio", 1)).lower()
    (tmp_path / "additional").chmod(0o755)
    with pytest.raises(KeyStoreError):
        KeyStore(tmp_path / "additional")


BAD_POLICIES = {
    "unknown key": (POLICY + "colour: red\n", "colour"),
    "unknown action": (POLICY.replace("pseudonym_reversible", "sha256"), "line 9"),
    "an identifier that is kept": (POLICY.replace("pseudonym_reversible", "keep"), "line 9"),
    "no reason": (POLICY.replace(", reason: 연구 대상", ""), "reason is missing"),
    "a parameter of another action": (POLICY.replace("width: 10", "to: 10"), "to"),
    "a number that is none": (POLICY.replace("width: 10", "width: ten"), "line 11"),
    "a width of nothing": (POLICY.replace("width: 10", "width: 0"), "width"),
    "an alias": (
        POLICY.replace("reason: 지역 비교", "reason: &a 지역 비교").replace("reason: 연구 대상", "reason: *a"),
        "alias",
    ),
    "no yaml": ("a: [", "not YAML"),
    "nothing": ("", "empty"),
    "a technique of another action": (
        POLICY.replace("reason: 연결에 필요", "technique: round, reason: 연결에 필요"),
        "technique",
    ),
    "a criterion on a column that is not sensitive": (POLICY.replace("{release}", "release: {{l: {{age: 2}}}}"), "age"),
}


@pytest.mark.parametrize("case", BAD_POLICIES)
def test_a_policy_with_a_mistake_is_refused_and_the_place_named(case: str) -> None:
    text, part = BAD_POLICIES[case]
    with pytest.raises(PolicyError) as caught:
        parse_policy(text.format(order="source", release=""))
    assert part in str(caught.value)


def test_the_digest_names_the_content_and_not_the_spelling() -> None:
    text = POLICY.format(order="source", release="")
    assert parse_policy(text).digest == parse_policy("# a remark\n" + text).digest
    assert parse_policy(text).digest != parse_policy(text.replace("width: 10", "width: 5")).digest


@pytest.mark.parametrize(("suffix", "order"), [("parquet", "source"), ("csv", "source"), ("parquet", "shuffled")])
def test_numbers_that_change_their_kind_late_in_a_file_are_one_error_and_leave_nothing(
    tmp_path: Path, keys: KeyStore, suffix: str, order: str
) -> None:
    rows = ["rrn,name,age,region,disease,memo", *("1,x,30,a,1,m" for _ in range(700_000)), "1,x,30,a,1.5,m", ""]
    (tmp_path / "in.csv").write_text("\n".join(rows), encoding="utf-8")
    (tmp_path / "made").mkdir()
    rounded = POLICY.format(order=order, release="").replace(
        "role: sensitive, action: keep", "role: sensitive, action: top_bottom_code, params: {top: 9}"
    )
    with pytest.raises(DataError, match="disease"):
        apply(
            parse_policy(rounded),
            open_table(tmp_path / "in.csv"),
            keys.key("cardio", 1),
            tmp_path / "made" / f"out.{suffix}",
        )
    assert list((tmp_path / "made").iterdir()) == []
