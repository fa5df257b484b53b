"""Turning the parameters in a policy file into an action: its fields say what is known, and of what kind."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import MISSING, Field, fields
from types import NoneType, UnionType
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

from audit.text import Text
from audit.yaml_file import Node
from deid.action import Action


def parameters(kind: type[Action]) -> list[Field[Any]]:
    """Return the fields of an action that a policy may give; the others hold what a survey found."""
    return [field for field in fields(kind) if not field.name.startswith("_")]  # type: ignore[arg-type]


def read_action(kind: type[Action], node: Node | None, owner: Node) -> Action:
    """Return an action with the parameters in a policy; `owner` is where it stands.

    Raises: what the file's errors are — naming the line.
    """
    known = parameters(kind)
    required = [field.name for field in known if field.default is MISSING and field.default_factory is MISSING]
    if node is None:
        if required:
            names = ", ".join(required)
            owner.refuse(Text(f"params에 {names} 항목이 필요합니다", f"needs params: {names}"))
        return _checked(kind(), owner)
    given = node.fields(required, [field.name for field in known])
    hints = get_type_hints(kind)
    return _checked(kind(**{name: _value(hints[name], value) for name, value in given.items()}), node)


def _checked(action: Action, place: Node) -> Action:
    if (mistake := action.mistake()) is not None:
        place.refuse(mistake)
    return action


def _value(hint: Any, node: Node) -> Any:
    origin, arguments = get_origin(hint), get_args(hint)
    if origin in (Union, UnionType):
        return _value(next(kind for kind in arguments if kind is not NoneType), node)
    if origin is Literal:
        return node.one_of(arguments)
    if origin is tuple:
        return tuple(_value(arguments[0], element) for element in node.elements())
    if origin is Mapping:
        return {key: value.words() for key, value in node.entries().items()}
    readers: dict[Any, Any] = {int: node.whole, float: node.number, bool: node.truth, str: node.words}
    return readers[hint]()
