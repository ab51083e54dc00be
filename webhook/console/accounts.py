"""Accounts: who may use the console, as what; made, changed, kept out, given new passwords.

A password that is made here is shown once, on the page that answers the form. What concerns one's
own account is done in *Your account*, so that nobody shuts themselves out by mistake.
"""

from __future__ import annotations

from collections.abc import Mapping

from flask import Response, request
from flask_babel import gettext
from sqlalchemy import Connection

from lms_bridge.accounts import audit, passwords, users
from lms_bridge.accounts.roles import Permission, Role
from lms_bridge.accounts.sight import Unit
from lms_bridge.accounts.users import AccountProblem, User
from lms_bridge.bridge import utc_now
from lms_bridge.people import units
from webhook.console.site import Site


def pages(site: Site) -> None:
    """Register them."""
    own = _Accounts(site)
    needs = Permission.ACCOUNTS
    site.page("/accounts", needs, name="accounts")(own.every)
    site.page("/accounts/new", needs, name="account_new")(own.new)
    site.act("/accounts/new", needs, name="account_create")(own.create)
    site.page("/accounts/<int:number>", needs, name="account")(own.one)
    site.act("/accounts/<int:number>", needs, name="account_change")(own.change)
    site.act("/accounts/<int:number>/password", needs, name="account_reset")(own.reset)
    site.act("/accounts/<int:number>/totp-off", needs, name="account_totp_off")(own.totp_off)
    site.act("/accounts/<int:number>/sign-out", needs, name="account_sign_out")(own.sign_out)
    site.act("/accounts/<int:number>/disable", needs, name="account_disable")(own.disable)
    site.act("/accounts/<int:number>/enable", needs, name="account_enable")(own.enable)


def words_of(problem: AccountProblem) -> str:
    """Why an account cannot be so."""
    words: dict[str, str] = {
        "username form": gettext(
            "A username has 2 to 100 of the letters a to z, digits, and . _ - @, and begins with"
            " a letter or a digit."
        ),
        "username taken": gettext("There is an account of this name already."),
        "unit needed": gettext("Choose the unit that this officer sees."),
        "unit not_needed": gettext("Only a personnel officer has a unit."),
        "role form": gettext("Choose a role."),
        "role last": gettext("This is the last IT administrator. Make another one first."),
    }
    return words[f"{problem.field} {problem.code}"]


