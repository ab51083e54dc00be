"""What each sync job does, in words."""

from __future__ import annotations

from lms_bridge.i18n import mark

TITLES = {
    "recognise": mark("judge what has come in"),
    "award": mark("give badges to those who meet their rules"),
    "count_hours": mark("add up the JP of those of whom something has changed"),
    "count_figures": mark("add up the figures of the whole city that pages show"),
    "deliver": mark("carry completions to the registry and badges to the LMS"),
    "errands": mark("do what somebody asks for on a page, such as a repair"),
    "pull_completions": mark("ask the LMS for completions that no statement told"),
    "backfill": mark("take in what an LMS held before the bridge came, at the pace that was set"),
    "refresh_employees": mark("take work units, and names, units and status, from the registry"),
    "read_histories": mark("read training histories and IP-ASN from the registry"),
    "reconcile": mark("compare what was confirmed with the registry and the LMS"),
    "index": mark("see to it that statements are found soon by who reads them"),
    "announce": mark("say in statements of its own what was recorded and which badges were issued"),
    "forward": mark("send what came in on to other LRSs"),
    "events": mark("tell other systems by webhook what has happened"),
    "watch_tokens": mark("say in time that a token has to be renewed"),
    "notify": mark("find out what people are to be told, and make the summary of the day"),
    "send_reports": mark("have the reports mailed that are due"),
    "send_messages": mark("send e-mails and webhooks"),
    "retain": mark("let go of what was kept for long enough"),
    "backup": mark("write a backup of all of the database"),
}
