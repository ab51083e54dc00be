"""What is wrong with a configuration is said with path, value, expectation and nearest name."""

from __future__ import annotations

from pathlib import Path

import pytest

from lms_bridge.config.loading import ConfigError, load
from lms_bridge.config.secrets import Secret
from tests.config.documents import problems, settings, whole


def test_nothing_need_be_configured_but_what_has_no_default() -> None:
    found = settings("")
    assert (found.language, found.web.port, found.jobs.deliver.every_seconds) == ("id", 8080, 1)


def test_a_whole_configuration_is_read() -> None:
    found = settings(whole())
    assert found.senders[0].password == Secret("env:SENDER")
    assert found.lms["moodle"].url == "https://lms.example.go.id"
    assert found.registry["siasn"].settle_seconds == 120
    assert found.courses[0].hours == 40


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        # a name that does not exist
        ("[web]\nprot = 1", "web.prot: there is no such setting; did you mean port?"),
        ("[wbe]\nport = 1", "wbe: there is no such setting; did you mean web?"),
        (
            "[log]\nx = 1",
            "log.x: there is no such setting; there are format, level",
        ),
        (
            "[delivery.retry]\nfirst_second = 1",
            "delivery.retry.first_second: there is no such setting; did you mean first_seconds?",
        ),
        # a value of another type, or out of bounds
        ('[web]\nport = "8080"', 'web.port: expected a whole number from 1 to 65535, got "8080"'),
        ("[web]\nport = 0", "web.port: expected a whole number from 1 to 65535, got 0"),
        ("[web]\nport = true", "web.port: expected a whole number from 1 to 65535, got true"),
        ("[web]\nthreads = 1.5", "web.threads: expected a whole number from 1 to 2048, got 1.5"),
        ("[web]\nport = [1]", "web.port: expected a whole number from 1 to 65535, got a list"),
        (
            "[delivery.retry]\njitter = 1",
            "delivery.retry.jitter: expected a number, at least 0 and below 1, got 1",
        ),
        (
            "[delivery]\nlease_seconds = inf",
            "delivery.lease_seconds: expected a number from 1 to 86400, got inf",
        ),
        (
            "[recognition]\nask_again_hours = nan",
            "recognition.ask_again_hours: expected a number, above 0 and at most 8760, got nan",
        ),
        ("time_zone = 7", "time_zone: expected text, got 7"),
        ("[jobs.deliver]\nenabled = 1", "jobs.deliver.enabled: expected true or false, got 1"),
        ("[jobs]\ndeliver = 5", "jobs.deliver: expected one table [jobs.deliver], got 5"),
        ("[recognition]\nverbs = 'x:y'", "recognition.verbs: expected a list, each of it text, got"
         ' "x:y"'),
        ("[recognition]\nverbs = ['x:y', 3]", "recognition.verbs #2: expected text, got 3"),
        # one of a few words
        (
            'language = "eng"',
            'language: expected one of "en", "id", got "eng"; did you mean "en"?',
        ),
        (
            '[log]\nlevel = "warn"',
            'log.level: expected one of "debug", "error", "info", "warning", got "warn";'
            ' did you mean "warning"?',
        ),
        # tables
        ("[senders]\nname = 'x'", "senders: expected tables [[senders]], got a table"),
        ("[[web]]\nport = 1", "web: expected one table [web], got a list"),
        # places and times
        (
            '[web]\npublic_url = "bridge.example.go.id"',
            "web.public_url: expected an address that begins with https:// (or http://), and no"
            ' password in it, got "bridge.example.go.id"',
        ),
        (
            '[web]\nhost = "localhost"',
            "web.host: expected an IP address, such as 127.0.0.1 (this machine only) or 0.0.0.0,"
            ' got "localhost"; did you mean 127.0.0.1?',
        ),
        (
            '[web]\nproxies = ["192.0.2.11/24"]',
            "web.proxies: expected addresses such as 192.0.2.11, or networks such as 192.0.2.0/24,"
            ' got "192.0.2.11/24"',
        ),
        (
            'time_zone = "Asia/Jakrta"',
            "time_zone: expected a time zone, such as Asia/Jakarta (WIB), Asia/Makassar (WITA) or"
            ' Asia/Jayapura (WIT), got "Asia/Jakrta"; did you mean Asia/Jakarta?',
        ),
        (
            '[jobs.reconcile]\ncron = "0 4 * *"',
            "jobs.reconcile.cron: expected minute hour day month weekday, got"
            ' "0 4 * *": it has 4 fields instead of 5',
        ),
        (
            '[jobs.deliver]\ncron = "0 4 * * *"\nevery_seconds = 5',
            "jobs.deliver: takes every_seconds or cron, not both",
        ),
        ('[console.oidc]\nissuer = "https://sso.example"\nclient_id = "b"\nclient_secret = "env:O"',
         "console.key: is required with [console.oidc]"),
        # the database
        ('[database]\nurl = "sqlite://"', "database.url: expected sqlite:///FILE or"
         " postgresql://…; a database without a file would forget everything"),
        ('[database]\nurl = "postgres://h/x"', "database.url: expected sqlite:///FILE or"
         ' postgresql://…, got "postgres"; did you mean postgresql?'),
        ('[database]\nurl = "mysql://h/x"', "database.url: expected sqlite:///FILE or"
         ' postgresql://…, got "mysql"'),
        ('[database]\nurl = "bridge.db"', "database.url: expected sqlite:///FILE or"
         " postgresql://…"),
        # the outside systems
        ("[lms.moodle]\nurl = 'https://x'",
         'lms.moodle.type: is required: "hook", "moodle", "openedx", "rest"'),
        ("[lms.moodle]\ntype = 'mudle'",
         'lms.moodle.type: expected "hook", "moodle", "openedx", "rest", got "mudle";'
         ' did you mean "moodle"?'),
        ("[lms.moodle]\ntype = 3",
         'lms.moodle.type: expected "hook", "moodle", "openedx", "rest", got 3'),
        ("[lms.'My LMS']\ntype = 'moodle'", "lms.My LMS: a name is made of a-z, 0-9, - and _,"
         " 40 of them at the most"),
        ("registry = 1", "registry: expected tables [registry.NAME], got 1"),
    ],
)  # fmt: skip
def test_a_wrong_setting_is_named_with_what_was_expected(text: str, problem: str) -> None:
    assert problems(text) == [problem]


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        ('name = "moodle"', 'name = "Moodle 4"', "senders.Moodle 4.name: expected a name of a-z,"
         ' 0-9, - and _, 40 of them at the most, got "Moodle 4"'),
        ('username = "moodle"', 'username = "a:b"', "senders.moodle.username: expected text"
         ' without a colon, got "a:b"'),
        ('username = "moodle"', "", "senders.moodle.username: is required"),
        ('"https://lms', '"lms', "lms.moodle.url: expected an address that begins with https://"
         ' (or http://), and no password in it, got "lms.example.go.id"'),
        ("url = ", "ulr = ", "lms.moodle.ulr: there is no such setting; did you mean url?"),
        ("hours = 40", "hours = -1", "courses.PKA-2026.hours: expected a whole number from 0 to"
         " 10000, got -1"),
        ("hours = 40", "hours = 0", "courses.PKA-2026: It needs hours of 1 or"
         " more, or instructor_hours where only they count."),
        ("kind = 5", "kind = 26", "courses.PKA-2026.kind: expected a whole number from 1 to 25,"
         " got 26"),
        ("hours = 40", 'hours = 40\nlms = "mudle"', "courses.PKA-2026.lms: there is no"
         " [lms.mudle]; did you mean moodle?"),
        ("[registry.siasn]", '[lms.p]\ntype = "hook"\nurl = "https://p"\nsecret = "env:S"\n'
         'recorded_at = "siasm"\n[registry.siasn]',
         "lms.p.recorded_at: there is no [registry.siasm]; did you mean siasn?"),
        ("hours = 40", 'hours = 40\nbadge = { route = "kohort", name = "B" }',
         'courses.PKA-2026.badge.route: expected one of "cohort", "competency", "direct", got'
         ' "kohort"; did you mean "cohort"?'),
        ("hours = 40", 'hours = 40\ncompetencies = [{ name = "Integritas", level = 6 }]',
         "courses.PKA-2026.competencies.Integritas.level: expected a whole number from 1 to 5,"
         " got 6"),
        ("kind = 5", "kind = 1", "courses.PKA-2026.structural_training: Kind 1 (Diklat Struktural)"
         " needs structural_training, 1 to 8."),
        ("hours = 40", 'hours = 40\nstarts = "2 Maret"', "courses.PKA-2026.starts: expected a"
         ' day, such as 2026-03-02 without quotes, got "2 Maret"'),
        ('"https://lms', '"https://ana:kata-sandi@lms', "lms.moodle.url: expected an address"
         ' that begins with https:// (or http://), and no password in it, got "lms.example.go.id"'),
    ],
)  # fmt: skip
def test_a_wrong_setting_of_one_of_several_is_told_by_its_name(
    old: str, new: str, problem: str
) -> None:
    assert problem in problems(whole(old, new))


