"""The policy of a synthetic extract of several tables, such as people, their visits and their conditions.

Each table but one has a parent: the table of its first reference. The one without is that of the people, who are held
out and counted as whole people. Further references lead to an ancestor, or to a table with the same parent.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

from audit.text import Text
from audit.yaml_file import Node, read_yaml
from deid.errors import PolicyError, SynthPolicyError
from deid.synth.limits import Gate
from deid.synth.policy import (
    ENGINES,
    HEAD,
    OF_TABLE,
    ColumnKind,
    SynthPolicy,
    keeps_model,
    parse_synth_policy,
    read_head,
    read_table,
)

RELATED_ENGINES = ("marginals", "hma")
MOST_TABLES = 30


@dataclass(frozen=True, slots=True)
class RelatedTable:
    """One table: its columns, and whose rows its own belong to."""

    name: str
    policy: SynthPolicy
    parent: str | None

    @property
    def key(self) -> str | None:
        """Return the column that others refer to."""
        return next((column.name for column in self.policy.columns if column.kind == "key"), None)

    @property
    def references(self) -> tuple[ColumnKind, ...]:
        """Return the columns that lead to other tables; the first one leads to the parent."""
        return tuple(column for column in self.policy.columns if column.kind == "reference")


@dataclass(frozen=True, slots=True)
class RelatedPolicy:
    """The policy of several tables; parents stand before their children."""

    head: SynthPolicy
    tables: tuple[RelatedTable, ...]

    @property
    def name(self) -> str:
        """Return the name of the policy."""
        return self.head.name

    @property
    def dataset(self) -> str:
        """Return whose data it is for."""
        return self.head.dataset

    @property
    def project(self) -> str:
        """Return who will use it."""
        return self.head.project

    @property
    def engine(self) -> str:
        """Return what draws the rows."""
        return self.head.engine

    @property
    def digest(self) -> str:
        """Return the digest of the content."""
        return self.head.digest

    @property
    def gate(self) -> Gate:
        """Return the limits."""
        return self.head.gate

    @property
    def save_model(self) -> bool:
        """Return whether what the rows are drawn from is kept beside them."""
        return self.head.save_model

    @property
    def root(self) -> RelatedTable:
        """Return the table of the people."""
        return self.tables[0]

    def table(self, name: str) -> RelatedTable:
        """Return one table."""
        return next(table for table in self.tables if table.name == name)

    def children(self, name: str) -> tuple[RelatedTable, ...]:
        """Return the tables whose parent this one is."""
        return tuple(table for table in self.tables if table.parent == name)


def load_extract_policy(path: Path) -> SynthPolicy | RelatedPolicy:
    """Return the policy in a file: of one table, or of several where it has `tables`.

    Raises: PolicyError — naming the line.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise PolicyError(Text(f"{path}: 읽을 수 없는 파일입니다.", f"{path} cannot be read.")) from error
    return parse_extract_policy(text, path.name)


def parse_extract_policy(text: str, file: str = "synthetic.yaml") -> SynthPolicy | RelatedPolicy:
    """Return the policy in a text.

    Raises: PolicyError — naming the line.
    """
    root = read_yaml(text, file, SynthPolicyError)
    if "tables" not in root.entries():
        return parse_synth_policy(text, file)
    given = root.fields(("version", "name", "dataset", "project", "engine", "tables"), ("save_model", *HEAD))
    head = read_head(given, root, RELATED_ENGINES)
    named = given["tables"].entries()
    if not 2 <= len(named) <= MOST_TABLES:
        given["tables"].refuse(Text(f"표는 2~{MOST_TABLES}개입니다", f"has 2 to {MOST_TABLES} tables"))
    tables = tuple(_table(head, name, node) for name, node in named.items())
    columns = [column for table in tables for column in table.policy.columns]
    head = replace(head, save_model=keeps_model(given, head.engine, columns))
    return RelatedPolicy(head, _in_order(tables, named))


