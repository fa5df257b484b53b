"""`ansim egress clean`: a copy without what stops a result; the original stays as it is."""

from __future__ import annotations

import json
from pathlib import Path

from tests.benchmarks.egress_files import notebook
from tests.integration.egress_review.test_egress_cli import NO_ENGINE, ansim
from tests.unit.egress_review.egress_files import chunk, png

SECRET = "901106-1896546"


def test_a_cleaned_notebook_passes_where_the_original_did_not(tmp_path: Path) -> None:
    source = tmp_path / "a.ipynb"
    source.write_bytes(notebook(["df.head()"], [{"text/plain": SECRET}]))
    done = ansim("egress", "clean", source, "--json", home=tmp_path)
    answer = json.loads(done.stdout)
    target = Path(answer["path"])
    assert (done.returncode, target.name, answer["removed"]) == (0, "a.clean.ipynb", ["1 outputs"])
    assert SECRET in source.read_text()
    assert SECRET not in target.read_text()
    checked = ansim("egress", "check", target, "--json", home=tmp_path, **NO_ENGINE)
    assert checked.returncode == 0
    assert "child process" in checked.stderr
    (finding,) = [one for one in json.loads(checked.stdout)["files"][0]["findings"] if one["rule"] == "file.malware"]
    assert (finding["status"] == "not_checked") == (finding["severity"] == "note")


def test_a_copy_never_replaces_a_file_and_refusals_say_why(tmp_path: Path) -> None:
    (tmp_path / "f.png").write_bytes(png(chunk(b"eXIf", b"II*\0")))
    (tmp_path / "g.png").write_bytes(b"mine")
    again = ansim("egress", "clean", tmp_path / "f.png", "-o", tmp_path / "g.png", home=tmp_path)
    assert again.returncode == 2
    assert "g.png" in again.stderr
    assert (tmp_path / "g.png").read_bytes() == b"mine"
    (tmp_path / "m.pkl").write_bytes(b"\x80\x04.")
    refused = ansim("egress", "clean", tmp_path / "m.pkl", home=tmp_path)
    assert refused.returncode == 2