def test_what_has_no_name_is_told_by_its_number() -> None:
    text = '[[courses]]\nkey = "A"\n[[courses]]\nkey = 3\n'
    assert "courses #2.name: is required" in problems(text)


def test_every_error_is_told_at_once() -> None:
    text = """
language = "in"
[web]
prot = 1
threads = "many"
[lms.moodle]
type = "moodle"
[registry.siasn]
type = "sian"
[[senders]]
name = "moodle"
"""
    assert [problem.partition(":")[0] for problem in problems(text)] == [
        "lms.moodle.url",
        "lms.moodle.token",
        "registry.siasn.type",
        "language",
        "web.prot",
        "web.threads",
        "senders.moodle.username",
        "senders.moodle.password",
    ]


def test_no_sender_is_called_what_the_bridge_is_called() -> None:
    told = problems(whole('name = "moodle"', 'name = "lms-bridge"'))
    assert told == ["senders #1.name: is what the bridge itself is called"]


@pytest.mark.parametrize(
    ("section", "first", "second", "problem"),
    [
        ("senders", 'name="a"\nusername="a"\npassword="env:A"',
         'name="a"\nusername="b"\npassword="env:A"', 'senders #2.name: "a" stands there twice'),
        ("senders", 'name="a"\nusername="x"\npassword="env:A"',
         'name="b"\nusername="x"\npassword="env:A"', 'senders #2.username: "x" stands there twice'),
        ("accounts", 'home_page="https://x"\nholds="nip"', 'home_page="https://x"\nholds="id"',
         'accounts #2.home_page: "https://x" stands there twice'),
    ],
)  # fmt: skip
def test_what_must_differ_must_differ(section: str, first: str, second: str, problem: str) -> None:
    assert problems(f"[[{section}]]\n{first}\n[[{section}]]\n{second}\n") == [problem]


