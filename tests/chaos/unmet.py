"""Commit points at which no process is killed, by how their names begin, and why not."""

from __future__ import annotations

_ACT = (
    "the act of a person or a program, in one transaction: whoever did it sees whether it was"
    " answered, and looks or does it again; nothing follows it in the same process"
)
_LIVES = "says only that a process lives or how far it is; the next to be said takes its place"
_LOOKS = "keeps what was looked up for a page; whoever opens it again looks again"

_FAILED = "notes why one could not be done; what was not noted is met again by who comes next"

_COMMANDS = (
    "api_tokens",
    "attending",
    "backfill.py: pause",
    "badges.py: review",
    "courses",
    "credentials",
    "deliveries",
    "events",
    "forward",
    "jobs",
    "notices",
    "personal",
    "reconcile",
    "statements",
    "tokens",
    "users",
)

UNMET: dict[str, str] = {
    "webhook/console/": _ACT,
    "webhook/api/": _ACT,
    "webhook/lti.py": "somebody is let in, once for each launch; after a kill they come again",
    "webhook/tally.py": "counts requests for people to look at; what was not counted is missing",
    **{f"lms_bridge/cli/{name}": _ACT for name in _COMMANDS},
    "lms_bridge/attention/bulk.py": _ACT,
    "lms_bridge/catalogue/editing.py: preview_list": "is undone in any case",
    "lms_bridge/accounts/accesses.py": _LOOKS,
    "lms_bridge/backup/": "a command; whoever gave it sees whether it ended, and gives it again",
    "lms_bridge/errands/reporting.py": "a file for who has asked for it; it is made anew",
    "lms_bridge/figures/": "keeps what was added up for a page; it is added up anew",
    "lms_bridge/manners/shares.py": _LIVES,
    "lms_bridge/privacy/erasing.py": "a command; given again it removes what is still there",
    "lms_bridge/retention/": "removes what is old, by pieces; the next run removes the rest",
    "lms_bridge/recognition/confirming.py": (
        "asks the LMS whether a completion is so, where that is wanted, which here it is not; what"
        " was not noted is asked again"
    ),
    "lms_bridge/demo/": "the demo, which is set up anew each time",
    "lms_bridge/jobs/runs.py: note_idle": _LIVES,
    "lms_bridge/jobs/under_way.py": _LIVES,
    "lms_bridge/jobs/scheduler.py": _LIVES,
    "lms_bridge/operation/workers.py": _LIVES,
    "lms_bridge/learner/whom.py": _LOOKS,
    "lms_bridge/operation/trying.py": "somebody wants a remote to be tried, which changes nothing",
    "lms_bridge/operation/renewing.py": _ACT,
    "lms_bridge/lrs/documents.py": "one request, one transaction, answered after it",
    "lms_bridge/jobs/asking.py: Asked": _FAILED,
    "lms_bridge/jobs/pull_completions.py: PullCompletions._is_down": _FAILED,
    "lms_bridge/jobs/pull_completions.py: PullCompletions._pull_course": (
        "of an LMS that lists completions, of which there is none here: up to where it was read;"
        " what is read again is known"
    ),
    "lms_bridge/backfilling/carrying.py: Carrier._fail": _FAILED,
    "lms_bridge/backfilling/survey.py: Survey._unread": _FAILED,
}
