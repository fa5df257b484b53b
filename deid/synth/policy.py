"""The policy of one synthetic extract: what each column is, how much privacy is spent, and what the gate demands.

A column that the policy does not name is not in the extract. What the policy says itself, such as the values of a
column or its range, is public and costs no privacy; what it leaves out is learnt from the data.
"""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Literal, cast, get_args

import yaml

from audit.text import Text
from audit.yaml_file import Node, plain, read_yaml
from deid.errors import SynthPolicyError
from deid.synth.limits import Gate, read_gate
from deid.synth.regions import is_region

VERSION = 1
Kind = Literal[
    "category", "number", "date", "region", "key", "name", "phone", "address", "resident_number", "reference"
]
"""Learnt: values of a list, measured numbers, days, and places of Korea. The others are made anew: `key` tells rows
apart, `reference` names a row of another table, and what names or reaches a person is invented."""

LEARNT: frozenset[Kind] = frozenset({"category", "number", "date", "region"})
LISTED: frozenset[Kind] = frozenset({"category", "region"})
"""Learnt as values of a list."""

ENGINES = ("marginals", "gaussian_copula", "ctgan", "tvae")
MOST_ROWS = 1_000_000_000
HELD_OUT = 0.2
"""The part of the source that no engine sees: what is found about it cannot come from learning it."""
MOST_NUMBER = 1e15
_OFF = 1e-15
"""A product of two numbers is off by less, as a part of it."""
"""The largest end of a range: whole numbers up to here are told apart."""
MOST_EPSILON = 10.0
"""More than this protects nobody in the worst case, so it may not be called privacy."""


@dataclass(frozen=True, slots=True)
class ColumnKind:
    """One column of the extract."""

    name: str
    kind: Kind
    values: tuple[str, ...] = ()
    """All values a category can have, where the policy says so."""
    range: tuple[float, float] | None = None
    """The least and the most that a number or a date (in days since 1970) can be, where the policy says so."""
    decimals: int = 0
    bins: int = 32
    table: str = ""
    """The table that a reference leads to."""
    since: str = ""
    """The date of the parent's row from which this one is told, as the days between them."""


@dataclass(frozen=True, slots=True)
class Privacy:
    """The budget of differential privacy."""

    epsilon: float
    delta: float


@dataclass(frozen=True, slots=True)
class Order:
    """A constraint: in every row the first column is at most the second."""

    low: str
    high: str


@dataclass(frozen=True, slots=True)
class SynthPolicy:
    """The policy of one synthetic extract."""

    name: str
    dataset: str
    project: str
    engine: str
    rows: int | None
    """Rows of the extract; as many as were learnt from (with a budget, about), where it is not said."""
    columns: tuple[ColumnKind, ...]
    privacy: Privacy | None
    gate: Gate
    digest: str
    targets: tuple[str, ...] = ()
    """Columns that a model is trained to tell, to see what the extract is good for."""
    secrets: tuple[str, ...] = ()
    """Columns that an attacker would want to learn; the targets, where none is named, and any where those are none."""
    least_cell: int = 3
    """Combinations of two values in fewer rows are not reproduced; without noise only."""
    orders: tuple[Order, ...] = ()
    together: tuple[tuple[str, ...], ...] = field(default_factory=tuple)
    """Columns whose values are only combined as they are in the source."""
    person: str = ""
    """The column of the source that says whose a row is, where a person can have several; it is not in the extract."""
    save_model: bool = False
    """Whether what the rows are drawn from is kept beside them, to draw from again."""
    content: str = ""
    """The whole policy as YAML without its comments, from which it can be read again."""

    @property
    def learnt(self) -> tuple[ColumnKind, ...]:
        """Return the columns that are learnt; the others are made."""
        return tuple(column for column in self.columns if column.kind in LEARNT)


