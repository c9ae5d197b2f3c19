"""The log: what stands in a line, and what never does."""

from __future__ import annotations

import io
import json
import logging
import threading
from typing import TYPE_CHECKING
from typing import Any

import pytest

from layers import logs

if TYPE_CHECKING:
    from collections.abc import Callable
    from collections.abc import Iterator
    from pathlib import Path

JWT = "eyJhbGciOiJSUzI1NiIsImtpZCI6IjEifQ.eyJzdWIiOiJ6aGFuZyIsIm4iOjF9.c2lnbmF0dXJlLW9mLTE"
RANDOM = "Zk3Jd0fj3kd9fj3kd0fj3kd9fj3kd0fj3k_-a1"
SECRETS = (
    ("GET /exports/" + RANDOM + "/parks.gpkg", RANDOM),
    ("http://127.0.0.1:8501/oauth2callback?code=SplxlOBe&state=af0ifjs", "SplxlOBe"),
    ("/oauth2callback?state=af0ifjsldkj", "af0ifjsldkj"),
    (f"Authorization: Bearer {JWT}", JWT),
    ("authorization: Basic emhhbmc6aHVudGVyMg==", "emhhbmc6aHVudGVyMg"),
    ("sent Bearer s3cr3t-value to the provider", "s3cr3t-value"),
    (f"token {JWT} has expired", JWT),
    ("Cookie: _streamlit_user=abc.def; _streamlit_xsrf=2|1f", "abc.def"),
    ("Set-Cookie: _streamlit_user=abc.def; HttpOnly", "abc.def"),
    ("{'client_secret': 'hunter2', 'client_id': 'atlas'}", "hunter2"),
    ('{"access_token": "hunter2", "expires_in": 3600}', "hunter2"),
    ("cookie_secret = hunter2", "hunter2"),
    ("password='two words'", "two words"),
    ("PGPASSWORD=hunter2 psql", "hunter2"),
    ("postgresql://atlas:hunter2@127.0.0.1/db?sslmode=require", "hunter2"),
    ("api_key: hunter2", "hunter2"),
    ("[('refresh_token', 'hunter2')] refresh_token=hunter2", "refresh_token=hunter2"),
    ("no account zhang.san@park.example", "zhang.san"),
    ("call 13812345678", "13812345678"),
    ("call +86 13812345678 today", "13812345678"),
    ("identity 31011019900101123X refused", "31011019900101123X"),
)
HARMLESS = (
    "layer carriers: 107 rows, version 12, 0.35 s",
    "exit code: 3; status code 500; state 'leased'",
    "refused a call from 10.20.30.40",
    "time 1732650000000, EPSG:4490, area 1234567.5 m2",
    "工作区无法写入；请检查权限与磁盘空间",
    'File "/srv/atlas/layers/intake/readers/headings.py", line 127, in read',
)


@pytest.fixture
def lines() -> Iterator[Callable[[], list[dict[str, Any]]]]:
    """Gather all logs in one stream, and put logging back afterwards."""
    root, kind, hook = logging.getLogger(), logging.getLoggerClass(), threading.excepthook
    before, level = list(root.handlers), root.level
    stream = io.StringIO()
    handler = logs.start("json", stream=stream)
    yield lambda: [json.loads(line) for line in stream.getvalue().splitlines()]
    root.removeHandler(handler)
    root.handlers[:] = before
    root.setLevel(level)
    logging.setLoggerClass(kind)
    logging.captureWarnings(capture=False)
    threading.excepthook = hook


@pytest.mark.parametrize(("text", "secret"), SECRETS)
def test_what_looks_like_a_secret_is_masked(text: str, secret: str) -> None:
    assert secret in text
    told = logs.masked(text)
    assert secret not in told
    assert logs.MASK in told


@pytest.mark.parametrize("text", HARMLESS)
def test_what_is_none_is_left_as_it_is(text: str) -> None:
    assert logs.masked(text) == text


@pytest.mark.parametrize(("text", "secret"), SECRETS)
@pytest.mark.parametrize("style", ["json", "plain"])
def test_no_part_of_a_line_lets_a_secret_through(text: str, secret: str, style: logs.Style) -> None:
    record = logging.LogRecord("atlas", logging.ERROR, "", 0, "%s", (text,), None)
    record.fields = {"what": text}
    record.exc_info = (ValueError, ValueError(text), None)
    assert secret not in logs.Lines(style).format(record)


