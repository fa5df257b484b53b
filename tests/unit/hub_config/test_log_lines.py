"""The log of a process: a line of JSON each, in which no error repeats what a person wrote or what data holds."""

from __future__ import annotations

import json
import logging
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, cast

import psycopg
import pytest
from sqlalchemy.exc import DataError
from traitlets.config import Application, Config

from audit.errors import NotDurable
from hub_config.errors import EnvironmentMissing
from hub_config.hub import set_logging
from hub_config.log_lines import Lines
from hub_config.processes import REPOSITORY
from registry.errors import Denied
from registry.text import Text

NUMBER = "900101-1234567"


def line(message: str, *given: object, raised: BaseException | None = None) -> dict[str, Any]:
    """Return what is written, read back."""
    information = (type(raised), raised, raised.__traceback__) if raised else None
    record = logging.LogRecord("ansim.worker", logging.ERROR, "", 0, message, given, information)
    text = Lines().format(record)
    assert "\n" not in text
    read: dict[str, Any] = json.loads(text)
    return read


def caught(deed: Callable[[], object]) -> BaseException:
    """Return the error that something raises."""
    with pytest.raises(BaseException) as found:
        deed()
    return found.value


def read_cell() -> float:
    """What data work does to a cell of a file."""
    try:
        return float(NUMBER)
    except ValueError as error:
        raise DataError(f"INSERT INTO t VALUES ('{NUMBER}')", {"cell": NUMBER}, error) from error


def test_a_line_says_when_who_how_bad_and_what() -> None:
    said = line("%s failed; tried again", "egress")
    assert set(said) == {"time", "level", "logger", "message"}
    assert (said["level"], said["logger"], said["message"]) == ("ERROR", "ansim.worker", "egress failed; tried again")
    assert said["time"].endswith("Z")


def test_an_error_is_told_by_its_types_and_places_and_never_by_its_words() -> None:
    said = line("egress failed", raised=caught(read_cell))
    assert NUMBER not in json.dumps(said)
    assert [one["type"] for one in said["error"]] == ["sqlalchemy.exc.DataError", "ValueError"]
    passed = [place for one in said["error"] for place in one["places"]]
    here = Path(__file__).relative_to(REPOSITORY).as_posix()
    assert [re.sub(r":\d+", "", place) for place in passed if "read_cell" in place] == [f"{here} read_cell"] * 2


def test_a_line_about_an_error_repeats_its_words_no_more_than_one_with_its_places() -> None:
    assert line("not kept: %s", ValueError(NUMBER))["message"] == "not kept: ValueError"
    assert (
        line("%s", OSError(28, "No space left on device", NUMBER))["message"] == "OSError (28 No space left on device)"
    )


@pytest.mark.parametrize(
    ("error", "why"),
    [
        (PermissionError(13, "Permission denied", f"/outbox/{NUMBER}.csv"), "13 Permission denied"),
        (Denied("grant_ended", Text(ko=NUMBER, en=NUMBER)), "grant_ended"),
        (NotDurable(NUMBER), NotDurable.summary.en),
        (psycopg.errors.UniqueViolation(f"Key (email)=({NUMBER}) already exists."), "23505"),
        (EnvironmentMissing("no container engine answers"), "no container engine answers"),
        (KeyError(NUMBER), None),
    ],
)
def test_why_is_told_where_code_chose_the_words(error: Exception, why: str | None) -> None:
    (told,) = line("failed", raised=error)["error"]
    assert told.get("why") == why
    assert NUMBER not in json.dumps(told)


def test_a_process_that_an_error_ends_says_so_in_a_line_too() -> None:
    code = f"from hub_config.log_lines import speak; speak(); raise ValueError('{NUMBER}')"
    done = subprocess.run([sys.executable, "-c", code], cwd=REPOSITORY, capture_output=True, text=True, check=False)
    said = json.loads(done.stderr)
    assert (done.returncode, said["level"], said["error"][0]["type"]) == (1, "CRITICAL", "ValueError")
    assert NUMBER not in done.stderr


def test_the_hub_writes_such_lines_too() -> None:
    config = Config()
    set_logging(config, cast(Any, None))
    hub = type("JupyterHub", (Application,), {})(config=config)
    assert [type(handler.formatter) for handler in hub.log.handlers] == [Lines]
