"""What is wrong with a registry in TOML is told when the configuration is loaded."""

from __future__ import annotations

import copy
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import settings as settings_
from hypothesis import strategies as st

from lms_bridge.config.loading import ConfigError, read
from lms_bridge.config.secrets import secrets_in
from lms_bridge.registries.simpeg import profiles
from lms_bridge.registries.simpeg.client import Simpeg
from tests.config.test_any_configuration import values
from tests.simpeg.dialects import DIALECTS, settings, table
from tests.trials import times


def problems(dialect: str, changes: dict[str, Any]) -> list[str]:
    """What is wrong with it once these dotted settings are changed; None takes one away."""
    changed = copy.deepcopy(table(dialect))
    for path, value in changes.items():
        *parents, name = path.split("/")
        place = changed
        for parent in parents:
            place = place.setdefault(parent, {})
        if value is None:
            place.pop(name)
        else:
            place[name] = value
    try:
        read({"registry": {"simpeg": changed}}, base=Path("/etc"))
    except ConfigError as error:
        return [str(problem).removeprefix("registry.simpeg.") for problem in error.problems]
    return []


@pytest.mark.parametrize("dialect", sorted(DIALECTS))
def test_every_dialect_can_be_configured(dialect: str) -> None:
    assert settings(dialect).histories


def test_there_is_a_dialect_for_every_profile() -> None:
    assert set(profiles.names()) < set(DIALECTS)


