"""Configurations to change."""

from __future__ import annotations

import tomllib
from pathlib import Path

from lms_bridge.config.loading import ConfigError, read
from lms_bridge.config.settings import Settings

WHOLE = """
[[senders]]
name = "moodle"
username = "moodle"
password = "env:SENDER"

[lms.moodle]
type = "moodle"
url = "https://lms.example.go.id"
token = "env:TOKEN"

[registry.siasn]
type = "siasn"
consumer_key = "env:KEY"
consumer_secret = "file:secrets/secret"
sso_token = "file:secrets/sso"

[[courses]]
key = "PKA-2026"
name = "Pelatihan Kepemimpinan Administrator"
organiser = "BKPSDM"
kind = 5
hours = 40
external_ids = ["PKA"]
"""


def settings(text: str, base: Path = Path("/etc/lms-bridge")) -> Settings:
    """The settings that TOML `text` describes."""
    return read(tomllib.loads(text), base=base)


def problems(text: str, base: Path = Path("/etc/lms-bridge")) -> list[str]:
    """What is wrong with it."""
    try:
        settings(text, base)
    except ConfigError as error:
        return [str(problem) for problem in error.problems]
    return []


def whole(old: str = "", new: str = "") -> str:
    """A configuration with everything in it, with one thing changed."""
    assert old in WHOLE
    return WHOLE.replace(old, new, 1) if old else new + WHOLE
