"""The file in which a zone writes its own recognisers: strict, each mistake with its line.

version: 1
recognisers:
  - rule: student-number
    label: OTHER_ID
    pattern: "S[0-9]{8}"
    score: 0.6
    context: [학번, student no]
    with_context: 0.9
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType

from audit.text import Text
from audit.yaml_file import Node, read_yaml
from deid.errors import RecogniserError
from deid.zone_recognisers import (
    LABELS,
    LONGEST_PATTERN,
    MOST_READINGS,
    MOST_RECOGNISERS,
    MOST_REPEATS,
    VALIDATORS,
    UnsafePatternError,
    ZoneRecogniser,
)

VERSION = 1
FILE_NAME = "recognisers.yaml"
"""Where a zone keeps it, in its home."""

_REQUIRED, _OPTIONAL = ("rule", "label", "pattern", "score"), ("context", "with_context", "validator")
_REASONS: Mapping[str, Text] = MappingProxyType(
    {
        "long": Text(
            f"패턴이 {LONGEST_PATTERN}자보다 깁니다", f"the pattern is longer than {LONGEST_PATTERN} characters"
        ),
        "malformed": Text("정규식이 아닙니다", "this is no regular expression"),
        "set": Text(
            "대괄호 안의 [, --, &&, ~~, || 는 앞으로 뜻이 달라집니다. 글자 그대로면 앞에 \\를 붙이십시오: [\\[]",
            "[, --, &&, ~~ or || inside square brackets will change its meaning; "
            "put \\ before it where the character itself is meant: [\\[]",
        ),
        "construct": Text(
            "되돌아 참조, 조건, 플래그는 쓸 수 없습니다", "back references, conditions and flags are not accepted"
        ),
        "short": Text("두 글자 이상에 맞아야 합니다", "it must match two characters or more"),
        "unbounded": Text(
            f"반복에는 {MOST_REPEATS} 이하의 상한이 있어야 합니다: * 와 + 대신 {{1,20}}",
            f"every repetition needs an upper bound of at most {MOST_REPEATS}: {{1,20}} instead of * and +",
        ),
        "nested": Text(
            "반복 안에 길이가 변하는 반복이 있습니다", "a repetition of varying length stands inside another"
        ),
        "ways": Text(
            f"같은 곳을 읽는 방법이 {MOST_READINGS}가지를 넘습니다",
            f"one place could be read in over {MOST_READINGS} ways",
        ),
        "slow": Text("시험한 글에서 너무 오래 걸립니다", "it takes too long on texts made to try it"),
    }
)


def load_recognisers(path: Path) -> tuple[ZoneRecogniser, ...]:
    """Return the recognisers of a file.

    Raises: RecogniserError — naming the line; nothing of the file is used then.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        raise RecogniserError(Text(f"{path} 파일을 읽을 수 없습니다.", f"cannot read {path}.")) from None
    root = read_yaml(text, path.name, RecogniserError).fields(("version", "recognisers"))
    version = root["version"].whole()
    if version != VERSION:
        root["version"].refuse(Text(f"version은 {VERSION}이어야 합니다", f"version must be {VERSION}"))
    entries = root["recognisers"].elements()
    if len(entries) > MOST_RECOGNISERS:
        root["recognisers"].refuse(
            Text(f"{MOST_RECOGNISERS}개까지 쓸 수 있습니다", f"at most {MOST_RECOGNISERS} are accepted")
        )
    found: dict[str, ZoneRecogniser] = {}
    for entry in entries:
        recogniser = _recogniser(entry)
        if recogniser.rule in found:
            entry.refuse(Text(f"{recogniser.rule} 규칙이 두 번 있습니다", f"rule {recogniser.rule} stands twice"))
        found[recogniser.rule] = recogniser
    return tuple(found.values())


def kept_recognisers(home: Path) -> tuple[ZoneRecogniser, ...]:
    """Return the recognisers that a zone keeps in its home, if it keeps any.

    Raises: RecogniserError — naming the line.
    """
    path = home / FILE_NAME
    return load_recognisers(path) if path.exists() else ()


def _recogniser(entry: Node) -> ZoneRecogniser:
    fields = entry.fields(_REQUIRED, _OPTIONAL)
    context = tuple(word.words().lower() for word in fields["context"].elements()) if "context" in fields else ()
    if ("with_context" in fields) != bool(context):
        entry.refuse(Text("context와 with_context는 함께 씁니다", "context and with_context go together"))
    recogniser = ZoneRecogniser(
        rule=fields["rule"].name(),
        label=fields["label"].one_of(LABELS),
        pattern=fields["pattern"].words(),
        score=_score(fields["score"]),
        context=context,
        with_context=_score(fields["with_context"]) if context else 0.0,
        validator=fields["validator"].one_of(tuple(VALIDATORS)) if "validator" in fields else None,
    )
    try:
        recogniser.compiled()
    except UnsafePatternError as error:
        fields["pattern"].refuse(_REASONS[str(error)])
    return recogniser


def _score(node: Node) -> float:
    value = node.number()
    if not 0 < value <= 1:
        node.refuse(Text("0보다 크고 1 이하인 수여야 합니다", "must be a number above 0 and at most 1"))
    return value
