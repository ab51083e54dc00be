"""Which sync jobs there are."""

from __future__ import annotations

from collections.abc import Callable

from lms_bridge.bridge import Bridge
from lms_bridge.jobs.announce import Announce
from lms_bridge.jobs.award import Award
from lms_bridge.jobs.backfill import Backfill
from lms_bridge.jobs.backup import MakeBackup
from lms_bridge.jobs.base import Job
from lms_bridge.jobs.count_figures import CountFigures
from lms_bridge.jobs.count_hours import CountHours
from lms_bridge.jobs.deliver import Deliver
from lms_bridge.jobs.errands import Errands
from lms_bridge.jobs.events import Events
from lms_bridge.jobs.forward import Forward
from lms_bridge.jobs.index import Index
from lms_bridge.jobs.messages import Notify, SendMessages, SendReports
from lms_bridge.jobs.pull_completions import PullCompletions
from lms_bridge.jobs.read_histories import ReadHistories
from lms_bridge.jobs.recognise import Recognise
from lms_bridge.jobs.reconcile import Reconcile
from lms_bridge.jobs.refresh_employees import RefreshEmployees
from lms_bridge.jobs.retain import Retain
from lms_bridge.jobs.titles import TITLES
from lms_bridge.jobs.watch_tokens import WatchTokens

__all__ = ["JOBS", "TITLES"]

JOBS: dict[str, Callable[[Bridge], Job]] = {
    "recognise": Recognise,
    "award": Award,
    "count_hours": CountHours,
    "count_figures": CountFigures,
    "deliver": Deliver,
    "errands": Errands,
    "pull_completions": PullCompletions,
    "backfill": Backfill,
    "refresh_employees": RefreshEmployees,
    "read_histories": ReadHistories,
    "reconcile": Reconcile,
    "index": Index,
    "announce": Announce,
    "forward": Forward,
    "events": Events,
    "watch_tokens": WatchTokens,
    "notify": Notify,
    "send_reports": SendReports,
    "send_messages": SendMessages,
    "retain": Retain,
    "backup": MakeBackup,
}
"""by the name they have in ``[jobs.NAME]``"""
