"""The form of an egress request: what it holds, and the draft that it says."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from egress_review.model import Draft, Group
from portal.errors import WrongInput
from portal.fields import checked
from portal.visit import Visit
from registry.text import Text

SPARE_GROUPS = 2
"""Empty groups that the form offers beside those that are filled in."""
MOST_GROUPS = 20
WORDS = ("title", "purpose", "context", "controls")


@dataclass(frozen=True, slots=True)
class GroupFilled:
    """One group as the form holds it; its number joins it to the files of the table."""

    number: int
    name: str = ""
    context: str = ""
    controls: str = ""


@dataclass(frozen=True, slots=True)
class Filled:
    """What the form holds when it is shown again."""

    title: str = ""
    purpose: str = ""
    context: str = ""
    controls: str = ""
    files: tuple[str, ...] = ()
    supporting: tuple[str, ...] = ()
    groups: tuple[GroupFilled, ...] = ()
    group_of: tuple[tuple[str, int], ...] = ()
    """Name of a file and the number of its group."""

    @property
    def shown_groups(self) -> tuple[GroupFilled, ...]:
        """The groups of the form: those that are filled in, and some that are empty."""
        first = max((one.number for one in self.groups), default=0) + 1
        return (*self.groups, *(GroupFilled(number) for number in range(first, first + SPARE_GROUPS)))

    @property
    def numbers(self) -> Mapping[str, int]:
        """The number of the group of each file."""
        return dict(self.group_of)


def filled_of(draft: Draft) -> Filled:
    """Return the form for a draft."""
    numbered = [GroupFilled(at, name, one.context, one.controls) for at, (name, one) in _numbered(draft)]
    return Filled(
        draft.title,
        draft.purpose,
        draft.context,
        draft.controls,
        draft.files,
        draft.supporting,
        tuple(numbered),
        tuple((file, at) for at, (_, one) in _numbered(draft) for file in one.files),
    )


def filled(visit: Visit) -> Filled:
    """Return what was typed into the form, whatever it is."""
    form = visit.form
    groups = []
    for number in range(1, MOST_GROUPS + 1):
        said = [str(form.get(f"group-{number}-{key}") or "").strip() for key in ("name", "context", "controls")]
        if any(said):
            groups.append(GroupFilled(number, *said))
    chosen = [(name.removeprefix("group-of-"), str(form[name])) for name in form if name.startswith("group-of-")]
    numbers = {one.number for one in groups}
    return Filled(
        **{name: str(form.get(name) or "").strip() for name in WORDS},
        files=tuple(visit.chosen("files")),
        supporting=tuple(visit.chosen("supporting")),
        groups=tuple(groups),
        group_of=tuple((file, int(at)) for file, at in chosen if at.isdecimal() and int(at) in numbers),
    )


def draft_of(visit: Visit, form: Filled, *, complete: bool) -> Draft:
    """Return the draft that the form says; one that is only kept needs a title.

    Raises: WrongInput.
    """
    if set(form.files) & set(form.supporting):
        raise WrongInput(
            Text(
                "같은 파일을 반출 파일과 근거 자료로 함께 지정할 수 없습니다.",
                "A file either leaves or supports; it cannot be both.",
            )
        )
    named = {*form.files, *form.supporting}
    groups = {
        checked("group", one.name): Group(
            checked("context", one.context, required=False),
            checked("controls", one.controls, required=False),
            tuple(file for file, at in form.group_of if at == one.number and file in named),
        )
        for one in form.groups
    }
    return Draft(
        title=visit.field("title"),
        purpose=visit.field("purpose", required=complete),
        context=visit.field("context", required=False),
        controls=visit.field("controls", required=False),
        files=form.files,
        supporting=form.supporting,
        groups=groups,
    )


def _numbered(draft: Draft) -> list[tuple[int, tuple[str, Group]]]:
    return list(enumerate(sorted(draft.groups.items()), 1))