def _table(head: SynthPolicy, name: str, node: Node) -> RelatedTable:
    if not name.isidentifier() or not name.isascii():
        node.refuse(Text("표 이름은 영문 소문자, 숫자, _만 씁니다", "a table is named by letters, digits and _"))
    given = node.fields(("columns",), tuple(key for key in OF_TABLE if key != "rows"))
    policy = read_table(head, given, related=True)
    parent = next((column.table for column in policy.columns if column.kind == "reference"), None)
    return RelatedTable(name, policy, parent)


def _in_order(tables: tuple[RelatedTable, ...], named: dict[str, Node]) -> tuple[RelatedTable, ...]:
    """Return parents before children; refuse what cannot be drawn row by row from one table of people."""
    known = {table.name: table for table in tables}
    for table in tables:
        _refuse_wrong_references(table, known, named[table.name])
    roots = [table for table in tables if table.parent is None]
    if len(roots) != 1:
        node = named[roots[1].name] if roots else next(iter(named.values()))
        node.refuse(
            Text("reference가 없는 표(사람의 표)는 하나여야 합니다", "one table, that of the people, has no reference")
        )
    ordered = list(roots)
    for table in ordered:
        ordered += [child for child in tables if child.parent == table.name]
    if len(ordered) != len(tables):
        lost = next(table for table in tables if table not in ordered)
        named[lost.name].refuse(Text("reference가 서로 물려 있습니다", "its references lead in a circle"))
    for table in tables:
        _refuse_far_references(table, known, named[table.name])
        _refuse_wrong_since(table, known, named[table.name])
    return tuple(ordered)


def _refuse_wrong_references(table: RelatedTable, known: dict[str, RelatedTable], node: Node) -> None:
    if sum(1 for column in table.policy.columns if column.kind == "key") > 1:
        node.refuse(Text("key는 표마다 하나입니다", "has more than one key"))
    for column in table.references:
        if column.table not in known:
            node.refuse(Text(f"{column.name}: {column.table} 표가 없습니다", f"{column.name} leads to no table here"))
        if column.table == table.name or known[column.table].key is None:
            node.refuse(
                Text(
                    f"{column.name}: {column.table} 표에 key 열이 있어야 합니다",
                    f"{column.name} must lead to another table that has a key",
                )
            )


def _refuse_far_references(table: RelatedTable, known: dict[str, RelatedTable], node: Node) -> None:
    for column in table.references[1:]:
        if column.table not in ancestors(table, known) and known[column.table].parent != table.parent:
            node.refuse(
                Text(
                    f"{column.name}: 조상이나 같은 부모를 둔 표만 가리킬 수 있습니다",
                    f"{column.name} may lead to an ancestor, or to a table with the same parent",
                )
            )


def _refuse_wrong_since(table: RelatedTable, known: dict[str, RelatedTable], node: Node) -> None:
    dates = {} if table.parent is None else {c.name: c for c in known[table.parent].policy.columns if c.kind == "date"}
    ends = {end for order in table.policy.orders for end in (order.low, order.high)}
    for column in table.policy.columns:
        if column.since and column.since not in dates:
            node.refuse(
                Text(
                    f"{column.name}: since는 부모 표의 날짜 열이어야 합니다",
                    f"{column.name}: since names a date of the parent's table",
                )
            )
        if column.since and column.name in ends:
            node.refuse(
                Text(f"{column.name}: since와 orders는 함께 쓰지 않습니다", f"{column.name}: since without orders")
            )


def ancestors(table: RelatedTable, known: dict[str, RelatedTable]) -> list[str]:
    """Return the parent, its parent and so on, to the table of the people."""
    found: list[str] = []
    while table.parent is not None:
        found.append(table.parent)
        table = known[table.parent]
    return found


__all__ = ["ENGINES", "RelatedPolicy", "RelatedTable", "ancestors", "load_extract_policy", "parse_extract_policy"]
