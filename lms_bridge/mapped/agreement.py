"""What is wrong with a system in TOML, told when the configuration is loaded."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from lms_bridge.config.agreement import is_address
from lms_bridge.config.problems import Problem, shown
from lms_bridge.mapped.dates import TemplateError, check_pattern
from lms_bridge.mapped.requests import Prepared, prepared_login
from lms_bridge.mapped.settings import Auth, Described, Request, Rule

_NEEDED = {
    "none": (),
    "basic": ("username", "password"),
    "bearer": ("token",),
    "oauth2": ("token_url", "client_id", "client_secret"),
    "login": ("login",),
}


def common(
    settings: Described, path: str, *, first: str, fields: Sequence[str], names_token: bool
) -> Iterator[Problem]:
    """What is wrong with what all requests share, by the place where it stands.

    The request `first` may name `fields`; `names_token` says whether it has ``{token}`` in it.
    """
    yield from _auth(settings.auth, f"{path}.auth")
    yield from _login(settings, f"{path}.auth", names_token=names_token, first=first)
    for number, pattern in enumerate(settings.dates, start=1):
        try:
            check_pattern(pattern, whole=True)
        except TemplateError as error:
            yield Problem(f"{path}.dates #{number}", str(error))
    yield from rules(settings.answers, f"{path}.answers")
    shared = Prepared(Request(path="/"), settings, fields)
    yield from (Problem(f"{path}.{setting}", message) for setting, message in shared.wrong)


def _auth(auth: Auth, path: str) -> Iterator[Problem]:
    for name in _NEEDED[auth.way]:
        if not getattr(auth, name):
            yield Problem(f"{path}.{name}", f'is required with way = "{auth.way}"')
    if auth.token_url and not is_address(auth.token_url):
        yield Problem(
            f"{path}.token_url",
            f"expected an address that begins with https:// (or http://), got"
            f" {shown(auth.token_url.rpartition('@')[2])}",
        )


def _login(settings: Described, path: str, *, names_token: bool, first: str) -> Iterator[Problem]:
    """What is wrong with the request that logs in, and with where its token goes."""
    auth = settings.auth
    if auth.login is None:
        return
    if auth.way != "login":
        yield Problem(f"{path}.login", f'is used with way = "login" only, not "{auth.way}"')
        return
    for setting, message in prepared_login(auth.login, settings).wrong:
        yield Problem(f"{path}.login.{setting}", message)
    yield from rules(auth.login.answers, f"{path}.login.answers", whole=False)
    if not (auth.header or auth.login.cookie) and not names_token:
        yield Problem(
            f"{path}.header",
            f'is "", so the token goes where a template has {{token}}, and {first} has none',
        )


def rules(those: tuple[Rule, ...], path: str, *, whole: bool = True) -> Iterator[Problem]:
    """What is wrong with the rules at `path`, which are to tell of success if they are `whole`."""
    for number, rule in enumerate(those, start=1):
        at = f"{path} #{number}"
        looks = rule.equals is not None or bool(rule.contains) or rule.filled is not None
        if not looks and not rule.status:
            yield Problem(at, "says nothing of the answer; give status, or where and equals")
        if rule.where and not looks:
            yield Problem(f"{at}.where", "needs equals, contains or filled beside it")
        if rule.equals is not None and not rule.where:
            yield Problem(f"{at}.where", "is required with equals")
    if whole and not any(rule.means == "success" for rule in those):
        yield Problem(path, 'has no rule with means = "success", so nothing would ever succeed')


def request(
    settings: Described, name: str, asked: Request, fields: Sequence[str], path: str
) -> Iterator[Problem]:
    """What is wrong with the request `name` below `path`, which may name those `fields`."""
    common = {
        *(f"query.{each}" for each in settings.query.keys() - asked.query.keys()),
        *(f"headers.{each}" for each in settings.headers.keys() - asked.headers.keys()),
    }
    for setting, message in Prepared(asked, settings, fields).wrong:
        if setting not in common:  # what is in every request is told of once
            yield Problem(f"{path}.{name}.{setting}", message)
    yield from rules(asked.answers, f"{path}.{name}.answers", whole=False)
