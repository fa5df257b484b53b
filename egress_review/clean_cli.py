"""`ansim egress clean FILE`: write the variant of a result without what stops it, beside the file or where one says."""

from __future__ import annotations

import argparse
import json
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from audit.cli_context import Context, language_of
from egress_review.child import Limits, run_module
from egress_review.errors import Invalid
from registry.text import Text

LARGEST = 64 * 1024 * 1024
_LIMITS = Limits(seconds=60.0)

_WROTE = Text("{path}에 썼습니다.", "Wrote {path}.")
_NOTHING = Text("지울 것이 없었습니다.", "There was nothing to take out.")
_CHECK = Text("`ansim egress check`로 다시 점검하십시오.", "Check it again with `ansim egress check`.")


@dataclass(frozen=True, slots=True)
class Variant:
    """A cleaned file, and what was taken out."""

    data: bytes
    removed: tuple[Text, ...]


def add_command(commands: Any) -> argparse.ArgumentParser:
    """Add `clean` to the commands of `ansim egress`."""
    said = Text(
        "노트북 출력, 수식, 그림 정보를 지운 사본 만들기", "write a copy without outputs, formulas or picture metadata"
    )
    parser: argparse.ArgumentParser = commands.add_parser("clean", help=said.text(language_of()))
    parser.add_argument("file", type=Path, metavar="FILE")
    out = Text("사본을 쓸 곳 (기본: FILE 옆의 *.clean.*)", "where to write it (default: *.clean.* beside FILE)")
    parser.add_argument("-o", "--output", type=Path, metavar="PATH", help=out.text(language_of()))
    parser.set_defaults(func=run)
    return parser


def run(arguments: argparse.Namespace, context: Context) -> int:
    """Clean one file; the original stays as it is.

    Raises: Invalid — for a file that cannot be read or cleaned, and an output that is there.
    """
    source: Path = arguments.file
    target: Path = arguments.output or source.with_name(f"{source.stem}.clean{source.suffix}")
    variant = cleaned(source)
    try:
        with target.open("xb") as stream:
            stream.write(variant.data)
    except FileExistsError:
        raise Invalid("exists", Text(f"이미 있는 파일입니다: {target}", f"{target} is there already")) from None
    except OSError as error:
        raise Invalid("unwritable", Text(f"쓸 수 없습니다: {target}", f"{target}: {error.strerror}")) from None
    language = language_of()
    removed = [one.text(language) for one in variant.removed]
    if context.json:
        sys.stdout.write(json.dumps({"path": str(target), "removed": removed}, ensure_ascii=False) + "\n")
    else:
        sys.stdout.write(f"{_WROTE.fill(path=target).text(language)}\n")
        sys.stdout.writelines(f"  − {one}\n" for one in removed or [_NOTHING.text(language)])
        sys.stdout.write(f"{_CHECK.text(language)}\n")
    return 0


def cleaned(source: Path) -> Variant:
    """The variant of a file, made in a child with limits.

    Raises: Invalid — for a file that cannot be read or has no variant.
    """
    try:
        if source.stat().st_size > LARGEST:
            raise Invalid("too_large", Text(f"너무 큰 파일입니다: {source}", f"{source} is too large"))
        data = source.read_bytes()
    except OSError as error:
        raise Invalid("unreadable", Text(f"읽을 수 없습니다: {source}", f"{source}: {error.strerror}")) from None
    done = run_module("egress_review.clean_main", json.dumps(source.name).encode() + b"\n" + data, _LIMITS)
    if done.end != "done":
        raise Invalid("not_cleaned", Text("파일을 고치지 못했습니다.", "The file could not be cleaned."))
    head, _, body = done.output.partition(b"\n")
    answer = json.loads(head)
    if "refused" in answer:
        raise Invalid("not_cleaned", Text(answer["refused"]["ko"], answer["refused"]["en"]))
    return Variant(body, tuple(Text(one["ko"], one["en"]) for one in answer["removed"]))
