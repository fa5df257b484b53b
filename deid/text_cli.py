"""`ansim deid scan` and `scrub`: where identifiers stand in texts, and texts without them.

`scan` must start at once: nothing that reads tables is imported here.
"""

from __future__ import annotations

import argparse
import json
import sys
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import Any

from audit.cli_context import Context, language_of
from audit.text import Text
from deid.english import BATCH, available, detect_english, is_english, merged
from deid.errors import InputError, UsageError
from deid.identifiers import Span, detect
from deid.number_windows import Rules

LANGUAGES = ("ko", "en")
STANDARD_INPUT = "-"
_UNREADABLE = Text("{path}: 파일이 없거나 글이 아닙니다.", "{path}: the file is not there, or is no text.")
_NO_ENGLISH = Text(
    "영어 인식기(deid-english)가 없어 영어 이름과 주소는 찾지 못합니다.",
    "Without the extra deid-english, English names and addresses are not found.",
)


def add_scan(commands: Any) -> None:
    """Add `scan`."""
    parser = commands.add_parser("scan", help=_say("글에서 식별정보 찾기", "find direct identifiers in text"))
    parser.add_argument(
        "files",
        nargs="*",
        default=[STANDARD_INPUT],
        metavar="FILE",
        help=_say("글 파일, 표준 입력은 - (기본)", "text file, or - for standard input (the default)"),
    )
    parser.add_argument(
        "--jsonl",
        action="store_true",
        help=_say('한 줄에 {"id", "text", "lang"} 하나', 'one {"id", "text", "lang"} per line'),
    )
    _add_common(parser)
    parser.set_defaults(func=scan)


def add_scrub(commands: Any) -> None:
    """Add `scrub`."""
    parser = commands.add_parser("scrub", help=_say("글에서 식별정보를 가림", "replace identifiers in text"))
    parser.add_argument(
        "files", nargs="+", metavar="FILE", help=_say("글 파일, 표준 입력은 -", "text file, or - for standard input")
    )
    parser.add_argument(
        "--together",
        action="store_true",
        help=_say("모든 문서에서 같은 사람은 같은 표시", "the same person is the same mark in all documents"),
    )
    parser.add_argument(
        "--out",
        type=Path,
        metavar="DIR",
        help=_say("결과 폴더 (여러 파일이면 필요)", "folder for results; needed for several files"),
    )
    _add_common(parser)
    parser.set_defaults(func=_scrub)


def _add_common(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--recognisers",
        type=Path,
        metavar="YAML",
        help=_say("추가 인식기 파일 (기본: 안심구역의 recognisers.yaml)", "more recognisers (default: the zone's own)"),
    )
    parser.add_argument(
        "--english", action="store_true", help=_say("영어도 (deid-english 필요)", "English too (needs deid-english)")
    )
    parser.add_argument("--json", action="store_true", help=_say("프로그램용 출력", "answer for programs"))


def scan(arguments: argparse.Namespace, context: Context) -> int:
    """Write where identifiers stand: JSON per line of JSON, or one line of text per find.

    Raises: InputError — naming the line. UsageError, RecogniserError, MissingExtraError.
    """
    more = recognisers_of(arguments.recognisers, context.home)
    if arguments.jsonl:
        for line in answers(sys.stdin, more, english=arguments.english):
            sys.stdout.write(line + "\n")
        return 0
    for path in arguments.files:
        text = read_text(path)
        spans = spans_of([text], more, english=arguments.english)[0]
        if arguments.json:
            sys.stdout.write(json.dumps({"path": path, "spans": [as_json(span) for span in spans]}) + "\n")
        else:
            name = "" if len(arguments.files) == 1 else f"{path}:"
            for line in lines_of(text, spans):
                sys.stdout.write(name + line + "\n")
    return 0


def _scrub(arguments: argparse.Namespace, context: Context) -> int:
    from deid.text_commands import run_scrub

    return run_scrub(arguments, context)


