"""Which sync jobs there are."""

from __future__ import annotations

from collections.abc import Callable

from lms_bridge.bridge import Bridge
from lms_bridge.i18n import mark
from lms_bridge.jobs.announce import Announce
from lms_bridge.jobs.award import Award
from lms_bridge.jobs.backfill import Backfill
from lms_bridge.jobs.base import Job
from lms_bridge.jobs.count_hours import CountHours
from lms_bridge.jobs.deliver import Deliver
from lms_bridge.jobs.forward import Forward
from lms_bridge.jobs.index import Index
from lms_bridge.jobs.pull_completions import PullCompletions
from lms_bridge.jobs.read_histories import ReadHistories
from lms_bridge.jobs.recognise import Recognise
from lms_bridge.jobs.reconcile import Reconcile
from lms_bridge.jobs.refresh_employees import RefreshEmployees
from lms_bridge.jobs.watch_tokens import WatchTokens

JOBS: dict[str, Callable[[Bridge], Job]] = {
    "recognise": Recognise,
    "award": Award,
    "count_hours": CountHours,
    "deliver": Deliver,
    "pull_completions": PullCompletions,
    "backfill": Backfill,
    "refresh_employees": RefreshEmployees,
    "read_histories": ReadHistories,
    "reconcile": Reconcile,
    "index": Index,
    "announce": Announce,
    "forward": Forward,
    "watch_tokens": WatchTokens,
}
"""by the name they have in ``[jobs.NAME]``"""

TITLES = {
    "recognise": mark("judge what has come in"),
    "award": mark("give badges to those who meet their rules"),
    "count_hours": mark("add up the JP of those of whom something has changed"),
    "deliver": mark("carry completions to the registry and badges to the LMS"),
    "pull_completions": mark("ask the LMS for completions that no statement told"),
    "backfill": mark("take in what an LMS held before the bridge came, at the pace that was set"),
    "refresh_employees": mark("take work units, and names, units and status, from the registry"),
    "read_histories": mark("read training histories and IP-ASN from the registry"),
    "reconcile": mark("compare what was confirmed with the registry and the LMS"),
    "index": mark("see to it that statements are found soon by who reads them"),
    "announce": mark("say in statements of its own what was recorded and which badges were issued"),
    "forward": mark("send what came in on to other LRSs"),
    "watch_tokens": mark("say in time that a token has to be renewed"),
}
