"""Health: every part and every outside system, its last error in words and what to do.

What is to be done most often is done here: a token is replaced, a system tried, its deliveries
paused. The page is loaded anew by itself where it tells how things are; forms stay as they are.
"""

from __future__ import annotations

from flask import Response, request
from flask_babel import gettext

from lms_bridge.accounts import audit
from lms_bridge.accounts.roles import Permission
from lms_bridge.bridge import utc_now
from lms_bridge.deliveries import health
from lms_bridge.operation import condition, renewing, trying
from lms_bridge.operation.renewing import CannotRenew
from webhook import dressing
from webhook.console.site import Site


def pages(site: Site) -> None:
    """Register them."""
    own = _Health(site)
    site.page("/health", Permission.SYSTEM, name="health")(own.health)
    act = Permission.OPERATE
    site.act("/health/<remote>/secret", act, name="health_secret")(own.renew)
    site.act("/health/<remote>/try", act, name="health_try")(own.try_)
    site.act("/health/<remote>/pause", act, name="health_pause")(own.pause)
    site.act("/health/<remote>/resume", act, name="health_resume")(own.resume)


class _Health:
    def __init__(self, site: Site) -> None:
        self._site = site

    def health(self) -> str:
        """How everything is doing."""
        return self._page()

    def renew(self, remote: str) -> Response:
        """Put a token that was pasted where it belongs, and try it."""
        site, now = self._site, utc_now()
        self._known(remote)
        setting = request.form.get("setting", "")
        try:
            path = renewing.renew(
                site.bridge,
                remote,
                setting,
                request.form.get("secret", ""),
                actor=site.actor,
                force="force" in request.form,
                now=now,
            )
        except KeyError:
            raise site.missing() from None
        except CannotRenew as error:
            # Not the secret itself: it is written to a file or nowhere.
            wrong = {
                "remote": remote,
                "setting": setting,
                "why": [gettext(one.says, **one.details) for one in error.objections],
                "may_be_forced": error.may_be_forced,
            }
            return Response(self._page(wrong), 422)
        told = gettext(
            "The new one is in %(path)s. %(remote)s is tried with it now.", path=path, remote=remote
        )
        return site.back("console.health", told=told, _anchor=_anchor(remote))

    def try_(self, remote: str) -> Response:
        """Have it tried by a worker."""
        site, now = self._site, utc_now()
        self._known(remote)
        with site.bridge.store.writing() as db:
            trying.ask(db, remote, by=site.user.username, now=now)
            audit.note(db, site.actor, "remote.tried", f"remote:{remote}", now=now)
        return site.back("console.health", _anchor=_anchor(remote))

    def pause(self, remote: str) -> Response:
        """Deliver nothing there for a while."""
        site, now = self._site, utc_now()
        self._known(remote)
        why = request.form.get("why", "").strip()[:500]
        with site.bridge.store.writing() as db:
            if health.pause(db, remote, by=site.user.username, why=why, now=now):
                details = {"why": why}
                audit.note(db, site.actor, "remote.paused", f"remote:{remote}", details, now=now)
        told = gettext("Nothing is delivered to %(remote)s until it is resumed.", remote=remote)
        return site.back("console.health", told=told, _anchor=_anchor(remote))

    def resume(self, remote: str) -> Response:
        """Deliver there again."""
        site, now = self._site, utc_now()
        self._known(remote)
        with site.bridge.store.writing() as db:
            if health.resume(db, remote, now=now):
                audit.note(db, site.actor, "remote.resumed", f"remote:{remote}", now=now)
        told = gettext("What waits for %(remote)s is delivered again.", remote=remote)
        return site.back("console.health", told=told, _anchor=_anchor(remote))

    def _known(self, remote: str) -> None:
        if remote not in self._site.bridge.remotes:
            raise self._site.missing()

    def _page(self, wrong: dict[str, object] | None = None) -> str:
        bridge, now = self._site.bridge, utc_now()
        with bridge.store.reading() as db:
            parts = condition.parts(bridge, db, now)
            remotes = condition.remotes(bridge, db, now)
        return self._site.show(
            "console/health.html",
            parts=parts,
            remotes=remotes,
            wrong=wrong or {},
            spoken=dressing.language(),
        )


def _anchor(remote: str) -> str:
    return remote.replace(".", "-")