def test_a_job_whose_table_says_something_else_keeps_its_usual_times() -> None:
    jobs = settings("[jobs.reconcile]\nenabled = false\n[jobs.deliver]\nenabled = true").jobs
    assert (jobs.reconcile.enabled, jobs.reconcile.cron) == (False, "0 4 * * 0")
    assert jobs.deliver.every_seconds == 1


def test_a_job_may_be_given_a_cron_line_instead_of_its_usual_interval() -> None:
    deliver = settings('[jobs.deliver]\ncron = "*/5 * * * *"').jobs.deliver
    assert (deliver.every_seconds, deliver.cron) == (None, "*/5 * * * *")


def test_files_are_found_from_the_folder_of_the_configuration(tmp_path: Path) -> None:
    (tmp_path / "ca.pem").write_text("")
    (tmp_path / "secret").write_text("rahasia\n")
    text = whole('token = "env:TOKEN"', 'token = "file:secret"\nca_bundle = "ca.pem"')
    moodle = settings(text, tmp_path).lms["moodle"]
    assert moodle.ca_bundle == str(tmp_path / "ca.pem")
    assert moodle.token.read() == "rahasia"


def test_certificates_that_are_not_there_are_told_at_once(tmp_path: Path) -> None:
    text = whole('token = "env:TOKEN"', 'token = "env:TOKEN"\nca_bundle = "ca.pem"')
    assert problems(text, tmp_path) == [f"lms.moodle.ca_bundle: there is no file {tmp_path}/ca.pem"]


def test_a_file_that_is_not_there_is_told_with_how_to_get_one(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"x\.toml:\n  there is no such file; lms-bridge init"):
        load(tmp_path / "x.toml")


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"language = ", "it is not TOML: Invalid value (at end of document)"),
        (b"a = 1\na = 2", "it is not TOML: Cannot overwrite a value (at line 2, column 6)"),
        (b"# caf\xe9", "it is not UTF-8 text: invalid continuation byte at byte 5"),
        (b"x = " + b"[" * 5000, "it is not TOML that could be read: it is nested too deeply"),
    ],
)
def test_a_file_that_is_not_toml_is_told_where(tmp_path: Path, content: bytes, why: str) -> None:
    path = tmp_path / "lms-bridge.toml"
    path.write_bytes(content + (b" " if content.startswith(b"# ") else b""))
    with pytest.raises(ConfigError) as error:
        load(path)
    assert why.partition(" (at")[0].rpartition(" at byte")[0] in str(error.value)


def test_a_folder_in_place_of_the_file_is_told(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="it cannot be read: Is a directory"):
        load(tmp_path)


