"""The commands as a person types them."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from deid.policy import load_policy
from deid.sources import open_table
from deid.survey import survey

PEOPLE = [
    [
        "0012",
        "김민준",
        "33",
        "서울",
        "120.5",
        "환자는 두통을 호소하며 내원하였고 약물 치료를 시작하기로 하였다. 보호자에게 설명하였다.",
    ],
    [
        "0013",
        "이서연",
        "41",
        "부산",
        "131.0",
        "특이 소견 없이 퇴원하였으며 한 달 뒤 외래에서 다시 보기로 하였다. 복용 방법을 안내하였다.",
    ],
]
HEADER = ["chart_no", "성명", "age", "region", "bp", "memo"]


def ansim(*arguments: str, stdin: str = "", home: Path) -> subprocess.CompletedProcess[str]:
    command = [str(Path(sys.executable).with_name("ansim")), "--home", str(home), "deid", *arguments]
    return subprocess.run(command, input=stdin, capture_output=True, text=True, check=False)


@pytest.fixture
def table(tmp_path: Path) -> Path:
    lines = [",".join(HEADER)]
    for number in range(200):
        row = list(PEOPLE[number % 2])
        row[0] = f"{number:04d}"
        lines.append(",".join(row))
    path = tmp_path / "people.csv"
    path.write_text("\n".join([*lines, ""]), encoding="cp949")
    return path


def test_a_survey_proposes_roles_and_a_policy_that_can_be_used(table: Path, tmp_path: Path) -> None:
    draft = tmp_path / "policy.yaml"
    done = ansim("survey", str(table), "--draft", str(draft), "--dataset", "people", "--json", home=tmp_path)
    found = json.loads(done.stdout)
    roles = {column["name"]: column["role"] for column in found["columns"]}
    assert (
        roles
        == {
            "chart_no": "direct",
            "성명": "direct",
            "age": "quasi",
            "region": "quasi",
            "bp": "sensitive",
            "memo": "free",
        }
        or roles | {"bp": "quasi"} == roles
    )
    assert found["readiness"] == "after_deid"
    assert "김민준" not in done.stdout
    policy = load_policy(draft)
    assert {column.name for column in policy.columns} == set(HEADER)


def test_a_dry_run_shows_each_column_before_and_after_and_writes_nothing(table: Path, tmp_path: Path) -> None:
    draft = tmp_path / "policy.yaml"
    ansim("survey", str(table), "--draft", str(draft), home=tmp_path)
    before = sorted(tmp_path.iterdir())
    done = ansim("apply", str(draft), str(table), "--dry-run", "--json", home=tmp_path)
    assert done.returncode == 0, done.stderr
    shown = {one["column"]: one for one in map(json.loads, done.stdout.splitlines())}
    assert shown["chart_no"]["before"][0] == "0000"
    assert len(shown["chart_no"]["after"][0]) == 32
    assert sorted(tmp_path.iterdir()) == before
    again = ansim("apply", str(draft), str(table), "--dry-run", "--json", home=tmp_path)
    assert again.stdout.splitlines()[0] != done.stdout.splitlines()[0], "the key of a dry run must be of no other"


def test_risk_exits_1_where_a_criterion_is_not_met_and_draws_a_page(tmp_path: Path) -> None:
    pq.write_table(pa.table({"age": ["1", "1", "2"], "d": ["x", "y", "x"]}), tmp_path / "t.parquet")
    policy = tmp_path / "p.yaml"
    policy.write_text(
        "version: 1\nname: n\ndataset: d\nproject: p\npurpose: statistics\norder: source\ncolumns:\n"
        "  age: {role: quasi, action: keep, reason: r}\n  d: {role: sensitive, action: keep, reason: r}\n"
        "release: {k: 2}\n",
        encoding="utf-8",
    )
    page = tmp_path / "risk.html"
    done = ansim(
        "risk", str(tmp_path / "t.parquet"), "--policy", str(policy), "--html", str(page), "--json", home=tmp_path
    )
    assert done.returncode == 1
    answer = json.loads(done.stdout)
    assert answer["criteria"] == [{"name": "k", "column": None, "required": 2, "found": 1.0, "met": "failed"}]
    assert "<svg" in page.read_text(encoding="utf-8")
    good = ansim("risk", str(tmp_path / "t.parquet"), "--quasi", "d", home=tmp_path)
    assert good.returncode == 0


def test_the_cautions_of_the_policy_and_of_the_data_stand_in_the_report(tmp_path: Path) -> None:
    pq.write_table(pa.table({"id": ["1", "2", "3"], "pay": [983_116_785, 984_201_330, 9]}), tmp_path / "raw.parquet")
    pq.write_table(pa.table({"id": ["a", "b", "c"], "pay": [983_117_000, 984_201_000, 0]}), tmp_path / "out.parquet")
    (tmp_path / "p.yaml").write_text(
        "version: 1\nname: n\ndataset: d\nproject: p\npurpose: statistics\norder: source\ncolumns:\n"
        "  id: {role: direct, action: pseudonym_one_way, reason: r}\n"
        "  pay: {role: quasi, action: round, params: {to: 1000}, reason: r}\n",
        encoding="utf-8",
    )
    words = ("risk", "out.parquet", "--policy", "p.yaml", "--before", "raw.parquet", "--html", "risk.html", "--json")
    files = [str(tmp_path / word) if "." in word else word for word in words]
    done = ansim(*files, "--language", "ko", home=tmp_path)
    assert done.returncode == 0, done.stderr
    cautions = json.loads(done.stdout)["cautions"]
    assert [caution.partition(":")[0] for caution in cautions] == [cautions[0].partition(":")[0], "pay"]
    assert "줄지 않았습니다" in cautions[1]
    page = (tmp_path / "risk.html").read_text(encoding="utf-8")
    assert "줄지 않았습니다" in page
    assert "행의 순서가 원자료와 같습니다" in page


def test_scrubbing_keeps_one_mark_per_person_and_another_in_the_next_run(tmp_path: Path) -> None:
    text = "담당자 김철수 과장 010-1234-5678\n김철수에게 연락"
    first, second = (ansim("scrub", "-", stdin=text, home=tmp_path).stdout for _ in range(2))
    assert "김철수" not in first
    assert "5678" not in first
    marks = [word for word in first.replace("]", "] ").split() if word.startswith("[PERSON_")]
    assert len(marks) == 2
    assert len(set(marks)) == 1
    assert first != second


def test_anonymising_writes_a_table_in_which_everybody_hides(tmp_path: Path) -> None:
    target = tmp_path / "out.parquet"
    done = ansim(
        *("anonymise", "tests/data/adult/adult.parquet", str(target), "--quasi", "sex,age,race", "--k", "10"),
        *("--hierarchies", "tests/data/adult", "--json"),
        home=tmp_path,
    )
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["suppressed"] == 0
    groups = pq.read_table(target).group_by(["sex", "age", "race"]).aggregate([([], "count_all")])
    assert min(groups.column("count_all").to_pylist()) >= 10


@pytest.mark.parametrize(
    "arguments", [("risk", "nowhere.parquet", "--quasi", "a"), ("scrub", "nowhere.txt"), ("survey", "nowhere.csv")]
)
def test_a_file_that_is_not_there_is_one_sentence_and_exit_2(tmp_path: Path, arguments: tuple[str, ...]) -> None:
    done = ansim(*arguments, home=tmp_path)
    assert done.returncode == 2
    assert "Traceback" not in done.stderr


def test_importing_deid_loads_nothing_heavy_and_scan_reads_no_table_library() -> None:
    code = (
        "import sys, deid; light = 'deid.identifiers' not in sys.modules;"
        "from deid import detect; import deid.cli; from egress_review.checks import identifiers as review;"
        "assert light and review.detect is detect is deid.identifiers.detect;"
        "heavy = {'torch', 'spacy', 'sdv', 'presidio_analyzer', 'pandas', 'pyarrow', 'numpy', 'duckdb'};"
        "print(sorted(heavy & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_a_table_without_an_identifier_may_have_equal_rows(tmp_path: Path) -> None:
    pq.write_table(pa.table({"age": [30] * 100, "sex": ["m", "f"] * 50}), tmp_path / "t.parquet")
    found = survey(open_table(tmp_path / "t.parquet"))
    assert found.readiness == "ready"
    assert found.duplicates == 98


@pytest.mark.parametrize(
    ("language", "said"), [("ko_KR.UTF-8", "자료에 없는 열입니다: zzz"), ("en_US.UTF-8", "no column zzz")]
)
def test_an_error_speaks_the_language_of_the_terminal_and_shows_no_code(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, language: str, said: str
) -> None:
    monkeypatch.setenv("LANG", language)
    (tmp_path / "bad.yaml").write_text("version: 1\n", encoding="utf-8")
    (tmp_path / "t.csv").write_text("a,b\n1,2\n", encoding="utf-8")
    wrong = ansim("risk", str(tmp_path / "t.csv"), "--quasi", "zzz", home=tmp_path)
    assert said in wrong.stderr
    assert "JSON" not in wrong.stderr
    policy = ansim("apply", str(tmp_path / "bad.yaml"), str(tmp_path / "t.csv"), "--dry-run", home=tmp_path)
    assert "Text(" not in policy.stderr
    assert ("없습니다" in policy.stderr) == language.startswith("ko")
