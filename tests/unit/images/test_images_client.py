"""Promises of the notebook client: it says what the zone says, in the person's language, and sends no secret."""

import json
import socketserver
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any

import pytest

from images.notebook import ansim_client, ansim_outbox

FLAGGED = {
    "policy": {"name": "kr-default", "digest": "0f" * 32},
    "files": [
        {
            "path": "table.csv",
            "sha256": "00" * 32,
            "verdict": "flagged",
            "findings": [
                {
                    "rule": "cells.small",
                    "status": "flagged",
                    "severity": "fail",
                    "where": {"row": 3, "column": 2},
                    "number": 4,
                    "message": "A cell counts <b>4</b> people.",
                    "fix": "Merge rows.",
                    "source": "house",
                },
                {"rule": "size", "status": "passed", "severity": "fail", "where": {}, "message": "", "fix": ""},
            ],
        }
    ],
}


@dataclass
class Zone:
    """A zone that answers what it is told to, over a socket of its own."""

    answer: Any = field(default_factory=dict)
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    calls: list[tuple[str, str, dict[str, str], Any]] = field(default_factory=list)


@pytest.fixture
def zone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Zone]:
    """The client, pointed at a running zone and an empty outbox."""
    zone = Zone()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.reply(None)

        def do_POST(self) -> None:
            self.reply(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))

        def reply(self, body: object) -> None:
            zone.calls.append((self.command, self.path, dict(self.headers), body))
            raw = json.dumps(zone.answer).encode()
            self.send_response(zone.status)
            self.send_header("Content-Length", str(len(raw)))
            for name, value in zone.headers.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(raw)

        def log_message(self, *arguments: object) -> None:
            pass

        def address_string(self) -> str:
            return "workspace"

    path = tmp_path / "api.sock"
    outbox = tmp_path / "outbox"
    outbox.mkdir()
    monkeypatch.setattr(ansim_client, "SOCKET", str(path))
    monkeypatch.setattr(ansim_client, "OUTBOX", outbox)
    monkeypatch.setattr(ansim_client, "language", "en")
    monkeypatch.chdir(tmp_path)
    with socketserver.ThreadingUnixStreamServer(str(path), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield zone
        server.shutdown()


def test_a_check_says_what_is_wrong_where_and_how_to_fix_it(zone: Zone, capsys: pytest.CaptureFixture[str]) -> None:
    zone.answer = FLAGGED
    (ansim_client.OUTBOX / "table.csv").write_text("a,b\n", encoding="utf-8")
    report = ansim_client.check("table.csv")
    shown = capsys.readouterr().out
    assert not report.passed
    assert "row 3, column 2" in shown
    assert "Merge rows." in shown
    assert "kr-default" in shown
    assert zone.calls[0][:2] == ("POST", "/workspace/precheck")
    assert zone.calls[0][3] == {"files": ["table.csv"], "controls": None, "context": ""}


def test_what_the_zone_says_is_shown_in_korean_to_a_person_who_reads_korean(
    zone: Zone, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ansim_client, "language", "ko")
    zone.answer = {"error": {"message": {"ko": "이용 기간이 끝났습니다.", "en": "The period is over."}, "hint": None}}
    zone.status = 403
    with pytest.raises(ansim_client.AnsimError, match=r"이용 기간이 끝났습니다\."):
        ansim_client.status()
    assert zone.calls[0][2]["Accept-Language"] == "ko"


def test_no_call_carries_a_credential(zone: Zone) -> None:
    ansim_client.status()
    assert {"authorization", "cookie"}.isdisjoint(name.lower() for name in zone.calls[0][2])


def test_a_notebook_shows_markup_from_a_file_as_text(zone: Zone) -> None:
    zone.answer = FLAGGED
    (ansim_client.OUTBOX / "table.csv").touch()
    html = ansim_client.check("table.csv")._repr_html_()
    assert "<b>4</b>" not in html
    assert "&lt;b&gt;4&lt;/b&gt;" in html


def test_no_answer_is_no_pass(zone: Zone) -> None:
    zone.answer = {"files": []}
    (ansim_client.OUTBOX / "table.csv").touch()
    assert not ansim_client.check("table.csv").passed


def test_a_file_elsewhere_is_copied_to_the_outbox_first(zone: Zone) -> None:
    Path("result.csv").write_text("a\n1\n", encoding="utf-8")
    zone.answer = {"ref": "er_abc", "state": "scanning", "state_text": {"ko": "점검 중", "en": "being checked"}}
    submission = ansim_client.submit(Path("result.csv"), title="Table 1", purpose="A paper")
    assert (ansim_client.OUTBOX / "result.csv").read_text(encoding="utf-8") == "a\n1\n"
    assert zone.calls[0][3]["files"] == ["result.csv"]
    assert submission.ref == "er_abc"
    assert "being checked" in repr(submission)


def test_a_file_in_a_folder_of_the_outbox_keeps_its_place(zone: Zone) -> None:
    (ansim_client.OUTBOX / "tables").mkdir()
    (ansim_client.OUTBOX / "tables" / "one.csv").touch()
    ansim_client.check(ansim_client.OUTBOX / "tables" / "one.csv")
    assert zone.calls[0][3]["files"] == ["tables/one.csv"]


def test_a_link_in_the_outbox_is_named_to_the_zone_and_not_followed(zone: Zone, tmp_path: Path) -> None:
    (tmp_path / "elsewhere.csv").touch()
    (ansim_client.OUTBOX / "link.csv").symlink_to(tmp_path / "elsewhere.csv")
    ansim_client.check(ansim_client.OUTBOX / "link.csv")
    assert zone.calls[0][3]["files"] == ["link.csv"]
    assert (ansim_client.OUTBOX / "link.csv").is_symlink()


def test_a_file_that_is_not_there_is_named_before_anything_is_sent(zone: Zone) -> None:
    with pytest.raises(ansim_client.AnsimError, match=r"no such file.*absent\.csv"):
        ansim_client.check("absent.csv")
    with pytest.raises(ansim_client.AnsimError, match="at least one file"):
        ansim_client.check()
    assert zone.calls == []


def test_a_reference_cannot_become_another_address(zone: Zone) -> None:
    with pytest.raises(ansim_client.AnsimError, match="Not the reference"):
        ansim_client.requests("../../portal")
    assert zone.calls == []


def test_the_state_of_the_workspace_lists_its_requests(zone: Zone, capsys: pytest.CaptureFixture[str]) -> None:
    zone.answer = {
        "message": {"ko": "기록됩니다.", "en": "What you do here is recorded."},
        "outbox": [{"name": "a.csv", "size": 1, "problem": {"ko": "링크", "en": "a link"}}],
        "requests": [{"ref": "er_1", "title": "T", "state": "released", "state_text": {"en": "released"}}],
    }
    ansim_client.status()
    shown = capsys.readouterr().out
    assert "recorded" in shown
    assert "/outbox/a.csv: a link" in shown
    assert "er_1" in shown


def test_a_zone_that_comes_back_is_waited_for_and_that_is_said(
    zone: Zone, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    pauses: list[float] = []

    def sleep(seconds: float) -> None:
        pauses.append(seconds)
        match len(pauses):
            case 1:
                monkeypatch.setattr(ansim_client, "SOCKET", there)  # the gate has made its socket anew
            case 2:
                zone.status, zone.headers = 200, {}

    there = ansim_client.SOCKET
    monkeypatch.setattr(ansim_client, "SOCKET", f"{there}.absent")
    monkeypatch.setattr("time.sleep", sleep)
    zone.status, zone.headers = 503, {"Retry-After": "2"}
    ansim_client.status()
    assert len(zone.calls) == 2
    assert "Waiting for the zone to answer." in capsys.readouterr().out


def test_a_zone_that_was_asked_too_often_is_asked_again_later(zone: Zone, monkeypatch: pytest.MonkeyPatch) -> None:
    def sleep(seconds: float) -> None:
        zone.status = 200

    monkeypatch.setattr("time.sleep", sleep)
    zone.status, zone.headers = 429, {"Retry-After": "1"}
    ansim_client.status()
    assert len(zone.calls) == 2


def test_a_refusal_of_the_gate_is_said_in_the_persons_language(zone: Zone, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ansim_client, "language", "ko")
    zone.status, zone.answer = 429, {"reason": "calls.pace", "ko": "너무 자주 요청했습니다.", "en": "Too often."}
    with pytest.raises(ansim_client.AnsimError, match="너무 자주 요청했습니다"):
        ansim_client.status()


def test_an_unavailability_that_names_no_time_is_said_at_once(zone: Zone) -> None:
    zone.status = 503
    with pytest.raises(ansim_client.AnsimError):
        ansim_client.status()
    assert len(zone.calls) == 1


def test_a_zone_that_is_away_is_said_in_one_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ansim_client, "SOCKET", str(tmp_path / "absent.sock"))
    monkeypatch.setattr(ansim_client, "PATIENCE", 0.0)
    monkeypatch.setattr(ansim_client, "PAUSES", (0.0,))
    monkeypatch.setattr(ansim_client, "language", "en")
    with pytest.raises(ansim_client.AnsimError, match="could not be reached") as refusal:
        ansim_client.status()
    assert len(refusal.value._render_traceback_()) == 1


def test_evidence_is_written_beside_the_output_and_goes_with_it(zone: Zone) -> None:
    (ansim_client.OUTBOX / "table.csv").write_text("region,n\nSeoul,2\n", encoding="utf-8")
    frame = {"region": ["Seoul", "Seoul", "Busan"], "person": ["a", "a", "b"], "income": [3.0, 4.0, 5.0]}
    path = ansim_client.evidence(frame, by=["region"], value="income", unit="person", name="table.csv")
    assert path == ansim_client.OUTBOX / "table.csv.evidence.json"
    cells = json.loads(path.read_text(encoding="utf-8"))["parts"][0]["cells"]
    assert cells[0] == {"of": ["Seoul"], "rows": 2, "units": 1, "total": 7.0, "largest": [7.0], "negative": False}
    zone.answer = FLAGGED
    ansim_client.check("table.csv")
    assert zone.calls[0][3]["supporting"] == ["table.csv.evidence.json"]


def test_groups_are_sent_as_they_are_said(zone: Zone) -> None:
    (ansim_client.OUTBOX / "table.csv").write_text("n\n12\n", encoding="utf-8")
    zone.answer = {"ref": "er_1"}
    groups = {"tables": {"context": "By sex.", "files": ["table.csv"]}}
    ansim_client.submit("table.csv", title="t", purpose="p", groups=groups)
    assert zone.calls[0][3]["groups"] == groups


def test_a_supporting_file_is_named_and_never_twice(zone: Zone) -> None:
    for name in ("plot.png", "plot.csv"):
        (ansim_client.OUTBOX / name).write_text("x", encoding="utf-8")
    zone.answer = {"ref": "er_1"}
    ansim_client.submit("plot.png", title="t", purpose="p", supporting=["plot.csv", "plot.csv"])
    sent = zone.calls[0][3]
    assert (sent["files"], sent["supporting"]) == (["plot.png"], ["plot.csv"])


def test_a_frame_without_the_column_is_refused_in_the_persons_language(
    zone: Zone, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ansim_client, "language", "ko")
    with pytest.raises(ansim_client.AnsimError, match="자료에 열이 없습니다: sex"):
        ansim_client.evidence({"region": ["a"]}, by=["sex"], name="t.csv")
    assert list(ansim_client.OUTBOX.iterdir()) == []


@pytest.fixture
def rules(monkeypatch: pytest.MonkeyPatch) -> None:
    """The code of the checks where the image has it: here, in the checkout."""
    monkeypatch.setattr(ansim_outbox, "RULES", Path(__file__).parents[3])


@pytest.mark.usefixtures("zone", "rules")
def test_a_cleaned_copy_lies_beside_the_file_with_what_was_changed(capsys: pytest.CaptureFixture[str]) -> None:
    table = ansim_client.OUTBOX / "table.csv"
    table.write_text("region,n,pct\n=1+1,3,1.2\nBusan,147,50\ntotal,150,100\n", encoding="utf-8")
    copy = ansim_client.clean("table.csv", round_to=10, hide_below=10)
    assert copy.read_text(encoding="utf-8") == "region,n,pct\n'=1+1,<10,…\nBusan,150,50\ntotal,150,100\n"
    changes = copy.with_name("table.clean.csv.changes.txt").read_text(encoding="utf-8")
    assert "1 small counts, now shown as <10" in changes
    assert "사람 수 1개를 10 단위로 반올림" in changes
    assert "147" not in changes
    assert "check it again" in capsys.readouterr().out
    assert "=1+1,3" in table.read_text(encoding="utf-8")
    with pytest.raises(ansim_client.AnsimError, match="there already"):
        ansim_client.clean("table.csv")


@pytest.mark.usefixtures("zone", "rules")
def test_what_has_no_cleaned_copy_is_refused_with_the_reason() -> None:
    (ansim_client.OUTBOX / "m.pkl").write_bytes(b"\x80\x04.")
    with pytest.raises(ansim_client.AnsimError, match="No cleaned variant"):
        ansim_client.clean("m.pkl")
    (ansim_client.OUTBOX / "note.txt").write_text("n = 3\n", encoding="utf-8")
    with pytest.raises(ansim_client.AnsimError, match="CSV, TSV and XLSX only"):
        ansim_client.clean("note.txt", round_to=5)
    with pytest.raises(ansim_client.AnsimError, match="could not be cleaned"):
        ansim_client.clean("note.txt", round_to=-1)


def test_a_check_says_which_copy_would_help(zone: Zone) -> None:
    zone.answer = FLAGGED
    (ansim_client.OUTBOX / "table.csv").touch()
    assert 'to make a cleaned copy: ansim_client.clean("table.csv")' in repr(ansim_client.check("table.csv"))
    zone.answer = {"files": [{"path": "a.csv", "verdict": "passed", "findings": []}]}
    assert "clean(" not in repr(ansim_client.check("table.csv"))
