"""One bridge: its settings, its database, its LMSs and registries, put together.

Each process has one and needs another part of it, and to load all would keep each command waiting
for most of a second. So what a part is made of is imported where that part is made.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from functools import cached_property, partial
from pathlib import Path
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from lms_bridge import lms, registries
from lms_bridge.catalogue import courses
from lms_bridge.config.loading import ConfigError, Problem, load
from lms_bridge.config.remote import RegistrySettings, RemoteSettings
from lms_bridge.config.secrets import SecretMissing
from lms_bridge.config.settings import Settings
from lms_bridge.deliveries.ownership import new_owner
from lms_bridge.events import journal
from lms_bridge.forwarding.backlog import Backlog
from lms_bridge.forwarding.outgoing import remote_of
from lms_bridge.http.surroundings import ALONE, Surroundings
from lms_bridge.lms import Around
from lms_bridge.manners.hours import hours_of
from lms_bridge.people import erased
from lms_bridge.recognition import in_force
from lms_bridge.registries.base import TakesDocuments
from lms_bridge.store import migrations
from lms_bridge.store.engine import Store, open_store

if TYPE_CHECKING:
    from lms_bridge.announcing.announcer import Announcer
    from lms_bridge.badges.reviewing import Reviewing
    from lms_bridge.certificates.papers import Papers
    from lms_bridge.deliveries.step import Step
    from lms_bridge.deliveries.worker import Worker
    from lms_bridge.events.settings import EventTarget
    from lms_bridge.events.telling import Teller, Tellers
    from lms_bridge.forwarding.forwarder import Forwarders
    from lms_bridge.forwarding.target import Lrs
    from lms_bridge.intake import Intake
    from lms_bridge.lms.base import Lms, LmsSettings, Use
    from lms_bridge.lrs.indexing import Index
    from lms_bridge.manners.hours import Hours
    from lms_bridge.manners.shares import Share, Shares
    from lms_bridge.openbadges.issuing import Issuing
    from lms_bridge.people.counting import Counting
    from lms_bridge.reasons import Reason
    from lms_bridge.recognition.recogniser import Recogniser
    from lms_bridge.registries.base import Registry
    from lms_bridge.registries.files.layout import Layout


def utc_now() -> dt.datetime:
    """The clock of the bridge."""
    return dt.datetime.now(dt.UTC)


class Bridge:
    """Everything that a process of the bridge works with, made when it is first needed.

    >>> bridge = Bridge.open(Path("lms-bridge.toml"))
    >>> bridge.recogniser.run()
    """

    def __init__(self, settings: Settings, store: Store, *, base: Path | None = None) -> None:
        self.settings = settings
        self.base = base or Path()
        """the folder of the configuration, from which paths in it start"""
        self.store = store
        store.given = erased.kept_by(settings.privacy.key)
        self.owner = new_owner()
        self.documents_are_planned = False
        """whether certificates were planned for what was recorded before there were any"""

    @classmethod
    def open(cls, path: Path) -> Bridge:
        """The bridge that the configuration at `path` describes, its database up to date.

        Raises :exc:`~lms_bridge.config.loading.ConfigError`.
        """
        settings = load(path)
        try:
            store = open_store(settings.database.url, path.parent)
            store.given = erased.kept_by(settings.privacy.key)
            store.check_sessions()
            migrations.upgrade(store)
            with store.writing() as db:
                courses.put(db, settings.courses, source="config", now=utc_now(), complete=True)
                in_force.compare(db, settings)
                for name, target in settings.forward.items():
                    Backlog(name, target).begin(db)
                journal.begin(db, [one.remote for one in settings.events])
                erased.check(db)
        except SecretMissing as error:
            raise ConfigError(str(path), [Problem("database.url", str(error))]) from error
        except erased.KeyMissing as error:
            raise ConfigError(str(path), [Problem("privacy.key", str(error))]) from error
        except ValueError as error:
            raise ConfigError(str(path), [Problem("", str(error))]) from error
        except courses.CatalogueError as error:
            raise ConfigError(
                str(path), [Problem("courses", str(problem)) for problem in error.problems]
            ) from error
        return cls(settings, store, base=path.parent)

    @cached_property
    def lms(self) -> Mapping[str, Lms]:
        """The configured LMSs by name."""
        return {
            name: lms.make(name, each, self._around(name, each))
            for name, each in self.settings.lms.items()
        }

    def _around(self, name: str, settings: LmsSettings) -> Around:
        from lms_bridge.manners.gate import pace_of

        remote, zone = f"lms.{name}", settings.time_zone or self.settings.time_zone
        gate = pace_of(
            self.store,
            remote,
            settings,
            owner=self.owner,
            clock=utc_now,
            share=self._share(remote, settings.concurrency),
        )
        return Around(gate, ZoneInfo(zone), partial(self.use_of, name))

    def use_of(self, name: str) -> Use:
        """What the LMS of that name is used for, by catalogue and badges as they are now."""
        from lms_bridge.badges import in_force as badges
        from lms_bridge.lms.use import use_of

        with self.store.reading() as db:
            catalogue = [each.course for each in courses.current_catalogue(db).courses]
            rules = [each.badge for each in badges.current(db)]
        return use_of(name, self.settings, catalogue, rules)

    @cached_property
    def registries(self) -> Mapping[str, Registry]:
        """The configured registries that can be asked and written to, by name."""
        return {
            name: registries.make(name, each, self._surroundings(name, each))
            for name, each in self.settings.registry.items()
            if not registries.takes_files(each)
        }

    @cached_property
    def forms(self) -> Mapping[str, Layout]:
        """The forms of the registries that take files, by name."""
        from lms_bridge.registries.files.layout import Layout

        return {
            name: Layout(each)
            for name, each in self.settings.registry.items()
            if registries.takes_files(each)
        }

    def _surroundings(self, name: str, settings: RemoteSettings) -> Surroundings:
        if not isinstance(settings, RegistrySettings):
            return ALONE
        from lms_bridge.manners import tokens
        from lms_bridge.manners.gate import gate_of

        gate = gate_of(
            self.store,
            f"registry.{name}",
            settings,
            zone=self.settings.time_zone,
            owner=self.owner,
            clock=utc_now,
            share=self._share(f"registry.{name}", settings.concurrency),
        )
        note = partial(tokens.note_issued, self.store, f"registry.{name}", clock=utc_now)
        return Surroundings(gate, note, ZoneInfo(self.settings.time_zone))

    @cached_property
    def _shares(self) -> Shares:
        from lms_bridge.manners.shares import Shares

        return Shares(self.store, self.owner)

    def _share(self, remote: str, places: int) -> Share | None:
        """What this process has of the places at `remote`, where others may want some as well."""
        return self._shares.at(remote, places) if self.store.is_shared else None

    @cached_property
    def hours(self) -> Mapping[str, Hours]:
        """The working hours of the outside systems that have some."""
        return {
            f"registry.{name}": hours_of(each, self.settings.time_zone)
            for name, each in self.settings.registry.items()
            if isinstance(each, RegistrySettings) and each.windows
        }

    def closed(self, now: dt.datetime) -> dict[str, Reason]:
        """The outside systems that are not called now for it is not their time, and why."""
        found = {remote: hours.closed(remote, now) for remote, hours in self.hours.items()}
        return {remote: reason for remote, reason in found.items() if reason}

    @property
    def remotes(self) -> list[str]:
        """All outside systems: ``registry.NAME``, ``lms.NAME``, ``lrs.NAME``, ``events.NAME``."""
        return [
            *(f"registry.{name}" for name in self.settings.registry),
            *(f"lms.{name}" for name in self.settings.lms),
            *map(remote_of, self.settings.forward),
            *(one.remote for one in self.settings.events),
        ]

    @cached_property
    def intake(self) -> Intake:
        """Where statements come in."""
        from lms_bridge.intake import Intake

        return Intake(self.store, clock=utc_now)

    @cached_property
    def index(self) -> Index:
        """By what they are found again."""
        from lms_bridge.lrs.indexing import Index

        return Index(self.store)

    @cached_property
    def recogniser(self) -> Recogniser:
        """What judges them."""
        from lms_bridge.recognition.recogniser import Recogniser

        return Recogniser(self.store, self.settings, self.lms, clock=utc_now)

    @cached_property
    def reviewing(self) -> Reviewing:
        """What gives badges to those who meet their rules."""
        from lms_bridge.badges.reviewing import Reviewing

        return Reviewing(self.store, self.settings, clock=utc_now)

    @cached_property
    def counting(self) -> Counting:
        """What adds up the JP of the years."""
        from lms_bridge.people.counting import Counting

        return Counting(self.store)

    @cached_property
    def papers(self) -> Papers | None:
        """Where certificates come from; None without ``[certificates]``.

        Raises :exc:`~lms_bridge.certificates.rendering.PictureError`.
        """
        if self.settings.certificates is None:
            return None
        from lms_bridge.certificates.papers import Papers
        from lms_bridge.certificates.rendering import Renderer

        renderer = Renderer(self.settings.certificates)
        return Papers(self.store, renderer, home_page=self.settings.web.home_page, lms=self.lms)

    @cached_property
    def issuing(self) -> Issuing | None:
        """What signs Open Badges; None without ``[openbadges]``."""
        settings = self.settings.openbadges
        if settings is None:
            return None
        from lms_bridge.openbadges import issuing

        return issuing.at(
            self.settings.web.home_page,
            Path(settings.keys),
            name=settings.name,
            url=settings.url,
            email=settings.email,
            description=settings.description,
            image=settings.image,
        )

    @cached_property
    def documented(self) -> list[str]:
        """The registries, as remotes, that get the certificate of each row."""
        if self.settings.certificates is None:
            return []
        return [
            f"registry.{name}"
            for name, registry in self.registries.items()
            if isinstance(registry, TakesDocuments) and registry.takes_documents
        ]

    @cached_property
    def steps(self) -> Mapping[tuple[str, str], Step]:
        """What is done at each outside system, by its name and that of the step."""
        from lms_bridge.deliveries.steps import Remotes, steps_of

        remotes = Remotes(self.registries, self.forms, self.lms, self.documented)
        return steps_of(self.settings, self.store, remotes, lambda: self.papers, clock=utc_now)

    @cached_property
    def worker(self) -> Worker:
        """What carries completions out."""
        from lms_bridge.deliveries.worker import Worker

        registries, platforms = self.settings.registry, self.settings.lms
        concurrency = {
            **{f"registry.{name}": each.concurrency for name, each in registries.items()},
            **{f"lms.{name}": each.concurrency for name, each in platforms.items()},
        }
        shares = {remote: self._share(remote, places) for remote, places in concurrency.items()}
        return Worker(
            self.store,
            self.steps,
            concurrency=concurrency,
            shares={remote: share for remote, share in shares.items() if share},
            settings=self.settings.delivery,
            owner=self.owner,
            clock=utc_now,
            hours=self.hours,
        )

    @cached_property
    def announcer(self) -> Announcer:
        """What says in xAPI what was done."""
        from lms_bridge.announcing.announcer import Announcer

        return Announcer(self.store, self.settings, clock=utc_now)

    @cached_property
    def targets(self) -> Mapping[str, Lrs]:
        """The LRSs to which statements are sent on, by name."""
        from lms_bridge.forwarding.target import Lrs

        return {name: Lrs(name, each, self.store) for name, each in self.settings.forward.items()}

    @cached_property
    def forwarders(self) -> Forwarders:
        """What sends statements on."""
        from lms_bridge.forwarding.forwarder import Forwarder, Forwarders

        return Forwarders(
            [
                Forwarder(
                    self.store,
                    lrs,
                    Backlog(name, self.settings.forward[name]),
                    most=self.settings.forward[name].batch,
                    policy=self.settings.delivery.breaker,
                    clock=utc_now,
                )
                for name, lrs in self.targets.items()
            ]
        )

    @cached_property
    def tellers(self) -> Tellers:
        """What tells other systems what has happened."""
        from lms_bridge.events.telling import Tellers

        every = [self.teller(one) for one in self.settings.events]
        return Tellers(self.store, every, clock=utc_now)

    def teller(self, target: EventTarget) -> Teller:
        """What tells `target`."""
        from lms_bridge.events.telling import Teller

        policy = self.settings.delivery.breaker
        return Teller(self.store, target, policy=policy, clock=utc_now)

    def close(self) -> None:
        """Finish what is being written, and let go of the database."""
        if "intake" in self.__dict__:
            self.intake.close()
        if "_shares" in self.__dict__:
            self._shares.close()
        self.store.close()
