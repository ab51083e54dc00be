"""Everything that is said to people is said in both languages."""

from __future__ import annotations

import ast
import re
from functools import cache
from pathlib import Path

import pytest
from babel.messages.catalog import Message
from babel.messages.extract import DEFAULT_KEYWORDS, extract_from_dir
from babel.messages.frontend import parse_mapping_cfg
from babel.messages.mofile import read_mo
from babel.messages.pofile import read_po

from lms_bridge.deliveries.lifecycle import State
from lms_bridge.i18n import LOCALES, gettext, language_of_system
from lms_bridge.reasons import SENTENCES, Reason
from lms_bridge.recognition.sightings import SightingState
from lms_bridge.wording import WORDS, word

ROOT = Path(__file__).parents[1]
FOLDER = LOCALES / "id" / "LC_MESSAGES"
PLACEHOLDER = re.compile(r"%\((\w+)\)s")
HOW = "run `make messages`, translate what is new in messages.po, and run it again"


@cache
def said() -> set[str]:
    """Every sentence that is marked in the sources and the templates."""
    with (ROOT / "babel.cfg").open(encoding="utf-8") as mapping:
        methods, options = parse_mapping_cfg(mapping)
    keywords = DEFAULT_KEYWORDS | {"mark": None}
    found: set[str] = set()
    for folder in ("lms_bridge", "webhook"):
        patterns = [
            (pattern.removeprefix(f"{folder}/"), method)
            for pattern, method in methods
            if pattern.startswith(f"{folder}/")
        ]
        for _, _, message, _, _ in extract_from_dir(
            ROOT / folder,
            method_map=patterns,
            options_map={p.removeprefix(f"{folder}/"): o for p, o in options.items()},
            keywords=keywords,
        ):
            found.add(message if isinstance(message, str) else message[0])
    return found


def translated() -> dict[str, Message]:
    with (FOLDER / "messages.po").open("rb") as file:
        catalogue = read_po(file, locale="id")
    return {message.id: message for message in catalogue if message.id}


TRANSLATED = translated()


def test_every_sentence_is_translated() -> None:
    missing = [text for text in sorted(said()) if text not in TRANSLATED]
    missing += [text for text, message in TRANSLATED.items() if not message.string]
    assert missing == [], HOW


def test_no_translation_is_a_guess_or_of_a_sentence_that_is_said_no_more() -> None:
    assert [text for text, message in TRANSLATED.items() if message.fuzzy] == []
    assert set(TRANSLATED) - said() == set(), HOW


def test_a_translation_names_the_same_details_and_commands() -> None:
    command = re.compile(r"lms-bridge [a-z]+(?: (?:import|retry|cancel))?")
    for text, message in TRANSLATED.items():
        string = message.string
        assert sorted(PLACEHOLDER.findall(text)) == sorted(PLACEHOLDER.findall(string)), text
        assert sorted(command.findall(text)) == sorted(command.findall(string)), text
        assert text.endswith(".") == string.endswith("."), text
        assert text[0].isupper() <= string[0].isupper(), text


def test_what_is_shown_is_made_from_what_was_translated() -> None:
    with (FOLDER / "messages.mo").open("rb") as file:
        shown = {message.id: message.string for message in read_mo(file) if message.id}
    assert shown == {text: message.string for text, message in TRANSLATED.items()}, HOW


def test_no_sentence_is_marked_where_the_extractor_does_not_see_it() -> None:
    """Inside an f-string, or put together from parts."""
    for path in [*ROOT.glob("lms_bridge/**/*.py"), *ROOT.glob("webhook/**/*.py")]:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "mark":
                [argument] = node.args
                assert isinstance(argument, ast.Constant), f"{path}:{node.lineno}"
                assert argument.value in said(), f"{path}:{node.lineno}"


@pytest.mark.parametrize("code", [*State, *SightingState, *WORDS])
def test_every_state_has_a_name_in_both_languages(code: str) -> None:
    assert word(code, "en") in TRANSLATED
    assert word(code, "id") != word(code, "en")


def test_every_act_that_the_audit_log_keeps_has_a_name() -> None:
    act = re.compile(
        r'"((?:account|attention|completion|courses?|credential|delivery|employee|finding|history|job'
        r'|message|person|remote|report|secret|statement|token)\.[a-z]+(?:_[a-z]+)*)"'
    )
    paths = [path for top in ("lms_bridge", "webhook") for path in (ROOT / top).rglob("*.py")]
    sources = [path.read_text(encoding="utf-8") for path in paths if path.parent.name != "store"]
    kept = [source for source in sources if re.search(r"import.*\baudit\b|accounts\.audit", source)]
    acts = {one for source in kept for one in act.findall(source)}
    assert len(acts) > 40
    assert acts - set(WORDS) == set()


def test_a_word_that_has_no_name_is_shown_as_it_is() -> None:
    assert word("row_differs", "id") == "row differs"


@pytest.mark.parametrize("code", sorted(SENTENCES))
def test_every_reason_is_told_in_both_languages(code: str) -> None:
    template = SENTENCES[code].what + SENTENCES[code].remedy
    reason = Reason(code, **{name: f"<{name}>" for name in PLACEHOLDER.findall(template)})
    english, indonesian = reason.sentence("en"), reason.sentence("id")
    for told in (english, indonesian):
        assert "%" not in told
        assert all(f"<{name}>" in told for name in reason.details)
    assert (english == indonesian) == (code == "other")


def test_what_has_no_translation_is_said_in_english() -> None:
    assert gettext("never said", "id") == "never said"


@pytest.mark.parametrize(
    ("variables", "language"),
    [
        ({"LANG": "id_ID.UTF-8"}, "id"),
        ({"LANG": "en_US.UTF-8"}, "en"),
        ({"LANG": "id_ID.UTF-8", "LC_ALL": "C"}, "en"),
        ({"LANG": "C", "LC_MESSAGES": "id_ID"}, "id"),
        ({}, "en"),
    ],
)
def test_without_a_configuration_the_language_is_that_of_the_system(
    variables: dict[str, str], language: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("LC_ALL", "LC_MESSAGES", "LANG"):
        monkeypatch.delenv(name, raising=False)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    assert language_of_system() == language
