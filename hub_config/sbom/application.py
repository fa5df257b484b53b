"""The program itself: every package of its lock and of its environment, with licences, hashes and what needs what."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Mapping
from importlib.metadata import Distribution, distributions
from pathlib import Path

from packaging.markers import UndefinedEnvironmentName
from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import canonicalize_name

from hub_config.sbom.bom import Component, Scope, purl

LOCKED = re.compile(r"([A-Za-z0-9][A-Za-z0-9._-]*)==([^\s;\\]+)")
HASH = re.compile(r"--hash=sha256:([0-9a-f]{64})")
CLASSIFIER = "License :: "
LONGEST_NAME = 60
"""Longer than this, a field `License` holds the whole text of one."""


def application(repository: Path) -> tuple[Component, list[Component]]:
    """Return the program and what it is made of, from its lock and from the environment that runs this.

    What the lock names and this system does not need has the scope `excluded`; what is installed beside the lock, as
    tests are, has the scope `optional`.
    """
    project = tomllib.loads((repository / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    locked = read_lock((repository / "requirements.lock").read_text(encoding="utf-8"))
    installed = {canonicalize_name(one.metadata["Name"]): one for one in distributions() if one.metadata["Name"]}
    references: dict[str, str] = {name: purl("pypi", name, one.version) for name, one in installed.items()}
    found = [installed_component(one, locked, references) for one in installed.values()]
    # In the lock and not here: for another system, another Python, or another version stands in this environment.
    here = {(name, one.version) for name, one in installed.items()}
    found += [
        Component(name=name, version=version, purl=purl("pypi", name, version), hashes=hashes, scope="excluded")
        for (name, version), hashes in locked.items()
        if (name, version) not in here
    ]
    wanted = [canonicalize_name(Requirement(one).name) for one in project["dependencies"]]
    program = Component(
        kind="application",
        name=project["name"],
        version=project["version"],
        licences=(project["license"],),
        needs=tuple(references[name] for name in wanted if name in references),
    )
    return program, found


def read_lock(text: str) -> dict[tuple[str, str], tuple[str, ...]]:
    """Return the hashes of every locked (name, version)."""
    found: dict[tuple[str, str], tuple[str, ...]] = {}
    for entry in text.replace("\\\n", " ").splitlines():
        if match := LOCKED.match(entry):
            found[canonicalize_name(match[1]), match[2]] = tuple(HASH.findall(entry))
    return found


def installed_component(
    one: Distribution, locked: Mapping[tuple[str, str], tuple[str, ...]], references: Mapping[str, str]
) -> Component:
    """Return a component for an installed distribution."""
    name = canonicalize_name(one.metadata["Name"])
    hashes = locked.get((name, one.version))
    scope: Scope = "optional" if hashes is None else "required"
    return Component(
        name=name,
        version=one.version,
        purl=references[name],
        licences=licences_of(one),
        hashes=hashes or (),
        scope=scope,
        needs=tuple(references[need] for need in needs_of(one) if need in references and need != name),
    )


def licences_of(one: Distribution) -> tuple[str, ...]:
    """Return what a distribution says of its licence: the expression, else the short name, else its classifiers."""
    metadata = one.metadata
    if "License-Expression" in metadata:
        return (metadata["License-Expression"],)
    said = metadata["License"].strip() if "License" in metadata else ""
    if said and len(said) <= LONGEST_NAME and "\n" not in said and said.upper() != "UNKNOWN":
        return (said,)
    classifiers: Iterable[str] = metadata.get_all("Classifier") or ()
    return tuple(row.rpartition(" :: ")[2] for row in classifiers if row.startswith(CLASSIFIER))


def needs_of(one: Distribution) -> set[str]:
    """Return the names of what a distribution needs on this system, without its extras."""
    found: set[str] = set()
    for line in one.requires or ():
        try:
            wanted = Requirement(line)
            if wanted.marker is None or wanted.marker.evaluate({"extra": ""}):
                found.add(canonicalize_name(wanted.name))
        except (InvalidRequirement, UndefinedEnvironmentName):
            continue  # somebody else's metadata: the component itself is listed all the same
    return found
