"""Repairing what the reconciliation has found: first it is said what will be done."""

from __future__ import annotations

from flask import Response, request
from flask_babel import gettext

from lms_bridge.accounts.roles import Permission
from lms_bridge.attention import overview, repairs
from lms_bridge.attention.groups import Cause, Group, Kind
from lms_bridge.bridge import utc_now
from lms_bridge.learner.wording import place
from lms_bridge.reconciling.findings import Repair
from webhook.console.site import Site

_LONGEST = 500


def pages(site: Site) -> None:
    """Register them."""
    own = _Repairs(site)
    path = "/attention/finding/<int:member>/repair"
    site.act(path, Permission.ACT, name="attention_repair")(own.look)
    site.act(f"{path}/approve", Permission.ACT, name="attention_approve")(own.approve)


class _Repairs:
    def __init__(self, site: Site) -> None:
        self._site = site

    def look(self, member: int) -> Response | str:
        """What would be done, to how many."""
        site, how = self._site, _how()
        if how is None:
            return self._back(member, gettext("Choose how it is repaired."), "bad")
        with site.bridge.store.reading() as db:
            group = self._group(member)
            ids = self._ids(group)
            able = repairs.count(db, ids, how)
        if not ids:
            return self._back(member, gettext("Tick some first, or choose all."), "bad")
        if not able[True]:
            return self._back(member, gettext("None of them can be repaired like that."), "bad")
        return site.show(
            "console/attention_repair.html",
            cause=group.cause,
            group=group,
            how=how,
            sentence=gettext(repairs.SENTENCES[how], remote=place(group.title)),
            able=able[True],
            unable=able[False],
            everything=request.form.get("which") == "all",
            ids=[] if request.form.get("which") == "all" else ids,
            why=request.form.get("why", "").strip()[:_LONGEST],
        )

    def approve(self, member: int) -> Response:
        """Have it done."""
        site, how, why = self._site, _how(), request.form.get("why", "").strip()[:_LONGEST]
        if how is None or not why:
            return self._back(member, gettext("Say why it is repaired."), "bad")
        ids = self._ids(self._group(member))
        count = repairs.approve(
            site.bridge.store, ids, how, actor=site.actor, why=why, now=utc_now()
        )
        told = gettext(
            "Repairs approved: %(count)s. It is looked again first; what is so no more is left"
            " alone.",
            count=count,
        )
        return self._back(member, told, "good")

    def _group(self, member: int) -> Group:
        cause = Cause(Kind.FINDING, member)
        with self._site.bridge.store.reading() as db:
            group = overview.find(db, cause, self._site.sight(db))
        if group is None:
            raise self._site.missing()
        return group

    def _ids(self, group: Group) -> list[int]:
        """Those that were ticked, or all of the group."""
        if request.form.get("which") != "all":
            return request.form.getlist("id", type=int)
        with self._site.bridge.store.reading() as db:
            return [one for some in repairs.of_group(db, group.cause) for one in some]

    def _back(self, member: int, told: str, kind: str) -> Response:
        return self._site.back(
            "console.attention_group", told=told, kind=kind, what="finding", member=member
        )


def _how() -> Repair | None:
    try:
        return Repair(request.form.get("how", ""))
    except ValueError:
        return None
