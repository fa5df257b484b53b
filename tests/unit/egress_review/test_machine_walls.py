"""Nothing of egress review writes or speaks outside the zone but the modules whose work it is (invariant I12)."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import egress_review

HOME = Path(egress_review.__file__).parent

WRITING = frozenset(
    [
        "write_bytes",
        "write_text",
        "rename",
        "mkdir",
        "unlink",
        "rmtree",
        "symlink_to",
        "hardlink_to",
        "copyfile",
        "copytree",
        "copy2",
        "touch",
        "makedirs",
        "replace_file",
        "atomic_write",
        "link",
        "symlink",
        "remove",
        "removedirs",
        "mkfifo",
        "writestr",
    ]
)
"""Calls that change a file system, by their last name."""
NETWORK = frozenset(
    [
        "socket",
        "ssl",
        "http",
        "urllib",
        "requests",
        "httpx",
        "httpx2",
        "aiohttp",
        "smtplib",
        "ftplib",
        "docker",
        "paramiko",
        "asyncio",
    ]
)
"""Modules that speak to somebody."""

WRITERS = {
    "bringing.py": "what comes in, on its way into the vault",
    "inbox.py": "what two people let into a workspace, which cannot write there",
    "vault.py": "what was handed in, inside the zone",
    "package.py": "the release job, the one way out",
    "preview_store.py": "safe previews, inside the zone",
    "tidying.py": "removes packages",
    "release_keys.py": "keys of the zone",
    "replacing_key.py": "keys of the zone",
    "container.py": "lays files out for the scanner, which has no network",
    "process.py": "lays files out for the scanner",
    "fingerprint_index.py": "keyed fingerprints, inside the zone",
    "fingerprint_build.py": "keyed fingerprints, inside the zone",
    "fingerprints.py": "keyed fingerprints, inside the zone",
    "canaries.py": "planted records, inside the zone",
    "cleaning.py": "a cleaned copy, in memory",
    "clean_cli.py": "what an operator asks for",
    "cli.py": "what an operator asks for",
}
SPEAKERS = {
    "antivirus.py": "the scanner of viruses on this machine",
    "container.py": "the container engine of this machine",
    "mailing.py": "messages without data in them",
}


def calls(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
            if name in WRITING:
                yield name
            modes = [one.value for one in node.args if isinstance(one, ast.Constant) and isinstance(one.value, str)]
            if name == "open" and any(set(mode) & set("wax+") and len(mode) <= 3 for mode in modes):
                yield f"open {modes}"


def imports(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (one.name.partition(".")[0] for one in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and node.module != "urllib.parse":
            yield node.module.partition(".")[0]


def modules() -> dict[str, ast.AST]:
    return {path.relative_to(HOME).as_posix(): ast.parse(path.read_text("utf-8")) for path in HOME.rglob("*.py")}


def test_only_the_modules_whose_work_it_is_write_files() -> None:
    writing = {name: sorted(set(calls(tree))) for name, tree in modules().items()}
    assert {name: found for name, found in writing.items() if found and name not in WRITERS} == {}


def test_only_programs_of_this_machine_are_spoken_to() -> None:
    speaking = {name: sorted(set(imports(tree)) & NETWORK) for name, tree in modules().items()}
    assert {name: found for name, found in speaking.items() if found and name not in SPEAKERS} == {}
