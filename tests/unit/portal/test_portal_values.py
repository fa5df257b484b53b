from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import httpx2 as httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from audit.errors import NotDurable
from egress_review import errors as egress_errors
from egress_review.findings import FileReport, Flagged, NotChecked, Passed, Severity, Verdict, Where
from egress_review.workflow import State
from portal import formats
from portal.enrolment import authenticator_secret, grouped, qr_code
from portal.errors import ANSWERS, HubRefused, HubUnavailable, PortalError, answer_for, reason_of
from portal.fields import checked
from portal.hub import Hub, WorkspaceState
from portal.marks import PERSON, PROJECT, WORKSPACE
from portal.preview import Ticket, open_ticket
from portal.requests import REQUEST_STATES, VERDICTS, lines, path_of
from registry import errors as registry_errors
from registry.model import PersonStatus, ProjectStatus
from registry.text import Text
from registry.totp import check_secret

NOW = datetime(2026, 11, 21, 14, 30, tzinfo=UTC)
KEY = b"k" * 32


def test_every_state_has_a_word_an_icon_and_a_next_step() -> None:
    assert set(REQUEST_STATES) == set(State)
    assert set(WORKSPACE) == set(WorkspaceState)
    assert set(PERSON) == set(PersonStatus)
    assert set(PROJECT) == set(ProjectStatus)
    assert set(VERDICTS) == set(Verdict)
    assert all(view.next.ko and view.next.en for view in REQUEST_STATES.values())


@pytest.mark.parametrize("state", list(State))
def test_the_path_of_a_request_shows_one_place_at_most_and_everything_before_it_done(state: State) -> None:
    steps = [step.state for step in path_of(state)]
    here = [at for at, step in enumerate(steps) if step in ("now", "ended", "late")]
    assert len(here) <= 1
    at = here[0] if here else len(steps)
    assert all(step == "done" for step in steps[:at])
    assert all(step == "todo" for step in steps[at + 1 :])


def test_only_a_released_request_has_every_step_done() -> None:
    done = [state for state in State if all(step.state == "done" for step in path_of(state))]
    assert done == [State.RELEASED]


def test_what_was_not_checked_is_never_counted_as_passed() -> None:
    said = Text("뜻", "meaning")
    report = FileReport(
        "a.csv",
        "0" * 64,
        (
            Passed("size", Severity.FAIL, "s"),
            Flagged("note", Severity.NOTE, "s", Where(), None, said, said),
            NotChecked("cells", Severity.FAIL, "s", said, said),
            Flagged("cell", Severity.FAIL, "s", Where(row=2, column=3), 4, said, said),
        ),
    )
    shown = lines(report)
    assert [line.rule for line in shown] == ["cell", "cells", "note"]
    assert shown[0].number == "4"
    assert (shown[0].where.ko, shown[0].where.en) == ("2행, 3열", "row 2, column 3")
    assert shown[1].label.en == "not checked"


def test_times_are_shown_in_korean_time() -> None:
    assert formats.minute(NOW, "ko") == "2026. 11. 21. 23:30"
    assert formats.minute(NOW, "en") == "21 Nov 2026, 23:30"
    assert formats.clock(NOW) == "23:30:00"


def test_times_are_shown_by_the_clocks_of_the_zone_with_their_name() -> None:
    london = ZoneInfo("Europe/London")
    assert formats.minute(NOW, "en", london) == "21 Nov 2026, 14:30"
    assert formats.clock(NOW, london) == "14:30:00"
    assert formats.day(NOW + timedelta(hours=9), "en", london) == formats.day(NOW, "en", london)
    assert formats.zone_name(formats.KOREAN_TIME, "ko") == "대한민국 시간 (Asia/Seoul)"
    assert formats.zone_name(london, "en") == "United Kingdom Time (Europe/London)"
    assert formats.zone_name(ZoneInfo("UTC"), "ko") == "UTC"


def test_the_days_left_are_those_of_the_korean_calendar() -> None:
    assert formats.days_left(NOW + timedelta(minutes=10), NOW) == 0
    assert formats.days_left(NOW + timedelta(hours=1), NOW) == 1
    assert formats.days_left(NOW - timedelta(days=2), NOW) == -2


@pytest.mark.parametrize(
    ("octets", "text"),
    [
        (0, "0 B"),
        (999, "999 B"),
        (1000, "1.0 kB"),
        (181_400, "181 kB"),
        (16_000_000, "16.0 MB"),
        (2 * 10**12, "2000 GB"),
    ],
)
def test_sizes_are_short(octets: int, text: str) -> None:
    assert formats.size(octets) == text


def test_every_error_that_a_use_case_raises_has_a_status() -> None:
    for family in (registry_errors.RegistryError, egress_errors.EgressError, PortalError):
        for kind in [family, *family.__subclasses__()]:
            if kind is not PortalError:
                assert any(issubclass(kind, known) for known, _ in ANSWERS), kind


def test_a_defect_is_never_turned_into_a_page_of_advice() -> None:
    with pytest.raises(KeyError):
        answer_for(KeyError("defect"))


def test_a_log_that_cannot_be_written_stops_with_a_sentence_in_both_languages() -> None:
    error = NotDurable("disk /dev/x is full at /secret/path")
    assert answer_for(error).status == 503
    assert "/secret" not in reason_of(error).en
    assert reason_of(error).ko


