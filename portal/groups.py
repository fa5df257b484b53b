"""Groups of files as a call or a form names them."""

from __future__ import annotations

import json
from collections.abc import Mapping

from egress_review.model import Group
from portal.errors import WrongInput
from portal.fields import checked
from registry.text import Text


def groups_of(document: object) -> dict[str, Group]:
    """Return the groups that a call or a form names: `{name: {"context", "controls", "files"}}`.

    Raises: WrongInput — for anything else.
    """
    if document is None:
        return {}
    if not isinstance(document, Mapping) or not all(isinstance(one, Mapping) for one in document.values()):
        raise _bad_groups()
    groups = {}
    for name, one in document.items():
        controls = one.get("controls", "")
        if isinstance(controls, Mapping):
            controls = json.dumps(controls, ensure_ascii=False, sort_keys=True)
        files, context = one.get("files"), one.get("context", "")
        plain = all(isinstance(text, str) for text in (name, context, controls)) and isinstance(files, list)
        if set(one) - {"context", "controls", "files"} or not plain or not all(isinstance(file, str) for file in files):
            raise _bad_groups()
        groups[checked("group", name)] = Group(
            checked("context", context, required=False), checked("controls", controls, required=False), tuple(files)
        )
    return groups


def _bad_groups() -> WrongInput:
    return WrongInput(
        Text(
            "groups는 묶음마다 context, controls, files를 적습니다.",
            "`groups` maps the name of each group to its context, controls and files.",
        )
    )