def parse_synth_policy(text: str, file: str = "synthetic.yaml") -> SynthPolicy:
    """Return the policy in a text.

    Raises: PolicyError — naming the line.
    """
    root = read_yaml(text, file, SynthPolicyError)
    given = root.fields(
        ("version", "name", "dataset", "project", "engine", "columns"),
        ("privacy", "person", "save_model", *HEAD, *OF_TABLE),
    )
    policy = read_table(read_head(given, root, ENGINES), given)
    if "person" in given and (
        policy.privacy is not None or given["person"].words() in (c.name for c in policy.columns)
    ):
        given["person"].refuse(
            Text(
                "person은 columns에 없는 열이어야 하고 privacy와 함께 쓰지 않습니다: 예산은 한 사람이 한 행일 때입니다",
                "person must not be under columns, and goes without privacy: a budget is of one row a person",
            )
        )
    person = given["person"].words() if "person" in given else ""
    return replace(policy, person=person, save_model=keeps_model(given, policy.engine, policy.columns))


HEAD = ("gate", "least_cell")
"""Keys that hold for all tables of an extract and may be left out."""
OF_TABLE = ("rows", "targets", "secrets", "constraints")
"""Keys of one table that may be left out."""


def read_head(given: Mapping[str, Node], root: Node, engines: Sequence[str]) -> SynthPolicy:
    """Return a policy with what holds for all its tables, and no column yet."""
    given["version"].whole(VERSION, VERSION)
    content = plain(root)
    return SynthPolicy(
        name=given["name"].words(),
        dataset=given["dataset"].name(),
        project=given["project"].name(),
        engine=given["engine"].one_of(engines),
        rows=None,
        columns=(),
        privacy=_privacy(given["privacy"]) if "privacy" in given else None,
        gate=read_gate(given["gate"]) if "gate" in given else Gate(),
        digest=hashlib.sha256(_canonical(content)).hexdigest(),
        content=yaml.safe_dump(content, sort_keys=False, allow_unicode=True),
        least_cell=given["least_cell"].whole(1) if "least_cell" in given else 3,
    )


def read_table(head: SynthPolicy, given: Mapping[str, Node], *, related: bool = False) -> SynthPolicy:
    """Return the policy of one table; only `related` tables have references.

    Raises: PolicyError — naming the line.
    """
    columns = tuple(_column(name, node, related) for name, node in given["columns"].entries().items())
    if not any(column.kind in LEARNT for column in columns):
        given["columns"].refuse(Text("배울 열이 하나도 없습니다", "names no column that is learnt"))
    if head.privacy is not None:
        _refuse_undeclared(columns, head.engine, given["privacy"])
    orders, together = _constraints(given["constraints"], columns) if "constraints" in given else ((), ())
    if head.privacy is not None and together:
        given["constraints"].refuse(
            Text(
                "privacy와 together는 함께 쓸 수 없습니다: 어떤 조합이 있는지 자체가 드러납니다",
                "together does not go with privacy: which combinations occur tells of the data",
            )
        )
    targets = _columns_named(given["targets"], columns) if "targets" in given else ()
    return replace(
        head,
        rows=given["rows"].whole(1, MOST_ROWS) if "rows" in given else None,
        columns=columns,
        targets=targets,
        secrets=_columns_named(given["secrets"], columns) if "secrets" in given else targets,
        orders=orders,
        together=together,
    )


_ALLOWED: Mapping[Kind, frozenset[str]] = {
    "category": frozenset({"values"}),
    "region": frozenset({"values"}),
    "number": frozenset({"range", "decimals", "bins"}),
    "date": frozenset({"range", "bins", "since"}),
    "reference": frozenset({"table"}),
}


def read_column(name: str, node: Node, more: tuple[str, ...] = ()) -> ColumnKind:
    """Return a column that stands by itself; keys in `more` are the caller's.

    Raises: PolicyError — naming the line.
    """
    return _column(name, node, related=False, more=more)


