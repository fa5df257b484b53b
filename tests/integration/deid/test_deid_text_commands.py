"""`ansim deid scan` and `scrub` on files: sets of documents, recognisers of a zone, encodings, a missing extra."""

from __future__ import annotations

import io
import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from audit.cli_context import Context
from deid import english
from deid.errors import DeidError, MissingExtraError, RecogniserError, UsageError
from hub_config.cli import GROUPS, parser


def run(*words: str, home: Path) -> int:
    """Run a command in this process."""
    options = parser({"deid": GROUPS["deid"]}).parse_args(["deid", *words])
    context = cast(Context, SimpleNamespace(home=home, json=bool(getattr(options, "json", False))))
    return int(options.func(options, context))


def test_documents_that_are_scrubbed_together_share_their_marks(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("담당자 김철수 과장 010-1234-5678", encoding="utf-8")
    (tmp_path / "b.txt").write_bytes("김철수와 010 1234 5678로 통화".encode("cp949"))
    files = [str(tmp_path / name) for name in ("a.txt", "b.txt")]
    assert run("scrub", *files, "--together", "--out", str(tmp_path / "out"), home=tmp_path) == 0
    one, other = ((tmp_path / "out" / name).read_text(encoding="utf-8") for name in ("a.txt", "b.txt"))
    assert "김철수" not in one + other
    marks = [[word[: word.index("]") + 1] for word in text.split() if word.startswith("[")] for text in (one, other)]
    assert marks[0] == marks[1]
    with pytest.raises(UsageError):
        run("scrub", *files, "--together", "--out", str(tmp_path / "out"), home=tmp_path)


@pytest.mark.parametrize(
    "words", [("scrub", "nowhere.txt"), ("scrub", "a.txt", "b.txt"), ("scan", "nowhere.txt"), ("scan", "binary")]
)
def test_what_cannot_be_done_is_an_error_of_the_family(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, words: tuple[str, ...]
) -> None:
    (tmp_path / "binary").write_bytes(b"\x00\xff\xfe")
    monkeypatch.chdir(tmp_path)
    with pytest.raises(DeidError):
        run(*words, home=tmp_path)


def test_the_recognisers_of_the_zone_are_used_unless_others_are_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    entry = "version: 1\nrecognisers:\n  - {rule: a, label: OTHER_ID, pattern: 'ZZ[0-9]{4}', score: 0.9}\n"
    (tmp_path / "recognisers.yaml").write_text(entry, encoding="utf-8")
    (tmp_path / "other.yaml").write_text("version: 1\nrecognisers: []\n", encoding="utf-8")
    (tmp_path / "t.txt").write_text("one\nZZ1234", encoding="utf-8")
    assert run("scan", str(tmp_path / "t.txt"), home=tmp_path) == 0
    assert capsys.readouterr().out == "2:1-6  OTHER_ID  0.90  zone.a\n"
    run("scan", str(tmp_path / "t.txt"), "--recognisers", str(tmp_path / "other.yaml"), home=tmp_path)
    assert capsys.readouterr().out == ""
    (tmp_path / "recognisers.yaml").write_text(entry.replace("{4}", "+"), encoding="utf-8")
    with pytest.raises(RecogniserError):
        run("scan", str(tmp_path / "t.txt"), home=tmp_path)


def test_json_says_where_and_what_and_never_the_value(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "t.txt").write_text("담당자 김철수 과장", encoding="utf-8")
    run("scan", str(tmp_path / "t.txt"), "--json", home=tmp_path)
    answer: dict[str, Any] = json.loads(capsys.readouterr().out)
    assert answer["spans"] == [{"start": 4, "end": 7, "label": "PERSON", "score": 0.9, "rule": "name-label"}]


def test_without_the_extra_english_is_one_sentence_and_korean_works(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    # As on a machine without the extra; the test of the extra itself installs it.
    monkeypatch.setattr(english, "MODEL", "no_such_model")
    (tmp_path / "t.txt").write_text("Call Sarah Connor", encoding="utf-8")
    with pytest.raises(MissingExtraError) as error:
        run("scan", str(tmp_path / "t.txt"), "--english", home=tmp_path)
    assert error.value.exit_code == 3
    assert error.value.text("ko").endswith("됩니다.")
    lines = "".join(json.dumps({"id": n, "text": "전화 010-1234-5678", "lang": "en"}) + "\n" for n in range(3))
    monkeypatch.setattr("sys.stdin", io.StringIO(lines))
    assert run("scan", "--jsonl", home=tmp_path) == 0
    said = capsys.readouterr()
    assert [len(json.loads(line)["spans"]) for line in said.out.splitlines()] == [1, 1, 1]
    assert said.err.count("\n") == 1
