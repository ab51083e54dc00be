"""One's own account: password, second factor, where one is signed in."""

from __future__ import annotations

import base64
import binascii

from flask import Response, request
from flask_babel import gettext
from markupsafe import Markup

from lms_bridge.accounts import audit, passwords, sessions, totp, users
from lms_bridge.accounts.totp import vault_of
from lms_bridge.bridge import utc_now
from lms_bridge.openbadges import qr
from webhook.console.site import Site

_ISSUER = "lms-bridge"


def words_of(unfit: passwords.Unfit) -> str:
    """Why a password cannot be taken."""
    words: dict[str, str] = {
        "short": gettext("A password has %(least)s characters or more.", least=passwords.SHORTEST),
        "long": gettext("A password has %(most)s characters or fewer.", most=passwords.LONGEST),
        "name": gettext("This is too easy to guess: take words that nobody else would."),
    }
    return words[unfit.code]


def pages(site: Site) -> None:
    """Register them."""
    own = _Own(site)
    site.own("/profile", ["GET"], name="profile")(own.profile)
    site.own("/profile/password", ["GET"], name="password")(own.password)
    site.own("/profile/password", ["POST"], name="set_password")(own.set_password)
    site.own("/profile/totp", ["GET"], name="totp")(own.totp)
    site.own("/profile/totp", ["POST"], name="set_totp")(own.set_totp)
    site.own("/profile/totp/off", ["POST"], name="no_totp")(own.no_totp)


class _Own:
    def __init__(self, site: Site) -> None:
        self._site = site

    def profile(self) -> str:
        """What there is of one's own account."""
        return self._site.show(
            "console/profile.html",
            can_totp=vault_of(self._site.bridge.settings.console) is not None,
        )

    def password(self) -> str:
        """The form for another password."""
        return self._site.show("console/password.html", errors={})

    def set_password(self) -> Response:
        """Take another password; all other sessions end."""
        site, user, now = self._site, self._site.user, utc_now()
        with site.bridge.store.reading() as db:
            hashed = users.password_hash_of(db, user.id)
        errors: dict[str, str] = {}
        token = ""
        new = request.form.get("new", "")
        if not passwords.matches(hashed, request.form.get("old", "")):
            errors["old"] = gettext("This is not your present password.")
            with site.bridge.store.writing() as db:
                if users.note_failure(db, user.id, now=now):
                    users.end_sessions(db, user.id)
        elif new != request.form.get("again", ""):
            errors["again"] = gettext("This is not the same as above.")
        else:
            try:
                with site.bridge.store.writing() as db:
                    users.set_password(db, user, new, must_change=False)
                    audit.note(db, site.actor, "account.password", f"account:{user.id}", now=now)
                    token = sessions.begin(db, user.id, now=now)
                    fresh = sessions.find(db, token, now=now)
                    assert fresh is not None
                    sessions.tell(db, fresh, "good", gettext("Your password is changed."))
            except passwords.Unfit as unfit:
                errors["new"] = words_of(unfit)
        if errors:
            return Response(site.show("console/password.html", errors=errors), 422)
        return site.with_cookie(site.back("console.profile"), token)

    def totp(self) -> str:
        """The QR code of a new second factor."""
        return self._offer(totp.new_secret(), error="")

    def set_totp(self) -> Response:
        """Turn it on, once its first code is right."""
        site, user, now = self._site, self._site.user, utc_now()
        vault = vault_of(site.bridge.settings.console)
        try:
            secret = base64.b32decode(request.form.get("secret", ""))
        except (binascii.Error, ValueError):
            secret = b""
        if vault is None or len(secret) < 20:
            return site.back("console.profile")
        if totp.step_of(secret, request.form.get("code", ""), now) is None:
            return Response(self._offer(secret, error=gettext("This code is not right.")), 422)
        with site.bridge.store.writing() as db:
            users.set_totp(db, user.id, vault.locked(secret))
            audit.note(db, site.actor, "account.totp_on", f"account:{user.id}", now=now)
        return site.back("console.profile", told=gettext("The second factor is on."))

    def no_totp(self) -> Response:
        """Turn it off, with a code of it."""
        site, user, now = self._site, self._site.user, utc_now()
        vault = vault_of(site.bridge.settings.console)
        with site.bridge.store.writing() as db:
            code = request.form.get("code", "")
            right = vault is not None and totp.use(db, user.id, vault, code, now)
            if right:
                users.set_totp(db, user.id, None)
                audit.note(db, site.actor, "account.totp_off", f"account:{user.id}", now=now)
            elif users.note_failure(db, user.id, now=now):
                users.end_sessions(db, user.id)
        if not right:
            told = gettext("This code is not right.")
            return site.back("console.profile", told=told, kind="bad")
        return site.back("console.profile", told=gettext("The second factor is off."))

    def _offer(self, secret: bytes, *, error: str) -> str:
        address = totp.address(secret, username=self._site.user.username, issuer=_ISSUER)
        return self._site.show(
            "console/totp.html",
            secret=totp.shown(secret),
            picture=Markup(qr.svg(address).decode()),  # noqa: S704 - drawn by us, of squares alone
            error=error,
        )
