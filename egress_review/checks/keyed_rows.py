"""Records written one value to a line: YAML, lists of Stata, the long form of a database client, pasted forms.

    - id: 1001
      age: 71
      sex: F

Values under the same names again and again are the rows of a table, whatever stands between them.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator

from egress_review.checks.tables import Table

FEWEST_RECORDS = 4
MOST_KEYS = 60
_LINE = re.compile(
    r"[ \t]{0,40}(?:[-*|][ \t]{1,4})?[\"']?([^\W\d][\w .-]{0,40})[\"']?[ \t]{0,20}[:=|][ \t]{1,20}(\S[^\n]{0,80})"
)


def tables_by_line(text: str, fewest: int = FEWEST_RECORDS) -> Iterator[Table]:
    """Tables whose rows are written with a line for each value."""
    found: dict[tuple[str, ...], list[tuple[int, list[str]]]] = defaultdict(list)
    record: dict[str, str] = {}
    begun = 1
    for number, line in enumerate([*text.splitlines(), ""], 1):
        match = _LINE.fullmatch(line) if len(line) <= 200 else None
        key = match[1].strip() if match else ""
        ends = not match and line.strip() and not set(line.strip()) <= set("-+|*=.")
        if record and (ends or key in record or len(record) >= MOST_KEYS):
            found[tuple(record)].append((begun, list(record.values())))
            record = {}
        if match:
            if not record:
                begun = number
            record[key] = match[2].strip().strip("|,").strip().strip("\"'")
    if record:
        found[tuple(record)].append((begun, list(record.values())))
    for keys, rows in found.items():
        if len(keys) > 1 and len(rows) >= fewest:
            yield Table(keys, [tuple(row) for _, row in rows], [number for number, _ in rows])
