"""Where a delivery stands, in the words of whoever it is about.

An administrator reads codes with remedies (:mod:`lms_bridge.reasons`). A learner can do nothing
about a token that has expired, and is not to read what others wrote about it. So of the reasons
only the code is looked at here, and no detail but the name of a registry: in those stand names of
people, numbers and messages.

>>> told(line, office="BKPSDM").words("en", day)
'Recorded in SIASN on 24 November 2026.'
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from typing import Literal, TypedDict

import msgspec

from lms_bridge.deliveries.lifecycle import FOR_A_PERSON, State
from lms_bridge.i18n import gettext, mark
from lms_bridge.reports import DeliveryLine

Sign = Literal["done", "waiting", "retrying", "delegated", "cancelled"]
"""as the style sheet knows them"""


class Told(msgspec.Struct, frozen=True, kw_only=True):
    """A sentence for the learner."""

    sign: Sign
    text: str
    place: str = ""
    office: str = ""
    other: str = ""
    at: dt.datetime | None = None
    link: str = ""
    """where it can be seen"""

    def words(self, language: str, day: Callable[[dt.datetime], str]) -> str:
        """It, in `language`; `day` is how a day is written."""
        said = {
            "place": self.place,
            "office": self.office,
            "other": self.other,
            "day": day(self.at) if self.at else "",
        }
        return gettext(self.text, language) % said


_UNREACHABLE = mark("Waiting for %(place)s, which cannot be reached at the moment.")
_CONNECTION = mark("Waiting: %(office)s is restoring the connection to %(place)s.")
_LOOKED_UP = mark("Sent to %(place)s; it is being looked up whether it has arrived.")
_BY_FILE = mark("Waiting for %(office)s, who take it to %(place)s by a file.")

WAITS: Mapping[str, str] = {
    "remote_unavailable": _UNREACHABLE,
    "unreadable_answer": _UNREACHABLE,
    "outside_working_hours": mark("Waiting for the service hours of %(place)s."),
    "settling": _LOOKED_UP,
    "outcome_unknown": _LOOKED_UP,
    "interrupted": _LOOKED_UP,
    "waits_for_registry": mark("Follows as soon as it is recorded in %(other)s."),
    "to_be_exported": _BY_FILE,
    "in_upload": mark("In a file that %(office)s take to %(place)s."),
    "upload_unanswered": mark("In a file that was taken to %(place)s; its answer is awaited."),
    **dict.fromkeys(
        (
            "credentials_rejected",
            "sso_token_expired",
            "password_login_refused",
            "token_expired",
            "backend_suspended",
            "sso_mismatch",
            "secret_missing",
            "remote_moved",
            "remote_not_configured",
        ),
        _CONNECTION,
    ),
}
"""by the code of the reason, while a record waits"""

_INCOMPLETE = mark("Passed on to %(office)s, because the data of this training is not complete.")
_TO_COMPARE = mark(
    "Passed on to %(office)s, because %(place)s has a record that has to be compared with this one."
)
STOPS: Mapping[str, str] = {
    **{
        code: text
        for code, text in WAITS.items()
        if text in (_CONNECTION, _BY_FILE) or code in ("in_upload", "upload_unanswered")
    },
    "employee_not_in_registry": mark(
        "Passed on to %(office)s, because %(place)s does not know your NIP yet."
    ),
    "nobody_there": mark("Passed on to %(office)s, because %(place)s does not know your NIP yet."),
    "registry_refused": mark("Passed on to %(office)s, because %(place)s did not take it."),
    "upload_refused": mark("Passed on to %(office)s, because %(place)s did not take it."),
    "gave_up": mark("Passed on to %(office)s, because %(place)s could not be reached for long."),
    "row_vanished": mark(
        "Passed on to %(office)s, because it was in %(place)s and is not there any more."
    ),
    **dict.fromkeys(("course_lacks", "kind_not_taken", "word_missing"), _INCOMPLETE),
    **dict.fromkeys(
        (
            "other_history",
            "row_changed",
            "row_changed_meanwhile",
            "row_differs",
            "row_of_others",
            "row_of_others_differs",
            "row_shared",
        ),
        _TO_COMPARE,
    ),
}
"""by the code of the reason, while it waits for a person"""

_RECORD: Mapping[State, tuple[Sign, str]] = {
    State.DONE: ("done", mark("Recorded in %(place)s on %(day)s.")),
    State.RUNNING: ("waiting", mark("Being recorded in %(place)s at this moment.")),
    State.WAITING: ("waiting", mark("Waiting for its turn to be recorded in %(place)s.")),
    State.RETRYING: (
        "retrying",
        mark("Not recorded in %(place)s yet; it is tried again by itself."),
    ),
    State.BLOCKED: ("delegated", mark("Passed on to %(office)s, who look into it.")),
    State.DELEGATED: ("delegated", mark("Passed on to %(office)s, who look into it.")),
}
_OTHERS: Mapping[str, tuple[str, str]] = {
    # what is so once it is done, and until then
    "unrecord": (mark("Removed from %(place)s on %(day)s."), mark("To be removed from %(place)s.")),
    "badge": (
        mark("The badge was issued in the LMS on %(day)s."),
        mark("The badge in the LMS is on its way."),
    ),
    "revoke": (
        mark("The badge was taken back in the LMS on %(day)s."),
        mark("The badge in the LMS is to be taken back."),
    ),
    "correct": ("", mark("A correction is on its way to %(place)s.")),
}
_UNSEEN = ("badge_unconfirmed", "award_unanswered")
"""of a badge that an LMS was told to issue and cannot be asked about"""
_BADGE_STOPS = mark("The badge in the LMS is not issued yet; %(office)s look into it.")


class _About(TypedDict):
    """What every sentence about a delivery may name."""

    place: str
    office: str
    at: dt.datetime


def told(line: DeliveryLine, *, office: str) -> Told | None:
    """The sentence about a delivery; None where it is of no interest to the learner."""
    about: _About = {"place": place(line.remote), "office": office, "at": line.changed_at}
    if line.state == State.CANCELLED:
        # Only of a person's decision; else something else is said of what became of it.
        if not line.is_given_up:
            return None
        said = {
            "record": mark("Not recorded in %(place)s, by decision of %(office)s."),
            "badge": mark("No badge in the LMS, by decision of %(office)s."),
        }[line.step]
        return Told(sign="cancelled", text=said, **about)
    if line.step == "record":
        sign, text = _RECORD[line.state]
        code = line.reason.code
        if line.state in (State.WAITING, State.RETRYING):
            text = WAITS.get(code, text)
        elif line.state in FOR_A_PERSON:
            text = STOPS.get(code, text)
        other = place(line.reason.details.get("remote", "")) if code == "waits_for_registry" else ""
        return Told(sign=sign, text=text, other=other, **about)
    if line.step not in _OTHERS:
        return None
    done, until_then = _OTHERS[line.step]
    if line.state == State.DONE:
        if line.reason.code in _UNSEEN:
            done = mark("The LMS was told of the badge on %(day)s.")
        link = line.link if line.step == "badge" and line.link.startswith("http") else ""
        return Told(sign="done", text=done, link=link, **about) if done else None
    if line.state not in FOR_A_PERSON:
        return Told(sign="waiting", text=until_then, **about)
    text = _BADGE_STOPS if line.step == "badge" else until_then
    return Told(sign="delegated", text=text, **about)


def place(remote: str) -> str:
    """What an outside system is called: registries go by their initials.

    >>> place("registry.siasn"), place("registry.simpeg-kota"), place("lms.moodle-2")
    ('SIASN', 'SIMPEG KOTA', 'Moodle 2')
    """
    kind, _, name = remote.partition(".")
    name = name.replace("-", " ").replace("_", " ")
    return name.upper() if kind == "registry" else name[:1].upper() + name[1:]
