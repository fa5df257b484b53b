"""The policy of one synthetic extract: what each column is, how much privacy is spent, and what the gate demands.

A column that the policy does not name is not in the extract. What the policy says itself, such as the values of a
column or its range, is public and costs no privacy; what it leaves out is learnt from the data.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Literal, cast, get_args

from audit.text import Text
from audit.yaml_file import Node, plain, read_yaml
from deid.errors import PolicyError

VERSION = 1
Kind = Literal["category", "number", "date", "key"]
"""Values of a list; measured numbers; days; and numbers that only tell rows apart, which are made anew."""

ENGINES = ("marginals", "gaussian_copula", "ctgan", "tvae")
HELD_OUT = 0.2
"""The part of the source that no engine sees: what is found about it cannot come from learning it."""
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


@dataclass(frozen=True, slots=True)
class Privacy:
    """The budget of differential privacy."""

    epsilon: float
    delta: float


@dataclass(frozen=True, slots=True)
class Gate:
    """What each attack may find at most: the upper end of its 95 % interval is held to it.

    0.09 is the highest chance to identify a person that the European Medicines Agency (Policy 0070, guidance of 2018)
    and Health Canada (PRCI guidance of 2019) accept for data they publish. For what is guessed rather than identified
    no authority names a number: those two are Ansim's own and stand in every report.
    """

    singling_out: float = 0.09
    linkability: float = 0.09
    inference: float = 0.2
    membership: float = 0.55
    attacks: int = 2_000
    """Targets of each attack; fewer make the intervals wider, and the upper end is what counts."""


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
    """Rows of the extract; as many as were learnt from, where it is not said."""
    columns: tuple[ColumnKind, ...]
    privacy: Privacy | None
    gate: Gate
    digest: str
    targets: tuple[str, ...] = ()
    """Columns that a model is trained to tell, to see what the extract is good for."""
    secrets: tuple[str, ...] = ()
    """Columns that an attacker would want to learn; the targets, where none is named."""
    least_cell: int = 3
    """Combinations of two values in fewer rows are not reproduced; without noise only."""
    orders: tuple[Order, ...] = ()
    together: tuple[tuple[str, ...], ...] = field(default_factory=tuple)
    """Columns whose values are only combined as they are in the source."""

    @property
    def learnt(self) -> tuple[ColumnKind, ...]:
        """Return the columns that are learnt; keys are made."""
        return tuple(column for column in self.columns if column.kind != "key")


def load_synth_policy(path: Path) -> SynthPolicy:
    """Return the policy in a file.

    Raises: PolicyError — naming the line.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise PolicyError(Text(f"{path}: 읽을 수 없는 파일입니다.", f"{path} cannot be read.")) from error
    return parse_synth_policy(text, path.name)


def parse_synth_policy(text: str, file: str = "synthetic.yaml") -> SynthPolicy:
    """Return the policy in a text.

    Raises: PolicyError — naming the line.
    """
    root = read_yaml(text, file, PolicyError)
    given = root.fields(
        ("version", "name", "dataset", "project", "engine", "columns"),
        ("rows", "privacy", "gate", "targets", "secrets", "least_cell", "constraints"),
    )
    given["version"].whole(VERSION, VERSION)
    columns = tuple(_column(name, node) for name, node in given["columns"].entries().items())
    engine = given["engine"].one_of(ENGINES)
    privacy = _privacy(given["privacy"]) if "privacy" in given else None
    if privacy is not None:
        _refuse_undeclared(columns, engine, given["privacy"])
    orders, together = _constraints(given["constraints"], columns) if "constraints" in given else ((), ())
    if privacy is not None and together:
        given["constraints"].refuse(
            Text(
                "privacy와 together는 함께 쓸 수 없습니다: 어떤 조합이 있는지 자체가 드러납니다",
                "together does not go with privacy: which combinations occur tells of the data",
            )
        )
    targets = _columns_named(given["targets"], columns) if "targets" in given else ()
    return SynthPolicy(
        name=given["name"].words(),
        dataset=given["dataset"].name(),
        project=given["project"].name(),
        engine=engine,
        rows=given["rows"].whole(1) if "rows" in given else None,
        columns=columns,
        privacy=privacy,
        gate=_gate(given["gate"]) if "gate" in given else Gate(),
        digest=hashlib.sha256(_canonical(plain(root))).hexdigest(),
        targets=targets,
        secrets=_columns_named(given["secrets"], columns) if "secrets" in given else targets,
        least_cell=given["least_cell"].whole(1) if "least_cell" in given else 3,
        orders=orders,
        together=together,
    )


