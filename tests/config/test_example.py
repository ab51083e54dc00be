"""``config.example.toml`` is the reference: whole, true to the code, and every line usable."""

from __future__ import annotations

import re
from pathlib import Path

import msgspec
import pytest

from lms_bridge import lms, registries
from lms_bridge.config.loading import load
from lms_bridge.config.remote import RemoteSettings
from lms_bridge.config.settings import Settings
from tests.config.documents import problems, settings
from tests.config.names import settings_of

EXAMPLE = Path(__file__).parents[2] / "config.example.toml"
TEXT = EXAMPLE.read_text(encoding="utf-8")
LINES = TEXT.splitlines()

AT_DEFAULT = re.compile(r"^#: (\w+ = .*)$")
OPTIONAL = re.compile(r"^# (\w+ = \S.*)$")
HEADER = re.compile(r"^(?:# )?\[+([\w.]+)\]+")


def documented() -> set[str]:
    """The path of every setting that the file names, at its default, as an example or in use."""
    found, section = set(), ""
    for line in LINES:
        if header := HEADER.match(line):
            section = header[1]
        elif setting := re.match(r"^(?:#:? )?(\w+) = ", line):
            found.add(f"{section}.{setting[1]}".lstrip("."))
    return found


BY_INTERVAL = (
    "recognise",
    "award",
    "count_hours",
    "count_figures",
    "backfill",
    "deliver",
    "errands",
    "index",
    "announce",
    "forward",
    "events",
    "watch_tokens",
    "notify",
    "send_reports",
    "send_messages",
)


def every_setting() -> set[str]:
    """The path of every setting; the inner tables of courses and badges are written in one line."""
    remotes = {"lms.moodle": lms.KINDS["moodle"], "registry.siasn": registries.KINDS["siasn"]}
    found = {path for path, _ in settings_of(Settings) if path not in ("lms", "registry")}
    found = {re.sub(r"^forward\.", "forward.pusat.", path) for path in found}
    for section, kind in remotes.items():
        found |= {f"{section}.{path}" for path, _ in settings_of(kind.settings)}
        found.add(f"{section}.type")
    # What the tables of an LMS in TOML may hold is told in docs/lms.md.
    rest = lms.KINDS["rest"].settings
    found |= {f"lms.elearning.{name}" for name in (*rest.__struct_fields__, "type")}
    hook = lms.KINDS["hook"].settings
    found |= {f"lms.portal.{name}" for name in (*hook.__struct_fields__, "type")}
    edx = lms.KINDS["openedx"].settings
    found |= {f"lms.edx.{name}" for name in (*edx.__struct_fields__, "type")}
    # What the tables of a registry in TOML may hold is told in docs/simpeg.md.
    simpeg = registries.KINDS["simpeg"].settings
    found |= {f"registry.simpeg.{name}" for name in (*simpeg.__struct_fields__, "type")}
    # Nothing connects to a registry that takes files, so there is nothing to be told of that.
    files = set(registries.KINDS["file"].settings.__struct_fields__)
    files -= set(RemoteSettings.__struct_fields__)
    found |= {f"registry.bkd.{name}" for name in (*files, "type")}
    found = {re.sub(r"^(console\.oidc\.roles)\..*", r"\1", path) for path in found}
    return {re.sub(r"^((?:courses|badges)\.\w+)\..*", r"\1", path) for path in found} - {
        # a job that has an interval has no use for a zone; either may take the other's place
        *(f"jobs.{job}.{name}" for job in BY_INTERVAL for name in ("cron", "time_zone")),
        *(
            f"jobs.{job}.every_seconds"
            for job in Settings().jobs.__struct_fields__
            if job not in BY_INTERVAL
        ),
    }


def test_the_file_can_be_used_as_it_is() -> None:
    assert load(EXAMPLE).courses[0].badge is not None


def test_every_setting_is_in_it() -> None:
    assert every_setting() - documented() == set()


def test_nothing_is_in_it_that_is_no_setting() -> None:
    assert documented() - every_setting() == set()


def test_every_default_that_it_names_is_the_default() -> None:
    """Taking every #: away changes nothing."""
    uncommented = "\n".join(AT_DEFAULT.sub(r"\1", line) for line in LINES)
    assert uncommented != TEXT
    with_defaults, without = settings(uncommented), settings(TEXT)
    assert msgspec.structs.asdict(with_defaults) == msgspec.structs.asdict(without)


@pytest.mark.parametrize("number", [n for n, line in enumerate(LINES) if OPTIONAL.match(line)])
def test_every_example_in_it_can_be_taken_into_use(number: int) -> None:
    name = LINES[number].split()[1]
    lines = list(LINES)
    start = number
    while lines[start].startswith("# ") and not HEADER.match(lines[start]):
        start -= 1
    if lines[start].startswith("# ["):  # a whole table that is commented out is taken as a whole
        while lines[start].startswith("# "):
            lines[start] = lines[start].removeprefix("# ")
            start += 1
    else:
        lines = [line for line in lines if not line.startswith(f"{name} = {{")]  # one of two ways
        lines[lines.index(LINES[number])] = LINES[number].removeprefix("# ")
    text = "\n".join(lines).replace('#: public_url = ""', 'public_url = "https://b.example"')
    if "\n[[lti]]" in text:
        text += '\n[learner]\nkey = "env:LEARNER_KEY"\n'  # which it opens
    if "\n[[notices]]" in text:
        text += '\n[email]\nhost = "smtp.example"\nsender = "a@example.go.id"\n'
    if "\n[console.oidc]" in text:
        text = text.replace("\n[console]\n", '\n[console]\nkey = "env:CONSOLE_KEY"\n')
    assert problems(text) == []
