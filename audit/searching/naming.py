"""The names behind opaque references, as the register of the zone knows them today; the log itself has none."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Protocol

from audit.errors import QuestionRefused
from audit.text import Text


class PersonLike(Protocol):
    """What is asked of a person of the register."""

    @property
    def ref(self) -> str: ...
    @property
    def handle(self) -> str: ...
    @property
    def name(self) -> str: ...


class Titled(Protocol):
    """What is asked of a project or a dataset of the register."""

    @property
    def id(self) -> str: ...
    @property
    def title_ko(self) -> str: ...
    @property
    def title_en(self) -> str: ...


class Register(Protocol):
    """What is asked of the register; `registry.service.Registry` has it."""

    def people(self) -> Iterable[PersonLike]: ...
    def projects(self) -> Iterable[Titled]: ...
    def datasets(self) -> Iterable[Titled]: ...


@dataclass(frozen=True, slots=True)
class Named:
    """A person's name and user name."""

    ref: str
    name: str
    handle: str


@dataclass(frozen=True, slots=True)
class Names:
    """The names of a zone; without a register every reference stands for itself."""

    people: Mapping[str, Named] = field(default_factory=dict)
    """By reference."""
    projects: Mapping[str, Text] = field(default_factory=dict)
    datasets: Mapping[str, Text] = field(default_factory=dict)

    @classmethod
    def of(cls, register: Register) -> Names:
        """Return the names that a register knows now."""
        return cls(
            {one.ref: Named(one.ref, one.name, one.handle) for one in register.people()},
            {one.id: Text(one.title_ko, one.title_en) for one in register.projects()},
            {one.id: Text(one.title_ko, one.title_en) for one in register.datasets()},
        )

    def called(self, who: str) -> list[Named]:
        """Return everyone whom a reference, a user name or a part of a name may mean; the exact ones alone if any."""
        wanted = who.strip().casefold()
        if not wanted:
            return []
        every = sorted(self.people.values(), key=lambda one: (one.name, one.handle))
        exact = [one for one in every if wanted in (one.ref, one.handle.casefold(), one.name.casefold())]
        return exact or [one for one in every if wanted in one.name.casefold()]

    def person(self, who: str) -> str:
        """Return the reference of the one person that somebody names; a reference is taken as it is.

        Raises: QuestionRefused — if nobody or more than one is called so.
        """
        found = self.called(who)
        if len(found) == 1:
            return found[0].ref
        if not found and who.startswith("p_"):
            return who
        if not found:
            raise QuestionRefused(
                Text(f"이런 이름이나 아이디를 가진 사람이 없습니다: {who}", f"Nobody is called {who}.")
            )
        several = ", ".join(f"{one.name} ({one.handle})" for one in found)
        raise QuestionRefused(Text(f"여러 사람이 있습니다: {several}", f"Several people are called so: {several}"))
