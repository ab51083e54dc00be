"""Signing in with the account of the agency."""

from __future__ import annotations

import msgspec
import structlog
from flask import Response, request, url_for
from flask_babel import gettext

from lms_bridge.accounts import signing_on
from lms_bridge.accounts.oidc import LASTS, Begun, Provider, SignOnFailed
from lms_bridge.accounts.totp import vault_of
from lms_bridge.bridge import utc_now
from lms_bridge.config.settings import Oidc
from lms_bridge.typed import decode
from webhook.console.signing_in import begin_session, is_ours
from webhook.console.site import PATH, Site

log = structlog.get_logger(__name__)

_BEGUN = "lms_bridge_sign_on"


def pages(site: Site) -> None:
    """Register them; there is a provider."""
    settings = site.bridge.settings.console.oidc
    assert settings is not None
    ways = _Ways(site, settings)
    site.open("/sign-on", ["GET"], name="oidc_start")(ways.start)
    site.open("/sign-on/back", ["GET"], name="oidc_back")(ways.back)


class _Ways:
    def __init__(self, site: Site, settings: Oidc) -> None:
        self._site = site
        self._settings = settings
        self._provider = Provider(settings)

    def start(self) -> Response:
        """Off to the provider."""
        wanted = request.args.get("next", "")
        vault = vault_of(self._site.bridge.settings.console)
        try:
            if vault is None:
                raise SignOnFailed("[console] key is missing")
            begun, where = self._provider.begin(
                self._address, wanted if is_ours(wanted) else "", utc_now()
            )
        except SignOnFailed as error:
            return self._failed(error)
        response = Response(status=303, headers={"Location": where})
        response.set_cookie(
            _BEGUN,
            vault.locked(msgspec.json.encode(begun)),
            max_age=int(LASTS.total_seconds()),
            path=f"{PATH}/sign-on",
            httponly=True,
            samesite="Lax",
            secure=self._site.is_secure,
        )
        return response

    def back(self) -> Response:
        """Back from there."""
        site, now = self._site, utc_now()
        try:
            begun = self._begun()
            if error := request.args.get("error"):
                raise SignOnFailed(f"the provider says {error[:80]!r}")
            told = self._provider.end(
                begun,
                request.args.get("state", ""),
                request.args.get("code", ""),
                self._address,
                now,
            )
            with site.bridge.store.writing() as db:
                user = signing_on.account_of(db, told, self._settings, now)
                token = begin_session(db, user, "account.signed_on", now)
        except SignOnFailed as error:
            return self._failed(error)
        where = begun.wanted or url_for("console.index")
        response = site.with_cookie(Response(status=303, headers={"Location": where}), token)
        response.delete_cookie(_BEGUN, path=f"{PATH}/sign-on")
        return response

    @property
    def _address(self) -> str:
        return f"{self._site.bridge.settings.web.home_page}{PATH}/sign-on/back"

    def _begun(self) -> Begun:
        vault = vault_of(self._site.bridge.settings.console)
        opened = vault.opened(request.cookies.get(_BEGUN, "")) if vault else None
        if opened is None:
            raise SignOnFailed("it was not begun in this browser")
        return decode(opened, Begun)

    def _failed(self, error: SignOnFailed) -> Response:
        log.warning("nobody was signed in by the provider", why=str(error))
        return self._site.refuse(
            403,
            gettext(
                "Signing in with the account of your agency did not work, or it has no access here."
                " Try again; if it stays so, tell the administrator, who finds the reason in the"
                " log."
            ),
        )
