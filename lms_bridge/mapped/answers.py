"""What an answer means: by the rules of the configuration, and by what is true of any API.

The rules are asked in their order, and the first that fits decides. Nobody's rules make a
success of a page for people, of an empty body, of a bare ``0``, or of an answer that says
itself that it is none (``success: false`` under 200); these are so common that they are
known here; an empty body is one only by a rule that asks for it, or under a status that
needs none. An answer that no rule fits is ``unclear``: a write may then have taken effect.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Literal

import msgspec

from lms_bridge.http import hiding, phrases
from lms_bridge.http.client import Answer
from lms_bridge.http.trouble import excerpt, shortened
from lms_bridge.http.values import parsed
from lms_bridge.mapped.reading import at, is_filled
from lms_bridge.mapped.settings import Condition, Request, Rule

Means = Literal["success", "none", "refused", "retry", "unanswered", "credentials", "unclear"]

_NO = ("false", "0", "no", "tidak")
_FAILED = ("false", "error", "fail", "failed", "failure", "gagal", "danger")
_NOTHING = ("", "0", "null", "false", '""', "[]", "{}")
_DEPTH = 3


class Judgement(msgspec.Struct, frozen=True):
    """What an answer means, what it brought, and the registry's own words."""

    means: Means
    body: Any = None
    message: str = ""

    def without(self, hidden: Sequence[str]) -> Judgement:
        """It, with words that may be told: what is `hidden` is made unseen in them."""
        return Judgement(self.means, self.body, hiding.without(self.message, hidden))


def rules_of(request: Request, usual: Sequence[Rule]) -> tuple[Rule, ...]:
    """The rules by which a request's answer is judged: its own first.

    Where they say what success is, nothing else is.
    """
    own = request.answers
    if any(rule.means == "success" for rule in own):
        usual = [rule for rule in usual if rule.means != "success"]
    return (*own, *usual)


def judge(answer: Answer, rules: Iterable[Rule], messages: Sequence[str]) -> Judgement:
    """What `answer` means. Never fails, whatever the bytes."""
    text = answer.text().strip()
    body = parsed(text)
    is_data = isinstance(body, dict | list)
    said = _said(body, messages) if is_data else ""
    denied = False
    for rule in rules:
        if not (is_data or rule.means == "credentials" or _is_words(text, rule)) and not (
            not text and _expects_nothing(rule, answer)
        ):
            continue
        if not _fits(rule, answer.status, text, body):
            continue
        if rule.means == "success" and _denies(body, rule):
            denied = True
            continue
        return _passing(Judgement(rule.means, body, said or excerpt(answer)))
    if denied:
        return _passing(Judgement("refused", body, said or excerpt(answer)))
    return Judgement("unclear", body, said or excerpt(answer))


def _passing(judged: Judgement) -> Judgement:
    """It, or what it is if its words tell that it is only so for now."""
    if judged.means != "refused":
        return judged
    if phrases.UNANSWERED.search(judged.message):
        return Judgement("unanswered", judged.body, judged.message)
    if phrases.PASSING.search(judged.message):
        return Judgement("retry", judged.body, judged.message)
    return judged


def _is_words(text: str, rule: Rule) -> bool:
    """Whether an answer that is no JSON may be judged by `rule`: it looks for words of it."""
    is_page = text.startswith("<") or "<html" in text[:2000].casefold()
    return bool(rule.contains) and not rule.where and not is_page and text not in _NOTHING


def _expects_nothing(rule: Rule, answer: Answer) -> bool:
    """Whether an empty `answer` may be judged by `rule`: one that says that it is to be empty, or
    names its status where that says all: 204, or 201 with where the new thing is."""
    status = answer.status
    says_all = status == 204 or (status == 201 and "Location" in answer.headers)
    return (says_all and status in rule.status) or (rule.filled is False and not rule.where)


def _fits(rule: Rule, status: int, text: str, body: Any) -> bool:
    if rule.status and status not in rule.status:
        return False
    return _is_so(rule, at(body, rule.where) if rule.where else text)


def meets(row: Mapping[str, Any], condition: Condition | None) -> bool:
    """Whether `condition` is so of a row of an answer, if there is one."""
    return condition is None or _is_so(condition, at(row, condition.where))


def _is_so(condition: Condition, value: Any) -> bool:
    if condition.filled is not None and is_filled(value) != condition.filled:
        return False
    if condition.contains and not any(
        word.casefold() in _plain(value, whole=True) for word in condition.contains
    ):
        return False
    if condition.equals is not None:
        equals = condition.equals
        wanted = equals if isinstance(equals, tuple) else (equals,)
        return _plain(value) in [_plain(one) for one in wanted]
    return True


def _plain(value: Any, *, whole: bool = False) -> str:
    """A value as it is compared: true is "true", 1 is "1", capitals do not count."""
    match value:
        case None:
            return ""
        case bool():
            return "true" if value else "false"
        case str() | int() | float():
            return str(value).strip().casefold()
        case _:
            return json.dumps(value, ensure_ascii=False).casefold() if whole else ""


def _denies(body: Any, rule: Rule) -> bool:
    """Whether an answer says itself that it is no success, where `rule` did not look."""
    if not isinstance(body, Mapping):
        return False
    for name, value in body.items():
        if name == rule.where:
            continue
        match str(name).casefold():
            case "success" | "sukses" | "ok" | "berhasil":
                if value is None or _plain(value) in (*_NO, ""):
                    return True
            case "status":
                if _plain(value) in _FAILED:
                    return True
            case "error" | "errors":
                if is_filled(value) and _plain(value, whole=True) not in ("", *_NO):
                    return True
    return False


def _said(body: Any, messages: Sequence[str]) -> str:
    """The registry's own words, wherever it says them: that data is not valid often stands in one
    place, and which in another."""
    words = dict.fromkeys(word for path in messages for word in _words(at(body, path), _DEPTH))
    return shortened("; ".join(words).replace(".; ", ". "))


def _words(value: Any, depth: int) -> Iterator[str]:
    """The texts in `value`: a message, a list of them, or one for each field."""
    if isinstance(value, str) and value.strip():
        yield " ".join(value.split())
    elif isinstance(value, Mapping | list) and depth:
        for item in value.values() if isinstance(value, Mapping) else value:
            yield from _words(item, depth - 1)
