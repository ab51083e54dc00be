"""Signing in and out."""

from __future__ import annotations

import datetime as dt
import re
import time

from flask import Response, g, redirect, request, url_for
from flask_babel import gettext
from sqlalchemy import Connection

from lms_bridge.accounts import audit, passwords, sessions, totp, users
from lms_bridge.accounts.audit import Actor
from lms_bridge.accounts.totp import vault_of
from lms_bridge.accounts.users import User
from lms_bridge.bridge import utc_now
from webhook.console.gate import COOKIE, plain
from webhook.console.site import PATH, Site, actor_of
from webhook.pace import Pace
from webhook.peer import address, place_of

_TRIES_PER_MINUTE = 20
"""from one address"""
_OURS = re.compile(re.escape(PATH) + r"(/[0-9A-Za-z_/-]*)?")


def pages(site: Site) -> None:
    """Register them."""
    door = _Door(site)
    site.open("/sign-in", ["GET", "POST"], name="sign_in")(door.sign_in)
    site.open("/sign-out", ["POST"], name="sign_out")(door.sign_out)


class _Door:
    def __init__(self, site: Site) -> None:
        self._site = site
        self._pace = Pace()

    def sign_in(self) -> Response | str:
        """By username, password and, where there is one, the code of the second factor."""
        site = self._site
        if request.method == "GET":
            if g.session is not None:
                return plain(redirect(url_for("console.index"), 303))
            with site.bridge.store.reading() as db:
                nobody = not users.is_any(db)
            return self._form(nobody=nobody, ended=COOKIE in request.cookies)
        wait = self._pace.wait(place_of(address()), _TRIES_PER_MINUTE, time.monotonic())
        if wait:
            return self._refused(gettext("Too many tries. Wait a minute and try again."), 429)
        username = request.form.get("username", "")[:200]
        found = self._right(username, request.form.get("password", ""))
        if found is None:
            return self._refused(
                gettext(
                    "Username, password or code are not right, or the account is locked for 15"
                    " minutes after too many tries."
                )
            )
        now = utc_now()
        with site.bridge.store.writing() as db:
            token = begin_session(db, found, "account.signed_in", now)
        wanted = request.form.get("next", "")
        where = wanted if is_ours(wanted) else url_for("console.index")
        return site.with_cookie(plain(redirect(where, 303)), token)

    def sign_out(self) -> Response:
        """End the session."""
        site = self._site
        if g.session is not None:
            with site.bridge.store.writing() as db:
                sessions.end(db, request.cookies.get(COOKIE, ""))
        response = plain(redirect(url_for("console.sign_in"), 303))
        response.delete_cookie(COOKIE, path=PATH)
        return response

    def _right(self, username: str, password: str) -> User | None:
        """Whose name and password and code these are; a failure counts against the account."""
        site, now = self._site, utc_now()
        with site.bridge.store.reading() as db:
            user = users.find_by_username(db, username)
            hashed = users.password_hash_of(db, user.id) if user else None
        right = passwords.matches(hashed, password)
        with site.bridge.store.writing() as db:
            if user is None or user.disabled_at is not None or user.is_locked(now):
                # Noted as well, so that it takes as long as a wrong password: else the time would
                # tell who there is.
                _note(db, user, "account.refused", now)
                return None
            if right and user.has_totp:
                vault = vault_of(site.bridge.settings.console)
                code = request.form.get("code", "")
                right = vault is not None and totp.use(db, user.id, vault, code, now)
            if right:
                return user
            locked = users.note_failure(db, user.id, now=now)
            _note(db, user, "account.locked" if locked else "account.refused", now)
        return None

    def _form(self, *, status: int = 200, **values: object) -> Response:
        wanted = request.values.get("next", "")
        page = self._site.show(
            "console/sign_in.html",
            oidc=self._site.bridge.settings.console.oidc,
            next=wanted if is_ours(wanted) else "",
            **({"error": "", "nobody": False, "ended": False, "username": ""} | values),
        )
        return Response(page, status)

    def _refused(self, why: str, status: int = 403) -> Response:
        return self._form(status=status, error=why, username=request.form.get("username", "")[:100])


def begin_session(db: Connection, user: User, action: str, now: dt.datetime) -> str:
    """Sign `user` in, in the place of whoever was in this browser; the token for it."""
    users.note_success(db, user.id, now=now)
    token = sessions.begin(db, user.id, now=now)
    if old := request.cookies.get(COOKIE):
        sessions.end(db, old)
    _note(db, user, action, now)
    return token


def is_ours(address: str) -> bool:
    """Whether it is one of the console, to which somebody can be led without danger."""
    return bool(_OURS.fullmatch(address))


def _note(db: Connection, user: User | None, action: str, now: dt.datetime) -> None:
    """Note what `user` did, or somebody who is nobody here; not by what name, for people type
    their password there.
    """
    actor = actor_of(user) if user else Actor(name="?", role="", address=address())
    audit.note(db, actor, action, f"account:{user.id if user else '?'}", now=now)
