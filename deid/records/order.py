"""The order for an extract: one YAML file that says for what, whose data, by which policies, how long.

An extract is pseudonymised, each table by a policy of its own, or `synthetic`, all tables by one policy; never both.
Relative paths are relative to the file. Strict, as every file that people write: an unknown key is an error with
its line.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import cast, get_args
from zoneinfo import ZoneInfo

from audit.text import Text
from audit.yaml_file import Node, read_yaml
from deid.errors import OrderError
from deid.records.model import Draft, Kind, Use

VERSION = 1
_SLUG = re.compile("[a-z][a-z0-9-]{0,29}")
KOREAN_TIME = ZoneInfo("Asia/Seoul")


@dataclass(frozen=True, slots=True)
class Item:
    """One table of an extract: where it comes from, and the policy that makes it."""

    policy: Path
    """The policy of the table; that of the whole extract where it is synthetic."""
    source: Path


@dataclass(frozen=True, slots=True)
class Order:
    """Everything an extract is made from."""

    draft: Draft
    items: Mapping[str, Item]
    """By the name of the table in the extract."""
    synthetic: Path | None = None
    """The synthetic policy, where the extract is to be synthetic."""


def load_order(path: Path) -> Order:
    """Return the order in a file.

    Raises: OrderError — naming the line.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise OrderError(Text(f"{path}: 읽을 수 없는 파일입니다.", f"{path} cannot be read.")) from error
    return parse_order(text, path.parent, path.name)


def parse_order(text: str, directory: Path, file: str = "extract.yaml") -> Order:
    """Return the order in a text; its paths are relative to a directory.

    Raises: OrderError — naming the line.
    """
    given = read_yaml(text, file, OrderError).fields(
        (
            "version",
            "dataset",
            "project",
            "title",
            "owner",
            "people",
            "sensitive",
            "purpose",
            "target",
            "environment",
            "ends",
            "tables",
        ),
        ("synthetic",),
    )
    given["version"].whole(VERSION, VERSION)
    purpose = given["purpose"].fields(("kind", "statement", "basis"))
    target = given["target"].fields(("scope", "need"))
    environment = given["environment"].fields(("use", "protection"), ("recipients",))
    items = given["tables"].entries()
    if not items:
        given["tables"].refuse(Text("표가 하나도 없습니다", "names no table"))
    synthetic = directory / given["synthetic"].words() if "synthetic" in given else None
    return Order(
        Draft(
            dataset=_slug(given["dataset"]),
            project=_slug(given["project"]),
            title=given["title"].say(),
            owner=given["owner"].words(),
            people=given["people"].whole(0),
            sensitive=given["sensitive"].truth(),
            kind=Kind(purpose["kind"].one_of(tuple(kind.value for kind in Kind))),
            purpose=purpose["statement"].words(),
            basis=purpose["basis"].words(),
            scope=target["scope"].words(),
            need=target["need"].words(),
            use=cast(Use, environment["use"].one_of(get_args(Use))),
            recipients=tuple(one.words() for one in environment["recipients"].elements())
            if "recipients" in environment
            else (),
            environment=environment["protection"].words(),
            ends_at=_end_of(given["ends"]),
        ),
        {_table(name, node): _item(node, directory, synthetic) for name, node in items.items()},
        synthetic,
    )


def _slug(node: Node) -> str:
    """Return the id of a dataset or project as the registry writes them."""
    if not _SLUG.fullmatch(node.name()):
        node.refuse(Text("영문 소문자로 시작하는 30자 이하여야 합니다", "starts with a letter and has at most 30"))
    return node.name()


def _item(node: Node, directory: Path, synthetic: Path | None) -> Item:
    if synthetic is not None:
        return Item(synthetic, directory / node.fields(("source",))["source"].words())
    given = node.fields(("policy", "source"))
    return Item(directory / given["policy"].words(), directory / given["source"].words())


def _table(name: str, node: Node) -> str:
    """Return the name of a table: it becomes the name of a file."""
    if not name.isidentifier() or not name.isascii():
        node.refuse(Text("표 이름은 영문 소문자, 숫자, _만 씁니다", "a table is named by letters, digits and _"))
    return name


def _end_of(node: Node) -> datetime:
    """Return the end of the last day, in Korean time."""
    try:
        last = date.fromisoformat(str(node.scalar()))
    except ValueError:
        node.refuse(Text("날짜는 2027-12-31처럼 씁니다", "write the day as 2027-12-31"))
    return datetime.combine(last + timedelta(days=1), time(), KOREAN_TIME).astimezone(UTC)
