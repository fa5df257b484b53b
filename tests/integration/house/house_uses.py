"""Use cases found in the code itself, and what an exercise of one has to write into the log.

A use case is what changes something that lasts: a method of the registry or the desk that writes, a form of the
portal, a command, a duty of the worker. They are found by reading the code, so that a new one has no exercise yet and
fails the tests until somebody says what it records.
"""

from __future__ import annotations

import argparse
import ast
import inspect
import textwrap
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Generic, TypeVar

from audit.db import Database
from audit.log import AuditLog
from audit.outward.meanings import MEANINGS
from audit.search import Query, search

W = TypeVar("W")
Act = Callable[[], object]
Prepare = Callable[[W], Act]
ONE_EVENT = 1
REPOSITORY = Path(__file__).resolve().parents[3]


@dataclass(frozen=True, slots=True)
class Use(Generic[W]):
    """One exercise: how to come to the moment before it, and what it then writes."""

    prepare: Prepare[W]
    writes: tuple[str, ...]
    """Actions in the order of their entries; an announcement ends in a question mark."""
    why: str = ""
    """Why it is not one event, where it is not."""


@dataclass(slots=True)
class Uses(Generic[W]):
    """The exercises of one part of the house, by the name of the use case."""

    known: dict[str, Use[W]] = field(default_factory=dict)
    silent: dict[str, str] = field(default_factory=dict)
    """Use cases that change nothing that lasts, or nothing that matters, each with the reason."""
    elsewhere: dict[str, tuple[str, str]] = field(default_factory=dict)
    """Use cases that need more than these worlds: the test that does them, and the words in which it does."""

    def exercise(self, name: str, *writes: str, why: str = "") -> Callable[[Prepare[W]], Prepare[W]]:
        """Register an exercise; the function returns what is then done."""
        assert name not in self.known, name
        assert why or len([one for one in writes if not one.endswith("?")]) == ONE_EVENT, f"{name}: say why"

        def register(prepare: Prepare[W]) -> Prepare[W]:
            self.known[name] = Use(prepare, writes, why)
            return prepare

        return register

    def covers(self, found: Mapping[str, object] | set[str]) -> None:
        """Fail unless every use case found is exercised or excused, and nothing else is."""
        wanted, have = set(found), set(self.known) | set(self.silent) | set(self.elsewhere)
        assert wanted <= have, f"use cases without an exercise: {sorted(wanted - have)}"
        assert have <= wanted, f"exercises of what is not there, or changes nothing: {sorted(have - wanted)}"
        assert set(self.known) & set(self.silent) == set()
        assert all(self.silent.values())
        for name, (test, words) in self.elsewhere.items():
            text = (REPOSITORY / "tests" / test).read_text(encoding="utf-8")
            assert words in text, f"{test} says nothing of {words}, which is what {name} records"


def written(db: Database, log: AuditLog, act: Act, *, by: str | None = None) -> list[dict[str, Any]]:
    """Return the bodies of the entries that an act adds, each checked for the five legal fields.

    `by` names the process that acts; a person who acts at the command line is where the machine is.
    """
    log.settle()
    with db.read() as tx:
        before = log.size(tx)
    act()
    log.settle()
    with db.read() as tx:
        found = search(tx, Query(after=before - 1, newest_first=False, limit=1000))
    for entry in found:
        check_legal_fields(entry.body, log.unseal(entry.index), at_machine=by == "cli")
        assert by is None or by in MEANINGS[entry.body["action"]].by, (by, entry.body["action"])
    return [dict(entry.body) for entry in found]


def check_legal_fields(body: Mapping[str, Any], sealed: Mapping[str, str], *, at_machine: bool) -> None:
    """Fail unless an entry says who, when, from where, whose data, and what (PIPA safety standards, art. 2)."""
    meaning = MEANINGS[body["action"]]
    assert body["actor"]["ref"], body
    assert body["ts"], body
    assert body["source"]["host"], body
    if body["actor"]["kind"] == "person" and not at_machine:
        assert sealed.get("source.ip"), f"{body['action']}: a person acted from nowhere"
    assert body["subjects"]["kind"] in meaning.subjects, (body["action"], body["subjects"])
    assert body["object"]["kind"] in meaning.objects, (body["action"], body["object"])


def named(bodies: list[dict[str, Any]]) -> tuple[str, ...]:
    """Return what was written, in the spelling of the exercises."""
    return tuple(body["action"] + ("?" if body["outcome"] == "intent" else "") for body in bodies)


def writing_methods(kind: type, package: str) -> set[str]:
    """Return the public methods of a class of use cases that write, themselves or through others."""
    functions = {
        name: function
        for name, function in inspect.getmembers(kind, inspect.isfunction)
        if function.__module__.startswith(f"{package}.")
    }
    used = {name: _attributes(function) for name, function in functions.items()}
    writing = {name for name, names in used.items() if names & {"begin", "_changing", "record"}}
    while more := {name for name, names in used.items() if name not in writing and names & writing}:
        writing |= more
    return {f"{kind.__name__}.{name}" for name in writing if not name.startswith("_")}


def _attributes(function: Callable[..., object]) -> set[str]:
    """Return the names that a function looks up on `self`, and on what `self` holds of its own."""
    tree = ast.parse(textwrap.dedent(inspect.getsource(function)))
    names = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute):
            owner = ast.unparse(node.value)
            if owner == "self" or owner in ("self._db", "self._log"):
                names.add(node.attr)
    return names


def leaves(command: argparse.ArgumentParser, path: tuple[str, ...] = ()) -> Iterator[str]:
    """Yield the words of every command that does something."""
    groups = [action for action in command._actions if isinstance(action, argparse._SubParsersAction)]
    if not groups:
        yield " ".join(path)
    for group in groups:
        for name, child in group.choices.items():
            yield from leaves(child, (*path, name))
