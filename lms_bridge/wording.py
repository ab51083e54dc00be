"""What the program's own short words are called when people read them.

States, steps and outcomes travel and are stored as codes; here is the one place that says
what each is called on the pages and in the tables of the command line, in both languages.

>>> word("blocked", "id")
'terhenti'
"""

from __future__ import annotations

from lms_bridge.i18n import gettext, mark

WORDS = {
    # where a delivery stands (lms_bridge.deliveries.lifecycle)
    "waiting": mark("waiting"),
    "running": mark("under way"),
    "retrying": mark("to be retried"),
    "delegated": mark("waits for a person"),
    "blocked": mark("blocked"),
    "done": mark("done"),
    "cancelled": mark("cancelled"),
    # where a sighting stands (lms_bridge.recognition.sightings)
    "new": mark("new"),
    "asking": mark("asking the LMS"),
    "recognised": mark("completion"),
    "none": mark("no completion"),
    "attention": mark("waits for a person"),
    # what came of an attempt at a delivery
    "unknown": mark("outcome unknown"),
    "postpone": mark("failed, to be retried"),
    "hold": mark("remote down, held"),
    "delegate": mark("left to a person"),
    "block": mark("refused"),
    "interrupted": mark("interrupted"),
    # what came of a job's run
    "failed": mark("failed"),
    "idle": mark("nothing to do"),
    # what a job counts
    "courses": mark("courses"),
    "courses_not_found": mark("courses not found"),
    "asked": mark("asked"),
    "refreshed": mark("refreshed"),
    "not_in_registry": mark("not in the registry"),
    "read": mark("read"),
    "ip_asn_failed": mark("IP-ASN not readable"),
    "units": mark("work units"),
    "units_new": mark("new work units"),
    "units_gone": mark("work units that are gone"),
    "succeed": mark("done"),
    "forwarded": mark("forwarded"),
    "announced": mark("statements of its own"),
    "voided": mark("taken back"),
    "told": mark("told of"),
    # who somebody is, for the console
    "hr": mark("HR of the city"),
    "officer": mark("personnel officer"),
    "it": mark("IT administrator"),
    "auditor": mark("auditor"),
    # what somebody did (lms_bridge.accounts.audit)
    "account.created": mark("account made"),
    "account.changed": mark("account changed"),
    "account.disabled": mark("account disabled"),
    "account.enabled": mark("account let in again"),
    "account.reset": mark("password reset"),
    "account.password": mark("own password changed"),
    "account.totp_on": mark("second factor turned on"),
    "account.totp_off": mark("second factor turned off"),
    "account.signed_in": mark("signed in"),
    "account.signed_out": mark("signed out"),
    "account.signed_out_everywhere": mark("signed out everywhere"),
    "account.locked": mark("account locked"),
    "account.refused": mark("signing in refused"),
    "remote.paused": mark("remote paused"),
    "remote.resumed": mark("remote resumed"),
    "remote.tried": mark("remote tried"),
    "secret.renewed": mark("secret replaced"),
    "job.run": mark("job run"),
    "job.paused": mark("job paused"),
    "job.resumed": mark("job resumed"),
    "shell": mark("command line"),
    # how an outside system is doing
    "up": mark("in order"),
    "down": mark("cannot be used"),
    # when it may be called
    "monday": mark("Monday"),
    "tuesday": mark("Tuesday"),
    "wednesday": mark("Wednesday"),
    "thursday": mark("Thursday"),
    "friday": mark("Friday"),
    "saturday": mark("Saturday"),
    "sunday": mark("Sunday"),
    # the steps of a completion, and who it is of
    "record": mark("registry record"),
    "badge": mark("badge"),
    "document": mark("certificate"),
    "correct": mark("correction"),
    "undouble": mark("removal of the second row"),
    "unrecord": mark("removal from the registry"),
    "revoke": mark("revocation of the badge"),
    "tell": mark("notice of the registry record"),
    "untell": mark("notice of the removal"),
    # what of a completion can be corrected
    "hours": mark("lesson hours (JP)"),
    "starts": mark("first day"),
    "ends": mark("last day"),
    "certificate_number": mark("certificate number"),
    "organiser": mark("organiser"),
    "kind": mark("kind"),
    "name": mark("name"),
    "learner": mark("learner"),
    "instructor": mark("instructor"),
    # how somebody stands in the service (lms_bridge.people.service)
    "active": mark("active"),
    "inactive": mark("inactive"),
    "retired": mark("retired"),
    "other": mark("neither PNS nor PPPK"),
    # where a file for a registry without an API stands, and its rows (lms_bridge.uploads.states)
    "made": mark("made"),
    "downloaded": mark("downloaded"),
    "uploaded": mark("uploaded"),
    "answered": mark("result imported"),
    "discarded": mark("discarded"),
    "results": mark("result file"),
    "listed": mark("listed"),
    "accepted": mark("accepted"),
    "refused": mark("refused by the registry"),
    "dropped": mark("discarded"),
    "removed": mark("removed"),
    # what was found when LMS, bridge and registries were compared (lms_bridge.reconciling)
    "untold": mark("not told"),
    "vanished": mark("gone from the registry"),
    "unrecorded": mark("not to be recorded"),
    "extra": mark("row too many"),
    "double": mark("recorded twice"),
    "differing": mark("different"),
    "undocumented": mark("without certificate"),
    "take_in": mark("take it in"),
    "record_it": mark("record it"),
    "link_it": mark("take the row for that of the completion"),
    "correct_row": mark("correct the row"),
    "take_over": mark("take over what the row says"),
    "upload_it": mark("upload the certificate"),
    "delete_ours": mark("delete the row that the bridge wrote, and keep the other"),
    "open": mark("to be decided"),
    "approved": mark("approved"),
    "repaired": mark("repaired"),
    "dismissed": mark("dismissed"),
    "gone": mark("is so no more"),
    "repeated": mark("found again later"),
    "stopped": mark("stopped"),
    "compared": mark("people compared"),
    "busy": mark("not compared, for a worker was at it"),
    "badges_shown": mark("badges shown"),
    "badge_vanished": mark("badges that are gone"),
    "not_compared": mark("badges not compared"),
    "untold_found": mark("not told"),
    "vanished_found": mark("gone from the registry"),
    "unrecorded_found": mark("not to be recorded"),
    "extra_found": mark("rows too many"),
    "double_found": mark("recorded twice"),
    "differing_found": mark("different"),
    "undocumented_found": mark("without certificate"),
    # where a badge that somebody has earned stands (lms_bridge.badges)
    "valid": mark("valid"),
    "expired": mark("expired"),
    "revoked": mark("revoked"),
    "changed": mark("changed"),
    "earned": mark("earned"),
    "renewed": mark("renewed"),
    "corrected": mark("corrected"),
    # what an LMS held before the bridge came (lms_bridge.backfilling)
    "surveying": mark("being surveyed"),
    "planned": mark("planned"),
    "going": mark("being taken in"),
    "paused": mark("paused"),
    "there": mark("in the registry already"),
    "conflict": mark("conflicting"),
    "nobodys": mark("of nobody's account"),
    "unread": mark("registry not read"),
    "due": mark("to be taken in"),
    "to_decide": mark("to be decided"),
    "left": mark("left out"),
    "taken": mark("taken in"),
    # the verdicts of a check
    "ok": mark("in order"),
    "warning": mark("warning"),
}


def word(code: str, language: str) -> str:
    """What `code` is called in `language`; the code itself where it has no name."""
    name = WORDS.get(code)
    return gettext(name, language) if name else code.replace("_", " ")
