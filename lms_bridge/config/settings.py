"""Every setting of the bridge, with its type, its bounds and its default.

``config.example.toml`` documents the same settings for people; a test holds the two
against each other. The settings of one kind of LMS or registry live with its adapter
(:mod:`lms_bridge.lms.moodle.settings`, :mod:`lms_bridge.registries.siasn.settings`).
"""

from __future__ import annotations

import ipaddress
from typing import Annotated, Any, Literal

import msgspec

from lms_bridge.badges.badge import Badge
from lms_bridge.catalogue.course import Course
from lms_bridge.config.remote import ConnectionSettings, RemoteSettings, Seconds
from lms_bridge.config.secrets import Secret
from lms_bridge.events.settings import EventTarget
from lms_bridge.notices.settings import Email, Notices
from lms_bridge.retention.lengths import Length
from xapi import vocabulary
from xapi.limits import Limits

Name = Annotated[
    str,
    msgspec.Meta(
        pattern=r"^[a-z0-9][a-z0-9_-]{0,39}$",
        description="a name of a-z, 0-9, - and _, 40 of them at the most",
    ),
]
Hours = Annotated[float, msgspec.Meta(gt=0, le=8760)]
Count = Annotated[int, msgspec.Meta(ge=1)]
Text = Annotated[str, msgspec.Meta(min_length=1)]


