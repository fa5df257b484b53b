"""The self-contained verifier, as a stranger runs it: isolated, somewhere else, with nothing of ours to import."""

from __future__ import annotations

import ast
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import cryptography
import pytest

from audit.db import Database
from audit.export.standalone import source
from audit.export.write import export_log
from audit.trusted import TRUSTED_KEYS_FILE, TrustedKeys
from tests.databases import database_in
from tests.integration.audit.audit_world import World, new_world

GOLDEN = Path(__file__).parents[2] / "golden" / "audit" / "v1"
ALLOWED = {"argparse", "base64", "collections", "cryptography", "hashlib", "json", "os", "pathlib", "re", "stat", "sys"}

# Without `site` no file of the environment puts our packages on the path; only its libraries are added by hand.
LIBRARIES = str(Path(cryptography.__file__).parents[1])
ALONE = f"""
import runpy, sys
sys.path.append({LIBRARIES!r})
sys.argv = sys.argv[1:]
runpy.run_path(sys.argv[0], run_name="__main__")
"""


# As on Debian 12 and 13, whose cryptography is older than ML-DSA in it.
OLDER = "import sys; sys.modules['cryptography.hazmat.primitives.asymmetric.mldsa'] = None\n" + ALONE


@pytest.fixture(scope="module")
def stranger(usual_databases: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[World, Path]]:
    home = tmp_path_factory.mktemp("log")
    url = database_in(home)
    world = new_world(Database.open(url), home, url)
    world.fill(300)
    world.log.checkpoint()
    keys = TrustedKeys.load(home / "keys" / TRUSTED_KEYS_FILE)
    export_log(world.db, home / "log", keys, home / "copy")
    (home / "mine.vkey").write_text(world.verifier.vkey() + "\n")
    (home / "receipt.tlog-proof").write_text(world.log.receipt(7))
    yield world, home
    world.db.close()


def run(home: Path, *arguments: str, language: str = "C", program: str = ALONE) -> tuple[int, str]:
    """Run the program in a directory of its own, isolated from everything that could help it."""
    command = [sys.executable, "-I", "-S", "-c", program, str(home / "copy" / "verify.py"), *arguments]
    environment = {"PATH": os.environ["PATH"], "LC_ALL": language, "PYTHONUTF8": "1"}
    done = subprocess.run(command, cwd="/", env=environment, capture_output=True, text=True, timeout=120)
    assert "Traceback" not in done.stderr, done.stderr
    return done.returncode, done.stdout + done.stderr


def answered(home: Path, *arguments: str) -> tuple[int, Any]:
    code, output = run(home, *arguments, "--json")
    return code, json.loads(output)


def test_it_imports_the_standard_library_and_cryptography_alone() -> None:
    names = set()
    for node in ast.walk(ast.parse(source())):
        if isinstance(node, ast.Import):
            names |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            names.add((node.module or "").partition(".")[0])
    assert names <= ALLOWED | {"__future__", "typing"}


def test_ours_cannot_be_imported_where_it_runs() -> None:
    program = f"import sys; sys.path.append({LIBRARIES!r}); import cryptography; import audit"
    done = subprocess.run([sys.executable, "-I", "-S", "-c", program], cwd="/", capture_output=True, text=True)
    assert "No module named 'audit'" in done.stderr


def test_a_whole_copy_is_intact(stranger: tuple[World, Path]) -> None:
    home = stranger[1]
    assert answered(home, str(home / "copy"), "--key", str(home / "mine.vkey")) == (
        0,
        {"verdict": "intact", "size": 300, "covered": 300, "problems": []},
    )
    assert run(home, "--key", str(home / "mine.vkey")) == (0, "intact size=300 covered=300\n")


def test_a_korean_terminal_is_answered_in_korean(stranger: tuple[World, Path]) -> None:
    code, output = run(stranger[1], language="ko_KR.UTF-8")
    assert (code, "신뢰하는 키가 주어지지 않음" in output) == (12, True)