LIST = "histories/semua"


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        # templates
        (
            {f"{LIST}/record/body/judul": "{nama}"},
            "histories.semua.record.body.judul: there is no field {nama}; did you mean name?",
        ),
        (
            {f"{LIST}/record/body/judul": "{name"},
            "histories.semua.record.body.judul: is no template: expected '}' before end of string",
        ),
        (
            {f"{LIST}/record/body/sejak": "{starts}"},
            "histories.semua.record.body.sejak: {starts} needs a date pattern, such as"
            " {starts:%d-%m-%Y}",
        ),
        (
            {f"{LIST}/record/body/sejak": "{starts:%d %A %Y}"},
            "histories.semua.record.body.sejak: bad date pattern '%d %A %Y': %A is not known;"
            " there are %d, %m, %Y and %y, %-d and %-m without a zero, %B and %b for the month's"
            " name",
        ),
        (
            {f"{LIST}/record/body/jenis": "{kind:macam}"},
            "histories.semua.record.body.jenis: {kind:macam}: there is no enumerations.macam",
        ),
        (
            {f"{LIST}/record/body/lama": {"value": "{hours}", "as": "number"}},
            'histories.semua.record.body.lama: as: expected one of "text", "integer", got'
            " 'number'",
        ),
        (
            {f"{LIST}/record/path": "riwayat"},
            'histories.semua.record.path: must begin with "/"; it is counted from url',
        ),
        (
            {f"{LIST}/record/send": "form", f"{LIST}/record/body/a": {"b": "c"}},
            'histories.semua.record.body.a: only send = "json" has tables and lists, not form',
        ),
        (
            {"headers": {"X-Key": "{keys.api}"}},
            "headers.X-Key: there is no field {keys.api}; there are constants.instansi, nip, token",
        ),
        (
            {f"{LIST}/read/query": {"q": "{starts:%Y}"}},
            "histories.semua.read.query.q: there is no field {starts}; did you mean status?",
        ),
        # whose, and which
        (
            {"employee/body": {"a": "b"}},
            "employee: does not ask for {nip}, in its path, query or body",
        ),
        (
            {f"{LIST}/read/query": {"all": "1"}},
            "histories.semua.read: names neither {nip} nor {person_id}: whose rows are they?",
        ),
        (
            {f"{LIST}/read/fields/id": ""},
            "histories.semua.read.fields.id: is required with record.id: a row is found again by"
            ' its id (or record.id = "": it is looked up in the list)',
        ),
        (
            {f"{LIST}/read/fields/certificate_number": ""},
            "histories.semua.read.fields.certificate_number: is required: record writes it, and"
            " by it a row is found again",
        ),
        ({f"{LIST}/record/id": None}, "histories.semua.record.id: is required"),
        (
            {f"{LIST}/remove/body": {}},
            "histories.semua.remove: does not name {row_id}: which row is to be deleted?",
        ),
        (
            {f"{LIST}/change/body/nomor": "1"},
            "histories.semua.change: does not name {row_id}: which row is to be changed?",
        ),
        (
            {f"{LIST}/document/body": {"nomor": "1"}},
            "histories.semua.document: does not name {row_id}: which row is to be given it?",
        ),
        # documents
        (
            {f"{LIST}/document/body": {"nomor": "{row_id}"}},
            "histories.semua.document: does not name {document}: what is to be kept?",
        ),
        (
            {f"{LIST}/document/body/isi": "{document}"},
            'histories.semua.document.body.isi: only send = "multipart" has files; elsewhere it is'
            " {document:base64}",
        ),
        (
            {f"{LIST}/document/body/isi": "berkas {document}"},
            "histories.semua.document.body.isi: {document} is a file and stands alone;"
            " {document:base64} is text",
        ),
        (
            {f"{LIST}/document/body/isi": "{document:hex}"},
            "histories.semua.document.body.isi: {document:hex}: there are {document} and"
            " {document:base64}",
        ),
        (
            {f"{LIST}/document/path": "/berkas/{document}"},
            "histories.semua.document.path: there is no field {document}; did you mean"
            " document_name?",
        ),
        (
            {f"{LIST}/record/body/isi": "{document:base64}"},
            "histories.semua.record: sends {document}, which has a request of its own; leave one"
            " of them out",
        ),
        (
            {f"{LIST}/document": None, f"{LIST}/change/body/isi": "{document:base64}"},
            "histories.semua.change: sends {document}, and record does not",
        ),
        (
            {f"{LIST}/upload": {"path": "/x", "id": "id"}},
            "histories.semua.upload: does not name {document}: what is handed in?",
        ),
        (
            {f"{LIST}/upload": {"path": "/x", "id": "id", "body": {"f": "{document}"}}},
            "histories.semua.record: does not name {upload}: whose certificate is it?",
        ),
        (
            {f"{LIST}/upload": {"path": "/x", "id": "id", "body": {"f": "{document}"}}},
            "histories.semua.document: is not needed beside upload; leave one out",
        ),
        (
            {f"{LIST}/record/body/f": "{upload}"},
            "histories.semua.record.body.f: there is no field {upload}",
        ),
        # histories
        ({"histories": {}}, "histories: there is none; add [histories.NAME] with read and record"),
        (
            {f"{LIST}/kinds": [26]},
            "histories.semua.kinds #1: expected a whole number from 1 to 25, got 26",
        ),
        # dates, rules, ways to sign
        (
            {"dates": ["%d-%m"]},
            "dates #1: bad date pattern '%d-%m': it needs %d, %m and %Y, as in %d-%m-%Y",
        ),
        (
            {"answers": [{"means": "credentials", "status": [401]}]},
            'answers: has no rule with means = "success", so nothing would ever succeed',
        ),
        (
            {"answers": [{"means": "success"}]},
            "answers #1: says nothing of the answer; give status, or where and equals",
        ),
        (
            {"answers": [{"means": "succes", "status": [200]}]},
            'answers #1.means: expected one of "credentials", "none", "refused", "retry",'
            ' "success", got "succes"; did you mean "success"?',
        ),
        (
            {"answers": [{"means": "success", "equals": "ok"}]},
            "answers #1.where: is required with equals",
        ),
        ({"auth/client_id": None}, 'auth.client_id: is required with way = "oauth2"'),
        (
            {"auth/token_url": "simpeg/token"},
            "auth.token_url: expected an address that begins with https:// (or http://), got"
            ' "simpeg/token"',
        ),
        (
            {"auth/client_secret": "rahasia"},
            "auth.client_secret: expected env:NAME or file:PATH; the secret itself never stands"
            " here",
        ),
        (
            {"keys": {"api": "rahasia"}},
            "keys.api: expected env:NAME or file:PATH; the secret itself never stands here",
        ),
        ({"employe": {}}, "employe: there is no such setting; did you mean employee?"),
        (
            {f"{LIST}/raed": {}},
            "histories.semua.raed: there is no such setting; did you mean read?",
        ),
        (
            {"profile": "bearer"},
            'profile: expected one of "basic-php", "bearer-json", "codeigniter", "key-in-path",'
            ' "siasn-proxy", got "bearer"; did you mean "bearer-json"?',
        ),
    ],
)
def test_a_mistake_is_named_with_its_place_and_the_rule(
    changes: dict[str, Any], problem: str
) -> None:
    assert any(each.startswith(problem) for each in problems("lurah", changes))


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"auth/login": None}, 'auth.login: is required with way = "login"'),
        ({"auth/login/token": None}, "auth.login.token: is required"),
        (
            {"auth/login/body/sandi": "{kata_sandi}"},
            "auth.login.body.sandi: there is no field {kata_sandi}; there are password, username",
        ),
        (
            {"auth/login/body/sesi": "{token}"},
            "auth.login.body.sesi: there is no field {token}; there are password, username",
        ),
        ({"auth/password": None}, "auth.login.body.sandi: there is no field {password}"),
        ({"auth/way": "none"}, 'auth.login: is used with way = "login" only, not "none"'),
        (
            {"query": {}},
            'auth.header: is "", so the token goes where a template has {token}, and employee has'
            " none",
        ),
        ({"auth/login/path": "masuk"}, 'auth.login.path: must begin with "/"'),
        ({"auth/login/path": "https://a:b@c/masuk"}, 'auth.login.path: must begin with "/"'),
    ],
)
def test_a_mistake_in_logging_in_is_named(changes: dict[str, Any], problem: str) -> None:
    assert any(each.startswith(problem) for each in problems("bupati", changes))


