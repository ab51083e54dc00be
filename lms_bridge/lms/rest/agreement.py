"""What is wrong with an LMS in TOML, told when the configuration is loaded."""

from __future__ import annotations

from collections.abc import Iterator

from lms_bridge.config.problems import Problem
from lms_bridge.lms.rest.requests import described
from lms_bridge.lms.rest.settings import RestSettings
from lms_bridge.mapped import agreement
from lms_bridge.mapped.requests import Prepared


def disagreements(settings: RestSettings, path: str) -> Iterator[Problem]:
    """Everything that could only go wrong later, by the place where it stands."""
    places = list(described(settings))
    named = {
        place.path: Prepared(place.request, settings, place.fields).names() for place in places
    }
    first = next(iter(named), "badges.award")
    fields = places[0].fields if places else ()
    names_token = "token" in named.get(first, ())
    yield from agreement.common(settings, path, first=first, fields=fields, names_token=names_token)
    for place in places:
        yield from agreement.request(settings, place.path, place.request, place.fields, path)
    if settings.activities.count("{course_id}") != 1:
        yield Problem(f"{path}.activity", "needs {course_id} in it, once")
    for where in [name for name in named if ".by_" in name]:
        if "value" not in named[where]:
            yield Problem(f"{path}.{where}", "does not ask for {value}, in its path, query or body")
    yield from _conditions(settings, path)
    yield from _looking_up(settings, path)
    yield from _courses(settings, named, path)
    yield from _badges(settings, named, path)


def _conditions(settings: RestSettings, path: str) -> Iterator[Problem]:
    """One that says nothing would be so of every row: of every account that it is closed."""
    for name, condition in (
        ("users.suspended", settings.users and settings.users.suspended),
        ("completions.only", settings.completions and settings.completions.only),
        ("badges.find.only", settings.badges.find and settings.badges.find.only),
    ):
        if not condition:
            continue
        looks = condition.equals is not None or condition.contains or condition.filled is not None
        if not (condition.where and looks):
            yield Problem(f"{path}.{name}", "needs where, and equals, contains or filled beside it")


def _looking_up(settings: RestSettings, path: str) -> Iterator[Problem]:
    for section, names in (
        ("users", ("username", "number", "email")),
        ("courses", ("number", "short_name")),
    ):
        table = getattr(settings, section)
        for name in names if table else ():
            if getattr(table, f"by_{name}") and not getattr(table.fields, name):
                # An API that does not know the parameter answers with everybody.
                yield Problem(
                    f"{path}.{section}.fields.{name}",
                    f"is required with by_{name}: an answer is believed that repeats what was"
                    " asked for",
                )


def _courses(settings: RestSettings, named: dict[str, set[str]], path: str) -> Iterator[Problem]:
    which = {"course_id", "course_number", "course_short_name"}
    if "completions" in named and not which & named["completions"]:
        yield Problem(
            f"{path}.completions",
            "names neither {course_id} nor {course_number} nor {course_short_name}: of which"
            " course are they?",
        )


def _badges(settings: RestSettings, named: dict[str, set[str]], path: str) -> Iterator[Problem]:
    badges = settings.badges
    who = {"user_id", "nip"}
    kind = {"badge", "badge_name", "competency", "cohort"}
    for name in ("find", "award", "revoke"):
        names = named.get(f"badges.{name}")
        if names is None or (name == "revoke" and "badge_id" in names):
            continue
        if not who & names:
            also = "" if name == "find" else " nor {nip}"
            yield Problem(f"{path}.badges.{name}", f"does not name {{user_id}}{also}: whose badge?")
        if name != "find" and not kind & names:
            yield Problem(
                f"{path}.badges.{name}", "names neither {badge} nor {badge_name}: which badge?"
            )
    find = badges.find
    if find and not (find.fields.key or find.fields.name or kind & named["badges.find"]):
        yield Problem(
            f"{path}.badges.find.fields",
            "key or name is required: which of the badges that somebody has is it?",
        )
    if badges.award and not find and "id" not in named["badges.award"]:
        yield Problem(
            f"{path}.badges.award",
            "does not name {id}, and there is no find: an award whose answer is lost is sent again,"
            " and only by that id can it be known for the same",
        )
    if badges.revoke and not badges.award:
        yield Problem(f"{path}.badges.revoke", "is not used without award")
