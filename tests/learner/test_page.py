"""The learner's page: what is on it, for whom, and how one comes to it by a link."""

from __future__ import annotations

import pytest
from sqlalchemy import update

from lms_bridge.config.secrets import Secret, SecretMissing
from lms_bridge.deliveries.lifecycle import State
from lms_bridge.learner import passes
from lms_bridge.reasons import Reason
from lms_bridge.store.schema import employees
from tests.conftest import on_sqlite
from tests.learner.world import BUDI, KEY, NAMES, SITI, Browser, World, pass_in


def test_the_page_shows_all_that_somebody_has_and_nothing_of_anybody_else(world: World) -> None:
    world.deliver(SITI, State.DONE)
    for nip, other in ((SITI, BUDI), (BUDI, SITI)):
        page = world.browser().come_in(world.link(nip)).text
        mine, theirs = (NAMES[one].split()[0] for one in (nip, other))
        for of_mine in (f"Rahasia {mine}", f"Tarik {mine}", f"Dari tempat lain {mine}"):
            assert of_mine in page
        assert {one for one in world.public_ids(nip) if one in page} != set()
        assert theirs not in page
        assert [one for one in world.public_ids(other) if one in page] == []
        assert "1987" not in page
        assert "1990" not in page


@on_sqlite
def test_what_is_on_it_is_said_in_the_words_of_a_learner(world: World) -> None:
    world.deliver(SITI, State.DONE)
    browser = world.browser()
    page = browser.come_in(world.link(SITI))
    for said in (
        "Dinas SITI",
        "43</b> dari 20 JP",
        "3 JP di antaranya dicatat oleh pihak lain",
        "Sudah tercatat di SIASN pada 24 November 2026.",
        "Tercatat di SIASN oleh pihak lain.",
        "Diperoleh 20 Maret 2026",
        "Kerja Sama, level 2",
        "menyelesaikan “Pelatihan Z”",
        "Kelulusan ini dibatalkan pada 24 November 2026.",
        "Tertutup sendiri pukul",
        "0622-123456",
    ):
        assert said in page.text
    english = browser.post(**{"pass": pass_in(page), "lang": "en"})
    assert english.headers["Location"] == "/learner"
    assert "Recorded in SIASN on 24 November 2026." in browser.get().text


@on_sqlite
def test_an_empty_page_says_what_will_be_there(world: World) -> None:
    with world.store.writing() as db:
        new = {"nip": "197001011995032001", "name": "", "registry_refs": {}}
        db.execute(employees.insert().values(**new, created_at=world.clock()))
    page = world.browser().come_in(world.link("197001011995032001")).text
    assert "Belum ada isinya" in page
    assert "kurang 20 dari 20 JP" in page


@on_sqlite
def test_without_a_pass_there_is_only_a_word_on_how_to_come_in(world: World) -> None:
    door = world.browser().get()
    assert (door.status_code, "Anda belum masuk" in door.text) == (403, True)
    assert "You are not signed in" in world.browser().get("/learner?lang=en").text


@on_sqlite
def test_a_link_opens_nothing_before_a_person_has_pressed_the_button(world: World) -> None:
    browser, link = world.browser(), world.link(SITI)
    seen = browser.get(link)
    assert "Buka halaman saya" in seen.text
    assert "SITI" not in seen.text
    assert f'href="?{link.partition("?")[2]}&amp;lang=en"' in seen.text
    assert browser.get().status_code == 403
    assert browser.post(link, headers={"Sec-Fetch-Site": "cross-site"}).status_code == 403
    assert "SITI" in browser.come_in(link).text


@on_sqlite
@pytest.mark.parametrize("cookies", [True, False], ids=["with cookies", "without"])
def test_everything_works_in_a_browser_that_keeps_no_cookie(world: World, cookies: bool) -> None:
    browser = world.browser(cookies=cookies)
    page = browser.come_in(world.link(SITI))
    assert page.status_code == 200
    assert ("Buka di jendela sendiri" in page.text) is not cookies
    form = {"pass": pass_in(page), "lang": "en"}
    english = browser.post(**form)
    assert (english.status_code == 303) is cookies
    assert "My trainings" in (browser.get() if cookies else english).text
    (first, *_) = world.public_ids(SITI)
    pdf = browser.post("/learner/certificate", certificate=first, **form)
    assert (pdf.mimetype, pdf.data[:4]) == ("application/pdf", b"%PDF")


@on_sqlite
def test_a_frame_without_cookies_leads_to_a_window_that_keeps_them(world: World) -> None:
    page = world.browser(cookies=False).come_in(world.link(SITI))
    window = world.browser()
    opened = window.post(**{"pass": pass_in(page), "window": "own"})
    assert opened.status_code == 303
    assert "SITI" in window.get().text
    for said in ("Secure", "HttpOnly", "SameSite=None", "Partitioned", "Path=/"):
        assert said in opened.headers["Set-Cookie"]
    window.post("/learner/leave")
    assert window.get().status_code == 403


