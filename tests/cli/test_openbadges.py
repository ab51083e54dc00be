"""``openbadges``: the keys, and the verdict on a badge, at the command line."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import responses

from tests.cli.conftest import Terminal
from tests.openbadges.test_pictures import SVG
from tests.openbadges.world import EARNED, HOME, TODAY, World

CONFIGURATION = f"""
[web]
public_url = "{HOME}"
[database]
url = "sqlite:///bridge.db"
[openbadges]
name = "BKPSDM"
keys = "kunci"
"""
DOCUMENT = f"{HOME}/.well-known/did.json"


@pytest.fixture
def here(tmp_path: Path) -> Terminal:
    terminal = Terminal(tmp_path / "lms-bridge.toml")
    terminal.config.write_text(CONFIGURATION, encoding="utf-8")
    return terminal


def test_a_key_is_made_rotated_and_removed(here: Terminal, tmp_path: Path) -> None:
    assert "keys create makes one" in here.read("openbadges", "keys", "list")
    first = here.json("openbadges", "keys", "create")
    assert [path.name for path in (tmp_path / "kunci").iterdir()] == [f"{first['name']}.key"]
    assert "a key already" in here.refused("openbadges", "keys", "create")
    second = here.json("openbadges", "keys", "rotate")
    listed = here.json("openbadges", "keys", "list")
    assert [(one["name"], one["signs"]) for one in listed] == [
        (second["name"], True),
        (first["name"], False),
    ]
    told = here.read("openbadges", "keys", "list")
    assert f"{second['name']}" in told
    assert "only verifies" in told
    asked = here.run("openbadges", "keys", "remove", second["name"], input="n\n")
    assert (asked.exit_code, "will verify. Go on?" in asked.output) == (1, True)
    removed = here.json("openbadges", "keys", "remove", second["name"], "--yes")
    assert removed["signs"] not in (first["name"], second["name"])
    assert "no key k1" in here.refused("openbadges", "keys", "remove", "k1", "--yes")


def test_without_a_table_there_are_no_keys(here: Terminal) -> None:
    here.config.write_text("", encoding="utf-8")
    assert "no [openbadges]" in here.refused("openbadges", "keys", "list")


@responses.activate
def test_a_badge_is_verified_as_a_stranger_does(nowhere: Terminal, tmp_path: Path) -> None:
    world = World(tmp_path)
    world.issuing.keys.create(TODAY)
    file = tmp_path / "badge.png"
    file.write_bytes(world.issuing.png(EARNED))
    listed = f"{HOME}/badges/status/0"
    responses.get(DOCUMENT, body=world.issuing.did_document())
    responses.get(listed, body=world.issuing.status_list(0, (), world.now))
    told = nowhere.read("openbadges", "verify", str(file))
    assert "signed by did:web:bridge.example, and unchanged since" in told
    assert told.endswith("It holds, if you trust the site of its issuer.")
    responses.replace("GET", listed, body=world.issuing.status_list(0, {94_567}, world.now))
    told = nowhere.read("openbadges", "verify", str(file), code=1)
    assert told.endswith("✗ it was taken back It does not hold.")
    responses.replace("GET", listed, status=302, headers={"Location": DOCUMENT})
    told = nowhere.read("openbadges", "verify", str(file), code=1)
    assert "answers with status 302" in told
    assert told.endswith("whether it still holds cannot be told.")
    found = nowhere.json("openbadges", "verify", str(file), code=1)
    verdicts = [one["verdict"] for one in found["findings"]]
    assert (found["holds"], verdicts) == (False, ["ok", "ok", "ok", "warning"])


@responses.activate
def test_check_looks_whether_others_find_the_keys(here: Terminal, tmp_path: Path) -> None:
    def lines() -> dict[str, str]:
        found = json.loads(here.run("check", "--json").stdout)
        return {
            one["subject"]: f"{one['verdict']}: {one['finding']}"
            for one in found
            if one["subject"].startswith("openbadges")
        }

    failed = "failed: there is no key to sign with; lms-bridge openbadges keys create makes one"
    assert lines() == {"openbadges": failed}
    made = here.json("openbadges", "keys", "create")["name"]
    responses.get(DOCUMENT, status=404)
    assert lines() == {
        "openbadges": f"ok: did:web:bridge.example signs with the key {made}",
        "openbadges: did.json": f"warning: {DOCUMENT} answers with status 404",
    }
    other = World(tmp_path / "other")
    other.issuing.keys.create(TODAY)
    responses.replace("GET", DOCUMENT, body=other.issuing.did_document())
    assert lines()["openbadges: did.json"] == f"warning: {DOCUMENT} gives other keys than ours"
    ours = World(tmp_path)
    ours.issuing.keys.folder = tmp_path / "kunci"
    responses.replace("GET", DOCUMENT, body=ours.issuing.did_document())
    assert lines()["openbadges: did.json"] == f"ok: {DOCUMENT} gives our keys"
    text = here.config.read_text(encoding="utf-8")
    rule = '[[badges]]\nkey = "%s"\nname = "x"\nrule = "A"\nimage = "%s"\n'
    text += rule % ("baik", "baik.svg") + rule % ("buruk", "tidak-ada.png")
    here.config.write_text(text, encoding="utf-8")
    (tmp_path / "baik.svg").write_bytes(SVG)
    found = json.loads(here.run("check", "--json").stdout)
    told = {one["subject"]: one["verdict"] for one in found if one["subject"].endswith(".image")}
    assert told == {"badges.baik.image": "ok", "badges.buruk.image": "warning"}
    (tmp_path / "kunci").chmod(0o755)
    assert "may read" in lines()["openbadges.keys"]