class _Accounts:
    def __init__(self, site: Site) -> None:
        self._site = site

    def every(self) -> str:
        """All accounts."""
        with self._site.bridge.store.reading() as db:
            found = users.every(db)
        return self._site.show("console/accounts.html", accounts=found)

    def new(self) -> str:
        """The form for a new one."""
        return self._form(None, {"role": Role.HR}, {})

    def create(self) -> Response:
        """Make one, and show its password for the first time."""
        site, now = self._site, utc_now()
        password = passwords.made_up(request.form.get("username", "").strip())
        try:
            with site.bridge.store.writing() as db:
                made = users.create(
                    db,
                    username=request.form.get("username", ""),
                    role=_role(),
                    name=request.form.get("name", "")[:200],
                    email=request.form.get("email", "")[:200],
                    unit=_unit(db),
                    password=password,
                    now=now,
                )
                details = {"username": made.username, "role": made.role}
                audit.note(
                    db, site.actor, "account.created", f"account:{made.id}", details, now=now
                )
        except AccountProblem as problem:
            errors = {problem.field: words_of(problem)}
            return Response(self._form(None, request.form, errors), 422)
        return Response(site.show("console/account_password.html", whose=made, password=password))

    def one(self, number: int) -> str:
        """One account, with what can be done about it."""
        user = self._find(number)
        unit = f"{user.unit.registry}|{user.unit.id}" if user.unit else ""
        values = {"name": user.name, "email": user.email, "role": user.role, "unit": unit}
        return self._form(user, values, {})

    def change(self, number: int) -> Response:
        """Change name, address, role and unit."""
        site, user, now = self._site, self._find(number), utc_now()
        try:
            with site.bridge.store.writing() as db:
                role, unit = _role(), _unit(db)
                if user.id == site.user.id and role != user.role:
                    raise AccountProblem("role", "own")
                users.change(
                    db,
                    user.id,
                    name=request.form.get("name", "")[:200],
                    email=request.form.get("email", "")[:200],
                    role=role,
                    unit=unit,
                )
                details = {
                    "username": user.username,
                    "role": role,
                    "before": user.role,
                    "unit": unit.name if unit else "",
                }
                audit.note(
                    db, site.actor, "account.changed", f"account:{user.id}", details, now=now
                )
        except AccountProblem as problem:
            own = gettext("Nobody takes their own role away. Ask another administrator.")
            errors = {problem.field: own if problem.code == "own" else words_of(problem)}
            return Response(self._form(user, request.form, errors), 422)
        told = gettext("The account of %(name)s is changed.", name=user.username)
        return site.back("console.accounts", told=told)

    def reset(self, number: int) -> Response:
        """Give it a new password, which is shown once."""
        site, user = self._site, self._find(number)
        if user.id == site.user.id:
            return self._not_oneself()
        password = passwords.made_up(user.username)
        with site.bridge.store.writing() as db:
            users.set_password(db, user, password, must_change=True)
            self._note(db, "account.reset", user)
        return Response(site.show("console/account_password.html", whose=user, password=password))

    def totp_off(self, number: int) -> Response:
        """Let the password alone be enough again, for whoever has lost their phone."""
        site, user = self._site, self._find(number)
        if user.id == site.user.id:
            return self._not_oneself()
        with site.bridge.store.writing() as db:
            users.set_totp(db, user.id, None)
            users.end_sessions(db, user.id)
            self._note(db, "account.totp_off", user)
        told = gettext("%(name)s signs in without a second factor now.", name=user.username)
        return site.back("console.account", number=user.id, told=told)

    def sign_out(self, number: int) -> Response:
        """End all its sessions."""
        site, user = self._site, self._find(number)
        if user.id == site.user.id:
            return self._not_oneself()
        with site.bridge.store.writing() as db:
            users.end_sessions(db, user.id)
            self._note(db, "account.signed_out_everywhere", user)
        told = gettext("%(name)s is signed out everywhere.", name=user.username)
        return site.back("console.account", number=user.id, told=told)

    def disable(self, number: int) -> Response:
        """Keep somebody out from now on."""
        return self._set_disabled(number, disabled=True)

    def enable(self, number: int) -> Response:
        """Let somebody in again."""
        return self._set_disabled(number, disabled=False)

    def _set_disabled(self, number: int, *, disabled: bool) -> Response:
        site, user, now = self._site, self._find(number), utc_now()
        if user.id == site.user.id:
            return self._not_oneself()
        try:
            with site.bridge.store.writing() as db:
                users.disable(db, user.id, disabled=disabled, now=now)
                self._note(db, "account.disabled" if disabled else "account.enabled", user)
        except AccountProblem as problem:
            return site.back("console.account", number=user.id, told=words_of(problem), kind="bad")
        told = (
            gettext("%(name)s is kept out from now on.", name=user.username)
            if disabled
            else gettext("%(name)s may sign in again.", name=user.username)
        )
        return site.back("console.accounts", told=told)

    def _not_oneself(self) -> Response:
        told = gettext("This is your own account: its password and second factor are changed here.")
        return self._site.back("console.profile", told=told, kind="bad")

    def _note(self, db: Connection, action: str, user: User) -> None:
        details = {"username": user.username}
        subject = f"account:{user.id}"
        audit.note(db, self._site.actor, action, subject, details, now=utc_now())

    def _find(self, number: int) -> User:
        with self._site.bridge.store.reading() as db:
            user = users.find(db, number)
        if user is None:
            raise self._site.missing()
        return user

    def _form(
        self, account: User | None, values: Mapping[str, object], errors: Mapping[str, str]
    ) -> str:
        with self._site.bridge.store.reading() as db:
            known = units.current(db)
        return self._site.show(
            "console/account.html",
            account=account,
            values=values,
            errors=errors,
            roles=list(Role),
            units=[(f"{one.registry}|{one.id}", one.name or one.id) for one in known],
        )


def _role() -> Role:
    try:
        return Role(request.form.get("role", ""))
    except ValueError:
        raise AccountProblem("role", "form") from None


def _unit(db: Connection) -> Unit | None:
    """The unit that was chosen, for an officer; what was chosen for another role is not meant."""
    registry, _, unit_id = request.form.get("unit", "").partition("|")
    if request.form.get("role") != Role.OFFICER:
        return None
    found = [one for one in units.with_id(db, unit_id) if one.registry == registry]
    return found[0] if found else None
