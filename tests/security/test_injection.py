"""Texts from outside that would be something else to whoever reads them."""

from __future__ import annotations

import io
import json
import logging
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import structlog
from flask import Flask
from sqlalchemy import func, literal, select, update

from benchmarks.city import Size, When
from benchmarks.city.making import make
from lms_bridge.accounts.roles import Role
from lms_bridge.bridge import Bridge, utc_now
from lms_bridge.notices.mail import Letter, Mailer
from lms_bridge.notices.settings import Email
from lms_bridge.store import schema
from lms_bridge.store.engine import Store
from lms_bridge.store.types import OutsideText
from tests.conftest import on_sqlite
from tests.console.conftest import Visitor
from tests.logged import logged
from webhook.console.site import PATH, Site

TAG = "<img src=x onerror=alert(7)>"
HOSTILE = f"\"'>{TAG}"
QUOTED = "%' OR '1'='1' --"
Visit = Callable[[], Visitor]


def pages(app: Flask) -> list[tuple[str, bool]]:
    """Below the console, whatever can be looked at; whether it is of one thing with a number."""
    site: Site = app.extensions["console"]
    return [
        (rule.rule.removeprefix(PATH), "<int:number>" in rule.rule)
        for rule in app.url_map.iter_rules()
        if rule.endpoint in site.needs
        and "GET" in (rule.methods or ())
        and set(rule.arguments) <= {"number"}
    ]


@pytest.mark.slow
@on_sqlite
def test_no_page_takes_a_name_for_html(
    app: Flask, bridge: Bridge, store: Store, visitor: Visit
) -> None:
    make(store, Size() * 0.0006, When(utc_now()), bridge.settings)
    with store.writing() as db:
        for table in schema.metadata.sorted_tables:
            named = {
                one.name: func.coalesce(one, "").concat(literal(HOSTILE))
                for one in table.columns
                if isinstance(one.type, OutsideText) and one.name not in ("status", "verb")
            }
            if named:
                db.execute(update(table).values(named))
        for row in db.execute(select(schema.courses)).all():
            content = row.content | {"name": HOSTILE, "organiser": HOSTILE}
            db.execute(
                update(schema.courses).where(schema.courses.c.id == row.id).values(content=content)
            )
    shown = 0
    for role in (Role.IT, Role.HR):
        somebody = visitor().as_(role)
        for path, of_one in pages(app):
            for number in (1, 2) if of_one else (0,):
                page = somebody.get(path.replace("<int:number>", str(number))).data
                assert TAG.encode() not in page, path
                shown += b"&lt;img src=x onerror" in page
    assert shown > 10, "the names are on the pages, as text"


@pytest.mark.slow
@on_sqlite
def test_no_question_is_taken_for_sql(
    app: Flask, bridge: Bridge, store: Store, visitor: Visit
) -> None:
    with store.writing() as db:
        values = {"nip": "198703152010012001", "name": "SITI", "registry_refs": {}}
        db.execute(schema.employees.insert().values(created_at=utc_now(), **values))
    somebody = visitor().as_(Role.HR)
    names = ("q", "name", "course", "unit", "status", "state", "sender", "verb", "by", "action")
    for path, of_one in pages(app):
        if not of_one:
            answer = somebody.get(path, query_string=dict.fromkeys(names, QUOTED))
            assert answer.status_code < 500, path
    assert "SITI" in somebody.get("/employees", query_string={"q": "siti"}).text
    assert "SITI" not in somebody.get("/employees", query_string={"q": QUOTED}).text
    with store.reading() as db:
        assert db.scalar(select(func.count()).select_from(schema.employees)) == 1


@pytest.mark.parametrize("form", ["text", "json"])
@pytest.mark.parametrize(
    "hostile", ["a\n2026-11-27T00:00:00Z [info] forged", "\x1b[2J\x1b]0;x\x07", "\x9b2J", "\u2028b"]
)
def test_nothing_logged_begins_a_line_or_acts_on_a_terminal(form: str, hostile: str) -> None:
    with logged(format=form) as written:
        structlog.get_logger("bridge").warning("refused", origin=hostile, many=[hostile])
        logging.getLogger("of_others").warning(hostile)
        try:
            raise ValueError(hostile)
        except ValueError:
            structlog.get_logger("bridge").exception("failed")
    lines = written.getvalue().split("\n")
    assert not any(line.startswith("2026-11-27T00:00:00Z") for line in lines)
    assert not set("\x1b\x07\x9b\u2028") & set(written.getvalue())
    if form == "json":
        assert [json.loads(line)["level"] for line in lines if line] == ["warning"] * 2 + ["error"]


@on_sqlite
@pytest.mark.parametrize("name", ["lang", "next", "q"])
def test_no_parameter_becomes_a_header(visitor: Visit, name: str) -> None:
    hostile = "id\r\nSet-Cookie: lms_bridge_session=planted"
    nobody = visitor()
    for path in ("/sign-in", "/employees", "/"):
        answer = nobody.get(path, query_string={name: hostile})
        assert answer.status_code < 500
        assert "planted" not in str(answer.headers.getlist("Set-Cookie"))
        assert not any("\r" in value or "\n" in value for _, value in answer.headers)


@on_sqlite
@pytest.mark.parametrize(
    "elsewhere",
    ["https://evil.example", "//evil.example", "/console//evil.example/../..", "\\evil"],
)
def test_nobody_is_led_to_another_site(visitor: Visit, elsewhere: str) -> None:
    answer = visitor().get("/sign-in", query_string={"next": elsewhere})
    assert "evil" not in answer.text or 'name="next" value=""' in answer.text


def test_no_subject_of_a_mail_becomes_a_header() -> None:
    mailer = Mailer(Email(host="mail.example", sender="bridge@kota.example"))
    subject = "Laporan\r\nBcc: evil@evil.example\r\n\r\nhello"
    letter = Letter(id="1", to="hr@kota.example", subject=subject, text="x")
    message: Any = mailer._message(letter, utc_now())
    assert message["Bcc"] is None
    assert b"\nBcc" not in message.as_bytes()


@on_sqlite
def test_no_name_of_a_file_is_a_path(visitor: Visit, tmp_path: Path) -> None:
    somebody = visitor().as_(Role.HR)
    for name in (str(tmp_path / "planted.csv"), "../../../../planted.csv"):
        sent = {"file": (io.BytesIO(b"key,name\n"), name)}
        answer = somebody.post("/courses/import", sent, content_type="multipart/form-data")
        assert answer.status_code == 422
    assert list(tmp_path.rglob("planted*")) == []
    for path in ("..%2f..%2f..%2fapp.py", "../../app.py", "%2fetc%2fpasswd", "..\\..\\app.py"):
        assert somebody.get(f"/static/{path}").status_code in (308, 403, 404)
