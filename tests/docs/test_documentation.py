"""What the documentation says is so: its links, commands, settings, examples and sentences.

A block of TOML must load as configuration when it is put into a minimal one, a line that
begins with ``lms-bridge`` in a block of commands must parse. A block that is no such thing
says ``text`` as its language.
"""

from __future__ import annotations

import re
import shlex
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import click
import pytest

from lms_bridge.catalogue import importing as courses
from lms_bridge.catalogue.course import KINDS, Course
from lms_bridge.catalogue.matching import doubly_marked
from lms_bridge.cli import main
from lms_bridge.config.loading import ConfigError, read
from lms_bridge.config.secrets import Secret
from lms_bridge.deliveries.lifecycle import State
from lms_bridge.lms.base import BadgeAward, Use
from lms_bridge.lms.moodle import badges, certificates, people, ratings, webservice
from lms_bridge.lms.moodle import courses as moodle_courses
from lms_bridge.lms.moodle.needs import needs
from lms_bridge.lms.moodle.role import plan_of
from lms_bridge.lms.moodle.settings import MoodleSettings
from lms_bridge.people import importing as employees
from lms_bridge.reasons import SENTENCES, Reason
from lms_bridge.wording import word

ROOT = Path(__file__).parents[2]
PAGES = [
    ROOT / "README.md",
    ROOT / "CHANGELOG.md",
    *sorted((ROOT / "docs").glob("*.md")),
]
EXAMPLES = sorted((ROOT / "examples").iterdir())
GUIDE = ROOT / "docs" / "panduan-sdm.md"
WORKPLACE = re.compile(r"/work/|/tmp/|/root/|moodle-lab|claude", re.IGNORECASE)

# Everything that a page's blocks may leave out, and what they are put into.
MINIMAL: dict[str, Any] = {
    "lms": {"moodle": {"type": "moodle", "url": "https://lms.example", "token": "env:TOKEN"}},
}


def _place(page: Path) -> str:
    return str(page.relative_to(ROOT))


class Block(NamedTuple):
    """A fenced block of a page."""

    page: Path
    line: int
    language: str
    text: str

    def __str__(self) -> str:
        return f"{_place(self.page)}:{self.line}"


def blocks(*languages: str) -> list[Block]:
    """The blocks of all pages that are in one of `languages`."""
    return [one for page in PAGES for one in _blocks(page) if one.language in languages]


def _blocks(page: Path) -> Iterator[Block]:
    fence = re.compile(r"^(?P<indent> *)```(?P<language>\S*) *$")
    start: re.Match[str] | None = None
    lines: list[str] = []
    first = 0
    for number, line in enumerate(page.read_text("utf-8").splitlines(), start=1):
        found = fence.match(line)
        if start is None and found:
            start, lines, first = found, [], number + 1
        elif start is not None and found and found["language"] == "":
            yield Block(page, first, start["language"], "\n".join(lines))
            start = None
        elif start is not None:
            lines.append(line.removeprefix(start["indent"]))
    assert start is None, f"{page.name}: a block that begins in line {first - 1} does not end"


def prose(page: Path) -> str:
    """The page without its blocks."""
    return re.sub(r"(?ms)^ *```.*?^ *```$", "", page.read_text("utf-8"))


def anchors(page: Path) -> set[str]:
    """The anchors of a page's headings, as they are made on code-hosting sites."""
    found = set()
    for heading in re.findall(r"(?m)^#+ (.+)$", prose(page)):
        plain = re.sub(r"[^\w\- ]", "", heading.strip().lower())
        found.add(plain.replace(" ", "-"))
    return found


# --- links --------------------------------------------------------------------------------------


@pytest.mark.parametrize("page", PAGES, ids=_place)
def test_every_relative_link_leads_somewhere(page: Path) -> None:
    broken = []
    for target in re.findall(r"\]\(([^)\s]+)\)", prose(page)):
        if re.match(r"[a-z]+:", target):
            continue
        path, _, anchor = target.partition("#")
        there = (page.parent / path).resolve() if path else page
        if not there.exists() or (anchor and anchor not in anchors(there)):
            broken.append(target)
    assert broken == []