def _column(name: str, node: Node, related: bool, more: tuple[str, ...] = ()) -> ColumnKind:
    given = node.fields(("kind",), ("values", "range", "decimals", "bins", "table", "since", *more))
    kinds = get_args(Kind) if related else tuple(kind for kind in get_args(Kind) if kind != "reference")
    kind = cast(Kind, given["kind"].one_of(kinds))
    for key, value in given.items():
        if key not in ("kind", *more) and key not in _ALLOWED.get(kind, frozenset()):
            value.refuse(Text(f"{kind} 열에는 쓰지 않습니다", f"does not go with a {kind} column"))
    if "since" in given and (not related or "range" in given):
        given["since"].refuse(
            Text("표가 여럿일 때, range 없이만 씁니다", "is for the tables of a relational extract, without a range")
        )
    if kind == "reference" and "table" not in given:
        given["kind"].refuse(Text("가리키는 표(table)를 적어야 합니다", "needs the table that it leads to"))
    values = tuple(one.words() for one in given["values"].elements()) if "values" in given else ()
    if len(set(values)) != len(values):
        given["values"].refuse(Text("같은 값이 둘 이상 있습니다", "names a value twice"))
    if kind == "region" and any(not is_region(value) for value in values):
        given["values"].refuse(Text("실제로 있는 지역이 아닌 값이 있습니다", "names a region that does not exist"))
    decimals = given["decimals"].whole(0, 9) if "decimals" in given else 0
    return ColumnKind(
        name=name,
        kind=kind,
        values=values,
        range=_range(given["range"], kind, decimals) if "range" in given else None,
        decimals=decimals,
        bins=given["bins"].whole(2, 1_000) if "bins" in given else 32,
        table=given["table"].words() if "table" in given else "",
        since=given["since"].words() if "since" in given else "",
    )


def _range(node: Node, kind: str, decimals: int) -> tuple[float, float]:
    ends = node.elements()
    if len(ends) != 2:
        node.refuse(Text("가장 작은 값과 가장 큰 값, 두 개여야 합니다", "takes two values, the least and the most"))
    low, high = (_day(end) if kind == "date" else end.number() for end in ends)
    if low >= high:
        node.refuse(Text("첫 값이 둘째 값보다 작아야 합니다", "must rise from the first to the second"))
    if max(-low, high) > MOST_NUMBER:
        node.refuse(Text(f"{MOST_NUMBER:g} 이하여야 합니다", f"must lie within {MOST_NUMBER:g}"))
    least, most = within((low, high), decimals)
    if least > most:
        node.refuse(Text("이 범위에 드는 값이 없습니다(decimals 확인)", "holds no number with so many decimals"))
    return low, high


def within(ends: tuple[float, float], decimals: int) -> tuple[float, float]:
    """Return the least and the most of the numbers with so many decimals that lie in a range."""
    times = 10.0**decimals
    low, high = (_as_written(end * times) for end in ends)
    return math.ceil(low) / times, math.floor(high) / times


def _as_written(number: float) -> float:
    """Return the whole number that a product was meant to be: 1.1 times 100 is a little more than 110.

    Told by how far a product can be off (a part of the number): 1e-9 is far from nothing.
    """
    whole = round(number)
    return float(whole) if math.isclose(number, whole, rel_tol=_OFF) else number


def _day(node: Node) -> float:
    try:
        return float(date.fromisoformat(str(node.scalar())).toordinal() - date(1970, 1, 1).toordinal())
    except ValueError:
        node.refuse(Text("2024-01-31과 같은 날짜여야 합니다", "must be a date such as 2024-01-31"))


def _privacy(node: Node) -> Privacy:
    given = node.fields(("epsilon", "delta"))
    epsilon, delta = given["epsilon"].number(), given["delta"].number()
    for key, value, low, high in (("epsilon", epsilon, 1e-3, MOST_EPSILON), ("delta", delta, 1e-30, 1e-3)):
        if not low <= value <= high:  # with less the noise is larger than any number
            given[key].refuse(Text(f"{low:g} 이상 {high:g} 이하여야 합니다", f"must be from {low:g} to {high:g}"))
    return Privacy(epsilon, delta)