def test_a_form_field_is_trimmed_and_held_to_its_length() -> None:
    assert checked("title", "  표 2 ") == "표 2"
    assert checked("comment", None, required=False) == ""
    for value in ("", "   ", None, 7, "x" * 201, "a\x00b", "\x1b[2J", "half of a pair: \ud800"):
        with pytest.raises(PortalError):
            checked("title", value)
    assert checked("comment", "두 줄\r\n\t👩‍🔬") == "두 줄\r\n\t👩‍🔬"


def ticket(until: datetime = NOW + timedelta(minutes=5)) -> Ticket:
    return Ticket("p_x", "er_x", "a" * 64, "en", int(until.timestamp()), int(until.timestamp()))


def test_a_preview_ticket_opens_for_five_minutes_and_only_unchanged() -> None:
    token = ticket().sign(KEY)
    assert open_ticket(token, KEY, NOW) == ticket()
    assert open_ticket(token, KEY, NOW + timedelta(minutes=5)) is None
    assert open_ticket(token, b"x" * 32, NOW) is None
    other = Ticket("p_y", "er_x", "a" * 64, "en", ticket().until, ticket().ends).sign(KEY)
    assert open_ticket(other.split(".")[0] + "." + token.split(".")[1], KEY, NOW) is None


@given(st.text())
def test_no_text_but_our_own_is_a_ticket(token: str) -> None:
    assert open_ticket(token, KEY, NOW) is None


def test_the_secret_of_an_authenticator_belongs_to_its_link_and_has_160_bits() -> None:
    secret = authenticator_secret(KEY, "token")
    check_secret(secret)
    assert len(secret) == 32
    assert secret == authenticator_secret(KEY, "token")
    assert secret != authenticator_secret(KEY, "other")
    assert secret != authenticator_secret(b"x" * 32, "token")
    assert grouped("ABCDEFGH") == "ABCD EFGH"
    assert qr_code(secret, handle="minji", issuer="Ansim").startswith(b"<svg")


def hub(status: int, body: object, progress: str = "") -> Hub:
    def answer(request: httpx.Request) -> httpx.Response:
        if request.url.path.endswith("/progress"):
            return httpx.Response(200, text=progress) if progress else httpx.Response(400)
        return httpx.Response(status, json=body)

    return Hub("http://hub", "t", "http://zone/oauth_callback", transport=httpx.MockTransport(answer))


def test_a_start_under_way_tells_its_steps_in_both_languages() -> None:
    event = json.dumps({"progress": 45, "message": "만드는 중\nMaking it"})
    model = {"ready": False, "pending": "spawn", "started": "2026-11-21T14:29:56.000000Z"}
    view = hub(200, model, f"data: {event}\n\n").workspace("minji", "study")
    assert view.state is WorkspaceState.STARTING
    assert view.steps == (Text("만드는 중", "Making it"),)
    assert view.progress == 45
    assert view.started_at == NOW - timedelta(seconds=4)


def test_a_failed_start_tells_why() -> None:
    event = json.dumps({"progress": 100, "failed": True, "message": "Spawn failed: 자리 없음\nNo room"})
    view = hub(200, {"ready": False, "pending": None}, f"data: {event}\n\n").workspace("minji", "study")
    assert view.state is WorkspaceState.FAILED
    assert view.failure == Text("자리 없음", "No room")


@pytest.mark.parametrize(
    ("model", "state"),
    [
        ({"ready": True, "pending": None}, WorkspaceState.OPEN),
        ({"ready": True, "pending": "stop"}, WorkspaceState.STOPPING),
        ({"ready": False, "pending": "stop"}, WorkspaceState.STOPPING),
        ({"ready": False, "pending": None}, WorkspaceState.STOPPED),
    ],
)
def test_the_state_of_a_workspace_is_what_the_hub_says(model: dict[str, object], state: WorkspaceState) -> None:
    assert hub(200, model).workspace("minji", "study").state is state


def test_a_workspace_that_was_never_started_is_stopped() -> None:
    assert hub(404, {}).workspace("minji", "study").state is WorkspaceState.STOPPED


def test_a_refusal_of_the_hub_carries_its_reason_and_an_error_does_not() -> None:
    with pytest.raises(HubRefused) as refused:
        hub(400, {"message": "이유\nreason"}).start("minji", "study", by="p_aaaaaaaaaaaaaaaa", address=None)
    assert refused.value.reason == Text("이유", "reason")
    with pytest.raises(HubUnavailable):
        hub(500, {"message": "Traceback …"}).start("minji", "study", by="p_aaaaaaaaaaaaaaaa", address=None)
    running = hub(400, {"message": "minji/study is already running"})
    running.start("minji", "study", by="p_aaaaaaaaaaaaaaaa", address=None)


def test_a_hub_that_does_not_answer_is_not_taken_for_a_stopped_workspace() -> None:
    def down(request: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("refused")

    with pytest.raises(HubUnavailable):
        Hub("http://hub", "t", "x", transport=httpx.MockTransport(down)).workspace("minji", "study")


def test_the_hub_is_asked_for_a_code_with_proof_of_possession() -> None:
    path = hub(200, {}).authorize_path(state="s", verifier="v")
    assert path.startswith("/hub/api/oauth2/authorize?client_id=service-portal&")
    assert "code_challenge_method=S256" in path
    assert "state=s" in path
    assert "=v" not in path