@pytest.mark.parametrize("page", PAGES, ids=_place)
def test_every_file_of_the_code_that_is_named_is_there(page: Path) -> None:
    named = re.findall(
        r"`((?:lms_bridge|webhook|xapi|tests|examples|benchmarks|docs)/[\w./-]*)`",
        page.read_text("utf-8"),
    )
    assert [path for path in named if not (ROOT / path).exists()] == []


PART = re.compile(r"^## Part \w+: (\w+)$(.*?)(?=^## )", re.MULTILINE | re.DOTALL)
CLAUSE = re.compile(r"^\| ([^|]+?) \|", re.MULTILINE)
CITED = re.compile(r"\b(Data|Communication) (\d\.\d+(?:\.\d+)*)")


def test_every_clause_that_is_cited_is_explained() -> None:
    told = {
        f"{part} {number}"
        for part, rows in PART.findall((ROOT / "docs" / "xapi.md").read_text())
        for row in CLAUSE.findall(rows)
        for number in re.findall(r"\d+(?:\.\d+)+", row)
    }
    code = [
        path.read_text() for name in ("xapi", "webhook") for path in (ROOT / name).rglob("*.py")
    ]
    cited = {" ".join(each) for text in code for each in CITED.findall(text)}
    assert len(cited) > 40
    assert cited - told == set()


def test_every_page_is_in_the_index() -> None:
    index = (ROOT / "docs" / "README.md").read_text("utf-8")
    missing = [page.name for page in (ROOT / "docs").glob("*.md") if f"({page.name})" not in index]
    assert [name for name in missing if name != "README.md"] == []


@pytest.mark.parametrize("page", [*PAGES, *EXAMPLES], ids=_place)
def test_no_page_names_the_place_where_it_was_written(page: Path) -> None:
    assert WORKPLACE.findall(page.read_text("utf-8")) == []


# --- commands -----------------------------------------------------------------------------------


class Command(NamedTuple):
    """A command line that a page prints, to be typed as it stands, or the mention of one."""

    place: str
    line: str
    mentioned: bool = False


def commands() -> Iterator[Command]:
    """Every command line of ours: in blocks of commands, and between backticks in the text."""
    for block in blocks("sh"):
        for number, line in enumerate(block.text.splitlines(), start=block.line):
            if ours := re.search(r"(?:^|\s|/bin/)(lms-bridge (?!lms-bridge).*)$", line):
                if "exec runuser" in line or not line.strip().startswith(("lms-bridge", "/opt")):
                    continue
                yield Command(f"{_place(block.page)}:{number}", ours[1])
    for page in PAGES:
        for quoted in re.findall(r"`(lms-bridge [a-z][^`]*)`", prose(page)):
            if "…" not in quoted:
                yield Command(_place(page), quoted, mentioned=True)


COMMANDS = sorted(set(commands()))


@pytest.mark.parametrize("command", COMMANDS, ids=lambda one: f"{one.place} {one.line}")
def test_every_command_line_parses(command: Command) -> None:
    words = shlex.split(command.line, comments=True)[1:]
    words = [{"NUMBER": "1", "ID": "1", "NAME": "deliver"}.get(each, each) for each in words]
    try:
        parse(main, words)
    except click.MissingParameter:
        if not command.mentioned:
            raise


def parse(command: click.Command, words: list[str]) -> None:
    """Parse `words` as the program would, without doing anything; raises what click raises."""
    # Files that a page speaks of are not here, and need not be.
    context = command.make_context(
        "lms-bridge", _with_files(command, list(words)), resilient_parsing=False
    )
    if isinstance(command, click.Group):
        rest = [*context._protected_args, *context.args]
        if rest:
            name, inner, more = command.resolve_command(context, rest)
            assert inner is not None, name
            parse(inner, more)
        elif not command.invoke_without_command:
            raise click.UsageError("a command is missing")


