"""The keys: who may read them, what rotating and removing one leaves behind."""

from __future__ import annotations

import datetime as dt
import os
import stat
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from lms_bridge.openbadges.keys import KeyRing, KeyTrouble
from tests.openbadges.world import TODAY

LATER = TODAY + dt.timedelta(days=400)


@pytest.fixture
def ring(tmp_path: Path) -> KeyRing:
    return KeyRing(tmp_path / "secrets" / "openbadges")


def files(ring: KeyRing) -> list[str]:
    return sorted(os.listdir(ring.folder))


def test_a_key_is_its_owners_alone(ring: KeyRing) -> None:
    made = ring.create(TODAY)
    assert files(ring) == [f"{made.name}.key"]
    mode = stat.S_IMODE((ring.folder / f"{made.name}.key").stat().st_mode)
    assert (mode, stat.S_IMODE(ring.folder.stat().st_mode)) == (0o600, 0o700)
    assert ring.exposed() == []
    (ring.folder / f"{made.name}.key").chmod(0o640)
    assert ring.exposed() == [ring.folder / f"{made.name}.key"]


def test_there_is_nothing_to_sign_with_before_there_is_a_key(ring: KeyRing) -> None:
    with pytest.raises(KeyTrouble, match="lms-bridge openbadges keys create"):
        ring.signing()


def test_a_second_first_key_is_refused(ring: KeyRing) -> None:
    ring.create(TODAY)
    with pytest.raises(KeyTrouble, match="rotate"):
        ring.create(LATER)


def test_of_two_who_make_the_first_key_at_once_one_is_refused(ring: KeyRing) -> None:
    """Else the key of the second would take the place of the first, which is made already."""
    both = threading.Barrier(8)

    def create(_: int) -> str:
        own = KeyRing(ring.folder)
        both.wait()
        try:
            return own.create(TODAY).public.public_bytes_raw().hex()
        except KeyTrouble:
            return ""

    with ThreadPoolExecutor(8) as threads:
        made = [key for key in threads.map(create, range(8)) if key]
    assert made == [ring.signing().public.public_bytes_raw().hex()]


def test_of_two_who_rotate_at_once_each_makes_a_key(ring: KeyRing) -> None:
    ring.create(TODAY)
    both = threading.Barrier(4)

    def rotate(_: int) -> str:
        both.wait()
        return KeyRing(ring.folder).rotate(LATER).name

    with ThreadPoolExecutor(4) as threads:
        made = sorted(threads.map(rotate, range(4)))
    assert len(set(made)) == 4
    assert ring.signing().name == made[-1]
    assert [key.name for key in ring.all() if key.private] == [made[-1]]


def test_rotating_leaves_only_the_public_half_of_what_was_before(ring: KeyRing) -> None:
    first = ring.create(TODAY)
    second = ring.rotate(LATER)
    assert files(ring) == [f"{first.name}.pub", f"{second.name}.key"]
    assert ring.signing().name == second.name
    assert [key.private is None for key in ring.all()] == [False, True]
    assert ring.all()[1].public == first.public


def test_a_rotation_that_was_cut_short_is_finished_by_the_next(ring: KeyRing) -> None:
    first = ring.create(TODAY)
    kept = (ring.folder / f"{first.name}.key").read_bytes()
    second = ring.rotate(LATER)
    (ring.folder / f"{first.name}.key").write_bytes(kept)
    assert ring.signing().name == second.name
    third = ring.rotate(LATER)
    assert files(ring) == [f"{first.name}.pub", f"{second.name}.pub", f"{third.name}.key"]


def test_the_newest_signs_even_if_the_clock_was_set_back(ring: KeyRing) -> None:
    ring.create(LATER)
    assert ring.rotate(TODAY).name == ring.signing().name


def test_another_process_sees_at_once_that_a_key_was_rotated(ring: KeyRing) -> None:
    ring.create(TODAY)
    other = KeyRing(ring.folder)
    assert other.signing().name == ring.signing().name
    made = ring.rotate(LATER)
    assert other.signing().name == made.name


def test_a_removed_key_is_gone_and_another_signs(ring: KeyRing) -> None:
    first = ring.create(TODAY)
    made = ring.remove(first.name, LATER)
    assert made is not None
    assert files(ring) == [f"{made.name}.key"]
    second = ring.rotate(LATER)
    assert ring.remove(made.name, LATER) is None
    assert [key.name for key in ring.all()] == [second.name]
    with pytest.raises(KeyTrouble, match="no key"):
        ring.remove("../../x", LATER)


def test_a_file_that_is_no_key_is_named(ring: KeyRing) -> None:
    made = ring.create(TODAY)
    (ring.folder / f"{made.name}.key").write_text("kunci")
    with pytest.raises(KeyTrouble, match=made.name):
        KeyRing(ring.folder).signing()
