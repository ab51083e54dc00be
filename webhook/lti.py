"""Coming in from an LMS: by LTI 1.3, or by a link that the LMS has signed itself.

LTI takes two requests. The platform has the browser begin at ``/lti/login``, from where it is sent
back to the platform with a question; the platform has it post the answer to ``/lti/launch``
(SEC 5.1.1). What of that is believed is told in :mod:`lms_bridge.lti`.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from urllib.parse import urlencode

import structlog
from flask import Blueprint, Response, redirect, request

from lms_bridge.bridge import Bridge, utc_now
from lms_bridge.config.settings import Platform
from lms_bridge.learner import handed, once
from lms_bridge.learner.whom import Finder, NobodyKnown
from lms_bridge.lti import launch, state
from lms_bridge.lti.keys import PlatformKeys
from lms_bridge.lti.refused import Refused
from webhook.entrance import PATH, Entrance
from webhook.learner import Page

log = structlog.get_logger(__name__)

LOGIN, LAUNCH, KEYS = "/lti/login", "/lti/launch", "/lti/jwks.json"
ENTER = f"{PATH}/enter"
_ERROR = re.compile(r"[a-z_]{1,40}")
_LONGEST_HINT = 4096


def let_in(blueprint: Blueprint, bridge: Bridge, entrance: Entrance, page: Page) -> None:
    """Have the pages of `blueprint` be reached from the LMSs that are configured."""
    ways = Ways(bridge, entrance, page)

    @blueprint.errorhandler(Refused)
    def refuse(refusal: Refused) -> Response:
        log.warning("nobody was let in from an LMS", why=refusal.code, path=request.path)
        if refusal.code == "used_before":
            return entrance.outside("used", 403)
        return entrance.outside("launch", 403, what=refusal.code)

    @blueprint.errorhandler(NobodyKnown)
    def nobody(nobody: NobodyKnown) -> Response:
        log.warning("it is not known who came from an LMS", why=nobody.code)
        return entrance.outside(nobody.code, 503 if nobody.code == "silent" else 403)

    add: Callable[..., None] = blueprint.add_url_rule
    if bridge.settings.lti:
        add(LOGIN, view_func=ways.login, methods=["GET", "POST"])
        add(LAUNCH, view_func=ways.launch, methods=["POST"])
        add(KEYS, view_func=ways.keys)
    add(ENTER, view_func=ways.enter, methods=["GET", "POST"])


class Ways:
    """The ways from an LMS."""

    def __init__(self, bridge: Bridge, entrance: Entrance, page: Page) -> None:
        settings = bridge.settings
        self._store = bridge.store
        self._settings = settings
        self._platforms = {state.named(one): one for one in settings.lti}
        self._keys = {name: PlatformKeys(one) for name, one in self._platforms.items()}
        self._finder = Finder(bridge.store, settings, lambda: bridge.lms, clock=utc_now)
        self._entrance = entrance
        self._page = page
        self._home_page = settings.web.home_page

    def login(self) -> Response:
        """A platform asks us to ask it who that is (SEC 5.1.1.1)."""
        if refused := self._entrance.wait():
            return refused
        asked = request.values
        platform = self._platform(asked.get("iss", ""), asked.get("client_id"))
        deployment = asked.get("lti_deployment_id")
        if deployment is not None and deployment not in platform.deployments:
            raise Refused("wrong_deployment")
        hint, message = asked.get("login_hint", ""), asked.get("lti_message_hint", "")
        if not hint or len(hint) + len(message) > _LONGEST_HINT:
            raise Refused("login_unreadable")
        begun = state.begun(platform, utc_now())
        question = {
            "scope": "openid",
            "response_type": "id_token",
            "response_mode": "form_post",
            "prompt": "none",
            "client_id": platform.client_id,
            "redirect_uri": self._home_page + LAUNCH,
            "login_hint": hint,
            "state": begun.sealed(self._entrance.key()),
            "nonce": begun.nonce,
        } | ({"lti_message_hint": message} if message else {})
        joint = "&" if "?" in platform.auth_url else "?"
        response = redirect(f"{platform.auth_url}{joint}{urlencode(question)}", 302)
        lasts = int(state.LASTS.total_seconds())
        self._entrance.set_cookie(response, self._entrance.begun, begun.nonce, lasts)
        assert isinstance(response, Response)
        return response

    def launch(self) -> Response:
        """The platform says who it is (SEC 5.1.1.3)."""
        if refused := self._entrance.wait():
            return refused
        now = utc_now()
        begun = state.opened(request.form.get("state", ""), self._entrance.key(), now)
        platform = self._platforms.get(begun.platform)
        if platform is None:
            raise Refused("platform_unknown")
        if said := request.form.get("error"):
            raise Refused(f"platform: {said}" if _ERROR.fullmatch(said) else "platform: error")
        token = request.form.get("id_token", "")
        who = launch.read(token, platform, begun.nonce, self._keys[begun.platform], now)
        with self._store.writing() as db:
            until = now + state.LASTS
            if not once.use(db, f"nonce {begun.platform} {begun.nonce}", until=until, now=now):
                raise Refused("used_before")
        lms = platform.lms or self._settings.lms_of("")
        found = self._finder.by_field(lms, who.field, who.value)
        return self._enter(found, bound=request.cookies.get(self._entrance.begun) == begun.nonce)

    def keys(self) -> Response:
        """The public keys of the bridge: none, for it signs nothing that a platform reads."""
        return Response(b'{"keys":[]}', mimetype="application/json")

    def enter(self) -> Response:
        """A link that an LMS has signed; opened as an address it shows a button first."""
        if refused := self._entrance.wait():
            return refused
        settings, now = self._entrance.settings, utc_now()
        token = request.form.get("token") or request.args.get("token", "")
        said = handed.read(token, settings.links, self._home_page + PATH, now)
        if "token" in request.args and handed.names_a_nip(said):
            raise Refused("nip_in_address")
        if request.method == "GET":
            response = self._entrance.outside("button", 200)
            self._entrance.set_cookie(response, self._entrance.begun, "1", 600)
            return response
        with self._store.writing() as db:
            if not once.use(db, f"link {said.lms} {said.id}", until=said.until, now=now):
                raise Refused("used_before")
        found = self._finder.by_account(said.lms, said.account)
        bound = self._entrance.begun in request.cookies and not self._entrance.is_from_elsewhere()
        return self._enter(found, bound=bound)

    def _enter(self, employee_id: int, *, bound: bool) -> Response:
        return self._page.enter(self._entrance.employee(employee_id), bound=bound)

    def _platform(self, issuer: str, client_id: str | None) -> Platform:
        """The one that is meant; by the issuer alone where there is only one of it."""
        fitting = [
            one
            for one in self._platforms.values()
            if one.issuer == issuer and client_id in (None, one.client_id)
        ]
        if len(fitting) != 1:
            raise Refused("platform_unknown")
        return fitting[0]
