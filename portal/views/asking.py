"""The compliance officer asks the audit log: search, timelines, the three questions, saved searches and copies.

Every reading is recorded by `audit.searching.asking` before anything is shown.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, cast
from urllib.parse import quote

from starlette.datastructures import UploadFile
from starlette.responses import RedirectResponse, Response

from audit.catalogue import CATALOGUE
from audit.errors import QuestionRefused
from audit.searching import saved
from audit.searching.answer_copies import copy_of_answer
from audit.searching.answers import QUESTIONS, Ask
from audit.searching.asking import Officer, check_reason
from audit.searching.conditions import LINKED
from audit.searching.copies import MOST_ROWS, Copy, copy_of
from audit.searching.counting import Counts
from audit.searching.csv_copy import csv_copy
from audit.searching.fields import as_hash, as_question
from audit.searching.naming import Named, Names
from audit.searching.pdf_copy import Occasion, find_font, pdf_copy
from audit.searching.query import Query
from audit.searching.wording import OUTCOMES, SERVICES
from audit.text import Text
from portal.errors import Missing, WrongInput
from portal.i18n import N_
from portal.lines import lines_of, turned
from portal.navigation import Crumb
from portal.queries import NOBODY, SearchForm, Turn, form_of, query_of
from portal.records import FAMILIES
from portal.visit import Visit

PAGE = 50  # entries on a page of results
TIMELINE = 200  # entries on a page of a timeline
START = Crumb(N_("Audit log"), "/compliance")
ANY = Text("전체", "any")

KINDS: Mapping[str, Text] = {
    "person": Text("사용자", "Person"),
    "dataset": Text("데이터셋", "Dataset"),
    "project": Text("과제", "Project"),
    "request": Text("반출신청", "Egress request"),
    "file": Text("반출 파일", "File"),
}
"""What has a timeline, and what the three questions are asked of."""

LABELS: Mapping[str, Text] = {
    "who": Text("사람", "Person"),
    "project": KINDS["project"],
    "dataset": KINDS["dataset"],
    "request": KINDS["request"],
    "file": KINDS["file"],
    "action": Text("수행업무", "Action"),
    "outcome": Text("결과", "Outcome"),
    "component": Text("기록한 구성 요소", "Written by"),
    "since": Text("시작일", "From day"),
    "until": Text("종료일", "Until day"),
    "address": Text("접속지 주소", "Address"),
    "correlation": Text("사건 식별자", "Event"),
    "text": Text("기록에 적힌 글자", "Text in the entry"),
}
"""The fields of the form as people read them."""


def officer(visit: Visit) -> Officer:
    """Return who reads the record."""
    return Officer(visit.zone.log, visit.actor, visit.source)


def names(visit: Visit) -> Names:
    """Return the names behind references, which only this role sees."""
    return Names.of(visit.zone.registry)


def find(visit: Visit) -> Response:
    """Show the entries that a search finds, one page of them, and how all of them are spread.

    What cannot be read is said above the form, which keeps what was typed; nothing was looked up then.
    """
    form, known, turn = form_of(visit.request.query_params), names(visit), Turn.of(visit)
    several = known.called(form.who) if form.who else []
    if len(several) > 1:
        return _choose(visit, form, several)
    try:
        query = turn.apply(query_of(form, known, visit.portal.time_zone), PAGE)
    except QuestionRefused as error:
        values = {"form": form, "refusal": error.why, "stranger": "", "asked": (), "found": (), **choices(visit, known)}
        return visit.page("compliance_search.html", values, crumbs=(START, Crumb(N_("Search"))), status=422)
    found = officer(visit).find(query, _question(form, query), counted=True)
    page = turned(found.page, turn)
    values = {
        "form": form,
        **choices(visit, known),
        "found": lines_of(visit.zone.log, page.entries, known),
        "page": page,
        "facets": _facets(form, found.counts, known) if found.counts else [],
        "counts": found.counts,
        "asked": _asked(form, known, visit),
        "refusal": None,
        "stranger": form.who if query.person == NOBODY else "",
        "most": MOST_ROWS,
    }
    return visit.page("compliance_search.html", values, crumbs=(START, Crumb(N_("Search"))))


def follow(visit: Visit) -> Response:
    """Show everything that happened to or through one person, dataset, project, request or file, in order.

    Raises: Missing — for a kind of thing that has no timeline.
    """
    kind, ref, turn = _kind(visit), visit.path("ref"), Turn.of(visit)
    query = turn.apply(Query(newest_first=visit.query("order") == "new"), TIMELINE)
    known = names(visit)
    page = turned(
        officer(visit).follow(kind, ref, after=query.after, limit=query.limit, newest_first=query.newest_first),
        turn,
    )
    values = {
        **_subject(kind, ref, known),
        "ask": None,
        "order": "new" if visit.query("order") == "new" else "",
        "found": lines_of(visit.zone.log, page.entries, known),
        "page": page,
        "most": MOST_ROWS,
    }
    return visit.page("timeline.html", values, crumbs=(START, Crumb(N_("Timeline"))))


def ask(visit: Visit) -> Response:
    """Show the answer to one of the three questions about one thing.

    Raises: Missing — for another question, or a kind of thing that this cannot be asked of.
    """
    kind, ref, wanted = _kind(visit), visit.path("ref"), _asked_for(visit)
    known = names(visit)
    after = Turn.of(visit).after
    found = officer(visit).answer(wanted, kind, ref, after=after)
    values = {
        **_subject(kind, ref, known),
        "ask": wanted,
        "known": known,
        "answer": found,
        "paged": after is not None,
        "catalogue": CATALOGUE,
        "services": SERVICES,
        "outcomes": OUTCOMES,
        "found": lines_of(visit.zone.log, found.entries, known),
        "most": MOST_ROWS,
    }
    put = QUESTIONS[wanted].text.say(visit.language)
    return visit.page("compliance_answer.html", values, crumbs=(START, Crumb(put)))


def lookup(visit: Visit) -> Response:
    """Lead from the choice of a thing and a question to the page that answers it.

    Raises: QuestionRefused — for a hash that is none, or a name of several people. Missing — without a thing.
    """
    kind, wanted = visit.query("kind"), visit.query("ask")
    ref = visit.query("of").strip()
    if kind not in KINDS or not ref:
        raise WrongInput(Text("대상을 고르십시오.", "Choose what the question is about."))
    known = names(visit)
    if kind == "file":
        ref = as_hash(ref)
    elif kind == "person":
        several = known.called(ref)
        if len(several) > 1:
            return _choose(visit, SearchForm(), several, ask=wanted)
        ref = known.person(ref)
    page = f"answers/{wanted}" if wanted in QUESTIONS else "timeline"
    return RedirectResponse(f"/compliance/{page}/{kind}/{quote(ref, safe='')}", 303)


def find_file(visit: Visit) -> Response:
    """Lead from a file that the officer holds, or its hash, to its timeline; the file is read and not kept.

    Raises: QuestionRefused — for a hash that is none. WrongInput — without a file and without a hash.
    """
    upload, typed = visit.form.get("content"), visit.form.get("sha256")
    if isinstance(upload, UploadFile) and upload.filename:
        sha256 = hashlib.file_digest(cast(Any, upload.file), "sha256").hexdigest()
    elif isinstance(typed, str) and typed.strip():
        sha256 = as_hash(typed)
    else:
        raise WrongInput(Text("파일을 고르거나 해시를 붙여 넣으십시오.", "Choose a file or paste its hash."))
    return RedirectResponse(f"/compliance/timeline/file/{sha256}", 303)


def download(visit: Visit) -> Response:
    """Hand over everything that a search finds as a file; why is recorded first.

    Raises: QuestionRefused — without a reason, or for a field that cannot be read. FontMissing — for a PDF.
    """
    form, known, (wanted, reason) = form_of(visit.form), names(visit), wanted_of(visit)
    me = officer(visit)
    query = replace(query_of(form, known, visit.portal.time_zone), newest_first=visit.form.get("order") != "old")
    copy = copy_of(visit.zone.log, query, known, most=MOST_ROWS[wanted], addresses=me.addresses)
    reason = me.downloaded(reason, _question(form, query), wanted, len(copy.lines))
    return handed(visit, copy, wanted, _asked(form, known, visit), reason)


def download_answer(visit: Visit) -> Response:
    """Hand over the whole answer to one of the three questions as a file; why is recorded first.

    Raises: Missing — as `ask`. QuestionRefused — without a reason. FontMissing — for a PDF.
    """
    kind, ref, asked_for = _kind(visit), visit.path("ref"), _asked_for(visit)
    known, (wanted, reason) = names(visit), wanted_of(visit)
    copy = copy_of_answer(visit.zone.log, asked_for, kind, ref, known, most=MOST_ROWS[wanted])
    question = {"answer": asked_for, "kind": kind, "of": ref}
    reason = officer(visit).downloaded(reason, question, wanted, len(copy.lines))
    about = _asked(SearchForm(**{"who" if kind == "person" else kind: ref}), known, visit)
    return handed(visit, copy, wanted, about, reason)


def wanted_of(visit: Visit) -> tuple[str, str]:
    """Return in which form a copy is wanted, and why.

    Raises: WrongInput — for another form. QuestionRefused — without a reason. FontMissing — for a PDF.
    """
    wanted = str(visit.form.get("form") or "")
    if wanted not in MOST_ROWS:
        raise WrongInput(Text("파일 형식을 고르십시오.", "Choose the form of the file."))
    reason = check_reason(str(visit.form.get("reason") or ""))
    if wanted == "pdf":
        find_font(_fonts(visit))
    return wanted, reason


def _fonts(visit: Visit) -> tuple[Path, ...]:
    return (visit.zone.settings.home / "fonts",)


def handed(visit: Visit, copy: Copy, wanted: str, about: tuple[tuple[str, str], ...], reason: str) -> Response:
    """Return a copy as a file to take along; that it is taken is recorded already."""
    fonts = _fonts(visit)
    if wanted == "csv":
        data, kind = "".join(csv_copy(copy, visit.language)).encode("utf-8"), "text/csv; charset=utf-8"
    else:
        by = f"{visit.person.name} ({visit.person.handle})"
        occasion = Occasion(about, by, reason)
        data, kind = pdf_copy(copy, occasion, visit.language, fonts=fonts), "application/pdf"
    filename = f"ansim-audit-{copy.made_at:%Y%m%d-%H%M%S}.{wanted}"
    return Response(data, media_type=kind, headers={"Content-Disposition": f'attachment; filename="{filename}"'})


def keep(visit: Visit) -> Response:
    """Keep a search by a name.

    Raises: QuestionRefused — as `audit.searching.saved.save`.
    """
    form = form_of(visit.form)
    question = as_question(form.fields(), names(visit))
    saved.save(officer(visit), visit.field("name"), question, shared=visit.form.get("shared") == "yes")
    return visit.go("/compliance", N_("The search was saved."))


def run(visit: Visit) -> Response:
    """Lead to what a saved search finds.

    Raises: QuestionRefused — if there is none that this person may run.
    """
    with visit.zone.db.read() as tx:
        kept = saved.load(tx, visit.person.ref, visit.path("id"))
    return RedirectResponse(form_of(kept.question).link(), 303)


def forget(visit: Visit) -> Response:
    """Delete a saved search.

    Raises: QuestionRefused — if there is none, or it is another's.
    """
    saved.remove(officer(visit), visit.path("id"))
    return visit.go("/compliance", N_("The saved search was deleted."))


def choices(visit: Visit, known: Names) -> dict[str, object]:
    """Return what the lists of the search form offer."""
    families: dict[str, list[tuple[str, Text]]] = {}
    for spec in CATALOGUE.values():
        families.setdefault(spec.action.partition(".")[0], []).append((spec.action, Text(spec.ko, spec.en)))
    groups = [(FAMILIES.get(family, Text(family, family)), family + ".", specs) for family, specs in families.items()]
    return {
        "project_options": [("", ANY), *known.projects.items()],
        "dataset_options": [("", ANY), *known.datasets.items()],
        "action_groups": groups,
        "outcome_options": [("", ANY), *OUTCOMES.items()],
        "component_options": [("", ANY), *((name, said) for name, said in SERVICES.items() if name != "zone")],
        "people": sorted(known.people.values(), key=lambda one: one.name),
    }


def _kind(visit: Visit) -> str:
    kind = visit.path("kind")
    if kind not in LINKED:
        raise Missing(Text("이런 종류의 시간순 기록은 없습니다.", "There are no timelines of this kind."))
    return kind


def _asked_for(visit: Visit) -> Ask:
    """Return which of the three questions is asked.

    Raises: Missing — for another one.
    """
    wanted = visit.path("ask")
    if wanted not in QUESTIONS:
        raise Missing(Text("이런 질문은 없습니다.", "There is no such question."))
    return cast(Ask, wanted)


def _choose(visit: Visit, form: SearchForm, several: list[Named], ask: str = "") -> Response:
    """Ask which of several people of a name is meant; nothing has been looked up yet."""
    links = [
        (one, form.link(who=one.ref) if not ask else f"/compliance/answers/{ask}/person/{one.ref}") for one in several
    ]
    return visit.page("compliance_people.html", {"links": links}, crumbs=(START, Crumb(N_("Search"))))


def _subject(kind: str, ref: str, known: Names) -> dict[str, Any]:
    """Return how a page calls the thing that it is about."""
    titles = {"project": known.projects, "dataset": known.datasets}.get(kind, {})
    person = known.people.get(ref) if kind == "person" else None
    return {
        "kind": kind,
        "kind_text": KINDS[kind],
        "ref": ref,
        "title": titles.get(ref),
        "named": person,
        "questions": QUESTIONS,
        "search": SearchForm(**{"who" if kind == "person" else kind: ref}),
        "field": "who" if kind == "person" else kind,
    }


def _facets(form: SearchForm, counts: Counts, known: Names) -> list[tuple[Text, list[tuple[Text, int, str]]]]:
    """Return the ways to narrow a search down: a heading, and for each value its name, count and address."""
    found: list[tuple[Text, list[tuple[Text, int, str]]]] = []
    if not form.action or form.action.endswith("."):
        rows = [(_action(one), n, form.link(action=one)) for one, n in counts.actions.items()]
        found.append((LABELS["action"], rows))
    if not form.who:
        people = [(ref, n) for ref, n in counts.actors.items() if ref.startswith("p_")][:10]
        found.append((LABELS["who"], [(_person(ref, known), n, form.link(who=ref)) for ref, n in people]))
    if not form.outcome:
        rows = [(OUTCOMES[one], n, form.link(outcome=one)) for one, n in counts.outcomes.items()]
        found.append((LABELS["outcome"], rows))
    if not form.component:
        rows = [
            (SERVICES.get(one, Text(one, one)), n, form.link(component=one)) for one, n in counts.components.items()
        ]
        found.append((LABELS["component"], rows))
    return [(label, rows) for label, rows in found if len(rows) > 1]


def _question(form: SearchForm, query: Query) -> dict[str, object]:
    """Return what is recorded of a search: the form as it was typed, but nobody's name where a reference is known."""
    known = query.person not in (None, NOBODY)
    return {"form": {**form.as_dict(), "who": query.person} if known else form.as_dict()}


def _asked(form: SearchForm, known: Names, visit: Visit) -> tuple[tuple[str, str], ...]:
    """Return the conditions of a search as a person reads them."""
    said: dict[str, str] = form.as_dict()
    if "who" in said:
        said["who"] = _person(said["who"], known).say(visit.language)
    if "action" in said:
        said["action"] = _action(said["action"]).say(visit.language)
    if "outcome" in said and said["outcome"] in OUTCOMES:
        said["outcome"] = OUTCOMES[said["outcome"]].say(visit.language)
    for name, titles in (("project", known.projects), ("dataset", known.datasets)):
        if said.get(name) in titles:
            said[name] = titles[said[name]].say(visit.language)
    return tuple((LABELS[name].say(visit.language), value) for name, value in said.items())


def _action(action: str) -> Text:
    family = FAMILIES.get(action.rstrip("."))
    if action.endswith(".") and family is not None:
        return Text(family.ko, family.en)
    spec = CATALOGUE.get(action)
    return Text(spec.ko, spec.en) if spec else Text(action, action)


def _person(ref: str, known: Names) -> Text:
    one = known.people.get(ref)
    return Text(ref, ref) if one is None else Text(f"{one.name} ({one.handle})", f"{one.name} ({one.handle})")
