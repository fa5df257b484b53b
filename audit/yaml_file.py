"""Reading a YAML file that people write: known keys only, none missing, none twice, each mistake with its line.

Every policy of the zone is read through this, so that all of them refuse the same hostile or careless files.
The caller says what it raises: a package has one error family, and this belongs to none.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, NoReturn

import yaml

from audit.text import Text

MAX_CHARACTERS = 1_000_000
"""A policy is written by hand; what is longer is a mistake or an attack."""
MAX_DEPTH = 16

_NAME = re.compile("[a-z0-9][a-z0-9-]{0,62}")
_KINDS = {
    "str": Text("글자", "a text"),
    "int": Text("정수", "a whole number"),
    "float": Text("숫자", "a number"),
    "bool": Text("true 또는 false", "true or false"),
}

Refusal = Callable[[Text], Exception]
"""Makes the error of the calling package from a sentence that names file and line."""


@dataclass(frozen=True, slots=True)
class Node:
    """One value of a file, with its place."""

    node: yaml.Node
    file: str
    refusal: Refusal
    path: str = ""

    @property
    def line(self) -> int:
        """Return the line on which the value begins, from 1."""
        return int(self.node.start_mark.line) + 1

    def refuse(self, reason: Text) -> NoReturn:
        """Raise the caller's error about this value."""
        raise self.refusal(_placed(self.file, self.line, reason))

    def fields(self, required: Sequence[str], optional: Sequence[str] = ()) -> dict[str, Node]:
        """Return the values of a mapping that has these keys and no other."""
        found = self.entries()
        for key, value in found.items():
            if key not in required and key not in optional:
                self._at(key).refuse(Text(f"알 수 없는 항목: {value.path}", f"unknown key {value.path}"))
        for key in required:
            if key not in found:
                path = self._below(key)
                self.refuse(Text(f"{path} 항목이 없습니다", f"{path} is missing"))
        return found

    def entries(self) -> dict[str, Node]:
        """Return the values of a mapping by their keys."""
        if not isinstance(self.node, yaml.MappingNode):
            self.refuse(_about(self.path, Text("'항목: 값' 형식이어야 합니다", "must hold `key: value` lines")))
        found: dict[str, Node] = {}
        for key, value in self.node.value:
            place = Node(key, self.file, self.refusal, self._below(str(key.value)))
            if not isinstance(key, yaml.ScalarNode):
                place.refuse(Text("항목 이름은 글자여야 합니다", "a key must be a text"))
            if key.value in found:
                place.refuse(Text(f"{place.path} 항목이 두 번 있습니다", f"{place.path} stands twice"))
            found[str(key.value)] = Node(value, self.file, self.refusal, place.path)
        return found

    def elements(self) -> list[Node]:
        """Return the values of a list."""
        if not isinstance(self.node, yaml.SequenceNode):
            self.refuse(_about(self.path, Text("목록이어야 합니다", "must be a list")))
        return [
            Node(value, self.file, self.refusal, f"{self.path}[{number}]")
            for number, value in enumerate(self.node.value, 1)
        ]

    def say(self) -> Text:
        """Return a text in both languages, neither empty."""
        both = self.fields(("ko", "en"))
        return Text(both["ko"].words(), both["en"].words())

    def words(self) -> str:
        """Return a text that says something."""
        value = self._scalar("str").strip()
        if not value:
            self.refuse(_about(self.path, Text("비어 있습니다", "must not be empty")))
        return value

    def name(self) -> str:
        """Return a name: small letters, digits and hyphens."""
        value = self._scalar("str")
        if not _NAME.fullmatch(value):
            reason = Text("영문 소문자, 숫자, 붙임표만 쓸 수 있습니다", "has small letters, digits and hyphens only")
            self.refuse(_about(self.path, reason))
        return value

    def one_of(self, choices: Sequence[str]) -> str:
        """Return one of a few words."""
        value = self._scalar("str")
        if value not in choices:
            known = ", ".join(choices)
            self.refuse(_about(self.path, Text(f"다음 중 하나여야 합니다: {known}", f"must be one of {known}")))
        return value

    def whole(self, lowest: int | None = None, highest: int | None = None) -> int:
        """Return a whole number, within bounds where they are given."""
        value = self._scalar("int")
        if not re.fullmatch("-?[0-9]+", value):
            self._refuse_kind("int")
        number = int(value)
        if (lowest is not None and number < lowest) or (highest is not None and number > highest):
            bounds = f"{'' if lowest is None else lowest}..{'' if highest is None else highest}"
            self.refuse(_about(self.path, Text(f"범위를 벗어났습니다 ({bounds})", f"is out of bounds ({bounds})")))
        return number

    def number(self) -> float:
        """Return a finite number."""
        if self._tag() not in ("int", "float"):
            self._refuse_kind("float")
        try:
            value = float(self.node.value)
        except ValueError:
            self._refuse_kind("float")
        if not math.isfinite(value):
            self._refuse_kind("float")
        return value

    def truth(self) -> bool:
        """Return true or false."""
        value = self._scalar("bool")
        if value not in ("true", "false"):
            self._refuse_kind("bool")
        return value == "true"

    def scalar(self) -> str | int | float | bool | None:
        """Return a single value as YAML reads it; dates stay the text they were written as."""
        tag = self._tag()
        if not isinstance(self.node, yaml.ScalarNode):
            self.refuse(_about(self.path, Text("값 하나여야 합니다", "must be a single value")))
        match tag:
            case "null":
                return None
            case "bool":
                return self.truth()
            case "int":
                return self.whole()
            case "float":
                return self.number()
            case _:
                return str(self.node.value)

    def _scalar(self, kind: str) -> str:
        if not isinstance(self.node, yaml.ScalarNode) or self._tag() != kind:
            self._refuse_kind(kind)
        return str(self.node.value)

    def _tag(self) -> str:
        return str(self.node.tag).rsplit(":", 1)[-1]

    def _refuse_kind(self, kind: str) -> NoReturn:
        wanted = _KINDS[kind]
        self.refuse(_about(self.path, Text(f"{wanted.ko} 값이어야 합니다", f"must be {wanted.en}")))

    def _below(self, key: str) -> str:
        return f"{self.path}.{key}" if self.path else key

    def _at(self, key: str) -> Node:
        """Return the key itself, for a message that points at it."""
        assert isinstance(self.node, yaml.MappingNode)
        node = next(node for node, _ in self.node.value if node.value == key)
        return Node(node, self.file, self.refusal, self._below(key))