def test_two_histories_cannot_take_the_same_kind() -> None:
    both = {"histories/teknis/kinds": [3, 4]}
    assert "histories.teknis.kinds: 4 is in seminar as well" in problems("key-in-path", both)
    rest = {"histories/seminar/kinds": []}
    assert (
        "histories.teknis.kinds: is required: seminar has none either, and only one can take the"
        " rest"
    ) in problems("key-in-path", rest)


def test_what_stands_in_the_configuration_is_laid_over_the_profile() -> None:
    found = settings(
        "bearer-json",
        histories={"diklat": {"record": {"body": {"tahun": "{starts:%Y}", "sumber": "LMS"}}}},
        dates=["%d-%m-%Y"],
    )
    body = found.histories["diklat"].record.body
    assert (body["tahun"], body["sumber"]) == ("{starts:%Y}", "LMS")
    assert body["penyelenggara"] == "{organiser}"
    assert found.dates == ("%d-%m-%Y",)


def test_a_change_is_as_the_record_but_for_what_it_says() -> None:
    found = settings(
        "siasn-proxy",
        histories={"kursus": {"record": {"path": "/v2/save", "body": {"sumber": "LMS"}}}},
    )
    record, change = found.histories["kursus"].record, found.histories["kursus"].change
    assert change is not None
    assert (change.path, change.method, change.id) == ("/v2/save", "POST", record.id)
    assert change.body == {**record.body, "id": "{row_id}"}


def test_keys_are_secrets_that_check_looks_for() -> None:
    places = [place for place, _ in secrets_in(settings("camat"), "registry.simpeg")]
    assert places == ["registry.simpeg.keys.kunci", "registry.simpeg.keys.app"]


@settings_(max_examples=times(1.5))
@given(st.data())
def test_whatever_is_changed_it_is_read_or_told_what_is_wrong(data: st.DataObject) -> None:
    changed = copy.deepcopy(table(data.draw(st.sampled_from(["lurah", "camat", "bearer-json"]))))
    place: Any = changed
    while True:
        keys = list(place) if isinstance(place, dict) else list(range(len(place)))
        key = data.draw(st.sampled_from(keys))
        inner = place[key]
        if not isinstance(inner, dict | list) or not inner or data.draw(st.integers(0, 3)) == 0:
            break
        place = inner
    place[key] = data.draw(values | st.sampled_from(["{", "{x}", "{starts:%Q}", "{nip!r}", "%d"]))
    try:
        found = read({"registry": {"simpeg": changed}}, base=Path("/etc"))
    except ConfigError:
        return
    assert Simpeg("simpeg", found.registry["simpeg"]).name == "simpeg"
