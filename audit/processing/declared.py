"""What a controller declares of the processing in `processing.yaml`, because no event tells it.

Everything in the file is optional: what is left out stands in the record as not known.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from audit.errors import QuestionRefused
from audit.text import Text
from audit.yaml_file import Node, read_yaml

FILE = "processing.yaml"
ZONE_FIELDS = ("controller", "joint_controllers", "representative", "protection_officer", "transfers", "measures")
"""What is declared for the whole zone; each a text in both languages."""
DATASET_FIELDS = ("people", "data", "recipients", "erasure")
"""What is declared for one dataset."""
_TOP = (*ZONE_FIELDS, "datasets")


@dataclass(frozen=True, slots=True)
class Declared:
    """The texts of the file."""

    zone: Mapping[str, Text] = field(default_factory=dict)
    datasets: Mapping[str, Mapping[str, Text]] = field(default_factory=dict)
    digest: str | None = None
    """SHA-256 of the file; None where there is none."""


def load(home: Path) -> Declared:
    """Return what the file of a zone declares; nothing where there is none.

    Raises: QuestionRefused — for a file that cannot be read, with the line.
    """
    path = home / FILE
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        return Declared()
    except (OSError, UnicodeDecodeError) as error:
        why = Text(f"{FILE} 파일을 읽을 수 없습니다.", f"{FILE} cannot be read.")
        raise QuestionRefused(why) from error
    return parse(text)


def parse(text: str, file: str = FILE) -> Declared:
    """Return what a text declares.

    Raises: QuestionRefused — with the line.
    """
    found = read_yaml(text, file, QuestionRefused).fields((), _TOP)
    datasets = found.pop("datasets").entries() if "datasets" in found else {}
    return Declared(
        zone=_texts(found),
        datasets={name: _texts(node.fields((), DATASET_FIELDS)) for name, node in datasets.items()},
        digest=hashlib.sha256(text.encode("utf-8")).hexdigest(),
    )


def _texts(nodes: Mapping[str, Node]) -> dict[str, Text]:
    return {name: node.say() for name, node in nodes.items()}
