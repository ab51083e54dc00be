"""What waits for a person, by cause, with the remedy beside it."""

from __future__ import annotations

import datetime as dt
import re
from typing import Any

from flask import request, url_for
from flask_babel import gettext
from sqlalchemy import Connection

from lms_bridge.accounts.roles import Permission
from lms_bridge.accounts.sight import Sight
from lms_bridge.attention import dismissing, outcome, overview, repairs, waiting
from lms_bridge.attention.groups import PAGE, Act, Cause, Group, Kind, Member
from lms_bridge.attention.outcome import Outcome
from lms_bridge.catalogue import shown
from lms_bridge.people import candidates
from webhook.console import attention_acts, courses
from webhook.console.site import Site

_COMMAND_ASIDE = re.compile(r"\s?\(lms-bridge [^)]*\)")
_RETRY = re.compile(r"lms-bridge deliveries retry(?: [\d?]+)?")
_CANCEL = re.compile(r"lms-bridge deliveries cancel(?: [\d?]+)?(?: --why …)?")


def pages(site: Site) -> None:
    """Register them."""
    own = Attention(site)
    site.page("/attention", Permission.PEOPLE, name="attention")(own.everything)
    site.page("/attention/all/<what>", Permission.PEOPLE, name="attention_kind")(own.of_kind)
    site.page("/attention/dismissed", Permission.PEOPLE, name="attention_dismissed")(own.dismissed)
    path = "/attention/<what>/<int:member>"
    site.page(path, Permission.PEOPLE, name="attention_group")(own.group)
    site.act(f"{path}/people", Permission.ACT, name="attention_people")(own.people)
    site.page(f"{path}/outcome", Permission.PEOPLE, name="attention_outcome")(own.came)
    attention_acts.acts(site)
    site.blueprint.add_app_template_filter(in_console, "in_console")


def in_console(text: str) -> str:
    """A remedy for somebody who has buttons and no command line."""
    text = _CANCEL.sub(gettext("“Give up”"), _COMMAND_ASIDE.sub("", text))
    return _RETRY.sub(gettext("“Send again”"), text)


