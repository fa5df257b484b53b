from __future__ import annotations

import ast
import subprocess
import sys
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parents[3]
PACKAGES = ("audit", "registry", "deid", "egress_review", "portal", "hub_config", "images")
MIGRATIONS = REPOSITORY / "hub_config" / "migrations" / "versions"  # written by Alembic: a table is as long as it is
SOURCES = [p for name in PACKAGES for p in (REPOSITORY / name).rglob("*.py") if p.parent != MIGRATIONS]


@pytest.mark.parametrize("name", [*PACKAGES, "ansible"])
def test_no_installed_distribution_provides_a_package_of_our_name(name: str) -> None:
    assert name not in packages_distributions()


@pytest.mark.parametrize("name", PACKAGES)
def test_our_packages_come_from_this_checkout(name: str) -> None:
    code = f"import {name}, sys; sys.stdout.write(str(list({name}.__path__)[0]))"
    found = subprocess.run([sys.executable, "-c", code], cwd=REPOSITORY, capture_output=True, text=True, check=True)
    assert Path(found.stdout) == REPOSITORY / name


def test_no_source_file_has_more_than_400_lines() -> None:
    long = [str(p) for p in SOURCES if len(p.read_text(encoding="utf-8").splitlines()) > 400]
    assert long == []


def test_only_deid_may_import_the_heavy_engines_and_only_lazily() -> None:
    heavy = {"presidio_analyzer", "presidio_anonymizer", "spacy", "sdv", "torch"}
    for path in SOURCES:
        tree = ast.parse(path.read_text(encoding="utf-8"))
        top = {n for n in tree.body if isinstance(n, ast.Import | ast.ImportFrom)}
        for node in ast.walk(tree):
            names = imported(node)
            if names & heavy:
                assert path.is_relative_to(REPOSITORY / "deid"), path
                assert node not in top, f"{path} imports {names & heavy} when it is loaded"


def imported(node: ast.AST) -> set[str]:
    if isinstance(node, ast.Import):
        return {a.name.split(".")[0] for a in node.names}
    if isinstance(node, ast.ImportFrom) and node.module and not node.level:
        return {node.module.split(".")[0]}
    return set()


@pytest.mark.parametrize("lock", ["requirements.lock", "requirements-dev.lock", "requirements-english.lock"])
def test_every_locked_package_is_pinned_with_a_hash(lock: str) -> None:
    text = (REPOSITORY / lock).read_text(encoding="utf-8").replace("\\\n", " ")
    lines = [line for line in text.splitlines() if line and not line.startswith("#")]
    assert lines
    for line in lines:
        assert "==" in line, line
        assert "--hash=sha256:" in line, line