def test_a_file_saved_by_notepad_is_read(tmp_path: Path) -> None:
    path = tmp_path / "lms-bridge.toml"
    path.write_bytes(b"\xef\xbb\xbflanguage = 'en'\r\n")
    assert load(path).language == "en"


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        (
            'proxy = "proxy.example:3128"',
            'registry.siasn.proxy: expected "direct", or the address of a proxy that begins with'
            " http:// (or https://), its password in proxy_credentials, got"
            ' "proxy.example:3128"',
        ),
        (
            'proxy = "http://kota:rahasia@proxy.example:3128"',
            'registry.siasn.proxy: expected "direct", or the address of a proxy that begins with'
            " http:// (or https://), its password in proxy_credentials, got"
            ' "proxy.example:3128"',
        ),
        ('proxy = "direct"', ""),
        ('proxy = "http://proxy.example:3128"\nproxy_credentials = "env:PROXY"', ""),
        (
            'proxy_credentials = "kota:rahasia"',
            "registry.siasn.proxy_credentials: expected env:NAME or file:PATH; the secret itself"
            " never stands here",
        ),
        ('working_hours = "Mon-Fri 07:00-17:00"', ""),
        ('working_hours = ["Sen-Jum 07.00-17.00", "Sab 08.00-12.00"]', ""),
        (
            'working_hours = "office hours"',
            "registry.siasn.working_hours: expected days and times, such as"
            ' "Mon-Fri 07:00-17:00", got "office hours"',
        ),
        (
            'time_zone = "Asia/Makasar"',
            "registry.siasn.time_zone: expected a time zone, such as Asia/Jakarta (WIB),"
            ' Asia/Makassar (WITA) or Asia/Jayapura (WIT), got "Asia/Makasar"; did you mean'
            " Asia/Makassar?",
        ),
        (
            "requests_per_second = -1",
            "registry.siasn.requests_per_second: expected a number from 0 to 1000, got -1",
        ),
    ],
)
def test_the_manners_towards_a_registry_are_checked(line: str, problem: str) -> None:
    text = whole('sso_token = "file:secrets/sso"', f'sso_token = "file:secrets/sso"\n{line}')
    assert problems(text) == [problem] * bool(problem)


def test_what_is_wrong_with_the_rule_of_a_badge_is_named_by_its_place() -> None:
    badge = """
[[badges]]
key = "dasar"
name = "Dasar"
rule = { all = ["PKA-2026", { hours = 0 }, { curse = "x" }, { any = [5, { level = 2 }] }] }
"""
    assert problems(whole() + badge) == [
        "badges.dasar.rule.all #2.hours: expected a whole number from 1 to 100000, got 0",
        "badges.dasar.rule.all #3.curse: there is no such setting; did you mean course?",
        "badges.dasar.rule.all #4.any #1: expected one table [badges.dasar.rule.all #4.any #1],"
        " got 5",
        "badges.dasar.rule.all #4.any #2: a rule has exactly one of course, badge, competency,"
        " hours, all, any, of; it has none",
    ]


def test_badges_may_need_each_other_only_in_one_direction() -> None:
    badges = """
[[badges]]
key = "a"
name = "A"
rule = { badge = "b" }

[[badges]]
key = "b"
name = "B"
rule = { badge = "a" }
"""
    assert problems(whole() + badges) == ["badges: these badges need each other: a → b → a"]


LEARNER = """
[web]
public_url = "https://bridge.example"
[learner]
key = "env:KEY"
"""
PLATFORM = """
[[lti]]
issuer = "https://lms.example"
client_id = "abc"
auth_url = "https://lms.example/auth"
jwks_url = "https://lms.example/certs"
deployments = ["1"]
"""


@pytest.mark.parametrize(
    ("more", "said"),
    [
        (LEARNER + PLATFORM, None),
        (LEARNER.replace("public_url", "#"), "web.public_url: is required with [learner]"),
        (PLATFORM, "learner: is required with [[lti]]"),
        (LEARNER + 'links = { portal = "env:X" }\n', "there is no [lms.portal]"),
        (LEARNER + PLATFORM + 'lms = "portal"\n', "there is no [lms.portal]"),
        (LEARNER + PLATFORM + PLATFORM, "stands there twice"),
        (LEARNER + PLATFORM.replace('["1"]', "[]"), "deployments: needs at least one"),
        (LEARNER + PLATFORM.replace("https://lms.example/auth", "lms"), "lti #1.auth_url: "),
        (LEARNER + PLATFORM + 'frames = ["portal"]\n', "lti #1.frames: expected addresses"),
    ],
)
def test_the_learners_page_has_an_address_and_the_ways_to_it_have_an_lms(
    more: str, said: str | None
) -> None:
    found = problems(whole() + more)
    assert (found == []) if said is None else any(said in one for one in found), found
