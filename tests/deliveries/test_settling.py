"""When what was sent, and not answered, can be looked up: whatever is done to the clock."""

from __future__ import annotations

import datetime as dt
import time

import pytest

from lms_bridge.deliveries import settling
from lms_bridge.deliveries.settling import Settling
from lms_bridge.deliveries.step import Notebook
from lms_bridge.errors import NotNow
from tests.conftest import Clock

really_since_boot = settling.since_boot
SECONDS = 120.0


class Machine:
    """A machine that runs only when it is told to, in the place of the real one."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.start = "first"
        self.seconds = 1000.0
        self.tells = True
        monkeypatch.setattr(settling, "since_boot", self._since_boot)

    def _since_boot(self) -> tuple[str, float] | None:
        return (self.start, self.seconds) if self.tells else None


class Waiting:
    """Something was sent and given up in this moment."""

    def __init__(self, clock: Clock, machine: Machine) -> None:
        self.clock, self.machine = clock, machine
        self.notebook = Notebook({}, lambda _: None)
        self.notebook.enter(sent_at=clock())
        self.settling = Settling(clock, SECONDS)
        self.settling.begin(self.notebook)

    def after(self, *, by_clock: float, of_machine: float) -> float:
        """How many seconds are still to be waited for, when so many have passed."""
        self.clock.forward(seconds=by_clock)
        self.machine.seconds += of_machine
        try:
            self.settling.wait(self.notebook)
        except NotNow as error:
            return (error.until - self.clock()).total_seconds()
        return 0.0


@pytest.fixture
def machine(monkeypatch: pytest.MonkeyPatch) -> Machine:
    return Machine(monkeypatch)


@pytest.fixture
def waiting(clock: Clock, machine: Machine) -> Waiting:
    return Waiting(clock, machine)


def test_it_has_settled_when_the_time_has_passed(waiting: Waiting) -> None:
    assert waiting.after(by_clock=50, of_machine=50) == 70
    assert waiting.after(by_clock=69, of_machine=69) == 1
    assert waiting.after(by_clock=1, of_machine=1) == 0


@pytest.mark.parametrize("hours", [-48, -1, 1, 48])
def test_a_clock_that_is_put_right_changes_nothing(waiting: Waiting, hours: float) -> None:
    assert waiting.after(by_clock=3600 * hours, of_machine=50) == 70
    assert waiting.after(by_clock=70, of_machine=70) == 0


def test_after_a_restart_the_clock_and_the_machine_have_to_say_so(
    waiting: Waiting, machine: Machine
) -> None:
    machine.start, machine.seconds = "second", 0.0
    assert waiting.after(by_clock=600, of_machine=20) == 100
    assert waiting.after(by_clock=100, of_machine=100) == 0
    waiting.clock.forward(seconds=-590)  # it was wrong then, or is now
    assert waiting.after(by_clock=0, of_machine=0) == 10


def test_another_machine_that_has_long_been_running_goes_by_the_clock(
    waiting: Waiting, machine: Machine
) -> None:
    machine.start, machine.seconds = "of another", 1e6
    assert waiting.after(by_clock=119, of_machine=119) == 1
    assert waiting.after(by_clock=1, of_machine=1) == 0


def test_where_nobody_tells_it_goes_by_the_clock(waiting: Waiting, machine: Machine) -> None:
    machine.tells = False
    assert waiting.after(by_clock=119, of_machine=0) == 1
    assert waiting.after(by_clock=1, of_machine=0) == 0


def test_what_an_earlier_version_noted_goes_by_the_clock(waiting: Waiting) -> None:
    waiting.notebook.strike("given_up_after")
    assert waiting.after(by_clock=119, of_machine=1000) == 1
    assert waiting.after(by_clock=1, of_machine=0) == 0


def test_a_worker_that_was_cut_off_counts_from_the_next_attempt(
    clock: Clock, machine: Machine
) -> None:
    waiting = Waiting(clock, machine)
    waiting.settling.again(waiting.notebook)
    assert waiting.after(by_clock=3600, of_machine=3600) == 120
    assert waiting.after(by_clock=3600, of_machine=119) == 1


def test_the_notebook_keeps_it(waiting: Waiting) -> None:
    pages = waiting.notebook.pages()
    assert pages["given_up_after"] == ("first", 1000.0)
    waiting.settling.over(waiting.notebook)
    assert waiting.notebook.pages() == {}


def test_this_machine_tells() -> None:
    before, begun = really_since_boot(), time.monotonic()
    after = really_since_boot()
    assert before is not None
    assert after is not None
    assert before[0] == after[0]
    assert 0 <= after[1] - before[1] <= time.monotonic() - begun + 1
    assert dt.timedelta(seconds=before[1]) > dt.timedelta(0)