def read_yaml(text: str, file: str, refusal: Refusal) -> Node:
    """Return the one document of a file.

    Raises: what `refusal` makes — if it is no YAML, says nothing, is too long or too deep, or refers to itself: an
    alias lets a short file stand for billions of values.
    """
    if len(text) > MAX_CHARACTERS:
        raise refusal(_placed(file, 1, Text("파일이 너무 깁니다", "the file is too long")))
    try:
        _refuse_tricks(text, file, refusal)
        root = yaml.compose(text, Loader=yaml.SafeLoader)
    except (yaml.YAMLError, RecursionError) as error:
        mark = getattr(error, "problem_mark", None)
        line = 1 if mark is None else mark.line + 1
        raise refusal(_placed(file, line, Text("YAML 형식이 아닙니다", "this is not YAML"))) from None
    if root is None:
        raise refusal(_placed(file, 1, Text("파일이 비어 있습니다", "the file is empty")))
    return Node(root, file, refusal)


def _refuse_tricks(text: str, file: str, refusal: Refusal) -> None:
    depth = 0
    for event in yaml.parse(text, Loader=yaml.SafeLoader):
        mark = event.start_mark
        line = 1 if mark is None else mark.line + 1
        if isinstance(event, yaml.AliasEvent):
            raise refusal(_placed(file, line, Text("별칭(*)은 쓸 수 없습니다", "an alias (*) is not allowed")))
        if isinstance(event, yaml.CollectionStartEvent):
            depth += 1
            if depth > MAX_DEPTH:
                raise refusal(_placed(file, line, Text("너무 깊게 중첩되어 있습니다", "it is nested too deep")))
        elif isinstance(event, yaml.CollectionEndEvent):
            depth -= 1


def _about(path: str, reason: Text) -> Text:
    return Text(f"{path}: {reason.ko}", f"{path} {reason.en}") if path else reason


def _placed(file: str, line: int, reason: Text) -> Text:
    return Text(f"{file} {line}행: {reason.ko}", f"{file}, line {line}: {reason.en}")


def plain(node: Node) -> Any:
    """Return a value with everything in it, as Python's own lists, mappings and single values."""
    if isinstance(node.node, yaml.MappingNode):
        return {key: plain(value) for key, value in node.entries().items()}
    if isinstance(node.node, yaml.SequenceNode):
        return [plain(element) for element in node.elements()]
    return node.scalar()