def test_a_traceback_has_lines_of_code_and_no_values(
    lines: Callable[[], list[dict[str, Any]]],
) -> None:
    tenant = "某某科技有限公司"
    try:
        assert tenant
        _ = 1 / (len(tenant) - 8)
    except ZeroDivisionError:
        logging.getLogger("atlas").exception("a page failed")
    (line,) = lines()
    assert line["level"] == "error"
    assert "ZeroDivisionError" in line["error"]
    assert "len(tenant) - 8" in line["error"]
    assert tenant not in json.dumps(line, ensure_ascii=False)


def test_a_message_cannot_begin_a_line_of_its_own(
    lines: Callable[[], list[dict[str, Any]]],
) -> None:
    forged = 'x\n{"time": "now", "level": "info", "event": "forged"}'
    logging.getLogger("atlas").warning("name %s", forged)
    assert [line["event"] for line in lines()] == ["name " + forged]
    record = logging.LogRecord("atlas", logging.INFO, "", 0, forged + "\u2028\x1b[2J", (), None)
    assert len(logs.Lines("plain").format(record).splitlines()) == 1


def test_fields_and_the_request_stand_in_the_line(
    lines: Callable[[], list[dict[str, Any]]],
) -> None:
    token = logs.REQUEST.set("0123456789abcdef")
    logs.tell(logging.INFO, "request", {"status": 200, "ms": 1.5})
    logs.REQUEST.reset(token)
    (line,) = lines()
    assert {key: line[key] for key in ("event", "status", "ms", "request", "logger")} == {
        "event": "request",
        "status": 200,
        "ms": 1.5,
        "request": "0123456789abcdef",
        "logger": "atlas",
    }
    assert line["time"].endswith("+00:00")


def test_a_wrong_call_of_a_library_costs_no_line() -> None:
    record = logging.LogRecord("atlas", logging.INFO, "", 0, "two %s %s", ("one",), None)
    assert json.loads(logs.Lines().format(record))["event"] == "two %s %s"


def test_libraries_that_set_up_their_own_handlers_are_gathered(
    lines: Callable[[], list[dict[str, Any]]],
) -> None:
    own = io.StringIO()
    known = logging.getLogger("uvicorn.error")
    known.addHandler(logging.StreamHandler(own))
    known.propagate = False
    logs.gather()
    known.warning("known")
    late = logging.getLogger("streamlit.made_late")
    late.propagate = False
    late.addHandler(logging.StreamHandler(own))
    late.warning("late Cookie: %s", "a=b")
    assert [line["event"] for line in lines()] == ["known", "late Cookie: ***"]
    assert not own.getvalue()


def test_the_access_log_of_the_web_server_is_silent(
    lines: Callable[[], list[dict[str, Any]]],
) -> None:
    access = logging.getLogger("uvicorn.access")
    access.disabled = False
    access.setLevel(logging.INFO)
    logs.gather()
    access.info('%s - "%s %s HTTP/%s" %d', "10.0.0.1:1", "GET", "/exports/a?b=c", "1.1", 200)
    assert lines() == []
    access.disabled = False


def test_a_thread_that_fails_is_logged_like_everything(
    lines: Callable[[], list[dict[str, Any]]],
) -> None:
    def work() -> None:
        message = "password=hunter2"
        raise RuntimeError(message)

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    (line,) = lines()
    assert line["event"] == "a thread failed"
    assert "RuntimeError: password=***" in line["error"]


def test_a_person_has_one_short_name_that_only_this_server_knows(tmp_path: Path) -> None:
    here, again = logs.People(tmp_path / "team"), logs.People(tmp_path / "team")
    other = logs.People(tmp_path / "other")
    assert here.short("zhang") == again.short("zhang") != here.short("li")
    assert here.short("zhang") != other.short("zhang")
    assert "zhang" not in here.short("zhang")
    assert len(here.short("zhang")) == 12
    assert here.short("") == ""


def test_the_key_is_for_the_server_only(tmp_path: Path) -> None:
    logs.People(tmp_path)
    assert (tmp_path / logs.KEY_FILE).stat().st_mode & 0o077 == 0


def test_without_a_place_for_the_key_the_server_still_starts(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    people = logs.People(tmp_path / "file" / "team")
    assert people.short("zhang") == people.short("zhang") != ""
