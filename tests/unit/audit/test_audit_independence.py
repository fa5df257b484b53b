"""The verifier shares nothing with what writes, and the package depends on nothing of ours."""

from __future__ import annotations

import ast
from pathlib import Path

import audit

PACKAGE = Path(audit.__file__).parent
WRITERS = {"log", "store", "tree", "sidecar", "sealing", "cells", "writer", "client", "keys", "head", "durable"}


def imported(module: str, seen: set[str] | None = None) -> set[str]:
    """Return the modules of `audit` that a module needs, directly or not."""
    found = set() if seen is None else seen
    path = PACKAGE / f"{module.replace('.', '/')}.py"
    path = path if path.exists() else path.with_suffix("") / "__init__.py"
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.module and node.module.startswith("audit."):
            name = node.module.removeprefix("audit.")
            if name not in found:
                found.add(name)
                imported(name, found)
    return found


def test_the_verifier_uses_no_module_that_writes() -> None:
    assert not imported("verify") & WRITERS


def test_a_receipt_is_checked_without_a_database() -> None:
    assert not imported("proof") & (WRITERS | {"db", "tables", "search"})


def test_the_package_imports_nothing_else_of_ours() -> None:
    ours = {"registry", "deid", "egress_review", "portal", "hub_config", "images"}
    for path in PACKAGE.glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            names = [node.module] if isinstance(node, ast.ImportFrom) and node.module else []
            names += [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            assert not {name.split(".")[0] for name in names} & ours, path.name
