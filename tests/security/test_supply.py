"""What of others is installed: which, and under which licence."""

from __future__ import annotations

import importlib.metadata
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
LOCKS = [ROOT / "requirements.lock", ROOT / "requirements-dev.lock"]
MAY_BE_USED = re.compile(
    r"MIT|BSD|Apache|Python Software Foundation|PSF|ISC|MPL|Mozilla|Unlicense|Zlib|HPND|CC0|0BSD"
    # These two are used as they are, and are libraries: psycopg, fpdf2, zxing's relatives.
    r"|LGPL|Lesser General Public",
    re.IGNORECASE,
)
_ENTRY = re.compile(r"^([A-Za-z0-9_.-]+)==(\S+)(?: ; [^\\\n]+)?((?:\s*\\\n    --hash=\S+)*)", re.M)


@pytest.mark.parametrize("lock", LOCKS, ids=lambda path: path.name)
def test_whatever_is_installed_is_known_by_its_hash(lock: Path) -> None:
    """So that nobody who gets into an index, or onto the way, can have us install anything else."""
    text = lock.read_text()
    entries = _ENTRY.findall(text)
    assert len(entries) > 40
    for name, _, hashes in entries:
        assert re.search(r"--hash=sha256:[0-9a-f]{64}", hashes), name
    written = re.findall(r"(?m)^[A-Za-z0-9_.-]+==", text)
    assert len(written) == len(entries), "an entry without a version, or in another form"
    assert not re.search(r"(?m)^(-e|git\+|https?://|--(extra-)?index|--trusted)", text)


def test_nothing_is_installed_but_what_the_lock_names() -> None:
    script = (ROOT / "scripts" / "install").read_text()
    assert "--require-hashes" in script


def test_each_licence_is_one_that_we_may_use() -> None:
    wrong = [(name, said) for name, said in _licences() if not MAY_BE_USED.search(said)]
    assert wrong == []


def _licences() -> Iterator[tuple[str, str]]:
    for name, _, _ in _ENTRY.findall(LOCKS[0].read_text()):
        try:
            told = importlib.metadata.metadata(name)
        except importlib.metadata.PackageNotFoundError:
            continue  # for another system
        of_class = [one for one in told.get_all("Classifier") or () if one.startswith("License")]
        short = (told.get("License") or "").partition("\n")[0]
        yield name, " ".join([told.get("License-Expression") or "", short, *of_class])


def test_what_could_run_what_it_reads_is_not_used() -> None:
    """Neither pickle, nor eval, nor YAML that makes objects, nor a shell."""
    found = subprocess.run(
        [
            "grep",
            "-rnE",
            r"^\s*(import|from) (pickle|marshal|shelve|yaml)\b|[^.\w](eval|exec)\(|shell=True",
            "--include=*.py",
            *(str(ROOT / each) for each in ("lms_bridge", "webhook", "xapi")),
        ],
        capture_output=True,
        text=True,
        check=False,
    )
    assert found.stdout == ""