class Attention:
    """The pages."""

    def __init__(self, site: Site) -> None:
        self._site = site

    def everything(self) -> str:
        """All of it, by what the causes are about."""
        site = self._site
        with site.bridge.store.reading() as db:
            sections = overview.look(db, site.sight(db))
        return site.show("console/attention.html", sections=sections, titles=titles())

    def of_kind(self, what: str) -> str:
        """The groups of one kind, page by page."""
        site, found = self._site, self._kind(what)
        after = request.args.get("after", 0, type=int)
        with site.bridge.store.reading() as db:
            groups = overview.page(db, found, site.sight(db), after=after, limit=PAGE + 1)
        return site.show(
            "console/attention_kind.html",
            kind=found,
            groups=groups[:PAGE],
            titles=titles(),
            next_url=url_for(
                "console.attention_kind", what=what, after=groups[PAGE - 1].cause.member
            )
            if len(groups) > PAGE
            else "",
            first_url=url_for("console.attention_kind", what=what) if after else "",
        )

    def group(self, what: str, member: int) -> str:
        """One group, with its members and what can be done."""
        site, cause = self._site, Cause(self._kind(what), member)
        after = request.args.get("after", 0, type=int)
        with site.bridge.store.reading() as db:
            sight = site.sight(db)
            found = overview.find(db, cause, sight)
            if found is None and cause.kind is not Kind.WITHDRAWAL:
                raise site.missing()
            members = overview.members(db, cause, sight, after=after, limit=PAGE + 1)
            values: dict[str, Any] = {"group": found, "members": members[:PAGE]}
            came = self._outcome(db, cause, sight)
            is_found = cause.kind is Kind.FINDING
            repaired = repairs.how_many_under_way(db) if is_found else 0
            remedy = self._remedy(db, found, members, sight) if found and found.count else {}
        here: dict[str, Any] = {"what": what, "member": member}
        return site.show(
            "console/attention_group.html",
            cause=cause,
            acts=found.acts if found and found.count and site.user.may(Permission.ACT) else (),
            A=Act,
            K=Kind,
            titles=titles(),
            came=came,
            repaired=repaired,
            since=request.args.get("since", ""),
            next_url=url_for("console.attention_group", after=members[PAGE - 1].id, **here)
            if len(members) > PAGE
            else "",
            first_url=url_for("console.attention_group", **here) if after else "",
            **values,
            **remedy,
        )

    def came(self, what: str, member: int) -> str:
        """What has come of an act so far, for the page that waits for it."""
        site, cause = self._site, Cause(self._kind(what), member)
        with site.bridge.store.reading() as db:
            came = self._outcome(db, cause, site.sight(db))
        if came is None:
            raise site.missing()
        return site.show(
            "console/attention_came.html",
            came=came,
            cause=cause,
            since=request.args.get("since", ""),
        )

    def people(self, what: str, member: int) -> str:
        """Who may be meant by what was typed; it may be a NIP, so it is no part of an address."""
        site = self._site
        words = request.form.get("q", "")[:100].strip()
        with site.bridge.store.reading() as db:
            found = candidates.find(db, words, site.sight(db))
        return site.show("console/attention_people.html", people=found, words=words)

    def dismissed(self) -> str:
        """What was dismissed, and by whom; to be taken back."""
        site, after = self._site, request.args.get("after", 0, type=int)
        with site.bridge.store.reading() as db:
            sight = site.sight(db)
            standing = [] if after else dismissing.standing(db, sight)
            members = dismissing.dismissed(db, sight, after=after, limit=PAGE + 1)
        return site.show(
            "console/attention_dismissed.html",
            standing=standing,
            members=members[:PAGE],
            next_url=url_for("console.attention_dismissed", after=members[PAGE - 1].id)
            if len(members) > PAGE
            else "",
            first_url=url_for("console.attention_dismissed") if after else "",
        )

    def _kind(self, what: str) -> Kind:
        try:
            return Kind(what)
        except ValueError:
            raise self._site.missing() from None

    def _remedy(
        self, db: Connection, group: Group, members: list[Member], sight: Sight
    ) -> dict[str, Any]:
        """What the form of the remedy is filled in with."""
        if group.cause.kind is Kind.COURSE:
            row = waiting.row_of(db, group.cause)
            assert row is not None
            texts = {"organiser": shown.usual_organiser(db)} | courses.suggested(row)
            return {
                "texts": texts,
                "errors": {},
                "places": 2,
                "courses": [one for one in shown.page(db, limit=500) if one.is_editable],
                **courses.choices(self._site),
            }
        if group.cause.kind is Kind.PERSON:
            name = members[0].person if members else group.title
            return {"people": candidates.guess(db, name, sight), "words": ""}
        if group.cause.kind is Kind.FINDING:
            ids = [one.id for one in members[:PAGE]]
            return {"hows": repairs.offered(db, ids), "repairing": repairs.under_way(db, ids)}
        return {}

    def _outcome(self, db: Connection, cause: Cause, sight: Sight) -> Outcome | None:
        """What came of what was done `since`; None if nothing was, or it may not be seen."""
        since = _moment(request.args.get("since", ""))
        row = waiting.row_of(db, cause) if since else None
        if since is None or row is None or not sight.is_whole:
            return None
        return outcome.read(db, waiting.about_the_same(cause.kind, row), since=since)


def titles() -> dict[Kind, str]:
    """What the kinds of causes are called."""
    return {
        Kind.COURSE: gettext("Unknown courses"),
        Kind.PERSON: gettext("Unknown people"),
        Kind.STATEMENT: gettext("What statements say"),
        Kind.DELIVERY: gettext("Refused, or to be done by hand"),
        Kind.UPLOAD: gettext("Files to be made or uploaded"),
        Kind.WITHDRAWAL: gettext("Taken back after it was recorded"),
        Kind.FINDING: gettext("LMS, bridge and registry differ"),
    }


def _moment(text: str) -> dt.datetime | None:
    try:
        moment = dt.datetime.fromisoformat(text)
    except ValueError:
        return None
    return moment if moment.tzinfo else None