def is_turned_away(browser: Browser, token: str) -> bool:
    """Whether a pass opens nothing, in the cookie, in a form or as a link."""
    browser.keep(token)
    answers = [
        browser.get(),
        browser.post(**{"pass": token}),
        browser.post("/learner/certificate", **{"pass": token, "certificate": "A" * 22}),
        browser.get(f"/learner/link?token={token}"),
        browser.post(f"/learner/link?token={token}"),
    ]
    return {one.status_code for one in answers} <= {403, 404} and not any(
        name in one.text for one in answers for name in NAMES.values()
    )


@on_sqlite
def test_no_pass_can_be_made_of_another(world: World) -> None:
    siti, budi = world.employee(SITI).id, world.employee(BUDI).id
    session = world.token(SITI, purpose="session")
    number, until, signature = session.split(".")
    made_up = [
        f"{budi}.{until}.{signature}",
        f"{number}.{int(until) + 1}.{signature}",
        f"{number}.{until}.{signature[:-1]}",
        f"{number}.{until}.{'A' * 43}",
        f"0{number}.{until}.{signature}",
        f"{number}.{until}.{signature}\n",
        world.token(SITI, purpose="session", days=-0.001),
        world.token(SITI, purpose="session", key="f" * 64),
        f"{siti + budi + 1}.{until}.{signature}",
        "",
    ]
    for token in made_up:
        assert is_turned_away(world.browser(), token), token
    assert world.browser().post(**{"pass": world.token(SITI)}).status_code == 403
    assert world.browser().get(f"/learner/link?token={session}").status_code == 403
    browser = world.browser()
    browser.keep(session)
    assert browser.get().status_code == 200


@on_sqlite
def test_a_form_shows_its_own_person_whoever_the_cookie_is_of(world: World) -> None:
    browser = world.browser()
    browser.come_in(world.link(BUDI))
    page = browser.post(**{"pass": world.token(SITI, purpose="session")})
    assert page.status_code == 200
    assert ("SITI" in page.text, "BUDI" in page.text) == (True, False)


@on_sqlite
def test_only_ones_own_certificates_can_be_downloaded(world: World) -> None:
    browser = world.browser()
    form = {"pass": pass_in(browser.come_in(world.link(SITI)))}
    for public_id in (*world.public_ids(BUDI), "A" * 22, "", "' OR 1=1"):
        answer = browser.post("/learner/certificate", certificate=public_id, **form)
        assert answer.status_code == 404
        assert answer.mimetype == "text/html"
    taken_back = world.public_ids(SITI)[3]
    assert browser.post("/learner/certificate", certificate=taken_back, **form).status_code == 404


@on_sqlite
def test_passes_end_with_the_key_the_nip_and_the_time(world: World) -> None:
    browser = world.browser()
    browser.come_in(world.link(SITI))
    link, session = world.link(SITI), browser.cookie()
    world.clock.forward(minutes=61)
    assert browser.get().status_code == 403
    assert world.browser().get(link).status_code == 200
    browser.come_in(link)
    (world.folder / "key").write_text("f" * 64)
    assert browser.get().status_code == 403
    assert world.browser().get(link).status_code == 403
    (world.folder / "key").write_text(KEY)
    assert browser.get().status_code == 200
    with world.store.writing() as db:
        mine = employees.c.nip == SITI
        db.execute(update(employees).where(mine).values(nip="197001011995032001"))
    assert browser.get().status_code == 403
    assert session != browser.cookie()


@on_sqlite
def test_a_key_that_is_missing_or_short_opens_nothing(world: World) -> None:
    link = world.link(SITI)
    for content in ("", "short"):
        (world.folder / "key").write_text(content)
        assert world.browser().get(link).status_code == 503
    with pytest.raises(SecretMissing, match="shorter than 32"):
        passes.key_of(Secret("file:key", world.folder))


@on_sqlite
def test_nothing_keeps_the_page_or_frames_it(world: World) -> None:
    page = world.browser().come_in(world.link(SITI))
    assert page.headers["Cache-Control"] == "no-store"
    assert page.headers["Referrer-Policy"] == "no-referrer"
    assert page.headers["X-Robots-Tag"] == "noindex"
    policy = page.headers["Content-Security-Policy"]
    assert "frame-ancestors 'self';" in f"{policy};"
    assert "script" not in policy


@on_sqlite
def test_who_asks_all_the_time_has_to_wait(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("webhook.entrance._LOOKS_PER_MINUTE", 6)
    browser = world.browser()
    browser.come_in(world.link(SITI))
    answers = [browser.get("/learner") for _ in range(6)]
    assert answers[-1].status_code == 429
    assert int(answers[-1].headers["Retry-After"]) >= 1
    assert "SITI" not in answers[-1].text
    assert world.browser().come_in(world.link(BUDI)).status_code == 200


@on_sqlite
def test_reasons_tell_a_learner_nothing_of_others(world: World) -> None:
    why = Reason("cancelled", by="Rudi Hartono", why="salah orang")
    world.deliver(SITI, State.CANCELLED, why)
    page = world.browser().come_in(world.link(SITI)).text
    assert "Tidak dicatat di SIASN, atas keputusan BKPSDM." in page
    assert "Rudi" not in page
    assert "salah orang" not in page