def test_a_receipt_is_proven_and_says_what_it_proves(stranger: tuple[World, Path]) -> None:
    home = stranger[1]
    code, answer = answered(home, str(home / "receipt.tlog-proof"), "--key", str(home / "mine.vkey"))
    assert (code, answer["index"], answer["body"]["action"]) == (0, 7, "cell.sent")


def test_a_receipt_that_was_changed_is_not_proven(stranger: tuple[World, Path], tmp_path: Path) -> None:
    home = stranger[1]
    text = (home / "receipt.tlog-proof").read_text()
    for old, new in (
        ("index 7", "index 8"),
        ("\nindex", "\nindex index"),
        ("extra ", "extra A"),
        ("\n300\n", "\n301\n"),
    ):
        changed = tmp_path / "changed.tlog-proof"
        changed.write_text(text.replace(old, new, 1))
        assert run(home, str(changed), "--key", str(home / "mine.vkey"))[0] == 10


@pytest.mark.parametrize("index", [0, 255, 256, 269])
def test_receipts_of_the_golden_log_hold(stranger: tuple[World, Path], index: int) -> None:
    key = GOLDEN / "keys" / "log.vkey"
    code, answer = answered(stranger[1], str(GOLDEN / f"{index}.tlog-proof"), "--key", str(key))
    assert (code, answer["index"]) == (0, index)


def test_a_strangers_key_is_not_trusted(stranger: tuple[World, Path]) -> None:
    home = stranger[1]
    key = str(GOLDEN / "keys" / "log.vkey")
    assert run(home, str(home / "copy"), "--key", key)[0] == 12
    assert run(home, str(home / "receipt.tlog-proof"), "--key", key)[0] == 12


@pytest.mark.parametrize(
    "arguments", [["/nonexistent"], ["--key", "/nonexistent"], ["/", "--key", "KEY"], ["--policy", "KEY"]]
)
def test_what_cannot_be_used_is_wrong_usage(stranger: tuple[World, Path], arguments: list[str]) -> None:
    home = stranger[1]
    code, _ = run(home, *(str(home / "mine.vkey") if word == "KEY" else word for word in arguments))
    assert code == 2


def test_a_policy_that_no_witness_met_is_not_satisfied(stranger: tuple[World, Path], tmp_path: Path) -> None:
    home = stranger[1]
    policy = tmp_path / "policy"
    witness = "witness.example.com/w1+8d66cf3f+BFjB"
    policy.write_text(f"witness W {witness}\nquorum W\n")
    assert run(home, str(home / "copy"), "--key", str(home / "mine.vkey"), "--policy", str(policy))[0] == 2
    policy.write_text("quorum none\n")
    assert run(home, str(home / "copy"), "--key", str(home / "mine.vkey"), "--policy", str(policy))[0] == 0


def test_without_ml_dsa_it_checks_the_rest_and_says_what_it_did_not(stranger: tuple[World, Path]) -> None:
    _world, home = stranger
    trusted = str(home / "keys" / TRUSTED_KEYS_FILE)
    assert "not checked" not in run(home, str(home / "copy"), "--key", trusted)[1]
    code, said = run(home, str(home / "copy"), "--key", trusted, program=OLDER)
    assert (code, said.splitlines()[0]) == (0, "intact size=300 covered=300")
    assert "ML-DSA signature not checked: needs cryptography >= 50" in said
    code, said = run(home, str(home / "copy"), "--key", str(home / "mine.vkey"), program=OLDER)
    assert (code, said.strip()) == (0, "intact size=300 covered=300")


def test_a_witness_whose_signature_cannot_be_checked_is_not_counted(stranger: tuple[World, Path]) -> None:
    _world, home = stranger
    keys = TrustedKeys.load(home / "keys" / TRUSTED_KEYS_FILE).keys
    quantum = next(key.verifier for key in keys if key.verifier.kind == b"\x06")
    policy = home / "quantum.policy"
    policy.write_text(f"witness w {quantum.vkey()}\nquorum w\n")
    given = (str(home / "copy"), "--key", str(home / "mine.vkey"), "--policy", str(policy))
    assert run(home, *given)[0] == 0
    code, said = run(home, *given, program=OLDER)
    assert code == 12
    assert "needs cryptography >= 50" in said
