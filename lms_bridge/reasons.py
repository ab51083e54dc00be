"""Why something stands where it stands, in words a person can act on.

A :class:`Reason` is a code and the details that fill its sentence. It travels as a
value, is stored as one (code and JSON details), and becomes a sentence only when it is
shown, in the reader's language, so that the console, the command line and the log say
the same thing. Each sentence has its *remedy*: what to do next, or nothing if nothing
need be done.

>>> reason = Reason("unknown_course", activity="https://lms.example/course/7")
>>> reason.what()
'No course in the catalogue matches https://lms.example/course/7.'
>>> reason.remedy()
'Add the course to the catalogue (lms-bridge courses import); the completion follows by itself.'
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from lms_bridge.i18n import gettext, mark
from lms_bridge.wording import word


class Sentence(NamedTuple):
    """The two halves of every message: what is so, and what to do about it."""

    what: str
    remedy: str = ""


class Reason:
    """A code from :data:`SENTENCES` with the details of this one case.

    Raises :exc:`KeyError` for a code that has no sentence, so that none can be invented
    in passing.
    """

    __slots__ = ("code", "details")

    def __init__(self, code: str, /, **details: Any) -> None:
        SENTENCES[code]
        self.code = code
        self.details: dict[str, str] = {name: str(value) for name, value in details.items()}

    @classmethod
    def stored(cls, code: str, details: Mapping[str, Any] | None) -> Reason:
        """The reason that was stored as `code` and `details`, whatever version stored it."""
        if code not in SENTENCES:
            return cls("other", text=code)
        return cls(code, **(details or {}))

    def what(self, language: str = "en") -> str:
        """What is so, as one sentence or two."""
        return self._fill(SENTENCES[self.code].what, language)

    def remedy(self, language: str = "en") -> str:
        """What a person can do about it; empty when nothing need be done."""
        return self._fill(SENTENCES[self.code].remedy, language)

    def sentence(self, language: str = "en") -> str:
        """Both halves in one line."""
        return f"{self.what(language)} {self.remedy(language)}".rstrip()

    def _fill(self, template: str, language: str) -> str:
        if not template:
            return ""
        details = _Details(self.details)
        if day := details.get("day"):
            details["day"] = word(day, language)
        return gettext(template, language) % details

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Reason):
            return NotImplemented
        return self.code == other.code and self.details == other.details

    def __hash__(self) -> int:
        return hash((self.code, tuple(sorted(self.details.items()))))

    def __repr__(self) -> str:
        return f"Reason({self.code!r}, {self.details})"


def reason_columns(reason: Reason | None) -> dict[str, Any]:
    """`reason` as the two columns that every table keeps one in."""
    if reason is None:
        return {"reason_code": None, "reason_details": None}
    return {"reason_code": reason.code, "reason_details": reason.details}


class _Details(dict[str, str]):
    def __missing__(self, name: str) -> str:
        return "?"


SENTENCES: dict[str, Sentence] = {
    "other": Sentence("%(text)s"),
    # --- a statement is no completion: said so that a person can check, nothing to do -------
    "verb_not_completion": Sentence(mark("The verb %(verb)s does not tell of a completion.")),
    "object_not_activity": Sentence(
        mark("The statement is about a %(type)s, not about an activity.")
    ),
    "not_a_course": Sentence(
        mark(
            "A part of a course (%(type)s) was completed, not a course, and the catalogue does"
            " not list this activity."
        )
    ),
    "result_failed": Sentence(mark("The result says that the learner did not succeed.")),
    "result_incomplete": Sentence(mark("The result says that the course is not complete.")),
    "score_too_low": Sentence(
        mark("The score of %(score)s is below the %(minimum)s that the course asks for.")
    ),
    "erased_person": Sentence(
        mark("It is about somebody who was erased at the bridge, and is not recorded.")
    ),
    "own_statement": Sentence(mark("The bridge said this itself.")),
    "voiding": Sentence(mark("The statement takes back statement %(target)s.")),
    "voiding_of_another": Sentence(
        mark(
            "The statement would take back statement %(target)s, which another sender sent and"
            " which therefore counts all the same."
        )
    ),
    "voided": Sentence(mark("The statement was taken back by statement %(by)s.")),
    "learner_earns_nothing": Sentence(mark("The course gives hours to its instructors only.")),
    "instructor_earns_nothing": Sentence(mark("The course gives no hours to its instructors.")),
    "own_instructor": Sentence(
        mark("Learner and instructor are the same person, who earns the learner's hours.")
    ),
    # --- the certificate of a row -------------------------------------------------------------
    "waits_for_registry": Sentence(
        mark("It follows as soon as the completion is recorded at %(remote)s.")
    ),
    "document_too_large": Sentence(
        mark("The certificate is %(size)s bytes long; %(remote)s takes %(most)s."),
        mark(
            "Use smaller pictures in [certificates] and restart, or in the LMS if the certificate"
            " is its own; then send it again (lms-bridge deliveries retry)."
        ),
    ),
    "document_not_taken": Sentence(
        mark("%(remote)s keeps no certificate with a row of this kind."),
        mark("Nothing need be done."),
    ),
    "row_not_there_yet": Sentence(
        mark("There is no row at %(remote)s that the certificate belongs to."),
        mark("Nothing need be done: it follows as soon as the completion is recorded there."),
    ),
    # --- a completion that waits for a person -----------------------------------------------
    "unknown_course": Sentence(
        mark("No course in the catalogue matches %(activity)s."),
        mark(
            "Add the course to the catalogue (lms-bridge courses import); the completion follows"
            " by itself."
        ),
    ),
    "score_missing": Sentence(
        mark("The course asks for a score of %(minimum)s, and the statement carries none."),
        mark(
            "Take minimum_score out of the course if its LMS sends no scores; the completion"
            " follows by itself."
        ),
    ),
    "time_not_credible": Sentence(
        mark("The statement says that the course was completed at %(time)s, which cannot be."),
        mark("Set the clock of the system that sent it, and have it sent again."),
    ),
    "unknown_person": Sentence(
        mark("No employee is known behind %(actor)s."),
        mark(
            "Link the account to a NIP (lms-bridge employees import); the completion follows by"
            " itself."
        ),
    ),
    "unknown_home_page": Sentence(
        mark(
            "The account %(actor)s belongs to %(home_page)s, which is none of the configured LMSs."
        ),
        mark(
            "Set home_page of the LMS, list it under accounts, or link the account to a NIP"
            " (lms-bridge employees import)."
        ),
    ),
    "account_missing": Sentence(
        mark("%(lms)s knows no account %(actor)s."),
        mark(
            "If the account was deleted, link it to a NIP (lms-bridge employees import); the"
            " completion follows by itself."
        ),
    ),
    "account_without_nip": Sentence(
        mark("The account %(actor)s has no NIP in %(lms)s."),
        mark(
            "Fill in its ID number there, or link the account to a NIP (lms-bridge employees"
            " import); the completion follows by itself."
        ),
    ),
    "invalid_nip": Sentence(
        mark("The account %(actor)s carries “%(value)s”, which is not an 18-digit NIP."),
        mark("Correct it in the LMS, or link the account to a NIP (lms-bridge employees import)."),
    ),
    "shared_nip": Sentence(
        mark("%(count)s accounts of %(lms)s carry the NIP of %(actor)s: %(accounts)s."),
        mark(
            "Take the NIP out of the accounts that are not this person's, or link the right one"
            " to the NIP (lms-bridge employees import)."
        ),
    ),
    "accounts_ambiguous": Sentence(
        mark("%(count)s accounts of %(lms)s match %(actor)s: %(accounts)s."),
        mark(
            "Link the right one to its NIP (lms-bridge employees import); the completion follows"
            " by itself."
        ),
    ),
    "suspended_account": Sentence(
        mark("The account %(actor)s is suspended in %(lms)s."),
        mark(
            "If the completion is to count, reactivate the account or link it to its NIP"
            " (lms-bridge employees import)."
        ),
    ),
    "lookup_waiting": Sentence(
        mark("Who %(actor)s is must be asked of %(lms)s, which has not answered yet."),
        mark("Nothing to do: it is asked again by itself."),
    ),
    "lookup_failed": Sentence(
        mark("%(lms)s did not say who %(actor)s is: %(why)s"),
        mark("It is asked again by itself; if it goes on, lms-bridge check tells what is missing."),
    ),
    "lookup_blind": Sentence(
        mark(
            "%(lms)s shows nobody to the bridge's account, which looks like an unknown person but"
            " is a missing permission."
        ),
        mark(
            "Give the bridge's account the right to see people (Moodle: moodle/user:viewdetails and"
            " moodle/user:viewalldetails); lms-bridge check proves it."
        ),
    ),
    "judging_failed": Sentence(
        mark("The bridge itself failed when it judged statement %(statement)s; the log has why."),
        mark(
            "Report it with those log lines; nothing of the statement is lost, and it is judged"
            " again by itself."
        ),
    ),
    "sender_not_of_person": Sentence(
        mark("%(sender)s told this of %(actor)s, of whom it may not speak."),
        mark(
            "If it may, say so in home_pages or mail_domains of [[senders]], and the completion"
            " follows by itself. If nobody can explain it, somebody else may have its password:"
            " replace that, and dismiss this."
        ),
    ),
    "sender_not_of_course": Sentence(
        mark("%(sender)s told this of %(activity)s, of which it may not speak."),
        mark(
            "If it may, say so in activities or courses of [[senders]], and the completion follows"
            " by itself. If nobody can explain it, somebody else may have its password: replace"
            " that, and dismiss this."
        ),
    ),
    "confirmation_waiting": Sentence(
        mark("%(lms)s is asked whether it has this completion, and has not answered yet."),
        mark("Nothing to do: it is asked again by itself."),
    ),
    "confirmation_failed": Sentence(
        mark("%(lms)s could not say whether it has this completion: %(why)s"),
        mark("It is asked again by itself; if it goes on, lms-bridge check tells what is missing."),
    ),
    "confirmed": Sentence(mark("The LMS has this completion, too.")),
    "not_confirmed": Sentence(
        mark("%(lms)s does not have this completion."),
        mark(
            "See there whether the course was completed; it is asked again by itself. If it was"
            " not, somebody else may have the sender's password: replace that, and dismiss this."
        ),
    ),
    "cannot_be_confirmed": Sentence(
        mark("%(lms)s cannot be asked for this completion: %(why)s"),
        mark(
            "Dismiss it, or take confirm out of the sender's [[senders]] if what it tells is to"
            " be believed."
        ),
    ),
    "group_actor": Sentence(
        mark("The statement is about a group, and a completion is recorded for one person."),
        mark("Have the LMS send one statement for each member."),
    ),
    "dismissed": Sentence(
        mark("%(by)s has decided that it is not recorded: %(why)s"),
        mark("If it is to be recorded after all, take the dismissal back."),
    ),
    # --- a delivery waits, or waits for a person ---------------------------------------------
    "new": Sentence(mark("It waits for its turn.")),
    "done": Sentence(mark("Done and confirmed.")),
    "settling": Sentence(
        mark(
            "It was sent and no answer came; it is looked up as soon as it must have taken effect."
        )
    ),
    "internal_error": Sentence(
        mark("The bridge itself failed at this step; the log has the details."),
        mark("Report it with the log lines of delivery %(delivery)s; it is tried again by itself."),
    ),
    "interrupted": Sentence(
        mark(
            "The bridge stopped in the middle of the attempt; whether it took effect is looked up"
            " first."
        )
    ),
    "outcome_unknown": Sentence(
        mark(
            "%(remote)s did not answer in time (%(error)s), so the record may or may not be there;"
            " it is looked up before anything is sent again."
        )
    ),
    "job_fails": Sentence(
        mark("The sync job %(job)s fails: %(error)s"),
        mark(
            "Mend what it says and run it again in Sync jobs; it is also tried again by itself at"
            " its next time."
        ),
    ),
    "remote_unavailable": Sentence(
        mark("%(remote)s cannot be used now: %(error)s"),
        mark("Nothing to do if it comes back: it is tried again by itself."),
    ),
    "outside_working_hours": Sentence(
        mark(
            "%(remote)s is called in its working hours only; they begin again on %(day)s,"
            " %(time)s (%(zone)s)."
        )
    ),
    "remote_not_configured": Sentence(
        mark("%(remote)s is not in the configuration, so nothing is delivered there."),
        mark(
            "Put it back into the configuration and restart the worker; or give up what waits for"
            " it: lms-bridge deliveries cancel"
        ),
    ),
    "remote_paused": Sentence(
        mark("%(by)s has paused what is delivered to %(remote)s: %(why)s"),
        mark("Resume it when that is over: lms-bridge deliveries resume %(remote)s"),
    ),
    "unreadable_answer": Sentence(
        mark("%(remote)s answered with something that is not its API's form: %(error)s"),
        mark("Nothing to do if it passes; else see whether a proxy or a firewall stands between."),
    ),
    "remote_moved": Sentence(
        mark("%(remote)s sends callers on to %(location)s, where the bridge does not follow."),
        mark("Set %(setting)s to the address that is meant; deliveries go on by themselves."),
    ),
    "secret_missing": Sentence(
        mark("%(remote)s cannot be used without the secret that %(setting)s names: %(error)s."),
        mark("Put it there; deliveries go on by themselves."),
    ),
    "collision": Sentence(
        mark("%(remote)s was changing the same record at that moment: %(error)s")
    ),
    "gave_up": Sentence(
        mark("Tried %(attempts)s times, the last time with: %(last)s"),
        mark("When the cause is gone: lms-bridge deliveries retry %(delivery)s"),
    ),
    "withdrawn": Sentence(mark("The completion was taken back before this was done.")),
    "undone": Sentence(mark("It was done, and has been undone.")),
    "told_again": Sentence(mark("The completion was told of again, so nothing is undone.")),
    "cancelled": Sentence(mark("Cancelled by %(by)s: %(why)s")),
    # --- a completion that was taken back, and HR's decision ---------------------------------
    "taken_back": Sentence(
        mark("%(by)s took it back through %(sender)s (statement %(statement)s).")
    ),
    "taken_back_before": Sentence(
        mark(
            "The LMS lists it as completed, and completion %(completion)s, which it is, was taken"
            " back."
        ),
        mark("If it is to count again, have the LMS send a statement of it."),
    ),
    "retold": Sentence(
        mark("What told of it is now known to tell of another completion, or of none.")
    ),
    "told_twice": Sentence(
        mark("It is the same as completion %(completion)s, told under another NIP of the person.")
    ),
    "undecided": Sentence(
        mark("It was taken back, and %(where)s still has it."),
        mark(
            "Decide: lms-bridge completions undo %(completion)s removes it there, lms-bridge"
            " completions keep %(completion)s --why … leaves it."
        ),
    ),
    "withdrawals_undecided": Sentence(
        mark("Completions were taken back after they had been recorded: %(count)s."),
        mark("Decide of each whether what was recorded is removed or stays."),
    ),
    # --- another LRS -------------------------------------------------------------------------
    "statement_refused": Sentence(
        mark("%(remote)s does not take the statement: %(message)s"),
        mark(
            "When the cause is mended: lms-bridge forward retry %(name)s; if it is not to have the"
            " statement: lms-bridge forward skip %(name)s %(statement)s --why …"
        ),
    ),
    "statement_conflicts": Sentence(
        mark("%(remote)s has another statement under the same id, it seems: %(message)s"),
        mark(
            "If the bridge may not read there, it could not compare them: see that it may, then:"
            " lms-bridge forward retry %(name)s; else give it up: lms-bridge forward skip %(name)s"
            " %(statement)s --why …"
        ),
    ),
    "attachment_damaged": Sentence(
        mark("An attachment of the statement is not whole in the bridge's own database: %(error)s"),
        mark(
            "Restore a backup that has it, then: lms-bridge forward retry %(name)s; or give it up:"
            " lms-bridge forward skip %(name)s %(statement)s --why …"
        ),
    ),
    "target_refuses_all": Sentence(
        mark("%(remote)s has refused so many statements that nothing more is sent there."),
        mark(
            "See what it says of them: lms-bridge forward show %(name)s; when the cause is mended:"
            " lms-bridge forward retry %(name)s"
        ),
    ),
    "statements_not_taken": Sentence(
        mark("Statements that %(remote)s does not take: %(count)s."),
        mark("See why, and what to do: lms-bridge forward show %(name)s"),
    ),
    "lrs_credentials_rejected": Sentence(
        mark("%(remote)s does not let the bridge store statements: %(message)s"),
        mark(
            "Correct forward.%(name)s.username and password, or the rights that they have there;"
            " forwarding goes on by itself."
        ),
    ),
    "forwarding_failed": Sentence(
        mark("The bridge itself failed when it sent statements to %(remote)s; the log has more."),
        mark("Report it with the log lines; it is tried again by itself."),
    ),
    # --- the registry ------------------------------------------------------------------------
    "employee_not_in_registry": Sentence(
        mark("%(remote)s knows nobody with the NIP %(nip)s."),
        mark(
            "Check the NIP in the LMS; when it is right and the registry knows it:"
            " lms-bridge deliveries retry %(delivery)s"
        ),
    ),
    "nobody_there": Sentence(
        mark("%(remote)s knows nobody with the NIP %(nip)s."),
        mark(
            "Check the NIP. If it has changed, name the former one in former_nips:"
            " lms-bridge employees import"
        ),
    ),
    "registry_refused": Sentence(
        mark("%(remote)s refused the record: %(message)s"),
        mark(
            "Correct the course or the employee's data, then: lms-bridge deliveries retry"
            " %(delivery)s"
        ),
    ),
    "course_lacks": Sentence(
        mark("The registry needs %(field)s, and the course %(course)s does not give it."),
        mark(
            "Complete the course in the catalogue, then: lms-bridge deliveries retry %(delivery)s"
        ),
    ),
    "kind_not_taken": Sentence(
        mark("The configuration of %(remote)s has no history for trainings of kind %(kind)s."),
        mark(
            "Add one, or correct the kind of the course, then: lms-bridge deliveries retry"
            " %(delivery)s"
        ),
    ),
    "word_missing": Sentence(
        mark("The configuration of %(remote)s has no word for “%(value)s” in %(enumeration)s."),
        mark("Add it, or correct the course, then: lms-bridge deliveries retry %(delivery)s"),
    ),
    "credentials_rejected": Sentence(
        mark("%(remote)s does not accept %(credential)s: %(message)s"),
        mark("Correct the setting %(setting)s; deliveries go on by themselves."),
    ),
    "sso_token_expired": Sentence(
        mark(
            "%(remote)s says that the operator's SSO token has expired or is not valid: %(message)s"
        ),
        mark(
            "Log in there and paste a fresh token: lms-bridge registry token %(name)s puts it where"
            " registry.%(name)s.sso_token points, and deliveries go on at once."
        ),
    ),
    "password_login_refused": Sentence(
        mark(
            "%(remote)s does not log the bridge in with the operator's username and password:"
            " %(message)s"
        ),
        mark(
            "If registry.%(name)s.sso_password is right, the account wants a second factor or"
            " another step in a browser: take it there, set registry.%(name)s.sso_token to"
            " file:PATH, and paste the token: lms-bridge registry token %(name)s"
        ),
    ),
    "token_expires_soon": Sentence(
        mark("The token of %(setting)s is good until %(until)s only."),
        mark("Give a fresh one before then: lms-bridge registry token %(name)s"),
    ),
    "token_expired": Sentence(
        mark("The token of %(setting)s says that it has expired at %(until)s."),
        mark("Give a fresh one: lms-bridge registry token %(name)s"),
    ),
    "backend_suspended": Sentence(
        mark("The gateway of %(remote)s has taken the service behind it out of use: %(message)s"),
        mark(
            "Nothing to do: it is an outage over there, and no token is at fault; it is tried again"
            " by itself."
        ),
    ),
    "sso_mismatch": Sentence(
        mark("%(remote)s says that the SSO account belongs to another instansi: %(message)s"),
        mark(
            "Use an SSO account of the same instansi as the consumer key; deliveries go on by"
            " themselves."
        ),
    ),
    "row_vanished": Sentence(
        mark("The row %(row)s that %(remote)s confirmed is no longer there."),
        mark(
            "If it was deleted by mistake: lms-bridge deliveries retry %(delivery)s; if on"
            " purpose: lms-bridge deliveries cancel %(delivery)s"
        ),
    ),
    "row_differs": Sentence(
        mark(
            "The row %(row)s in %(remote)s says %(field)s %(theirs)s; the bridge recorded %(ours)s."
        ),
        mark("See which is right; a row corrected in the registry by hand is left as it is."),
    ),
    "row_of_others_differs": Sentence(
        mark(
            "The row %(row)s was in %(remote)s before the bridge recorded, so it is not corrected."
        ),
        mark(
            "Correct it there by hand, then: lms-bridge deliveries retry %(delivery)s; if it is to"
            " stay: lms-bridge deliveries cancel %(delivery)s"
        ),
    ),
    "row_changed_meanwhile": Sentence(
        mark(
            "The row %(row)s in %(remote)s says something else by now (“%(name)s”), so it is not"
            " corrected."
        ),
        mark(
            "Correct it there by hand, then: lms-bridge deliveries retry %(delivery)s; if it is to"
            " stay: lms-bridge deliveries cancel %(delivery)s"
        ),
    ),
    "other_history": Sentence(
        mark(
            "The row %(row)s in %(remote)s would have to move between kursus and diklat, which no"
            " correction can do."
        ),
        mark(
            "Delete it there and write the other by hand, then: lms-bridge deliveries cancel"
            " %(delivery)s"
        ),
    ),
    "correct_by_hand": Sentence(
        mark(
            "%(remote)s offers no way to change the row %(row)s, so HR changes it there by hand:"
            " %(what)s."
        ),
        mark(
            "The bridge sees by itself within hours that it is right, or at once with lms-bridge"
            " deliveries retry %(delivery)s; if it is to stay: lms-bridge deliveries cancel"
            " %(delivery)s"
        ),
    ),
    "correct_unseen": Sentence(
        mark("What was uploaded to %(remote)s was corrected since; it should say: %(what)s."),
        mark("Correct it there by hand, then: lms-bridge deliveries cancel %(delivery)s"),
    ),
    "row_of_others": Sentence(
        mark("The row %(row)s was in %(remote)s before the bridge recorded, so it is not deleted."),
        mark(
            "If it is to go, delete it there, then: lms-bridge deliveries retry %(delivery)s; if it"
            " is to stay: lms-bridge deliveries cancel %(delivery)s"
        ),
    ),
    "row_changed": Sentence(
        mark(
            "The row %(row)s in %(remote)s says another training by now (“%(name)s”), so it is not"
            " deleted."
        ),
        mark(
            "If it is to go, delete it there, then: lms-bridge deliveries retry %(delivery)s; if it"
            " is to stay: lms-bridge deliveries cancel %(delivery)s"
        ),
    ),
    "row_shared": Sentence(
        mark(
            "The row %(row)s in %(remote)s is that of completion %(other)s as well, so it is not"
            " deleted."
        ),
        mark("Leave it: lms-bridge deliveries cancel %(delivery)s"),
    ),
    "row_stays": Sentence(
        mark("%(remote)s took the deletion of the row %(row)s, and still shows it."),
        mark("Nothing to do: it is looked up, and deleted, again."),
    ),
    "removal_refused": Sentence(
        mark("%(remote)s refused to delete the row: %(message)s"),
        mark("Delete it there by hand, then: lms-bridge deliveries retry %(delivery)s"),
    ),
    "removal_by_hand": Sentence(
        mark("%(remote)s offers no way to delete the row %(row)s, so HR deletes it there by hand."),
        mark(
            "The bridge sees by itself within hours that it is gone, or at once with lms-bridge"
            " deliveries retry %(delivery)s; if it is to stay: lms-bridge deliveries cancel"
            " %(delivery)s"
        ),
    ),
    # --- a registry that takes files ---------------------------------------------------------
    "to_be_exported": Sentence(
        mark("%(remote)s takes files only, and this is to come into the next one."),
        mark("Make the file: lms-bridge registry export %(name)s"),
    ),
    "in_upload": Sentence(
        mark("It is in batch %(batch)s for %(remote)s (row %(row)s), which is not uploaded yet."),
        mark("Upload the file there, then: lms-bridge registry uploaded %(name)s %(batch)s"),
    ),
    "upload_unanswered": Sentence(
        mark(
            "Batch %(batch)s with it (row %(row)s) was uploaded to %(remote)s, and what came of it"
            " is not known yet."
        ),
        mark("Import the result file: lms-bridge registry results %(name)s %(batch)s FILE"),
    ),
    "uploads_to_export": Sentence(
        mark("Completions to be exported for %(remote)s: %(count)s."),
        mark("Make the file: lms-bridge registry export %(name)s"),
    ),
    "uploads_open": Sentence(
        mark("Batch %(batch)s for %(remote)s is not uploaded yet; completions in it: %(count)s."),
        mark("Upload the file there, then: lms-bridge registry uploaded %(name)s %(batch)s"),
    ),
    "uploads_unanswered": Sentence(
        mark(
            "Of batch %(batch)s, which was uploaded to %(remote)s, the result is not known yet;"
            " completions in it: %(count)s."
        ),
        mark("Import the result file: lms-bridge registry results %(name)s %(batch)s FILE"),
    ),
    "upload_refused": Sentence(
        mark("%(remote)s refused row %(row)s of batch %(batch)s: %(message)s"),
        mark(
            "Correct the course or the employee's data, then: lms-bridge deliveries retry"
            " %(delivery)s; it comes into the next batch"
        ),
    ),
    "upload_to_remove": Sentence(
        mark(
            "%(remote)s has it by batch %(batch)s (row %(row)s), and a person removes it there by"
            " hand."
        ),
        mark(
            "Remove it there, then: lms-bridge registry removed %(name)s %(completion)s; if it is"
            " to stay: lms-bridge deliveries cancel %(delivery)s"
        ),
    ),
    # --- the LMS -----------------------------------------------------------------------------
    "lms_account_unknown": Sentence(
        mark("%(remote)s shows no account for the NIP %(nip)s."),
        mark(
            "Give the learner's account that ID number, then: lms-bridge deliveries retry"
            " %(delivery)s"
        ),
    ),
    "lms_accounts_ambiguous": Sentence(
        mark("%(count)s accounts of %(remote)s carry the NIP %(nip)s: %(accounts)s."),
        mark("Leave the NIP in one of them, then: lms-bridge deliveries retry %(delivery)s"),
    ),
    "lms_token_rejected": Sentence(
        mark("%(remote)s does not accept the bridge's token: %(message)s"),
        mark(
            "Make a new token for the service account and put it where lms.%(name)s.token points."
        ),
    ),
    "lms_access_refused": Sentence(
        mark(
            "%(remote)s refused %(function)s: the service does not list the function, the account"
            " is not authorised for the service, or the token is bound to another address."
        ),
        mark("Add %(function)s to the external service; lms-bridge check names what is missing."),
    ),
    "lms_permission_missing": Sentence(
        mark("%(remote)s refused %(function)s: %(message)s"),
        mark("Give the service account's role %(capability)s; lms-bridge check proves it."),
    ),
    "lms_certificate_unknown": Sentence(
        mark("%(remote)s has no custom certificate with the id %(activity)s."),
        mark(
            "Correct lms_certificate of the course: the id in the address of the activity,"
            " view.php?id=…; then: lms-bridge deliveries retry --all-blocked"
        ),
    ),
    "lms_function_unknown": Sentence(
        mark(
            "%(remote)s does not know %(function)s: the plugin that has it is not installed, or"
            " too old."
        ),
        mark(
            "Have the LMS administrator install it (docs/moodle.md), or take lms_certificate out"
            " of the course; then: lms-bridge deliveries retry --all-blocked"
        ),
    ),
    "lms_feature_off": Sentence(
        mark("%(feature)s is switched off in %(remote)s: %(message)s"),
        mark(
            "Have the LMS administrator switch it on. What waits goes on by itself; what has"
            " stopped: lms-bridge deliveries retry %(delivery)s"
        ),
    ),
    "lms_account_gone": Sentence(
        mark("%(remote)s has no account with the id %(account)s any more."),
        mark(
            "If the learner has another account, give it the NIP as its ID number, then:"
            " lms-bridge deliveries retry %(delivery)s"
        ),
    ),
    "competency_unknown": Sentence(
        mark("%(remote)s has no competency with the ID number %(competency)s."),
        mark(
            "Create it there or correct the badge of the course, then: lms-bridge deliveries"
            " retry %(delivery)s"
        ),
    ),
    "competency_ambiguous": Sentence(
        mark("%(count)s competencies of %(remote)s have the ID number %(competency)s."),
        mark("Leave it to one of them, then: lms-bridge deliveries retry %(delivery)s"),
    ),
    "competency_not_in_course": Sentence(
        mark(
            "The competency %(competency)s cannot be rated in the course in %(remote)s: %(message)s"
        ),
        mark(
            "Link the competency to the course there, and see that the learner takes part in it;"
            " or rate it on the profile (rate_in). Then: lms-bridge deliveries retry %(delivery)s"
        ),
    ),
    "rated_course_unknown": Sentence(
        mark("%(remote)s has no course with the ID number %(course)s to rate a competency in."),
        mark("Correct the badge of the course, then: lms-bridge deliveries retry %(delivery)s"),
    ),
    "cohort_unknown": Sentence(
        mark("%(remote)s has no cohort %(cohort)s: %(message)s"),
        mark(
            "Create it there or correct the badge of the course, then: lms-bridge deliveries"
            " retry %(delivery)s"
        ),
    ),
    "lms_request_refused": Sentence(
        mark("%(remote)s refused it: %(message)s"),
        mark("When the cause is mended: lms-bridge deliveries retry %(delivery)s"),
    ),
    "event_refused": Sentence(
        mark("%(remote)s refused the event: %(message)s"),
        mark(
            "Mend it there; the event is offered again by itself, and those after it wait. To give"
            " this one up: lms-bridge events skip %(name)s"
        ),
    ),
    "hook_unanswered": Sentence(
        mark("%(remote)s did not say for certain that it took the webhook: %(error)s"),
        mark("Nothing to do if it comes back: it is sent again, with the same id."),
    ),
    "told_unanswered": Sentence(
        mark("The webhook was sent to %(remote)s, which did not answer, so it may have it.")
    ),
    "nothing_to_tell": Sentence(
        mark("The completion did not come into %(registry)s, so there was nothing to tell.")
    ),
    "openedx_permission_missing": Sentence(
        mark("%(remote)s does not allow the bridge %(path)s: %(message)s"),
        mark(
            "Make the user of its OAuth2 application global staff, and give it the permissions on"
            " user credentials in the Credentials service (docs/lms.md); lms-bridge check proves"
            " it."
        ),
    ),
    "lookup_impossible": Sentence(
        mark("%(lms)s offers no look-up by which it could be found out who %(actor)s is."),
        mark(
            "Describe one in the configuration (docs/lms.md), or link the account to a NIP"
            " (lms-bridge employees import)."
        ),
    ),
    "badges_not_taken": Sentence(
        mark("The configuration of %(remote)s does not say how the badge “%(badge)s” is awarded."),
        mark(
            "Describe it there (badges.award, docs/lms.md), or take the badge out of the course;"
            " then: lms-bridge deliveries retry %(delivery)s"
        ),
    ),
    "badge_route_unknown": Sentence(
        mark("%(remote)s cannot be made to issue a badge by the route “%(route)s”."),
        mark(
            "Correct the badge of the course (docs/courses.md), then: lms-bridge deliveries retry"
            " %(delivery)s"
        ),
    ),
    "badge_unconfirmed": Sentence(
        mark(
            "%(remote)s took the award of the badge “%(badge)s”, and offers no way to see whether"
            " it was issued."
        )
    ),
    "award_unanswered": Sentence(
        mark(
            "The award of the badge “%(badge)s” was sent to %(remote)s, which did not answer, and"
            " offers no way to see whether it was issued."
        )
    ),
    "revocation_unconfirmed": Sentence(
        mark(
            "%(remote)s took it that the badge “%(badge)s” is taken back, and offers no way to see"
            " whether it was."
        )
    ),
    "badge_to_revoke_unseen": Sentence(
        mark(
            "%(remote)s has the badge “%(badge)s” of %(learner)s; it offers no way to take it back,"
            " nor to see that a person did."
        ),
        mark("Take it back there by hand, then: lms-bridge deliveries cancel %(delivery)s"),
    ),
    "lms_refused": Sentence(
        mark("%(remote)s refused %(function)s (%(errorcode)s): %(message)s"),
        mark("When the cause is mended: lms-bridge deliveries retry %(delivery)s"),
    ),
    "badge_pending": Sentence(
        mark("%(remote)s has been told, and does not show the badge “%(badge)s” yet."),
        mark("Nothing to do: the LMS may issue it with its own cron; it is looked up again."),
    ),
    "badge_missing": Sentence(
        mark("%(remote)s was told, and after %(hours)s hours still shows no badge “%(badge)s”."),
        mark(
            "See that the badge is enabled, that its criterion is this competency or cohort, and"
            " that the learner has not hidden it; then: lms-bridge deliveries retry %(delivery)s"
        ),
    ),
    "badge_to_revoke": Sentence(
        mark(
            "%(remote)s still has the badge “%(badge)s” of %(learner)s, which only a person can"
            " revoke."
        ),
        mark(
            "Revoke it at %(page)s; the bridge sees it by itself, or at once with lms-bridge"
            " deliveries retry %(delivery)s. If it is to stay: lms-bridge deliveries cancel"
            " %(delivery)s"
        ),
    ),
    "badge_stands": Sentence(
        mark("The badge “%(badge)s” stays, since completion %(other)s stands for it as well.")
    ),
    "award_unmet": Sentence(
        mark(
            "The rule is no longer met: a training that the badge rests on was taken back, or"
            " counts for less by now."
        )
    ),
    "award_twice": Sentence(
        mark("The same badge was earned under another NIP of the same person; that one stays.")
    ),
    "badge_stands_by_rule": Sentence(
        mark("The badge “%(badge)s” stays, since it was also earned by its rule on %(earned)s.")
    ),
    "badge_vanished": Sentence(
        mark("The badge “%(badge)s” that %(remote)s confirmed is no longer shown."),
        mark("The learner may have hidden it, or it was revoked in the LMS."),
    ),
    # --- what was found when LMS, bridge and registries were held against each other ------------
    "backfill_conflict": Sentence(
        mark(
            "%(remote)s has a row “%(name)s” of %(days)s with %(hours)s JP and the number"
            " %(number)s, which may be this training and says something else."
        ),
        mark(
            "Decide with lms-bridge backfill decide: adopt, if the row is this training; take, if"
            " it is another one, and this is to be recorded besides; leave, if nothing is to be"
            " done."
        ),
    ),
    "backfill_no_course": Sentence(
        mark("The course, or its LMS, is not in the configuration any more."),
        mark("Put it back, then lms-bridge backfill run."),
    ),
    "backfill_waits": Sentence(
        mark("It was looked at, and is no completion yet."),
        mark("lms-bridge attention says what it waits for, or that it was taken back."),
    ),
    "backfill_not_in_registry": Sentence(
        mark("%(remote)s knows nobody with this NIP."),
        mark(
            "Somebody who has left the service, as a rule; leave it. If the NIP in the LMS is"
            " wrong, correct it there and survey once more."
        ),
    ),
    "found_untold": Sentence(
        mark("%(lms)s says that “%(course)s” was completed, and the bridge knows nothing of it.")
    ),
    "found_vanished": Sentence(mark("The row %(row)s, once confirmed by %(remote)s, is gone.")),
    "found_unrecorded": Sentence(
        mark("Completion %(completion)s stands, and nothing is to bring it to %(remote)s.")
    ),
    "found_back": Sentence(
        mark("The row %(row)s (“%(name)s”) in %(remote)s was gone, and is there again.")
    ),
    "found_linkable": Sentence(
        mark(
            "%(remote)s has a row %(row)s (“%(name)s”) that is completion %(completion)s, and was"
            " not recorded for it."
        )
    ),
    "found_stray": Sentence(
        mark(
            "%(remote)s has a row %(row)s (“%(name)s”) that looks like course %(course)s, and the"
            " bridge knows no such completion."
        ),
        mark("See whether it is right; the bridge deletes no row of others. Then dismiss it."),
    ),
    "found_of_withdrawn": Sentence(
        mark(
            "%(remote)s has a row %(row)s (“%(name)s”) that looks like completion %(completion)s,"
            " which was taken back."
        ),
        mark("If it is to go, delete it there by hand; if it is to stay, dismiss it."),
    ),
    "found_double": Sentence(
        mark(
            "%(remote)s has completion %(completion)s twice: the row %(ours)s, and a row %(row)s"
            " (“%(name)s”)."
        ),
        mark("If nothing is proposed, delete one of them there by hand."),
    ),
    "found_differing": Sentence(
        mark("The row %(row)s in %(remote)s and the bridge differ: %(what)s."),
        mark("See which is right; if nothing is proposed, change it there by hand."),
    ),
    "found_undocumented": Sentence(
        mark("The row %(row)s (“%(name)s”) in %(remote)s has no certificate with it.")
    ),
    "finding_gone": Sentence(mark("It is so no more, so nothing is done.")),
    "finding_decided": Sentence(mark("It was decided before, or a later run has found it again.")),
    "finding_busy": Sentence(
        mark("A worker is at it at this moment."), mark("Repair it once that is over.")
    ),
    "finding_for_a_person": Sentence(
        mark("There is no repair that the bridge can make."),
        mark("Mend it by hand, or dismiss it."),
    ),
    "repair_to_be_chosen": Sentence(
        mark("There are several repairs, and it is for a person to choose."),
        mark("Say which: --how"),
    ),
    "repair_not_offered": Sentence(mark("This repair is not possible here.")),
    "taken_in_waits": Sentence(
        mark("It was taken in, and waits for a person."), mark("See lms-bridge attention")
    ),
    "row_to_keep_gone": Sentence(
        mark("The row %(row)s in %(remote)s, which was to stay, is there no more."),
        mark(
            "Nothing was deleted, and there is one row only: lms-bridge deliveries cancel"
            " %(delivery)s"
        ),
    ),
    "row_to_link_gone": Sentence(
        mark("The row %(row)s in %(remote)s, which was to be linked, is there no more."),
        mark(
            "If the completion is to be recorded: lms-bridge deliveries retry %(delivery)s; if not:"
            " lms-bridge deliveries cancel %(delivery)s"
        ),
    ),
    # --- what is mailed, or told by webhook (lms_bridge.notices) ----------------------------------
    "mail_unavailable": Sentence(
        mark("The mail server %(host)s cannot be used now: %(error)s"),
        mark("Nothing to do if it comes back: the message is sent then."),
    ),
    "mail_credentials_rejected": Sentence(
        mark("The mail server %(host)s does not let the bridge sign in: %(message)s"),
        mark("Correct email.username and email.password; the message is sent then."),
    ),
    "mail_refused": Sentence(
        mark("The mail server refused the message: %(message)s"),
        mark("Look at the address and at email.sender, then: lms-bridge notices retry NUMBER"),
    ),
    "mail_not_configured": Sentence(
        mark("No mail server is set up."),
        mark("Add [email] to the configuration; the message is sent then."),
    ),
    "message_broken": Sentence(
        mark("The bridge itself failed when it made the message; the log has more."),
        mark("It is tried again by itself."),
    ),
    "recipient_gone": Sentence(
        mark("There is no [[notices]] called %(name)s with a webhook any more."),
    ),
    "report_not_made": Sentence(
        mark("The report is not made: its unit, the account, or the right to see it is gone."),
    ),
    "report_not_mailed": Sentence(
        mark(
            "The report is not mailed there any more: it, the account whose it is, or the right to"
            " see it is gone."
        ),
        mark("Whoever needs it can have it mailed anew: Reports in the console."),
    ),
}
