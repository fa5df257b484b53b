"""Which packages a project may use without asking: tiers, and the tier of each project, in a file people write.

A package that is allowed allows what it requires, as far as that lies on the shelf: operators choose what lies there.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType

from audit.yaml_file import Node, read_yaml
from registry.errors import Invalid
from registry.packages.names import NAME, normalised
from registry.text import Text

FILE_NAME = "packages.yaml"
"""In the zone's home; without it no package is allowed but by a decision."""
_EMPTY = "none"


@dataclass(frozen=True, slots=True)
class Tier:
    """One list; `everything` stands for all that lies on the shelf."""

    name: str
    packages: frozenset[str] = frozenset()
    everything: bool = False


@dataclass(frozen=True, slots=True)
class PackagePolicy:
    """The lists of a zone, and which holds for whom."""

    default: Tier = Tier(_EMPTY)
    tiers: Mapping[str, Tier] = field(default_factory=dict)
    projects: Mapping[str, Tier] = field(default_factory=dict)
    digest: str = hashlib.sha256(b"").hexdigest()
    """SHA-256 of the file, 64 hexadecimal digits."""

    def tier(self, project: str) -> Tier:
        """Return the list of a project."""
        return self.projects.get(project, self.default)


def load_package_policy(home: Path) -> PackagePolicy:
    """Return the policy of the zone in `home`; one that allows nothing where there is no file.

    Raises: Invalid — naming file and line.
    """
    path = home / FILE_NAME
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        return PackagePolicy()
    except (OSError, UnicodeDecodeError) as error:
        reason = type(error).__name__
        raise _refused(Text(f"{path}: 읽을 수 없습니다({reason}).", f"{path} cannot be read ({reason}).")) from error
    return parse_package_policy(text, FILE_NAME)


def parse_package_policy(text: str, file: str) -> PackagePolicy:
    """Return the policy that a text says.

    Raises: Invalid — naming file and line.
    """
    top = read_yaml(text, file, _refused).fields(("default", "tiers"), ("projects",))
    tiers = {name: _tier(name, node) for name, node in top["tiers"].entries().items()}
    projects = top["projects"].entries() if "projects" in top else {}
    return PackagePolicy(
        default=_named(top["default"], tiers),
        tiers=MappingProxyType(tiers),
        projects=MappingProxyType({name: _named(node, tiers) for name, node in projects.items()}),
        digest=hashlib.sha256(text.encode()).hexdigest(),
    )


def _tier(name: str, node: Node) -> Tier:
    fields = node.fields((), ("packages", "everything"))
    everything = fields["everything"].truth() if "everything" in fields else False
    return Tier(
        name,
        frozenset(map(_package, fields["packages"].elements())) if "packages" in fields else frozenset(),
        everything,
    )


def _package(node: Node) -> str:
    name = normalised(node.words())
    if NAME.fullmatch(name) is None:
        node.refuse(Text("패키지 이름이 아닙니다(버전 없이 적습니다)", "not the name of a package (without a version)"))
    return name


def _named(node: Node, tiers: Mapping[str, Tier]) -> Tier:
    return tiers[node.one_of(sorted(tiers))]


def _refused(reason: Text) -> Invalid:
    hint = Text(
        ko="packages.yaml을 고치십시오. docs/how-to/allow-packages.ko.md에 형식이 있습니다.",
        en="Correct packages.yaml; docs/how-to/allow-packages.md gives its form.",
    )
    return Invalid("package_policy", reason, hint=hint)
