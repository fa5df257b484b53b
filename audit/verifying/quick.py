"""Reads the bodies of a run of entries at once, many times faster than parsing each, and says exactly the same.

Most bodies of a log differ from an earlier one only in id, time, commitments and small facts. What is left when those
are cut out, the frame, is parsed once. A body with a known frame is the one that was parsed, with other values in the
same places; it is of the right form exactly if these values are. All bodies of a run are put together again from their
frames and values, and held against what is there, in a few steps (`audit.verifying.together`).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Sequence
from itertools import compress, count, repeat

from audit.body import MAX_BODY_BYTES, parse
from audit.verifying.facts import Facts, facts_of, read
from audit.verifying.frames import (
    NO_FORM,
    NOWHERE,
    Cut,
    Frame,
    Key,
    Learnt,
    Places,
    all_fit,
    cut_body,
    fits,
    form_of,
    frame_of,
    is_cut_between_members,
    learnt,
    linking,
    links_with,
    numbers_in,
    places_of,
)
from audit.verifying.together import Dates, Run, Said, as_lines

MAX_FRAMES = 10_000  # about 30 MB; a log with more kinds of entries than that is read at the speed of parsing
_MAX_OTHERS = 8  # frames of bodies with one hint
_MAX_FORMS = 12  # of details that are held against one pattern; where a run has more, each is held against its own
_MAX_PATTERNS = 50
_BEGUN = b',"c'  # what follows the actor: the commitments, or the component


class Reader:
    """Reads runs of bodies, and remembers the frames that it met."""

    def __init__(self) -> None:
        self._frames: dict[Key, Learnt] = {}
        self._usual: dict[Hashable, Places] = {}
        self._others: dict[Hashable, tuple[Places, ...]] = {}
        self._patterns: set[bytes] = set()
        self._forms: tuple[bytes, ...] = ()

    def read(self, bodies: Sequence[bytes], hints: Sequence[Hashable] = (), dates: Dates | None = None) -> Said:
        """Return what the bodies of a run say.

        A hint names the frame that a body most likely has, and nothing depends on its being right. Without hints it is
        how a body begins.

        Raises: MalformedBody — if any of them is not exactly the body of one entry, or has not the id and the time
        that `dates` say.
        """
        if len(hints) != len(bodies):
            hints = [body.partition(_BEGUN)[0] for body in bodies]
        run = Run.of(bodies, self._places(hints, bodies), dates)
        for n in compress(count(), run.parses):
            self._one(run, n, hints[n])
        if not (self._all_fit(run) and run.is_whole()):
            for n in run.unlike():
                self._one(run, n, hints[n])
        return run.said()

    def _places(self, hints: Sequence[Hashable], bodies: Sequence[bytes]) -> list[Places]:
        """Return how each body is most likely cut; one of each new hint is met, so that the others need no parsing."""
        try:
            return list(map(self._usual.__getitem__, hints))
        except KeyError:
            some = dict(zip(hints, bodies, strict=True))
        for hint in some.keys() - self._usual.keys():
            self._met(hint, some[hint])
        return list(map(self._usual.get, hints, repeat(NOWHERE)))

    def _one(self, run: Run, n: int, hint: Hashable) -> None:
        """Read one body of a run."""
        run.put(n, *self._met(hint, run.bodies[n]))

    def _all_fit(self, run: Run) -> bool:
        """Return whether the details of a run are all of known forms; whichever they are, each goes with any frame."""
        forms = set(run.forms)
        if not forms.issubset(self._forms):
            usual = (form for form, _ in Counter(run.forms).most_common())
            self._forms = tuple(dict.fromkeys((*usual, *self._forms)))[:_MAX_FORMS]
        lines = as_lines(run.details)
        # A line feed within a detail could stand for the end of one: then each is held against its own form.
        if lines is None or len(forms) > _MAX_FORMS:
            return False
        return all_fit(self._forms)(lines) is not None

    def _met(self, hint: Hashable, body: bytes) -> tuple[Frame, Facts]:
        """Return what a body says whose detail must be parsed, or that has not its usual frame, and its frame."""
        for places in self._others.get(hint, ()):
            if (parts := places.parts(body)) is not None:
                sealed, detail, event_id, ts = parts
                known = not places.parses and fits(places.form)(detail)
                frame = places.frame if known else linking(places, detail)
                if frame is not None:
                    self._usual[hint] = places
                    commitments = (sealed,) if sealed else ()
                    return frame, Facts(ts, event_id, frame.columns, frame.links, commitments, None)
        facts, met = self._meet(body)
        if met is not None and met.middle:
            self._place(hint, places_of(met), body)
        return frame_of(facts.columns, facts.links), facts

    def _place(self, hint: Hashable, places: Places, body: bytes) -> None:
        others = self._others.get(hint, ())
        known = {(other.before, other.after, other.middle, other.form == NO_FORM) for other in others}
        if (places.before, places.after, places.middle, places.form == NO_FORM) not in known and not places.parses:
            # Most often only numbers differ. Where something else does, the frame is met again, and stays as it is.
            pattern = numbers_in(places.form, body[places.detail])
            if len(self._patterns) < _MAX_PATTERNS:
                self._patterns.add(pattern)
            if pattern in self._patterns:
                places = places._replace(form=pattern)
        if len(self._usual) >= MAX_FRAMES:
            self._usual.clear()
            self._others.clear()
        self._usual[hint] = places
        self._others[hint] = (places, *others[: _MAX_OTHERS - 1])

    def _meet(self, body: bytes) -> tuple[Facts, Learnt | None]:
        """Return what a body says that has a new frame, or other parts than most; and its frame."""
        cut = cut_body(body)
        if cut is None or len(body) > MAX_BODY_BYTES:
            return read(body), None
        met = self._frames.get(cut.key)
        if met is None:
            return self._learn(body, cut)
        linked = met.frame.links
        if cut.detail is not None:
            if met.form is not None and (form := form_of(cut.detail)) is not None:
                met = self._frames[cut.key] = met._replace(form=form)
            elif met.body is not None:
                linked = links_with(met.body, cut.detail)
            else:
                return read(body), None
        if cut.intent_id is not None:
            linked = tuple(sorted((*linked, (b"intent", cut.intent_id))))
        return Facts(cut.ts, cut.event_id, met.frame.columns, linked, cut.commitments, cut.intent_id), met

    def _learn(self, body: bytes, cut: Cut) -> tuple[Facts, Learnt | None]:
        parsed = parse(body)
        facts = facts_of(parsed)
        if not is_cut_between_members(parsed, body, cut):
            return facts, None
        if len(self._frames) >= MAX_FRAMES:
            self._frames.clear()
        shared = {name: value for name, value in parsed.items() if name not in ("detail", "intent_id")}
        met = self._frames[cut.key] = learnt(facts.columns, shared, cut)
        return facts, met
