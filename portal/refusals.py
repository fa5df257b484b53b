"""A form that is refused comes back with the reason above it and everything that was typed in it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from functools import wraps
from typing import Any, Protocol

from starlette.responses import Response

from deid.errors import DeidError
from portal.errors import WrongInput, advice_of, answer_for, reason_of
from portal.visit import Visit

Handler = Callable[[Visit], Response]


class Screen(Protocol):
    """A page with forms, that can be shown with why one of them was refused."""

    def __call__(self, visit: Visit, refusal: Exception | None = None, /) -> Response:
        """Return the page."""


def kept(screen: Screen, *families: type[Exception]) -> Callable[[Handler], Handler]:
    """Have refusals of some families said on the screen that the form stands on.

    Who may no longer see that screen is told so on a page of its own.
    """

    known: tuple[type[Exception], ...] = (WrongInput, *families)

    def wrapped(handler: Handler) -> Handler:
        @wraps(handler)
        def answer(visit: Visit) -> Response:
            try:
                return handler(visit)
            except known as error:
                return screen(visit, error)

        return answer

    return wrapped


def refused(visit: Visit, refusal: Exception | None, address: str) -> dict[str, Any]:
    """Return what a screen shows of a refusal: why, what to do, and what was typed.

    `address` is that of the screen: at that of a form there is nothing to read.
    """
    if refusal is None:
        return {"refusal": None, "advice": None, "typed": defaultdict(str), "ticked": ()}
    # What de-identification advises is for the command line.
    advice = WrongInput.hint if isinstance(refusal, DeidError) else advice_of(refusal)
    return {
        "refusal": reason_of(refusal),
        "advice": advice,
        "typed": defaultdict(str, {name: str(value) for name, value in visit.form.items()}),
        "ticked": visit.chosen("checked"),
        "address": address,
    }


def status_of(refusal: Exception | None) -> int:
    """Return the status of a screen."""
    return 200 if refusal is None else answer_for(refusal).status
