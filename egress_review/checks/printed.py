"""Reading tables out of running text: Markdown, LaTeX, what pandas, R, Stata and SAS print, and lists of numbers.

A row is a line, numbered as it stands in the text.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from itertools import groupby, pairwise

from egress_review.checks.columns import Kind, is_total, kind_of
from egress_review.checks.headings import headed_by_place, without_side
from egress_review.checks.latex import latex_cells
from egress_review.checks.printed_values import two_levels, values_in
from egress_review.checks.tables import LONGEST_NUMBER, Table, count_said, has_number, table_of

Line = tuple[int, str]
Record = tuple[int, list[str]]


def read_prose(text: str) -> tuple[Table, ...]:
    """The tables that stand in running text, in the order of their lines; then what programs printed as values."""
    return (*_tables(text), *values_in(text))


def _tables(text: str) -> Iterator[Table]:
    block: list[Line] = []
    said: Line | None = None
    for number, line in enumerate([*text.splitlines(), ""], 1):
        if line.strip() and not _OF_TEST.search(line):
            block.append((number, line))
            continue
        if block:
            yield from _in_block(block, said)
            said = block[-1]
        block = []


_OF_TEST = re.compile(r"=\s?[\d.,e+-]{1,20}\s+on\s+\d{1,9}\s+(?:and\s+\d{1,9}\s+)?(?:df|DF|degrees)\b")
"""A test of a model as R prints it, `Wald test = 1140 on 4 df`: several are no table."""


def _in_block(block: list[Line], said: Line | None) -> Iterator[Table]:
    """The tables of one block; `said` is the line before it, which may say what is counted."""
    if len(printed := _between_prompts(block)) > 1:
        for before, part in zip([None, *printed], printed, strict=False):
            yield from _in_block(part, before[-1] if before else said)
        return
    parts = _repeated(block)
    if len(parts) > 1:
        for part in parts:
            yield from _in_block(part, said)
        return
    listed = _list_in(block, said)
    if listed is not None:
        yield listed
    if (spread := _spread_out(block, said)) is not None:
        yield spread
    elif len(block) > 1 and (table := _table_in(_headed(block, said))):
        yield table


def _between_prompts(block: list[Line]) -> list[list[Line]]:
    """A block cut above each line that was typed below what was printed, as a session runs on without a gap."""
    typed = [_COMMAND.fullmatch(line) is not None for _, line in block]
    starts = [at for at in range(1, len(block)) if typed[at] and not typed[at - 1]]
    return [block[a:b] for a, b in pairwise([0, *starts, len(block)])]


def _repeated(block: list[Line]) -> list[list[Line]]:
    """A block whose heading stands again above each group, cut above every heading."""
    lines = [" ".join(line.split()) for _, line in block]
    heads = {
        line
        for line, times in Counter(lines).items()
        if times > 1 and len(line.split()) > 2 and not has_number(line.split()) and not _RULE.fullmatch(line)
    }
    starts = [at for at, line in enumerate(lines) if line in heads]
    if len({lines[at] for at in starts}) != 1:
        return [block]
    return [block[a:b] for a, b in pairwise([0, *starts[1:], len(block)])]


def _headed(block: list[Line], said: Line | None) -> list[Line]:
    """The block below a heading that an empty line parts from it, as SAS prints its lists."""
    rows = [line.split() for _, line in block]
    if said is None or len({len(row) for row in rows}) != 1 or not all(map(has_number, rows)):
        return block
    names = said[1].split()
    return [said, *block] if len(names) == len(rows[0]) > 1 and not has_number(["", *names]) else block


_SERIES = re.compile(r"(?:Name: (.*?), )?(?:Length: \d+, )?dtype: u?[iI]nt\d+")
_SHAPE = re.compile(
    r"\[\d+ rows x \d+ columns\]|#.*A tibble:.*|<(?:chr|int|dbl|fct|lgl)>.*|\d+ rows?.*|shape: \(\d+, \d+\)"
    r"|[|│\s]*(?:str|cat|date|bool|u32|u64|i32|i64|f32|f64|varchar|int32|int64|double)(?:[\s|│┆]+(?:str|cat|date|bool|u32|u64|"
    r"i32|i64|f32|f64|varchar|int32|int64|double))+[|│\s]*"
)
_RULE = re.compile(r"[\s|:=+─━│┃┆┼├┤┬┴┌┐└┘╪╞╡═╌-]+")
_SPACE = re.compile(r"\s+")
_BAR = re.compile(r"(?:(?<!\s)\s+)?[|│┃┆]\s*")
_GAPS = (
    (_BAR, False),
    (re.compile(r"\t"), False),
    (_SPACE, True),
    (re.compile(r"\s{2,}"), False),
    (_SPACE, False),
)
"""What columns are cut at, in the order of trial, and whether it counts only if it cuts every line alike."""
_CROSSED = re.compile(r"(?<!-)-{2,}\+-[-+]*|^\s*-{3,}\|-[-|]*")
"""The rule of a table as Stata prints it, with a bar between its labels and its numbers."""


def _table_in(block: list[Line]) -> Table | None:
    """The table that a block of lines shows, cut at pipes, tabs or gaps; None if it shows none."""
    if records := latex_cells(block):
        return _regular(records)
    block = [(number, _INTERVAL.sub("  ci_lower  ci_upper", line)) for number, line in block]
    block = _first_of_cells(without_side([(number, _LISTED.sub("|", line)) for number, line in block]))
    ruled = any(_CROSSED.search(line) for _, line in block)
    if ruled:
        block = [(number, _BAR.sub("   ", line)) for number, line in block]
    while len(block) > 1 and _COMMAND.fullmatch(block[0][1]):
        block = block[1:]
    if ruled:
        block = [(number, line) for number, line in block if not _SHARES_BELOW.fullmatch(line)]
    series = next((match for _, line in block if (match := _SERIES.fullmatch(line.strip()))), None)
    lines = [(number, line) for number, line in block if not _is_frame(line) and not _LOGGED.match(line)]
    if (table := two_levels(lines)) is not None:
        return table
    if series is not None:
        return _of_series(lines, series[1])
    if (mark := _delimiter(lines)) is not None and (table := _regular([(n, line.split(mark)) for n, line in lines])):
        return table
    unnamed: Table | None = None  # Cut otherwise, a table may have a heading.
    piped = _is_piped(lines)
    for gap, even in _GAPS[:1] if piped else _GAPS:
        # Of a row of Markdown only its frame is taken off: beside it may stand empty cells.
        bare = ((n, line.strip()[1:-1] if piped else line.strip().strip("|│┃")) for n, line in lines)
        records = [(number, gap.split(line.strip())) for number, line in bare]
        if even and not _is_even(records, lines):
            continue
        table = _regular(records)
        if table is not None and (_is_talk(table) if gap is _SPACE else not piped and _is_cut_short(table)):
            continue
        if table is not None and any(table.names):
            return table
        unnamed = unnamed or table
    return headed_by_place(lines) or unnamed


FEWEST_DELIMITED, FEWEST_MARKS = {";": 5, ",": 50}, 2
"""Lines from which a mark cuts a table, as commas stand in settings and lists as well; and marks in each."""


def _delimiter(lines: list[Line]) -> str | None:
    """The mark that cuts every line alike and is followed by no space, as a file of values has it."""
    for mark in ";,":
        counts = {line.count(mark) for _, line in lines}
        if len(lines) >= FEWEST_DELIMITED[mark] and len(counts) == 1 and counts.pop() >= FEWEST_MARKS:
            return None if any(f"{mark} " in line for _, line in lines) else mark
    return None


_LOGGED = re.compile(r"\s*(?:\d{4}-\d\d-\d\d\S{0,1}\s?[\d:,.]{5,15}\s+)?\[?(?:DEBUG|INFO|WARN(?:ING)?|ERROR)\]?[\s:]")
"""A line of a log, which is a sentence and no row."""
_INTERVAL = re.compile(r"(?<!\s)\s{1,40}\[?\d\d% conf\. int(?:erval|\.)\]?\s{0,40}$", re.IGNORECASE)
"""The one heading of Stata that stands over two columns."""
_SHARES_BELOW = re.compile(r"(?:\s+\d{1,3}\.\d+)+\s*")
"""The percentages that Stata prints below the counts of a row, in a line without a label."""
_LISTED = re.compile(r"^\s*\d{1,9}\.\s*\|")
"""The number of a row before its first bar, as `list` of Stata prints it."""
_LEGEND = re.compile(r"\s*(?:Frequency|Percent|Expected|Row Pct|Col Pct|빈도|백분율|행 백분율|칼럼 백분율)\s*[|‚│].*")


def _first_of_cells(block: list[Line]) -> list[Line]:
    """A cross-table of SAS, whose cells are several lines high, with the first line of each: its counts."""
    legend = [at for at, (_, line) in enumerate(block) if _LEGEND.fullmatch(line)]
    if not legend:
        return block
    number, last = block[legend[-1]]
    kept: list[Line] = [(number, _LEGEND_NAME.sub("", last, count=1))]
    ruled = False
    for number, line in block[legend[-1] + 1 :]:
        if _RULE.fullmatch(line):
            ruled = True
        elif ruled:
            kept.append((number, line))
            ruled = False
    return kept


_LEGEND_NAME = re.compile(r"^\s*[A-Z가-힣][A-Za-z가-힣 ]*")


def _is_even(records: list[Record], lines: list[Line]) -> bool:
    """Whether all lines have as many words; the first may lack the name of the labels, if it is indented."""
    widths = {len(record) for _, record in records[1:]} or {len(records[0][1])} if records else set()
    first = len(records[0][1]) if records else 0
    lacks = lines[0][1][:1].isspace() if lines else False
    return len(widths) == 1 and first + (lacks and first + 1 in widths) in widths


def _is_piped(lines: list[Line]) -> bool:
    """Whether every line begins and ends with a bar: a table of Markdown, which is cut nowhere else."""
    return (
        len(lines) > 1
        and all(line.strip()[:1] == "|" == line.strip()[-1:] for _, line in lines)
        and all(line.count("|") > FEWEST_BARS for _, line in lines)
    )


def _is_cut_short(table: Table) -> bool:
    """Whether a cell holds several numbers with gaps between them: columns that were not told apart."""
    return any(_SEVERAL.search(cell) for row in table.rows for cell in row)


FEWEST_BARS = 2
"""Bars of a line that only frame it."""
_SEVERAL = re.compile(r"(?:^|\s)\d[\d.,]*\s+\d[\d.,]*(?:\s|$)|[A-Za-z가-힣]\s+\d[\d.]*\s+\d[\d.]*$")
_COMMAND = re.compile(r"\s*(?:>|>>>|In \[\d*\]:|\.)\s+[A-Za-z].*")
"""What was typed, above what was printed."""


def _is_talk(table: Table) -> bool:
    """Whether sentences of equally many words were taken for rows: wide, and hardly a number among the cells."""
    cells = [cell for row in table.rows for cell in row]
    return len(table.names) > WIDEST_LABELS and LEAST_NUMBERS * len(cells) > sum(
        any(map(str.isdigit, cell)) for cell in cells
    )


WIDEST_LABELS = 6
LEAST_NUMBERS = 0.3
"""Columns from which a printed table, and the share of its cells that then, hold numbers."""


def _is_frame(line: str) -> bool:
    plain = line.strip()
    return _RULE.fullmatch(line) is not None or any(p.fullmatch(plain) for p in (_SERIES, _SHAPE))


def _of_series(lines: list[Line], name: str | None) -> Table | None:
    """A Series of whole numbers as pandas prints it: of value_counts() and size(), and the head of a column."""
    split = [(number, line.strip().rsplit(maxsplit=1)) for number, line in lines]
    body = [(number, cells) for number, cells in split if len(cells) == 2 and has_number(cells)]
    heading = name if name and kind_of(name) in (Kind.STATISTIC, Kind.PERCENT, Kind.EXTREME) else f"{name or ''} n"
    return table_of([(lines[0][0], ["", heading]), *body]) if body else None


def _regular(records: list[Record]) -> Table | None:
    """A table of the last equally wide rows that hold numbers; the header may lack the index column."""
    for end in range(len(records), max(0, len(records) - MOST_NOTES - 1), -1):
        table = _ending_at(records, end)
        if table is not None:
            return table
    return None


MOST_NOTES = 3
"""Lines below a table that are narrower: its total, the names of its columns, notes."""


def _have_labels(body: list[Record]) -> bool:
    """Whether every row begins with as many words as a heading may lack."""
    return all(not any(map(str.isdigit, "".join(cells[:MOST_LABELS]))) for _, cells in body)


MOST_LABELS = 2
"""Columns of labels that a printed heading may leave without a name."""


def _ending_at(records: list[Record], end: int) -> Table | None:
    width = len(records[end - 1][1])
    if width < 2:
        return None
    start = end
    while start > 0 and len(records[start - 1][1]) == width:
        start -= 1
    body = records[start:end]
    if start > 0 and all(has_number(r) for _, r in body):
        number, short = records[start - 1]
        above = records[start - 2][1] if start > 1 else []
        if len(short) == 1 and len(above) in (width - 1, width) and not has_number(["", *short]):
            # pandas names the index in a line of its own, below the names of the columns.
            heads = above[len(above) - width + 1 :]
            if len(above) == width and all(map(str.isdecimal, heads)):
                heads = [f"{above[0]} {head}" for head in heads]  # What is numbered across, `event  0  1`.
            short = [*short, *heads]
            body = [(number, short), *body]
        missing = width - len(short)
        if missing == 1 or (missing == MOST_LABELS and len(short) > 1 and not has_number(short) and _have_labels(body)):
            body = [(number, [*[""] * missing, *short]), *body]
    if len(body) < 2 or not any(has_number(record) for _, record in body[1:]):
        return None
    totals = [(number, record) for number, record in records[end:] if len(record) > 1 and is_total(record[0])]
    return table_of([*body, *totals])


# -- lists ------------------------------------------------------------------------------------------------------------

_ITEM = re.compile(
    r"(?:(?:(?:[-*•·‣]|\d{1,2}[.)])\s*)?([^\s:：=|][^:：=|]{0,59}?))?\s*[:：=]\s*(\d{1,3}(?:,\d{3})+|\d+)"
    r"\s*(명|건|인|people|patients|persons|cases?|deaths?|participants|subjects|respondents|households|firms)?[.,;]?"
)


def _list_in(block: list[Line], said: Line | None) -> Table | None:
    """Lines such as `- Busan: 120` under words that say what is counted."""
    found = [(at, match) for at, (_, line) in enumerate(block) if (match := _ITEM.fullmatch(line.strip()))]
    # What stands in lines one below the other keeps its distance from its number in the list.
    runs = ([one for _, one in run] for _, run in groupby(enumerate(found), key=lambda one: one[1][0] - one[0]))
    run = max(runs, key=len, default=[])
    at, items = (run[0][0] if run else 0), [(block[place][0], match) for place, match in run]
    if len(items) < 2 or (len(items) < len(block) - 1 and not (at and _counts(block[at - 1][1]))):
        return None
    first = block[at - 1] if at else said
    heading = first[1].strip(" #:：*-") if first else ""
    unit = next((match[3] for _, match in items if match[3]), "")
    steps = sum(_STEP.fullmatch((match[1] or "").strip()) is not None for _, match in items)
    if not (unit or steps > 1 or _counts(heading)):
        return None
    rows = [(number, [match[1] or "", match[2]]) for number, match in items]
    return table_of([(max(1, items[0][0] - 1), ["", "n"]), *rows])


_STEP = re.compile(
    r"(?:not )?(?:eligible|screened|declined|excluded|included|enrolled|randomi[sz]ed|allocated|analy[sz]ed|"
    r"assessed|withdr[ae]wn?|completed|lost to follow-?up|consented|recruited|died|discontinued)(?: .{1,40})?"
    r"|(?:적격|선별|제외|포함|등록|무작위 ?배정|분석|탈락|철회|추적 ?소실|완료|동의)"
    r"(?: ?(?:대상자?|환자|인원|자))?(?: ?수)?",
    re.IGNORECASE,
)
"""The steps of the flow of a study, each of which is a number of people."""


def _counts(heading: str) -> bool:
    return 0 < len(heading) <= 200 and _PEOPLE.search(heading.lower()) is not None


_PEOPLE = re.compile(
    r"\b(?:patients|people|persons|participants|subjects|individuals|respondents|counts?|frequency|frequencies|cases|"
    r"deaths|events|number of|how many|(?:group|cluster|class|cohort|sample|cell)s? sizes?|"
    r"table\(|xtabs\(|tabulate|tab\b|summary\(|value_counts|distribution)"
    r"|환자|대상자|인원|명수|빈도|사람 ?수|분포|건수|사망자|도수"
)


def _spread_out(block: list[Line], said: Line | None) -> Table | None:
    """A tally that R prints across: the labels in one line, their counts in the next."""
    lines = [line for line in block if not _RULE.fullmatch(line[1])]
    told = any(_counts(line) for _, line in ([said] if said else []) + lines[:-2])
    if not told or len(lines) < 2 or (len(lines) % 2 and len(lines) > 3):
        return None
    labels: list[str] = []
    counts: list[str] = []
    for (_, above), (_, below) in zip(lines[-2::-2], lines[::-2], strict=False):
        cells = below.split()
        if not all(len(c) <= LONGEST_NUMBER and c.isdecimal() for c in cells) or len(above.split()) < len(cells):
            return None
        heads = above.split() if len(above.split()) == len(cells) else re.split(r"\s{2,}", above.strip())
        if len(heads) != len(cells) or (
            all(map(str.isdecimal, heads)) and (len(heads) < 3 or sorted(set(heads), key=count_said) != heads)
        ):
            return None
        labels, counts = [*heads, *labels], [*cells, *counts]
    number = lines[-1][0]
    return table_of([(number - 1, ["", "n"]), *((number, [a, b]) for a, b in zip(labels, counts, strict=True))])