def _with_files(command: click.Command, words: list[str]) -> list[str]:
    """`words` with a file that exists in place of one that the command wants to exist."""
    wants = any(
        isinstance(each.type, click.Path) and each.type.exists
        for each in command.params
        if isinstance(each, click.Argument)
    )
    return [__file__ if wants and word.endswith((".csv", ".xlsx")) else word for word in words]


def test_the_check_of_command_lines_can_fail() -> None:
    assert len(COMMANDS) > 25
    for wrong in ("chek", "status --jsn", "completions --nip", "jobs run all", "courses"):
        with pytest.raises(click.ClickException):
            parse(main, wrong.split())


def test_each_command_of_the_program_is_told_of_in_operating() -> None:
    told = (ROOT / "docs" / "operating.md").read_text("utf-8")
    assert [name for name in main.commands if f"`lms-bridge {name}" not in told] == []


# --- configuration ------------------------------------------------------------------------------


@pytest.mark.parametrize("block", blocks("toml"), ids=str)
def test_every_block_of_toml_loads_as_configuration(block: Block) -> None:
    document = merged(MINIMAL, tomllib.loads(block.text))
    read(document, base=ROOT, source=str(block))


def merged(one: Mapping[str, Any], other: Mapping[str, Any]) -> dict[str, Any]:
    """`one` with `other` laid over it, table by table."""
    result = dict(one)
    for name, value in other.items():
        before = result.get(name)
        both = isinstance(before, Mapping) and isinstance(value, Mapping)
        result[name] = merged(before, value) if both else value  # type: ignore[arg-type]
    return result


def test_the_check_of_configuration_can_fail() -> None:
    assert len(blocks("toml")) > 8
    with pytest.raises(ConfigError, match="did you mean port"):
        read(merged(MINIMAL, tomllib.loads("[web]\nprot = 80")), base=ROOT)


def test_every_field_of_a_course_is_told_of_in_courses() -> None:
    page = (ROOT / "docs" / "courses.md").read_text("utf-8")
    table = page.partition("## The fields")[2].partition("### ")[0]
    assert [name for name in Course.__struct_fields__ if f"`{name}`" not in table] == []


def test_every_kind_of_training_is_listed_in_courses() -> None:
    page = (ROOT / "docs" / "courses.md").read_text("utf-8")
    listed = {int(number) for number in re.findall(r"\| (\d+) [A-Z]", page)}
    assert listed == set(KINDS)


def test_every_block_says_what_it_is() -> None:
    known = {"sh", "toml", "text", "json", "php", "python", "yaml"}
    unmarked = [str(one) for page in PAGES for one in _blocks(page) if one.language not in known]
    assert unmarked == []


# --- examples -----------------------------------------------------------------------------------


def test_the_example_courses_import_cleanly() -> None:
    found = courses.from_file(ROOT / "examples" / "courses.csv")
    assert {course.run for course in found} >= {"once", "yearly", "session"}
    assert {course.badge.route for course in found if course.badge} == {"competency", "cohort"}
    assert list(doubly_marked(found)) == []


def test_the_example_employees_import_cleanly() -> None:
    found = employees.from_file(ROOT / "examples" / "employees.csv")
    assert len({person.nip for _, person in found}) == 5
    assert all(person.keys or person.former_nips for _, person in found)


def test_the_columns_of_the_employees_are_told_of_in_courses() -> None:
    page = (ROOT / "docs" / "courses.md").read_text("utf-8")
    columns = [*employees.REQUIRED, *employees.OPTIONAL]
    assert [name for name in columns if f"`{name}`" not in page] == []


def test_the_functions_that_the_bridge_calls_are_listed_for_moodle() -> None:
    page = (ROOT / "docs" / "moodle.md").read_text("utf-8")
    listed = set(re.findall(r"(?m)^ *((?:core|mod)_\w+)$", page))
    assert listed == {
        webservice.SITE_INFO,
        people.FIND_USERS,
        moodle_courses.FIND_COURSES,
        moodle_courses.PARTICIPANTS,
        moodle_courses.COMPLETION,
        badges.USER_BADGES,
        ratings.LIST_COMPETENCIES,
        ratings.GRADE,
        badges.ADD_TO_COHORT,
        badges.BADGE_BY_HASH,
        badges.FIND_COHORTS,
        badges.LEAVE_COHORT,
        certificates.FIND_ACTIVITY,
        certificates.LIST_ISSUES,
    }