def keeps_model(given: Mapping[str, Node], engine: str, columns: Sequence[ColumnKind]) -> bool:
    """Return whether a policy asks for the model. Raises: PolicyError — if that would carry what its rows do not."""
    if "save_model" not in given or not (node := given["save_model"]).truth():
        return False
    if engine != "marginals":
        node.refuse(
            Text(
                "SDV의 모형에는 배운 행이 들어 있을 수 있어 저장하지 않습니다. marginals 엔진만 됩니다",
                "a model of SDV can hold the rows it learnt from and is never kept; only marginals can",
            )
        )
    if any(column.kind == "name" for column in columns):
        node.refuse(
            Text(
                "이름 열과 함께 쓰지 않습니다: 원자료가 없으면 어떤 이름이 실제로 있는 사람의 것인지 알 수 없습니다",
                "does not go with a name column: without the source nobody knows which names are somebody's",
            )
        )
    return True


def _refuse_undeclared(columns: tuple[ColumnKind, ...], engine: str, node: Node) -> None:
    """Refuse a budget that a list of values read from the data would break."""
    if engine != "marginals":
        node.refuse(Text("marginals 엔진만 할 수 있습니다", "only the engine marginals can keep to a budget"))
    for column in columns:
        if (column.kind in LISTED and not column.values) or (
            column.kind in ("number", "date") and column.range is None
        ):
            node.refuse(
                Text(
                    f"{column.name} 열: 값의 목록(values)이나 범위(range)를 정책에 적어야 합니다."
                    " 자료에서 알아내면 그 자체가 드러납니다",
                    f"{column.name}: the policy must give its values or range; learning them from the data tells them",
                )
            )


def _constraints(node: Node, columns: tuple[ColumnKind, ...]) -> tuple[tuple[Order, ...], tuple[tuple[str, ...], ...]]:
    given = node.fields((), ("orders", "together"))
    orders = []
    for one in given["orders"].elements() if "orders" in given else ():
        ends = one.fields(("low", "high"))
        low, high = (
            ends[key].one_of([c.name for c in columns if c.kind in ("number", "date")]) for key in ("low", "high")
        )
        _refuse_unlike(low, high, columns, one)
        orders.append(Order(low, high))
    _refuse_circle(orders, given.get("orders", node))
    groups: list[tuple[str, ...]] = []
    for group in given["together"].elements() if "together" in given else ():
        names = _columns_named(group, columns)
        earlier = {name for other in groups for name in other}
        if len(set(names)) < 2 or len(set(names)) != len(names) or earlier & set(names):
            group.refuse(
                Text(
                    "서로 다른 열 둘 이상이어야 하고, 한 열은 한 묶음에만 들 수 있습니다",
                    "takes two columns or more, and a column belongs to one group only",
                )
            )
        groups.append(names)
    return tuple(orders), tuple(groups)


def _refuse_unlike(low: str, high: str, columns: tuple[ColumnKind, ...], node: Node) -> None:
    kinds = {column.name: column for column in columns}
    first, second = kinds[low], kinds[high]
    if low == high or first.kind != second.kind:
        node.refuse(
            Text(
                "서로 다른 두 열이고 둘 다 숫자이거나 둘 다 날짜여야 합니다",
                "takes two columns, both numbers or both dates",
            )
        )
    if first.range is not None and second.range is not None and first.range[0] > second.range[1]:
        node.refuse(Text("두 열의 범위로는 지킬 수 없습니다", "cannot hold within the ranges of the two columns"))


def _refuse_circle(orders: Sequence[Order], node: Node) -> None:
    """Refuse orders that lead back to where they began: they would make all values equal."""
    after: dict[str, set[str]] = {}
    for order in orders:
        after.setdefault(order.low, set()).add(order.high)
    for start in after:
        reached, waiting = set(), [start]
        while waiting:
            for name in after.get(waiting.pop(), ()):
                if name == start:
                    node.refuse(Text("orders가 서로 물려 있습니다", "leads in a circle"))
                if name not in reached:
                    reached.add(name)
                    waiting.append(name)


def _columns_named(node: Node, columns: tuple[ColumnKind, ...]) -> tuple[str, ...]:
    return tuple(one.one_of([column.name for column in columns if column.kind in LEARNT]) for one in node.elements())


def _canonical(content: Mapping[str, object]) -> bytes:
    return json.dumps(content, sort_keys=True, ensure_ascii=False, separators=(",", ":")).encode("utf-8")
