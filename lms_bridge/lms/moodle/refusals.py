"""What an error of a Moodle web service means, and what can come of it.

Moodle answers nearly every error with HTTP 200 and ``{"exception", "errorcode", "message"}``.
The errorcode decides: the exception's class has moved between versions, and the message is
in the language of the service account (Moodle facts, section 3).
"""

from __future__ import annotations

from lms_bridge.errors import DeliveryError
from lms_bridge.http.trouble import shortened
from lms_bridge.reasons import Reason

COLLISION_PAUSE = 5.0
"""seconds until a call that collided with another one is worth repeating"""

_TOKEN = ("invalidtoken", "invalidtimedtoken", "passwordisexpired", "usernotfullysetup")
_ACCOUNT = "wsaccessuser"  # …suspended, …deleted, …unconfirmed, …expired, …nologin
_CLOSED = ("sitemaintenance", "upgraderunning", "dbconnectionfailed")
_DATABASE = ("dmlreadexception", "dmltransactionexception", "locktimeout")
_PERMISSION = (
    "nopermissions",
    "nopermission",
    "cannotviewreport",
    "requireloginerror",
    "errorcoursecontextnotvalid",
    "accessdenied",
)
_OFF = {
    "badgesdisabled": "Badges",
    "competenciesarenotenabled": "Competencies",
    "servicenotavailable": "The external service",
}

# By measuring each call with a role that lacks one capability (Moodle facts, section 4).
_CAPABILITIES = {
    ("core_competency_grade_competency", "nopermissions"): "moodle/competency:competencygrade",
    ("core_competency_grade_competency_in_course", "nopermissions"): (
        "moodle/competency:competencygrade and moodle/competency:usercompetencyview"
    ),
    ("core_competency_grade_competency_in_plan", "nopermissions"): (
        "moodle/competency:competencygrade"
    ),
    ("core_competency_list_user_plans", "nopermissions"): "moodle/competency:planview",
    ("core_competency_list_plan_competencies", "nopermissions"): "moodle/competency:planview",
    ("core_competency_list_course_competencies", "nopermissions"): (
        "moodle/competency:coursecompetencyview"
    ),
    ("core_competency_list_competencies", "nopermissions"): "moodle/competency:competencyview",
    ("core_cohort_add_cohort_members", "nopermissions"): "moodle/cohort:assign",
    ("core_cohort_search_cohorts", "nopermissions"): "moodle/cohort:view",
    ("core_cohort_delete_cohort_members", "nopermissions"): "moodle/cohort:assign",
    ("core_badges_get_user_badges", "nopermissions"): "moodle/badges:viewotherbadges",
    ("core_enrol_get_enrolled_users", "nopermissions"): (
        "moodle/course:enrolreview (or moodle/course:viewparticipants, and for the front page"
        " moodle/site:viewparticipants)"
    ),
    # Completion tracking that is switched off in the course answers just the same.
    ("core_completion_get_course_completion_status", "cannotviewreport"): (
        "report/completion:view (or switch on completion tracking in the course)"
    ),
    # A certificate is usually restricted, and so not accessible, until the course is completed.
    ("core_course_get_course_module", "requireloginerror"): (
        "mod/customcert:view, moodle/course:ignoreavailabilityrestrictions and moodle/course:view"
    ),
    ("mod_customcert_list_issues", "nopermissions"): "mod/customcert:viewallcertificates",
}
_OF_ANY_FUNCTION = {
    "requireloginerror": "moodle/course:view",
    "errorcoursecontextnotvalid": "moodle/course:view",
    "accessdenied": "moodle/site:accessallgroups",
}


class MoodleError(DeliveryError):
    """A delivery error that Moodle told in its own form; `errorcode` is Moodle's word for it."""

    errorcode = ""


def refusal(remote: str, function: str, errorcode: str, message: str) -> MoodleError:
    """The error that `function` of the Moodle `remote` answered with."""
    error = _refusal(remote, function, errorcode, shortened(message))
    error.errorcode = errorcode
    return error


def token_rejected(remote: str, message: str) -> MoodleError:
    """The token, or the account that it belongs to, is no good any more."""
    name = remote.partition(".")[2]
    reason = Reason("lms_token_rejected", remote=remote, name=name, message=shortened(message))
    return MoodleError(reason, retryable=False, remote_wide=True)


def feature_off(remote: str, feature: str, message: str, *, remote_wide: bool) -> MoodleError:
    """A part of Moodle is switched off, or all of its web services (`remote_wide`)."""
    reason = Reason("lms_feature_off", remote=remote, feature=feature, message=message)
    return MoodleError(reason, retryable=False, remote_wide=remote_wide)


def account_gone(remote: str, account: str) -> MoodleError:
    """The account was there when it was looked up, and is no longer."""
    return MoodleError(Reason("lms_account_gone", remote=remote, account=account), retryable=False)


def _refusal(remote: str, function: str, errorcode: str, message: str) -> MoodleError:
    if errorcode in _TOKEN or errorcode.startswith(_ACCOUNT):
        return token_rejected(remote, message)
    if errorcode == "accessexception":
        reason = Reason("lms_access_refused", remote=remote, function=function)
        return MoodleError(reason, retryable=False)
    if errorcode in _CLOSED:
        reason = Reason("remote_unavailable", remote=remote, error=message)
        return MoodleError(reason, retryable=True, remote_wide=True)
    if errorcode in _OFF:
        whole = errorcode == "servicenotavailable"
        return feature_off(remote, _OFF[errorcode], message, remote_wide=whole)
    if errorcode in _PERMISSION:
        capability = (
            _CAPABILITIES.get((function, errorcode))
            or _OF_ANY_FUNCTION.get(errorcode)
            or "the capability that is named there"
        )
        reason = Reason(
            "lms_permission_missing",
            remote=remote,
            function=function,
            message=message,
            capability=capability,
        )
        return MoodleError(reason, retryable=False)
    if errorcode == "dmlwriteexception":
        # Identical calls at the same moment: one of them fails, the badge is issued all the
        # same (section 1). To be looked up and, at need, done again.
        reason = Reason("collision", remote=remote, error=message)
        return MoodleError(reason, retryable=True, retry_after=COLLISION_PAUSE)
    if errorcode in _DATABASE:
        reason = Reason("remote_unavailable", remote=remote, error=message)
        return MoodleError(reason, retryable=True, remote_wide=True)
    reason = Reason(
        "lms_refused",
        remote=remote,
        function=function,
        errorcode=errorcode or "no errorcode",
        message=message,
    )
    # An exception without errorcode is a failure of PHP itself, which may pass.
    return MoodleError(reason, retryable=not errorcode)
