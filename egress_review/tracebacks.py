"""A traceback without values: what went wrong and where, in words that stand in a list, and nothing else.

A message quotes the value that broke it, a source line the literal it was compared with, and a name can be chosen to
say anything. So nothing of the text is passed on but what this module knows: kinds of errors, words, line numbers.
"""

from __future__ import annotations

import builtins
import io
import keyword
import re
import tokenize
from collections.abc import Iterator
from itertools import pairwise

from deid.identifiers import detect

MOST_LINES = 400
MOST_FRAMES = 20
MOST_ERRORS = 10
"""A made-up traceback could count in frames and lines; it cannot count far."""
HIDDEN = "…"
"""What stands for anything that is not passed on."""

_ANSI = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")
_FRAME = re.compile(r'\s*File "(?P<file>[^"\n]{1,400})", line (?P<line>\d{1,4})(?:, in (?P<name>\S{1,80}))?\s*')
_IPYTHON = re.compile(r"\s*(?:Cell In\[\d{1,5}\], line (?P<line>\d{1,4})|File (?P<file>\S{1,400}?):(?P<at>\d{1,4})).*")
_ERROR = re.compile(r"(?P<kind>[A-Za-z_][\w.]{0,100})(?::\s?(?P<message>.*))?")
_LIBRARY = re.compile(
    r"(?:site-packages|dist-packages|lib/python3\.\d{1,2})/([a-z][a-z_]{1,30})/(?:[a-z_]{1,40}/){0,6}[a-z_]{1,40}\.pyx?$",
    re.IGNORECASE,
)
_MARKS = frozenset("()[]{}.,:;=+-*/%<>!&|^~@")
_CHAINS = (
    "During handling of the above exception, another exception occurred:",
    "The above exception was the direct cause of the following exception:",
)
_BEGINS = "Traceback (most recent call last):"

LIBRARIES = frozenset(
    """
    pandas numpy scipy sklearn statsmodels matplotlib seaborn lifelines polars pyarrow duckdb openpyxl IPython
    ipykernel torch json csv re math random datetime collections concurrent multiprocessing
    """.split()  # noqa: SIM905 - a list of words reads better as one
)
"""Libraries whose names are passed on; every other file is the author's and is called so."""

_BUILTIN = frozenset(
    name
    for name in dir(builtins)
    if isinstance(one := getattr(builtins, name), type) and issubclass(one, BaseException)
)
ERRORS = _BUILTIN | frozenset(
    """
    ParserError EmptyDataError MergeError InvalidIndexError IntCastingNaNError UnsupportedFunctionCall
    OutOfBoundsDatetime DtypeWarning PerformanceWarning SettingWithCopyError UndefinedVariableError LinAlgError
    NotFittedError ConvergenceWarning ConvergenceError PerfectSeparationError PatsyError ArrowInvalid
    ArrowTypeError JSONDecodeError CatalogException BinderException OutOfMemoryError
    """.split()  # noqa: SIM905 - a list of words reads better as one
)
"""Kinds of errors that are named; a class of the author's own is an `Error`."""

WORDS = frozenset(
    """
    a accept accepts an and are argument arguments array arrays as at attribute axis be before beyond bool
    boolean bounds by call cannot cast category class codec column columns compare contain contains converged
    convert could data dataframe date datetime decode deprecated dict did dimension dimensions divide division
    do does dtype duplicate empty encode encountered entries error exceeded expected expression failed file find
    finite fit fitted float for format found frame from function get given got group has have import in
    incompatible index indexer indices infinity input instance int integer invalid is it item iterable iteration
    key keyword label labels length level list literal load lower matrix maximum memory merge method minimum
    mismatch missing mixed module more multiple must name named nan negative no none not null number object of
    on only open operand operands operation or out output overflow parse passed permission positional positive
    range read recursion required reset reshape row rows same sample samples scalar sequence series set shape
    shapes should shuffle singular size slice some str string subscriptable such support supported syntax table
    tensor than that the this to together too true truth tuple type types unable unexpected unhashable unique
    unknown unpack unsupported use used valid value values variable warning was were where which with without
    wrong zero
    """.split()  # noqa: SIM905 - a list of words reads better as one
)
"""Words of error messages that are passed on, in lower case; no name of a person or a place is among them."""


