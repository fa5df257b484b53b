"""The index of one package for pip, in the forms of PEP 503 and PEP 691, with hashes and metadata (PEP 658).

Pure: an index says what lies on the shelf and nothing of who asked before. A package that a project may not use has an
index too, with one file that cannot be had: pip shows its name, and so the person reads where to ask.
"""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from typing import Any
from urllib.parse import quote

from registry.packages.shelf import Wheel

JSON_TYPE = "application/vnd.pypi.simple.v1+json"
HTML_TYPE = "application/vnd.pypi.simple.v1+html"
API_VERSION = "1.1"
#: A version that no requirement asks for and that sorts below every real one; its local part is what a person reads.
NOT_ALLOWED = "0+not.allowed.in.this.project.run.ansim.client.ask.for.package"
NOT_HERE = "0+allowed.but.not.in.the.zone.yet.an.operator.has.to.add.it"


def wants_json(accept: str) -> bool:
    """Say whether a client takes JSON, as pip since 22.2 does."""
    return JSON_TYPE in accept


def names_document(packages: Sequence[str]) -> dict[str, Any]:
    """Return the list of packages in the form of PEP 691."""
    return {"meta": {"api-version": API_VERSION}, "projects": [{"name": name} for name in packages]}


def names_page(packages: Sequence[str]) -> str:
    """Return the list of packages in the form of PEP 503."""
    return _page("Packages", "".join(f'<a href="{escape(name)}/">{escape(name)}</a><br>\n' for name in packages))


def document(package: str, wheels: Sequence[Wheel], *, allowed: bool) -> dict[str, Any]:
    """Return the index of one package in the form of PEP 691; without wheels it says why there is none."""
    return {
        "meta": {"api-version": API_VERSION},
        "name": package,
        "versions": sorted({wheel.version for wheel in wheels}),
        "files": [_file(wheel) for wheel in wheels] or [_signpost(package, allowed=allowed)],
    }


def page(package: str, wheels: Sequence[Wheel], *, allowed: bool) -> str:
    """Return the index of one package in the form of PEP 503."""
    files = document(package, wheels, allowed=allowed)["files"]
    return _page(package, "".join(map(_link, files)))


def signpost_file(package: str, *, allowed: bool) -> str:
    """Return the name that pip shows for a package of which there is no file: it says why, and whom to ask."""
    return f"{package.replace('-', '_')}-{NOT_HERE if allowed else NOT_ALLOWED}-py3-none-any.whl"


def _file(wheel: Wheel) -> dict[str, Any]:
    metadata = {"sha256": wheel.metadata_sha256}
    return {
        "filename": wheel.file,
        "url": f"../../files/{wheel.sha256}/{quote(wheel.file)}",
        "hashes": {"sha256": wheel.sha256},
        "size": wheel.size,
        "core-metadata": metadata,
        "dist-info-metadata": metadata,
        **({"requires-python": wheel.requires_python} if wheel.requires_python else {}),
    }


def _signpost(package: str, *, allowed: bool) -> dict[str, Any]:
    file = signpost_file(package, allowed=allowed)
    return {"filename": file, "url": f"../../{'wait' if allowed else 'ask'}/{package}/{quote(file)}", "hashes": {}}


def _link(file: dict[str, Any]) -> str:
    fragment = f"#sha256={file['hashes']['sha256']}" if file["hashes"] else ""
    more = ""
    if "requires-python" in file:
        more += f' data-requires-python="{escape(file["requires-python"])}"'
    if "core-metadata" in file:
        digest = file["core-metadata"]["sha256"]
        more += f' data-core-metadata="sha256={digest}" data-dist-info-metadata="sha256={digest}"'
    return f'<a href="{escape(file["url"] + fragment)}"{more}>{escape(file["filename"])}</a><br>\n'


def _page(title: str, body: str) -> str:
    return (
        '<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8">'
        f'<meta name="pypi:repository-version" content="{API_VERSION}"><title>{escape(title)}</title></head>\n'
        f"<body>\n{body}</body></html>\n"
    )
