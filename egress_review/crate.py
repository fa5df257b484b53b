"""The release as an RO-Crate 1.1: what is in the package, for machines that read research metadata.

The disclosure check is described in the words of the Five Safes profile (w3id.org/5s-crate/0.4: an `AssessAction` whose
additional type is `shp#DisclosureCheck`). The crate does not claim that profile as a whole, which is about workflows.
No person is named: who voted is a role, as in release.json.
"""

from __future__ import annotations

import json
import mimetypes
from collections.abc import Iterable, Mapping, Sequence
from typing import Any
from urllib.parse import quote

from egress_review.package import DOCUMENT, RECEIPT, SIGNATURE, Part

CRATE = "ro-crate-metadata.json"
SPEC = "https://w3id.org/ro/crate/1.1"
DISCLOSURE_CHECK = "https://w3id.org/shp#DisclosureCheck"
LICENSE = "#terms"

Entity = Mapping[str, Any]

_ABOUT = {
    DOCUMENT: "The record of the release: what was checked by which policy, and how was voted",
    SIGNATURE: "The zone's signature on the record and on what was packed with it",
    RECEIPT: "Proof that the release is in the audit log of the zone",
}


def crate(document: Mapping[str, Any], released_at: str, beside: Sequence[Part]) -> bytes:
    """The metadata file of a package; `released_at` is ISO 8601, `beside` are the files packed with the record."""
    request = document["request"]
    files = [_file(part["path"], part["size"], part["sha256"], request["title"]) for part in document["files"]]
    records = [_file(name, None, None, about) for name, about in _ABOUT.items()]
    kept = [_file(part.path, part.size, part.sha256, "For verifying this package") for part in beside]
    checks = list(_checks(document, released_at))
    root: dict[str, Any] = {
        "@id": "./",
        "@type": "Dataset",
        "name": request["title"],
        "description": request["purpose"],
        "identifier": request["ref"],
        "datePublished": released_at,
        "license": {"@id": LICENSE},
        "publisher": {"@id": "#zone"},
        "hasPart": [{"@id": entity["@id"]} for entity in (*files, *records, *kept)],
        "isBasedOn": [{"@id": _dataset_id(use)} for use in document["datasets"]],
        "mentions": [{"@id": check["@id"]} for check in checks],
    }
    graph: list[Entity] = [
        {
            "@id": CRATE,
            "@type": "CreativeWork",
            "conformsTo": {"@id": SPEC},
            "about": {"@id": "./"},
        },
        root,
        *files,
        *records,
        *kept,
        *(_dataset(use) for use in document["datasets"]),
        _policy(document["policy"]),
        *checks,
        *_agents(document),
        *_people_behind(document["log"]["origin"]),
    ]
    content = {"@context": f"{SPEC}/context", "@graph": graph}
    return (json.dumps(content, ensure_ascii=False, indent=1, sort_keys=True) + "\n").encode()


def _file(path: str, size: int | None, sha256: str | None, about: str) -> Entity:
    kind, _ = mimetypes.guess_type(path)
    # A name may hold a space or a letter that no address may.
    found: dict[str, Any] = {
        "@id": _address(path),
        "@type": "File",
        "name": path.rpartition("/")[2],
        "description": about,
        "encodingFormat": kind or "application/octet-stream",
    }
    if size is not None:
        found |= {"contentSize": str(size), "sha256": sha256}
    return found


def _address(path: str) -> str:
    return quote(path, safe="/")


def _dataset_id(use: Mapping[str, Any]) -> str:
    return f"#dataset-{use['id']}-v{use['version']}"


def _dataset(use: Mapping[str, Any]) -> Entity:
    return {
        "@id": _dataset_id(use),
        "@type": "Dataset",
        "name": use["id"],
        "version": str(use["version"]),
        "description": "Kept in the zone; not part of this package",
        "conditionsOfAccess": "By approval of its controller, inside the zone only",
    }


def _policy(policy: Mapping[str, Any]) -> Entity:
    return {
        "@id": "#policy",
        "@type": "CreativeWork",
        "name": policy["name"],
        "identifier": policy["digest"],
        "description": "The output policy under which the files were checked; its terms are in release.json",
    }


def _checks(document: Mapping[str, Any], at: str) -> Iterable[Entity]:
    """The disclosure check by the machine, then one by each person who voted."""
    about = [{"@id": _address(part["path"])} for part in document["files"]]
    flagged = sum(part["verdict"] != "passed" for part in document["files"])
    machine = "all rules passed" if not flagged else f"overruled by the votes on {flagged} of {len(about)} files"
    yield _check("#check-machine", f"Disclosure check by the rule engine: {machine}", "#engine", about, at)
    for number, vote in enumerate(document["votes"], 1):
        name = f"Disclosure check by a person: {', '.join(sorted(set(vote['files'].values())))}"
        yield _check(f"#check-{number}", name, f"#voter-{number}", about, at)


def _check(id: str, name: str, agent: str, about: list[dict[str, str]], at: str) -> Entity:
    return {
        "@id": id,
        "@type": "AssessAction",
        "additionalType": {"@id": DISCLOSURE_CHECK},
        "name": name,
        "agent": {"@id": agent},
        "object": about,
        "instrument": {"@id": "#policy"},
        # The votes themselves bear no time: it would tell who voted when.
        "endTime": at,
        "actionStatus": "http://schema.org/CompletedActionStatus",
    }


def _agents(document: Mapping[str, Any]) -> Iterable[Entity]:
    yield {"@id": "#engine", "@type": "SoftwareApplication", "name": "Ansim rule engine", "version": document["format"]}
    for number, vote in enumerate(document["votes"], 1):
        role = vote["role"].replace("_", " ")
        yield {"@id": f"#voter-{number}", "@type": "Person", "name": f"a {role} of the zone", "jobTitle": role}


def _people_behind(origin: str) -> Iterable[Entity]:
    yield {"@id": "#zone", "@type": "Organization", "name": origin, "description": "A data safe zone"}
    yield {
        "@id": LICENSE,
        "@type": "CreativeWork",
        "name": "Terms of the data safe zone",
        "description": "The release does not license these files; rights stay with their authors and data controllers",
    }
    yield {
        "@id": DISCLOSURE_CHECK,
        "@type": "DefinedTerm",
        "name": "Disclosure check",
        "description": "Review whether results may leave without identifying anybody",
    }