def test_the_example_role_is_the_one_that_is_planned_for_both_ways_to_badges() -> None:
    ways = (BadgeAward("competency", "A", competency="A"), BadgeAward("cohort", "B", cohort="B"))
    settings = MoodleSettings(url="https://lms.example.go.id", token=Secret("env:TOKEN"))
    planned = plan_of(needs(settings, Use(awards=ways)))
    assert (ROOT / "examples" / "moodle-role.xml").read_text("utf-8") == planned.role_file


def test_the_capabilities_of_the_example_role_are_explained() -> None:
    role = (ROOT / "examples" / "moodle-role.xml").read_text("utf-8")
    page = (ROOT / "docs" / "moodle.md").read_text("utf-8")
    allowed = re.findall(r"<allow>(.+?)</allow>", role)
    assert len(allowed) == 10  # as the page says
    assert [capability for capability in allowed if f"`{capability}`" not in page] == []


# --- the guide for HR ---------------------------------------------------------------------------

# Shown where HR looks only while nobody need do anything, or about the technology behind it.
FOR_ADMINISTRATORS = {
    "mail_unavailable",
    "mail_credentials_rejected",
    "mail_refused",
    "mail_not_configured",
    "message_broken",
    "recipient_gone",
    "report_not_made",
    "report_not_mailed",
    "other",
    "new",
    "done",
    "settling",
    "interrupted",
    "outcome_unknown",
    "collision",
    "cancelled",
    "withdrawn",
    "internal_error",
    "unreadable_answer",
    "remote_moved",
    "secret_missing",
    "credentials_rejected",
    "sso_mismatch",
    "password_login_refused",
    "token_expires_soon",
    "token_expired",
    "backend_suspended",
    "lms_token_rejected",
    "lms_access_refused",
    "lms_permission_missing",
    "lms_feature_off",
    "lms_refused",
    "lms_request_refused",
    "lookup_impossible",
    "badge_route_unknown",
    "badges_not_taken",
    "event_refused",
    "hook_unanswered",
    "openedx_permission_missing",
    "told_unanswered",
    "nothing_to_tell",
    "lms_certificate_unknown",
    "lms_function_unknown",
    "remote_not_configured",
    "remote_paused",
    "badge_pending",
    "statement_refused",
    "statement_conflicts",
    "attachment_damaged",
    "statements_not_taken",
    "target_refuses_all",
    "lrs_credentials_rejected",
    "forwarding_failed",
}
NO_COMPLETION = {
    "own_statement",
    "erased_person",
    "verb_not_completion",
    "object_not_activity",
    "result_failed",
    "result_incomplete",
    "voiding",
    "voiding_of_another",
    "voided",
    "learner_earns_nothing",
    "instructor_earns_nothing",
    "own_instructor",
}


@pytest.mark.parametrize("code", sorted(set(SENTENCES) - FOR_ADMINISTRATORS - NO_COMPLETION))
def test_the_guide_tells_what_to_do_about_each_reason(code: str) -> None:
    said = SENTENCES[code].what
    names = set(re.findall(r"%\((\w+)\)s", said))
    sentence = Reason(code, **dict.fromkeys(names, "…")).what("id")
    # What stands in quotes in the guide is the beginning of the sentence, details left out.
    quoted = [_plain(text) for text in re.findall(r"“(.+?)”(?= *[|,.(]| )", _guide())]
    assert any(text and _plain(sentence).startswith(text) for text in quoted), sentence


@pytest.mark.parametrize("state", list(State))
def test_the_guide_tells_what_each_state_means(state: State) -> None:
    assert f"| {word(state, 'id')} |" in _guide()


def _guide() -> str:
    return re.sub(r"(?<=[^|\s])\n(?=\S)", " ", GUIDE.read_text("utf-8"))


def _plain(sentence: str) -> str:
    return re.sub(r"[\s“”…]+", " ", sentence).strip(" .")