class _Section(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A table of the configuration: no other names than the ones it declares."""


class Database(_Section, frozen=True, kw_only=True):
    """Where statements, completions and deliveries are kept."""

    url: str = "sqlite:///lms-bridge.db"
    """``sqlite:///FILE`` (relative to the configuration file) or ``postgresql://…``; a URL with a
    password is given as env:NAME or file:PATH"""


class Web(_Section, frozen=True, kw_only=True):
    """The service that receives statements."""

    host: str = "127.0.0.1"
    """IP address to listen on"""
    port: Annotated[int, msgspec.Meta(ge=1, le=65535)] = 8080
    public_url: str = ""
    """the address by which others know the bridge, which each authority names; left out:
    ``http://HOST:PORT``"""
    proxies: tuple[str, ...] = ()
    """addresses or networks of the reverse proxies on other machines that are believed when they
    say, by ``X-Forwarded-For``, whom they serve; those on this machine are in any case"""
    threads: Annotated[int, msgspec.Meta(ge=1, le=2048)] = 512
    """requests worked on at once; there are so many threads only if so many were needed"""
    patience_seconds: Annotated[float, msgspec.Meta(ge=1, le=3600)] = 60
    """how long a request may be on its way, or an answer, without making headway"""
    most_request_bytes: Annotated[int, msgspec.Meta(ge=1024, le=1_000_000_000)] = 8_000_000
    """of statements, without the attachments that come with them; or of a document"""
    most_attachment_bytes: Annotated[int, msgspec.Meta(ge=1024, le=10_000_000_000)] = 300_000_000
    """of one attachment; while it arrives it is in a file in the folder TMPDIR"""
    most_attachments: Count = 1000
    """attachments in one request"""
    most_upload_bytes: Annotated[int, msgspec.Meta(ge=1024, le=100_000_000_000)] = 1_000_000_000
    """of a request of statements with all their attachments"""
    most_statements: Count = 1000
    """statements in one request"""
    longest_identifier: Annotated[int, msgspec.Meta(ge=256)] = 4096
    """characters of what says which one something is: an IRI, a mailbox, an account's name"""
    longest_text: Annotated[int, msgspec.Meta(ge=256)] = 1_000_000
    """characters of any other text in a statement"""
    most_told: Count = 500
    """statements in one answer; the rest follows by its ``more`` link"""
    metrics: Literal["off", "loopback", "network"] = "loopback"
    """to whom figures are told at ``/metrics``: to nobody, to this machine, or to whoever asks"""
    metrics_token: Secret | None = None
    """with it, only to those who bring it"""

    @property
    def limits(self) -> Limits:
        """How long the texts of a statement may be."""
        return Limits(identifier=self.longest_identifier, text=self.longest_text)

    @property
    def networks(self) -> tuple[ipaddress.IPv4Network | ipaddress.IPv6Network, ...]:
        """Where the proxies are. Raises :exc:`ValueError`, which says of whom that is none."""
        return tuple(ipaddress.ip_network(each) for each in self.proxies)

    @property
    def home_page(self) -> str:
        """The address of the bridge, as it stands in the authority of a statement."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return self.public_url.rstrip("/") or f"http://{host}:{self.port}"


class Oidc(ConnectionSettings, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The provider of OpenID Connect by which people sign in to the console, e.g. Keycloak."""

    issuer: Annotated[str, msgspec.Meta(min_length=1)]
    """Keycloak: ``https://HOST/realms/REALM``"""
    client_id: Annotated[str, msgspec.Meta(min_length=1)]
    client_secret: Secret
    name: str = ""
    """what stands on the button"""
    scopes: tuple[str, ...] = ("profile", "email")
    """asked for beside ``openid``"""
    username_claim: Annotated[str, msgspec.Meta(min_length=1)] = "preferred_username"
    roles_claim: str = ""
    """where the roles of somebody stand, e.g. ``realm_access.roles``"""
    roles: dict[Literal["hr", "officer", "it", "auditor"], str] = {}  # noqa: RUF012 - a struct copies it
    """by our role, theirs; with it accounts are made by themselves, and follow what the provider
    says. Without it only who has an account can sign in"""
    unit_claim: str = ""
    """where the id of the unit of a personnel officer stands"""


class Console(_Section, frozen=True, kw_only=True):
    """The console, where HR sees and IT steers."""

    access: Literal["off", "loopback", "network"] = "loopback"
    """from where people may sign in: from nowhere, from this machine, or from wherever the bridge
    is reached, which should be by HTTPS"""
    key: Secret | None = None
    """of 32 characters or more; with it the secrets of second factors are encrypted"""
    old_key: Secret | None = None
    """the one before it, which still opens them until ``lms-bridge users rekey``"""
    oidc: Oidc | None = None


class Certificates(_Section, frozen=True, kw_only=True):
    """The city's certificates. With it each completion gets one, which goes to the registry."""

    letterhead: tuple[str, ...]
    """who issues it, line by line; the second is the largest"""
    signatory: Annotated[str, msgspec.Meta(min_length=1)]
    """name of who signs, with titles"""
    signatory_title: str = ""
    """in which office they sign"""
    signatory_nip: str = ""
    place: str = ""
    """where it is signed"""
    signature: str = ""
    """path of a picture (PNG or JPEG) of the signature or the seal"""
    logo: str = ""
    """path of a picture (PNG or JPEG) that stands beside the letterhead"""
    title: Annotated[str, msgspec.Meta(min_length=1)] = "SERTIFIKAT"
    text: Annotated[str, msgspec.Meta(min_length=1)] = (
        "telah menyelesaikan {course} yang diselenggarakan oleh {organiser}"
        " pada {dates}, selama {hours} jam pelajaran (JP)."
    )
    """:mod:`lms_bridge.certificates.certificate` tells which fields there are"""
    instructor_text: Annotated[str, msgspec.Meta(min_length=1)] = (
        "sebagai pengajar pada {course} yang diselenggarakan oleh {organiser}"
        " pada {dates}, selama {hours} jam pelajaran (JP)."
    )

    def __post_init__(self) -> None:
        if not any(line.strip() for line in self.letterhead):
            raise ValueError("letterhead: needs at least one line")


class OpenBadges(_Section, frozen=True, kw_only=True):
    """Who issues Open Badges. With it what is earned can be downloaded, shared and verified."""

    name: Annotated[str, msgspec.Meta(min_length=1)]
    """of the agency, as a badge shows it"""
    url: str = ""
    """its site"""
    email: str = ""
    description: str = ""
    image: str = ""
    """address of its emblem"""
    keys: Annotated[str, msgspec.Meta(min_length=1)] = "secrets/openbadges"
    """folder of the keys that sign"""


class Learner(_Section, frozen=True, kw_only=True):
    """The page on which employees see their own trainings. With it there is one."""

    key: Secret
    """signs sessions and links, at least 32 characters; another one ends all that it signed"""
    office: Annotated[str, msgspec.Meta(min_length=1)] = "BKPSDM"
    """whom a learner turns to, as they are called"""
    contact: str = ""
    """how they are reached: a telephone number, an e-mail address"""
    session_minutes: Annotated[float, msgspec.Meta(ge=1, le=1440)] = 60
    """how long somebody who has come in can look around"""
    link_days: Annotated[float, msgspec.Meta(gt=0, le=90)] = 7
    """how long a link that HR gave is good"""
    links: dict[Name, Secret] = {}
    """by ``[lms.NAME]``, the secret by which that LMS signs links itself"""


class Platform(ConnectionSettings, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A learning platform from which the learner's page is opened by LTI 1.3."""

    issuer: Annotated[str, msgspec.Meta(min_length=1)]
    """``iss`` of its tokens; Moodle: its address"""
    client_id: Annotated[str, msgspec.Meta(min_length=1)]
    """by which it knows the bridge"""
    auth_url: str
    """where a login is asked for; Moodle: ``/mod/lti/auth.php``"""
    jwks_url: str
    """where its public keys are; Moodle: ``/mod/lti/certs.php``"""
    deployments: tuple[str, ...]
    """``deployment_id`` of each place that it is used in"""
    lms: str = ""
    """the ``[lms.NAME]`` whose users they are; left out: the only one there is"""
    person: Literal["sub", "username", "number", "email"] = "sub"
    """what says who it is: ``sub`` (the user's id at the LMS, as Moodle has it), the username
    (``ext.user_username``), the number (``lis.person_sourcedid``), or the e-mail address"""
    frames: tuple[str, ...] = ()
    """further sites in whose frames the page may be, beside the platform's own"""

    def __post_init__(self) -> None:
        if not self.deployments:
            raise ValueError("deployments: needs at least one")


class Sender(_Section, frozen=True, kw_only=True):
    """A system that may send statements, and its credential."""

    name: Name
    username: Annotated[str, msgspec.Meta(pattern="^[^:]+$", description="text without a colon")]
    """RFC 7617 lets no colon be in it"""
    password: Secret
    lms: str = ""
    """the ``[lms.NAME]`` that its people and courses belong to; left out: the only one there is"""
    registration_is_run: bool | None = None
    """whether context.registration tells one attempt at a course from another; left out: yes,
    except for Moodle's logstore_xapi, which makes a new one up with each sending"""
    home_pages: tuple[Text, ...] = ()
    """of which accounts it may speak; left out, like `mail_domains`: of anybody but the accounts of
    another LMS than its own"""
    mail_domains: tuple[Text, ...] = ()
    """of which e-mail addresses it may speak, by what stands behind the @"""
    activities: tuple[Text, ...] = ()
    """how the ids of the activities begin that it may speak of; left out: all but those at the
    address of another LMS than its own"""
    courses: tuple[Text, ...] = ()
    """keys of the courses of the catalogue that it may speak of, or beginnings of keys with a ``*``
    behind them; left out: all"""
    confirm: bool = False
    """whether its LMS is asked of each completion before it is recorded"""


class Account(_Section, frozen=True, kw_only=True):
    """What the account names under one home page are."""

    home_page: Annotated[str, msgspec.Meta(min_length=1)]
    holds: Literal["nip", "username", "id"]
    lms: str = ""
    """the ``[lms.NAME]`` in which a username or an id is looked up"""


class Recognition(_Section, frozen=True, kw_only=True):
    """What makes a statement tell of a completion, beside what each course says itself."""

    verbs: tuple[str, ...] = (vocabulary.COMPLETED, vocabulary.PASSED)
    course_types: tuple[str, ...] = (vocabulary.COURSE, vocabulary.ADL_COURSE)
    """activity types that are a whole course; completing anything else is no completion unless the
    catalogue lists that very activity"""
    course_events: tuple[str, ...] = ("\\core\\event\\course_completed",)
    """Moodle events (in logstore_xapi's context extension) that are the completion of a course"""
    ask_again_hours: Hours = 6
    """how often the LMS is asked again about an account that it could not tell a NIP of"""


class Forward(ConnectionSettings, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Another LRS, to which statements are sent on."""

    url: str
    """the address of its xAPI endpoint, to which ``/statements`` is added"""
    username: Secret
    password: Secret
    version: Literal["1.0.3", "2.0.0"] = "1.0.3"
    """the newest edition of xAPI that it speaks"""
    start: Literal["now", "beginning"] = "now"
    """with which statement to begin: the first that comes after the target was configured, or the
    first of all"""
    verbs: tuple[str, ...] = ()
    """ids; only statements with one of these verbs, and voidings; empty: all"""
    activities: tuple[str, ...] = ()
    """ids; only statements about one of these activities, or in whose context one is, and voidings;
    empty: all"""
    senders: tuple[str, ...] = ()
    """names; only what these sent, "lms-bridge" being the bridge itself; empty: all"""
    except_senders: tuple[str, ...] = ()
    """names; not what these sent, such as the target itself"""
    batch: Annotated[int, msgspec.Meta(ge=1, le=1000)] = 100
    """statements in one request"""


class Retry(_Section, frozen=True, kw_only=True):
    """How long the bridge waits between attempts."""

    first_seconds: Seconds = 30
    factor: Annotated[float, msgspec.Meta(ge=1, le=10)] = 2
    most_seconds: Seconds = 3600
    jitter: Annotated[float, msgspec.Meta(ge=0, lt=1)] = 0.25
    """share of the wait by which it varies, so that deliveries do not come back all at once"""
    give_up_after_days: Annotated[float, msgspec.Meta(gt=0, le=3650)] = 30
    """after that a delivery is blocked and shown to a person, never dropped"""
    refusals: Count = 6
    """refusals in a row after which one that names no rule is believed, and shown to a person"""


class Breaker(_Section, frozen=True, kw_only=True):
    """When a remote counts as down, and how it is found to be back."""

    failures: Count = 3
    """failures of the remote in a row"""
    first_probe_seconds: Seconds = 15
    most_probe_seconds: Seconds = 300


class Delivery(_Section, frozen=True, kw_only=True):
    """How completions are carried to registries and LMSs."""

    lease_seconds: Annotated[float, msgspec.Meta(ge=1, le=86_400)] = 120
    """how long a worker that fell silent keeps what it had taken"""
    badge_patience_hours: Hours = 48
    """how long an LMS may take to show a badge it was told to issue"""
    look_after_minutes: Annotated[float, msgspec.Meta(ge=1, le=10_080)] = 60
    """how often it is looked whether a person has done what they were asked to"""
    retry: Retry = Retry()
    breaker: Breaker = Breaker()


class Job(_Section, frozen=True, kw_only=True):
    """When a sync job runs: every so many seconds, or at the times of a cron line."""

    enabled: bool = True
    every_seconds: Annotated[float, msgspec.Meta(ge=0.1, le=31_536_000)] | None = None
    cron: str = ""
    """minute hour day month weekday, e.g. ``0 2 * * *`` (:mod:`lms_bridge.cron`)"""
    time_zone: str = ""
    """of the cron line; empty: that of the bridge"""

    def __post_init__(self) -> None:
        if self.every_seconds is not None and self.cron:
            raise ValueError("takes every_seconds or cron, not both")


class Jobs(_Section, frozen=True, kw_only=True):
    """The sync jobs."""

    recognise: Job = Job(every_seconds=1)
    award: Job = Job(every_seconds=1)
    count_hours: Job = Job(every_seconds=1)
    count_figures: Job = Job(every_seconds=5)
    deliver: Job = Job(every_seconds=1)
    errands: Job = Job(every_seconds=1)
    pull_completions: Job = Job(cron="15 1 * * *")
    backfill: Job = Job(every_seconds=2)
    refresh_employees: Job = Job(cron="0 3 * * 6")
    read_histories: Job = Job(cron="0 2 * * *")
    reconcile: Job = Job(cron="0 4 * * 0")
    index: Job = Job(every_seconds=5)
    announce: Job = Job(every_seconds=5)
    forward: Job = Job(every_seconds=1)
    events: Job = Job(every_seconds=1)
    watch_tokens: Job = Job(every_seconds=60)
    notify: Job = Job(every_seconds=60)
    send_reports: Job = Job(every_seconds=60)
    send_messages: Job = Job(every_seconds=5)
    retain: Job = Job(cron="40 0 * * *")
    backup: Job = Job(cron="20 0 * * *")

    def __post_init__(self) -> None:
        """A table that says only something else of a job leaves it its usual times."""
        for field in msgspec.structs.fields(Jobs):
            job: Job = getattr(self, field.name)
            if job.every_seconds is None and not job.cron:
                usual: Job = field.default
                job = msgspec.structs.replace(
                    job, every_seconds=usual.every_seconds, cron=usual.cron
                )
                msgspec.structs.force_setattr(self, field.name, job)


class YearlyHours(_Section, frozen=True, kw_only=True):
    """JP that an employee is to reach in a year (registry facts, section 7).

    Who has fewer is listed; nothing is refused because of it.
    """

    pns: Annotated[int, msgspec.Meta(ge=0, le=8760)] = 20
    pppk: Annotated[int, msgspec.Meta(ge=0, le=8760)] = 24


class Privacy(_Section, frozen=True, kw_only=True):
    """Personal data: what is needed to erase somebody."""

    key: Secret | None = None
    """of 32 characters or more; by it those who were erased are known again. It is never changed"""


class Retention(_Section, frozen=True, kw_only=True):
    """How long things are kept; the job ``retain`` lets go of what is older."""

    statements: Length = "5 years"
    """their texts; ids stay, and what still causes work stays whole"""
    documents: Length = "3 years"
    """of xAPI (State and profiles), after they were last changed"""
    attempts: Length = "2 years"
    """at deliveries that are done or given up"""
    accesses: Length = "2 years"
    """who looked at whose data"""
    job_runs: Length = "1 year"


class Backup(_Section, frozen=True, kw_only=True):
    """Where the job ``backup`` puts a backup of the whole database."""

    folder: str = ""
    """empty: none is made"""
    keep: Annotated[int, msgspec.Meta(ge=1, le=10_000)] = 14
    """how many of them"""


class Log(_Section, frozen=True, kw_only=True):
    """What the bridge writes about its work, to standard error."""

    level: Literal["debug", "info", "warning", "error"] = "info"
    format: Literal["text", "json"] = "text"


class Settings(_Section, frozen=True, kw_only=True):
    """The whole configuration."""

    language: Literal["id", "en"] = "id"
    time_zone: str = "Asia/Jakarta"
    database: Database = Database()
    web: Web = Web()
    console: Console = Console()
    senders: tuple[Sender, ...] = ()
    accounts: tuple[Account, ...] = ()
    lms: dict[Name, Any] = {}
    """by name; each value is the settings struct of its kind"""
    registry: dict[Name, Any] = {}
    forward: dict[Name, Forward] = {}
    events: tuple[EventTarget, ...] = ()
    recognition: Recognition = Recognition()
    delivery: Delivery = Delivery()
    jobs: Jobs = Jobs()
    yearly_hours: YearlyHours = YearlyHours()
    privacy: Privacy = Privacy()
    retention: Retention = Retention()
    backup: Backup = Backup()
    log: Log = Log()
    certificates: Certificates | None = None
    openbadges: OpenBadges | None = None
    learner: Learner | None = None
    lti: tuple[Platform, ...] = ()
    email: Email | None = None
    notices: tuple[Notices, ...] = ()
    courses: tuple[Course, ...] = ()
    badges: tuple[Badge, ...] = ()

    def remote(self, name: str) -> RemoteSettings:
        """The settings of the remote that deliveries call ``lms.NAME`` or ``registry.NAME``."""
        kind, _, short = name.partition(".")
        found: RemoteSettings = (self.lms if kind == "lms" else self.registry)[short]
        return found

    def lms_of(self, sender_lms: str) -> str:
        """The LMS that a sender's statements belong to; the only one where it names none."""
        if sender_lms:
            return sender_lms
        return next(iter(self.lms)) if len(self.lms) == 1 else ""