def redact(text: str) -> str:
    """The traceback in `text` without any value; empty if there is none.

    Frames of known libraries keep their module and line, those of the author their line; source lines keep keywords and
    the names of known functions; messages keep the words of `WORDS`. Local variables and printed values are dropped.
    """
    lines = [_ANSI.sub("", line) for line in text.splitlines()[:MOST_LINES]]
    told = list(_told(lines))
    return "\n".join(told) + "\n" if any(line.startswith("  ") or line == _BEGINS for line in told) else ""


def is_redacted(text: str) -> bool:
    """Whether a text is a traceback without values, as `redact` writes it, and nothing else."""
    return bool(text) and redact(text) == text


_OWN_LINE = re.compile(r"\s*(?:-{2,}>\s*)?(?:\d{1,5}\s)?\s*(?P<code>\S.*)?")
_CLASS = re.compile(r"(?:[A-Z][a-z]{1,14}){2,4}|[A-Z]{2,5}[a-z]{2,14}|NaN|[Xy]")
"""A name of a class, such as that of a model, of two words or more; a person's name is none."""


def is_harmless(text: str, code: frozenset[str]) -> bool:
    """Whether a traceback quotes no value: its messages are of known words, its lines those of `code` or of frames."""
    lines = [_ANSI.sub("", line) for line in text.splitlines() if line.strip(" -")]
    return 0 < len(lines) <= MOST_LINES and all(_is_harmless(line, code) for line in lines)


def _is_harmless(line: str, code: frozenset[str]) -> bool:
    plain = line.strip()
    if plain.endswith(_BEGINS.removesuffix(":")) or plain.endswith(_BEGINS):
        kind = plain.removesuffix(":").removesuffix(_BEGINS.removesuffix(":")).strip()
        return not kind or kind in ERRORS
    if plain in _CHAINS or plain in code or _frame(line) is not None:
        return True
    own = _OWN_LINE.fullmatch(line)
    if own and (own["code"] or "").strip() in code | {""}:
        return True
    match = _ERROR.fullmatch(line.rstrip())
    if match is None or match["kind"].rpartition(".")[2] not in ERRORS:
        return False
    if match["kind"] == "KeyError" and _is_column(match["message"] or "", code):
        return True
    if any(_raised(source) == match["message"] for source in code):
        return True
    said = _LEFT_OUT.sub(" ", (match["message"] or "")[:2000])
    words = re.findall(r"[A-Za-z]+|[^A-Za-z\s]+", said)
    return all(word.lower() in WORDS or _CLASS.fullmatch(word) or word in _STOPS for word in words)


def _is_column(message: str, code: frozenset[str]) -> bool:
    """Whether a missing key is a name that the source itself has: that of a column, and no value of one."""
    key = message.strip()
    return re.fullmatch(r"'[a-z가-힣][a-z가-힣_]{0,40}\d{0,2}'", key) is not None and any(
        key in line or key.replace("'", '"') in line for line in code
    )


_RAISES = re.compile(r"raise [A-Za-z_][\w.]{0,60}\((?P<mark>[\"'])(?P<said>[^\"'{}\d\n]{1,120})(?P=mark)\)")


def _raised(source: str) -> str | None:
    """What a source line raises with words alone: neither a number nor a value is put into them when it runs."""
    found = _RAISES.fullmatch(source)
    return found["said"] if found else None


_STOPS = frozenset(".,;:()")
_LEFT_OUT = re.compile(
    r"[<\[({]{1,2}\s?(?:value|values|message|text|data|name|path|string|number|id)?\s?"
    r"(?:removed|redacted|hidden|omitted|masked|stripped|withheld|suppressed|cut|값|생략|삭제|가림|비공개|지움)\s?[>\])}]{1,2}"
    r"|<(?:value|values|str|int|float|number|name|text|data)>|\.{3}|…|\*{3}|█{1,20}|값 ?(?:생략|삭제|제거)",
    re.IGNORECASE,
)
"""What stands where an author took a value out of a message."""
_WORDS_TYPED = re.compile(r"'[A-Za-z가-힣][\w ]{0,60}'|\"[A-Za-z가-힣][\w ]{0,60}\"")
_PLAIN_CODE = re.compile(r"[\w\s()\[\]{}.,:=+*/%<>!&|~@-]{0,300}")
"""What a source line may have beside words in quotes: names, small numbers and marks, and no value of the data."""
_MOST_DIGITS = re.compile(r"\d{4}")