def _column(name: str, node: Node) -> ColumnKind:
    given = node.fields(("kind",), ("values", "range", "decimals", "bins"))
    kind = cast(Kind, given["kind"].one_of(get_args(Kind)))
    allowed = {"category": {"values"}, "number": {"range", "decimals", "bins"}, "date": {"range", "bins"}, "key": set()}
    for key, value in given.items():
        if key != "kind" and key not in allowed[kind]:
            value.refuse(Text(f"{kind} 열에는 쓰지 않습니다", f"does not go with a {kind} column"))
    values = tuple(one.words() for one in given["values"].elements()) if "values" in given else ()
    if len(set(values)) != len(values):
        given["values"].refuse(Text("같은 값이 둘 이상 있습니다", "names a value twice"))
    return ColumnKind(
        name=name,
        kind=kind,
        values=values,
        range=_range(given["range"], kind) if "range" in given else None,
        decimals=given["decimals"].whole(0, 9) if "decimals" in given else 0,
        bins=given["bins"].whole(2, 1_000) if "bins" in given else 32,
    )


def _range(node: Node, kind: str) -> tuple[float, float]:
    ends = node.elements()
    if len(ends) != 2:
        node.refuse(Text("가장 작은 값과 가장 큰 값, 두 개여야 합니다", "takes two values, the least and the most"))
    low, high = (_day(end) if kind == "date" else end.number() for end in ends)
    if low >= high:
        node.refuse(Text("첫 값이 둘째 값보다 작아야 합니다", "must rise from the first to the second"))
    return low, high


def _day(node: Node) -> float:
    try:
        return float(date.fromisoformat(str(node.scalar())).toordinal() - date(1970, 1, 1).toordinal())
    except ValueError:
        node.refuse(Text("2024-01-31과 같은 날짜여야 합니다", "must be a date such as 2024-01-31"))


def _privacy(node: Node) -> Privacy:
    given = node.fields(("epsilon", "delta"))
    epsilon, delta = given["epsilon"].number(), given["delta"].number()
    if not 0.0 < epsilon <= MOST_EPSILON:
        given["epsilon"].refuse(
            Text(f"0보다 크고 {MOST_EPSILON:g} 이하", f"must be above 0 and at most {MOST_EPSILON:g}")
        )
    if not 0.0 < delta <= 1e-3:
        given["delta"].refuse(Text("0보다 크고 0.001 이하여야 합니다", "must be above 0 and at most 0.001"))
    return Privacy(epsilon, delta)


def _refuse_undeclared(columns: tuple[ColumnKind, ...], engine: str, node: Node) -> None:
    """Refuse a budget that a list of values read from the data would break."""
    if engine != "marginals":
        node.refuse(Text("marginals 엔진만 할 수 있습니다", "only the engine marginals can keep to a budget"))
    for column in columns:
        if (column.kind == "category" and not column.values) or (
            column.kind in ("number", "date") and column.range is None
        ):
            node.refuse(
                Text(
                    f"{column.name} 열: 값의 목록(values)이나 범위(range)를 정책에 적어야 합니다."
                    " 자료에서 알아내면 그 자체가 드러납니다",
                    f"{column.name}: the policy must give its values or range; learning them from the data tells them",
                )
            )


def _gate(node: Node) -> Gate:
    given = node.fields((), ("singling_out", "linkability", "inference", "membership", "attacks"))
    values: dict[str, float] = {}
    for key in ("singling_out", "linkability", "inference", "membership"):
        if key in given:
            values[key] = given[key].number()
            if not 0.0 < values[key] <= 1.0:
                given[key].refuse(Text("0보다 크고 1 이하여야 합니다", "must be above 0 and at most 1"))
    attacks = given["attacks"].whole(100, 100_000) if "attacks" in given else Gate().attacks
    return Gate(**values, attacks=attacks)


def _constraints(node: Node, columns: tuple[ColumnKind, ...]) -> tuple[tuple[Order, ...], tuple[tuple[str, ...], ...]]:
    given = node.fields((), ("orders", "together"))
    orders = []
    for one in given["orders"].elements() if "orders" in given else ():
        ends = one.fields(("low", "high"))
        low, high = (ends[key].one_of([c.name for c in columns if c.kind in ("number", "date")]) for key in ends)
        orders.append(Order(low, high))
    groups = given["together"].elements() if "together" in given else []
    return tuple(orders), tuple(_columns_named(group, columns) for group in groups)


def _columns_named(node: Node, columns: tuple[ColumnKind, ...]) -> tuple[str, ...]:
    return tuple(one.one_of([column.name for column in columns if column.kind != "key"]) for one in node.elements())


def _canonical(content: Mapping[str, object]) -> bytes:
    return json.dumps(content, sort_keys=True, ensure_ascii=False, separators=(",", ":")).encode("utf-8")
