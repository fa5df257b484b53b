"""The commands as programs and people meet them: output, exit codes, errors with a next step."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.integration.egress_review.egress_house import open_zone

ROOT = Path(__file__).parents[3]
NO_ENGINE = {"DOCKER_HOST": "unix:///nonexistent/docker.sock"}


def ansim(*words: str | Path, home: Path, stdin: str = "", **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "hub_config.cli", *map(str, words)],
        input=stdin,
        capture_output=True,
        text=True,
        cwd=ROOT,
        env={**os.environ, "ANSIM_HOME": str(home), "LANG": "C.UTF-8", "LC_ALL": "C.UTF-8", **environment},
        check=False,
    )


def test_a_folder_is_checked_without_a_zone(tmp_path: Path) -> None:
    folder = tmp_path / "out"
    (folder / "sub").mkdir(parents=True)
    (folder / "good.csv").write_text("group,n\nA,25\n")
    (folder / "sub" / "small.csv").write_text("group,n\nA,25\nB,3\n")
    done = ansim("egress", "check", folder, "--json", home=tmp_path, **NO_ENGINE)
    content: dict[str, Any] = json.loads(done.stdout)
    assert (done.returncode, set(content), content["policy"]["name"]) == (1, {"policy", "files"}, "kr-default")
    good, small = content["files"]
    assert (good["path"], good["verdict"]) == (f"{folder}/good.csv", "passed")
    (finding,) = [f for f in small["findings"] if f["status"] == "flagged"]
    assert set(finding) == {"rule", "status", "severity", "where", "number", "message", "fix", "source"}
    assert (finding["rule"], finding["severity"], finding["where"], finding["number"]) == (
        "cells.small",
        "fail",
        {"row": 3, "column": 2},
        3,
    )
    rules = [f["rule"] for f in small["findings"]]
    assert rules == sorted(rules)
    assert "child process" in done.stderr


def test_exit_codes_say_what_happened(tmp_path: Path) -> None:
    (tmp_path / "good.txt").write_text("fine\n")
    assert ansim("egress", "check", tmp_path / "good.txt", home=tmp_path, **NO_ENGINE).returncode == 0
    assert ansim("egress", "check", tmp_path / "none", home=tmp_path, **NO_ENGINE).returncode == 2
    unknown = ansim("egress", "check", tmp_path / "good.txt", "--policy", "none", home=tmp_path, **NO_ENGINE)
    assert unknown.returncode == 2
    assert "kr-default" in unknown.stderr


def test_a_request_file_gives_context_declarations_and_earlier_releases(tmp_path: Path) -> None:
    (tmp_path / "earlier").mkdir()
    (tmp_path / "earlier" / "old.csv").write_text("group,answers\nA,125\n")
    (tmp_path / "t.csv").write_text("group,answers\nA,128\nB,4\n")
    request = tmp_path / "request.yaml"
    request.write_text("context: short\ncontrols: {counts: [answers]}\nprevious: [earlier]\n")
    done = ansim("egress", "check", tmp_path / "t.csv", "--request", request, "--json", home=tmp_path, **NO_ENGINE)
    flagged = {f["rule"]: f for f in json.loads(done.stdout)["files"][0]["findings"] if f["status"] == "flagged"}
    assert set(flagged) == {"request.context", "cells.small", "cells.difference"}
    assert flagged["cells.difference"]["number"] == 3
    request.write_text("contxt: x\n")
    wrong = ansim("egress", "check", tmp_path / "t.csv", "--request", request, home=tmp_path, **NO_ENGINE)
    assert (wrong.returncode, "line 1: unknown key contxt" in wrong.stderr) == (2, True)


def test_a_link_in_the_folder_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "a.csv").symlink_to("/etc/passwd")
    assert ansim("egress", "check", tmp_path / "out", home=tmp_path, **NO_ENGINE).returncode == 2


def test_a_package_is_verified_with_the_codes_of_the_design(usual_url: str, tmp_path: Path) -> None:
    zone = open_zone(usual_url, tmp_path)
    request = zone.released()
    zone.house.db.close()
    package = tmp_path / "copy"
    shutil.copytree(zone.desk.package_of(request.ref), package)
    whole = ansim("egress", "verify-package", package, "--json", home=tmp_path)
    assert (whole.returncode, json.loads(whole.stdout)["verdict"]) == (0, "intact")
    elsewhere = tmp_path / "elsewhere"
    assert ansim("egress", "verify-package", package, home=elsewhere).returncode == 12
    key = tmp_path / "keys" / "log.vkey"
    assert ansim("egress", "verify-package", package, "--key", key, home=elsewhere).returncode == 0
    more = package / "m\x1b[2J.csv"
    more.write_text("a\n")
    assert "m\\x1b[2J.csv" in ansim("egress", "verify-package", package, home=tmp_path).stdout
    more.unlink()
    table = package / "files" / "table.csv"
    table.chmod(0o644)
    table.write_text("sex,n\nF,120\nM,131\n")
    spoilt = ansim("egress", "verify-package", package, home=tmp_path)
    assert (spoilt.returncode, "files/table.csv" in spoilt.stdout) == (10, True)
    table.unlink()
    assert ansim("egress", "verify-package", package, home=tmp_path).returncode == 11
    assert ansim("egress", "verify-package", tmp_path / "none", home=tmp_path).returncode == 2


def test_identifiers_are_found_line_by_line_in_json(tmp_path: Path) -> None:
    lines = [
        {"id": 7, "text": "주민번호는 901106-1896546, 끝", "lang": "ko"},
        {"id": "b", "text": "nothing here"},
        {"id": "c", "text": "\U0001f600 hong@hospital.kr", "lang": "en"},
    ]
    stdin = "\n".join(json.dumps(line, ensure_ascii=False) for line in lines)
    done = ansim("deid", "scan", "--jsonl", home=tmp_path, stdin=stdin)
    answers = [json.loads(line) for line in done.stdout.splitlines()]
    assert done.returncode == 0
    assert [answer["id"] for answer in answers] == [7, "b", "c"]
    assert answers[0]["spans"] == [{"start": 6, "end": 20, "label": "RRN", "score": 0.99, "rule": "rrn"}]
    assert answers[1]["spans"] == []
    assert (answers[2]["spans"][0]["start"], answers[2]["spans"][0]["label"]) == (2, "EMAIL")


@pytest.mark.parametrize(
    "line", ["{", "[]", '{"id": 1}', '{"id": 1, "text": 2}', '{"id": 1, "text": "a", "lang": "fr"}']
)
def test_a_line_that_is_not_of_the_form_is_named_and_not_repeated(tmp_path: Path, line: str) -> None:
    done = ansim("deid", "scan", "--jsonl", home=tmp_path, stdin='{"id": 0, "text": ""}\n' + line)
    assert (done.returncode, "line 2" in done.stderr) == (2, True)
