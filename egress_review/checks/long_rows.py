"""Tables in long form, a row for each thing that is told of somebody: `id, variable, value`.

Turned about, with a column for each variable, such a table is judged as any other by whether its rows single people
out. Long tables of regions, genes or terms of a model are safe turned about as well.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from egress_review.checks.listing import Listing
from egress_review.checks.microdata import check_table
from egress_review.checks.person_rows import MOST_ROWS, check_person_rows
from egress_review.checks.subject import Subject
from egress_review.checks.tables import Table

RULES = ("table.singular",)

FEWEST_UNITS, MOST_TOLD = 5, 100
"""Different keys from which a table is turned about, and different variables up to which it is."""
LEAST_FILLED = 0.5
"""Share of all pairs of key and variable that have a value, from which the table is a wide one in long form."""

_VARIABLE = re.compile(
    r"var(?:iable)?s?(?:[ _]?(?:name|label))?|items?|attr(?:ibute)?s?|fields?|features?|questions?|measures?|"
    r"characteristics?|concept|property|parameter|(?:item|question|field|column|attribute)[ _]?(?:name|code)|column|"
    r"변수(?:명|이름)?|항목(?:명)?|문항(?:명|번호)?|속성(?:명)?|측정항목|검사항목|필드(?:명)?|컬럼(?:명)?",
    re.IGNORECASE,
)
_VALUE = re.compile(
    r"val(?:ue)?s?(?:[ _]?(?:as[ _])?(?:text|string|char|num(?:ber)?))?|answers?|responses?|results?|reply|content|"
    r"값|변숫?값|응답(?:값|내용)?|답변?|측정값|결과(?:값)?|내용",
    re.IGNORECASE,
)


def check_long_rows(subject: Subject, listing: Listing) -> None:
    """Judge every table in long form as the wide one that it is."""
    for table in subject.tables:
        for wide in _turned(table):
            check_person_rows(wide, listing)
            check_table(wide, listing)


def _turned(table: Table) -> Iterator[Table]:
    """The table with a row for each key and a column for each variable; nothing where it is no such table."""
    names = [name.strip() for name in table.names]
    told = [i for i, name in enumerate(names) if _VARIABLE.fullmatch(name)]
    values = [i for i, name in enumerate(names) if _VALUE.fullmatch(name) and i not in told]
    keys = [i for i in range(len(names)) if i not in (*told, *values)]
    if len(told) != 1 or len(values) != 1 or not keys or not 0 < len(table.rows) <= MOST_ROWS:
        return
    key = max(keys, key=lambda i: len(table.distinct(i)))
    units, variables = list(table.distinct(key)), list(table.distinct(told[0]))
    if len(units) < FEWEST_UNITS or not 1 < len(variables) <= MOST_TOLD:
        return
    known = zip(table.column(key), table.column(told[0]), table.column(values[0]), strict=True)
    cells = {(unit, variable): value for unit, variable, value in known}
    if len(cells) < LEAST_FILLED * len(units) * len(variables):
        return
    rows = [[unit, *(cells.get((unit, variable), "") for variable in variables)] for unit in units]
    yield Table((names[key], *(variable.strip() for variable in variables)), rows, range(2, len(rows) + 2))
