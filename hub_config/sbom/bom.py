"""A bill of materials in CycloneDX 1.6 (ECMA-424): components, their licences and hashes, and what needs what.

The document is made of what is installed and of the locks, not of what a manifest promises. It is the same for the
same things: its serial number is made of its content, and components are sorted.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal
from urllib.parse import quote

from packaging.licenses import InvalidLicenseExpression, canonicalize_license_expression

SPECIFICATION = "1.6"
NAMESPACE = uuid.UUID("6f1d3f0a-4f5e-5b0e-9d0b-2f6d5f0b7a61")
"""Below it the serial numbers of our documents are made (RFC 9562, version 5)."""
LONGEST_LICENCE = 100

Scope = Literal["required", "optional", "excluded"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Component:
    """One thing that something is made of; `hashes` are SHA-256 of the files it may be installed from."""

    kind: Literal["application", "container", "library"] = "library"
    name: str
    version: str
    purl: str = ""
    licences: tuple[str, ...] = ()
    """SPDX expressions, or names where an author gave none."""
    hashes: tuple[str, ...] = ()
    scope: Scope | None = None
    properties: tuple[tuple[str, str], ...] = ()
    parts: tuple[Component, ...] = ()
    needs: tuple[str, ...] = field(default=(), compare=False)
    """References of components that it needs."""

    @property
    def reference(self) -> str:
        """Its name within the document."""
        return self.purl or f"{self.kind}:{self.name}@{self.version}"

    def document(self, above: str = "") -> dict[str, Any]:
        """Return it as JSON values; parts of one thing are other components than the same parts of another."""
        given: dict[str, Any] = {
            "type": self.kind,
            "bom-ref": above + self.reference,
            "name": self.name,
            "version": self.version,
        }
        if self.scope is not None:
            given["scope"] = self.scope
        if self.hashes:
            given["hashes"] = [{"alg": "SHA-256", "content": one} for one in sorted(set(self.hashes))]
        if self.licences:
            given["licenses"] = licences(self.licences)
        if self.purl:
            given["purl"] = self.purl
        if self.properties:
            given["properties"] = [{"name": name, "value": value} for name, value in self.properties]
        if self.parts:
            given["components"] = [one.document(f"{self.reference}#") for one in ordered(self.parts)]
        return given


def ordered(components: Iterable[Component]) -> list[Component]:
    """Return components in the order of the document, each once."""
    return sorted({one.reference: one for one in components}.values(), key=lambda one: one.reference)


def licences(said: Iterable[str]) -> list[dict[str, Any]]:
    """Return licences as the format wants them: one SPDX expression alone, or names."""
    given = [" ".join(one.split())[:LONGEST_LICENCE] for one in said if one.strip()]
    if len(given) == 1 and (expression := spdx(given[0])):
        return [{"expression": expression}]
    return [{"license": {"name": one}} for one in sorted(set(given))]


def spdx(said: str) -> str | None:
    """Return an SPDX expression in its own spelling, or None for words that are none."""
    try:
        return str(canonicalize_license_expression(said))
    except InvalidLicenseExpression:
        return None


def purl(kind: str, name: str, version: str, **qualifiers: str) -> str:
    """Return a package URL (ECMA-427); `name` may have a name space before a slash."""
    more = "&".join(f"{key}={quote(value, safe='')}" for key, value in sorted(qualifiers.items()))
    return f"pkg:{kind}/{quote(name, safe='/')}@{quote(version, safe='')}" + (f"?{more}" if more else "")


def bill(of: Component, components: Iterable[Component], *, made: datetime) -> Mapping[str, Any]:
    """Return the document; `made` is when, in UTC, and is no part of the serial number."""
    listed = ordered(components)
    known = {one.reference for one in listed}
    needs = {one.reference: sorted(set(one.needs) & known) for one in (of, *listed)}
    content = {
        "component": of.document(),
        "components": [one.document() for one in listed],
        "dependencies": [{"ref": ref, **({"dependsOn": on} if on else {})} for ref, on in sorted(needs.items())],
    }
    serial = uuid.uuid5(NAMESPACE, json.dumps(content, sort_keys=True, ensure_ascii=False))
    return {
        "bomFormat": "CycloneDX",
        "specVersion": SPECIFICATION,
        "serialNumber": f"urn:uuid:{serial}",
        "version": 1,
        "metadata": {
            "timestamp": made.strftime("%Y-%m-%dT%H:%M:%SZ"),
            "tools": {"components": [{"type": "application", "name": "ansim sbom", "version": of.version}]},
            "component": content["component"],
        },
        "components": content["components"],
        "dependencies": content["dependencies"],
    }