def source_lines(text: str) -> frozenset[str]:
    """The source lines below the frames of a traceback that quote no value."""
    lines = text.splitlines()[:MOST_LINES]
    below = (line.strip() for above, line in pairwise(lines) if line[:1].isspace() and _FRAME.fullmatch(above))
    return frozenset(line for line in below if _is_plain(line))


def _is_plain(line: str) -> bool:
    if _raised(line) is not None:
        return True
    rest = _WORDS_TYPED.sub("", line) if len(line) <= 400 else line
    return _PLAIN_CODE.fullmatch(rest) is not None and _MOST_DIGITS.search(line) is None


def _told(lines: list[str]) -> Iterator[str]:
    frames, errors, source, begun = 0, 0, False, False
    for line in lines:
        if line.strip() == _BEGINS or line.strip().endswith("Traceback (most recent call last)"):
            begun, source = True, False
            yield _BEGINS
        elif line.strip() in _CHAINS:
            yield ""
            yield line.strip()
            yield ""
        elif begun and (frame := _frame(line)) is not None:
            frames += 1
            source = line.lstrip().startswith('File "')
            if frames <= MOST_FRAMES:
                yield frame
        elif source and line.startswith("    "):
            source = False
            if frames <= MOST_FRAMES and (code := _code(line.strip())):
                yield f"    {code}"
        elif begun and not line.startswith((" ", "\t")) and (error := _error(line)):
            source = False
            errors += 1
            if errors <= MOST_ERRORS:
                yield error


def _frame(line: str) -> str | None:
    if match := _FRAME.fullmatch(line):
        return f'  File "{_file(match["file"])}", line {match["line"]}'
    if match := _IPYTHON.fullmatch(line):
        return f'  File "{_file(match["file"] or "")}", line {match["line"] or match["at"]}'
    return None


def _file(path: str) -> str:
    """The module of a known library; else that it is the author's."""
    if path in LIBRARIES:
        return path
    found = _LIBRARY.search(path.replace("\\", "/"))
    return found[1] if found and found[1] in LIBRARIES else "<notebook>"


def _code(line: str) -> str:
    """A source line in its keywords and marks; names, literals and comments are left out."""
    words: list[str] = []
    try:
        for token in tokenize.generate_tokens(io.StringIO(line.replace(HIDDEN, " _ ")).readline):
            if token.type == tokenize.NAME:
                words.append(token.string if keyword.iskeyword(token.string) else HIDDEN)
            elif token.type == tokenize.OP and set(token.string) <= _MARKS:
                words.append(token.string)
            elif token.type in (tokenize.STRING, tokenize.NUMBER):
                words.append(HIDDEN)
    except (tokenize.TokenError, SyntaxError, IndentationError):
        return HIDDEN
    return _joined(words)


def _error(line: str) -> str | None:
    match = _ERROR.fullmatch(line.rstrip())
    if match is None:
        return None
    kind = match["kind"].rpartition(".")[2]
    if not match["message"] and kind not in ERRORS:
        return None  # a heading such as `locals:` as well; what is written is read alike a second time
    named = kind if kind in ERRORS else "Error"
    message = _message(match["message"] or "")
    return f"{named}: {message}" if message else named


def _message(text: str) -> str:
    """A message in the words of the list; between them stands where something was left out."""
    parts = re.findall(r"[A-Za-z]+|[^A-Za-z\s]+", text[:2000])
    told = _joined([part if part.lower() in WORDS else HIDDEN for part in parts][:60])
    # The list holds no names; should a word of it ever look like one, nothing is said.
    return HIDDEN if detect(told) else told


def _joined(words: list[str]) -> str:
    kept = [word for at, word in enumerate(words) if word != HIDDEN or at == 0 or words[at - 1] != HIDDEN]
    return " ".join(kept)
