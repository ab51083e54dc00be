"""The words of messages, in the language of who gets them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from lms_bridge.i18n import gettext, mark
from lms_bridge.notices import facts
from lms_bridge.notices.facts import Fact
from lms_bridge.redaction import mask_nip

_SOMETHING_WAITS = mark("Something needs a person: %(count)s")
_SOMETHING_AMISS = mark("Something is wrong: %(what)s")
_ALL_WELL = mark("Something works again: %(what)s")
_WAITS = mark("What needs a person:")
_AMISS = mark("What is wrong:")
_OVER = mark("What is over:")
_NAMED = mark("The largest of them:")
_MORE = mark("More, and what to do about each: %(link)s")
_WHY = mark(
    "You get this because [[notices]] in the configuration has your address. The same is not told"
    " again until there is twice as much of it, or a day has passed."
)


def notice(
    new: Sequence[Fact],
    over: Sequence[str],
    home: str,
    names: Sequence[tuple[str, int]],
    language: str,
) -> tuple[str, str]:
    """Subject and text of what is new."""
    waiting = [fact for fact in new if fact.about == "attention"]
    amiss = [fact for fact in new if fact.about != "attention"]
    ended = [line for key in over if (line := facts.over(key, language))]
    blocks = [
        _block(_AMISS, [fact.line(language) for fact in amiss], language),
        _block(_WAITS, [fact.line(language) for fact in waiting], language),
    ]
    if waiting and names:
        lines = [f"{mask_nip(title)} ({count})" for title, count in names]
        blocks.append(_block(_NAMED, lines, language))
    blocks.append(_block(_OVER, ended, language))
    paths = dict.fromkeys(fact.path for fact in new)
    blocks += [gettext(_MORE, language) % {"link": home + path} for path in paths]
    blocks.append(gettext(_WHY, language))
    return _subject(waiting, amiss, over, language), "\n\n".join(filter(None, blocks)) + "\n"


def _subject(
    waiting: Sequence[Fact], amiss: Sequence[Fact], over: Sequence[str], language: str
) -> str:
    """The worst of it."""
    if amiss:
        what = ", ".join(dict.fromkeys(_called(fact.key) for fact in amiss))
        return gettext(_SOMETHING_AMISS, language) % {"what": what}
    if waiting:
        count = sum(fact.count for fact in waiting)
        return gettext(_SOMETHING_WAITS, language) % {"count": count}
    return gettext(_ALL_WELL, language) % {"what": ", ".join(map(_called, over))}


def notice_data(new: Sequence[Fact], over: Sequence[str], home: str) -> Mapping[str, Any]:
    """The same for a webhook, in English and without names."""
    return {
        "new": [
            {
                "key": fact.key,
                "about": fact.about,
                "count": fact.count,
                "says": fact.line("en"),
                "link": home + fact.path,
            }
            for fact in new
        ],
        "over": list(over),
    }


def _called(key: str) -> str:
    """What a key is about: ``registry.siasn``."""
    return key.split(":")[1]


def _block(heading: str, lines: Sequence[str], language: str) -> str:
    if not lines:
        return ""
    return "\n".join([gettext(heading, language), *(f"- {line}" for line in lines)])