def recognisers_of(given: Path | None, home: Path) -> Rules:
    """Return the recognisers of a file, else those that the zone keeps in its home.

    Raises: RecogniserError — naming the line.
    """
    if given is None and not (home / "recognisers.yaml").exists():
        return ()
    from deid.recogniser_file import kept_recognisers, load_recognisers
    from deid.zone_recognisers import compiled

    return compiled(kept_recognisers(home) if given is None else load_recognisers(given))


def spans_of(texts: Sequence[str], more: Rules = (), *, english: bool = False) -> list[list[Span]]:
    """Return the finds in each text.

    Raises: MissingExtraError — if English is asked for and not installed.
    """
    found = [detect(text, more=more) for text in texts]
    if not english:
        return found
    return [merged(ours, theirs) for ours, theirs in zip(found, detect_english(texts), strict=True)]


def answers(lines: Iterable[str], more: Rules = (), *, english: bool = False) -> Iterator[str]:
    """One answer in JSON per line of JSON, in order.

    A line in English, or without Hangul where no language is given, is read by Presidio too if that is installed.

    Raises: InputError — for the first line that is not of the form. MissingExtraError.
    """
    documents = (_document(line, number) for number, line in enumerate(lines, 1) if line.strip())
    installed = english or available()
    told = False
    size = BATCH if installed else 1
    while batch := list(islice(documents, size)):
        found = [detect(document["text"], more=more) for document in batch]
        wanted = [n for n, d in enumerate(batch) if english or _in_english(d)]
        if wanted and installed:
            for place, theirs in zip(wanted, detect_english([batch[n]["text"] for n in wanted]), strict=True):
                found[place] = merged(found[place], theirs)
        elif not told and any(d.get("lang") == "en" for d in batch):
            told = True
            sys.stderr.write(_NO_ENGLISH.say(language_of()) + "\n")
        for document, spans in zip(batch, found, strict=True):
            yield json.dumps({"id": document["id"], "spans": [as_json(span) for span in spans]}, ensure_ascii=False)


def _in_english(document: dict[str, Any]) -> bool:
    language = document.get("lang")
    return language == "en" or (language is None and is_english(document["text"]))


def lines_of(text: str, spans: Iterable[Span]) -> Iterator[str]:
    """One line per find: line and column from 1, label, score, rule."""
    starts = [0, *(place + 1 for place, character in enumerate(text) if character == "\n")]
    for span in spans:
        line = bisect_right(starts, span.start)
        column = span.start - starts[line - 1]
        end = column + span.end - span.start
        yield f"{line}:{column + 1}-{end}  {span.label}  {span.score:.2f}  {span.rule}"


def read_text(path: str) -> str:
    """Return a text in UTF-8 or CP949.

    Raises: UsageError — if it cannot be read or is neither.
    """
    try:
        content = sys.stdin.buffer.read() if path == STANDARD_INPUT else Path(path).read_bytes()
    except OSError:
        content = None
    if content is not None and b"\x00" not in content:
        for encoding in ("utf-8-sig", "cp949"):
            try:
                return content.decode(encoding)
            except UnicodeDecodeError:
                continue
    raise UsageError(Text(_UNREADABLE.ko.format(path=path), _UNREADABLE.en.format(path=path)))


def as_json(span: Span) -> dict[str, Any]:
    """A span as the command writes it; offsets in code points of the text as given."""
    return {"start": span.start, "end": span.end, "label": span.label, "score": span.score, "rule": span.rule}


def _document(line: str, number: int) -> dict[str, Any]:
    try:
        document = json.loads(line)
    except (ValueError, RecursionError):
        raise InputError(f"line {number}: not JSON") from None
    if not isinstance(document, dict) or not {"id", "text"} <= set(document) <= {"id", "text", "lang"}:
        raise InputError(f"line {number}: an object with id, text and at most lang is expected")
    if not isinstance(document["text"], str):
        raise InputError(f"line {number}: text is not a string")
    if document.get("lang") not in (None, *LANGUAGES):
        raise InputError(f"line {number}: lang is ko, en or absent")
    return document


def _say(ko: str, en: str) -> str:
    return ko if language_of() == "ko" else en
