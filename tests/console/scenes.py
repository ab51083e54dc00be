"""What no link leads to: refusals, forms with mistakes, things under way, an empty bridge.

Each is made to appear in the browser, to be looked at. They change the town, and are seen last.
"""

from __future__ import annotations

from collections.abc import Iterator

from playwright.sync_api import Browser, Page
from sqlalchemy import text, update

from lms_bridge.accounts import users
from lms_bridge.accounts.roles import Role
from lms_bridge.attention.groups import Kind as Waiting
from lms_bridge.bridge import utc_now
from lms_bridge.errands import asking, reporting
from lms_bridge.reporting.report import Report
from lms_bridge.store.schema import employees
from tests.console.rounds import Look, Town
from webhook.console.gate import COOKIE
from webhook.console.site import PATH

LONG_NAME = (
    "Prof. Dr. Ir. Raden Ajeng Maria Magdalena Theresia Simanjuntak-Hutagalung, M.Si., Ph.D."
)
LONG_UNIT = (
    "Subbidang Pengembangan Kompetensi Manajerial, Teknis, dan Fungsional pada Bidang Penilaian"
    " Kinerja Aparatur dan Penghargaan Badan Kepegawaian dan Pengembangan Sumber Daya Manusia"
)
_LONG_WORDS = """document.querySelectorAll("h1, .lead, th, td, dd, .what, .remedy, main small")
  .forEach((one) => one.append(` https://lms.example.go.id/${"view".repeat(30)}`))"""
_UNCHECKED = "document.querySelectorAll('form').forEach(one => one.noValidate = true)"


class Scenes:
    """The scenes of a town, in one look."""

    def __init__(self, town: Town, browser: Browser, look: Look) -> None:
        self._town = town
        self._browser = browser
        self._look = look
        self._language = look.language
        self._address = f"{town.address}{PATH}"

    def __iter__(self) -> Iterator[tuple[str, Page]]:
        for part in (self._at_the_door, self._refusals, self._forms, self._under_way, self._made):
            for name, page in part():
                page.wait_for_load_state()
                yield name, page

    def _open(self, path: str, role: Role | None = Role.HR) -> Page:
        context = self._look.at(self._browser)
        if role is not None:
            self._town.sign_in(context, role)
        page = context.new_page()
        self._go(page, path)
        return page

    def _go(self, page: Page, path: str) -> None:
        mark = "&" if "?" in path else "?"
        page.goto(f"{self._address}{path}{mark}lang={self._language}")

    def _at_the_door(self) -> Iterator[tuple[str, Page]]:
        self._town.sign_in(self._look.at(self._browser), Role.HR)  # so that there is an account
        page = self._open("/sign-in", None)
        yield "sign-in", page
        page.fill("[name=username]", "hr.siantar")
        page.fill("[name=password]", "salah sama sekali")
        page.click("main button")
        yield "sign-in-refused", page
        page = self._open("/sign-in", None)
        host = page.evaluate("location.hostname")
        page.context.add_cookies([{"name": COOKIE, "value": "x", "domain": host, "path": PATH}])
        self._go(page, "/employees")
        yield "session-ended", page

    def _refusals(self) -> Iterator[tuple[str, Page]]:
        page = self._open("/nowhere")
        yield "not-found", page
        self._go(page, "/accounts")
        yield "not-for-this-role", page
        self._go(page, "/courses/new")
        page.evaluate("document.querySelector('main [name=csrf]').value = 'old'")
        page.evaluate(_UNCHECKED)
        page.click("main form button")
        yield "form-too-old", page
        with self._town.store.writing() as db:
            db.execute(text("ALTER TABLE saved_reports RENAME TO saved"))
        self._go(page, "/reports")
        yield "failed", page
        with self._town.store.writing() as db:
            db.execute(text("ALTER TABLE saved RENAME TO saved_reports"))

    def _forms(self) -> Iterator[tuple[str, Page]]:
        page = self._open("/courses/new")
        page.fill("[name=name]", "Pelatihan Dasar")
        page.fill("[name=hours]", "banyak")
        page.fill("[name=competency0]", "Integritas")
        page.evaluate(_UNCHECKED)
        page.click("main form button")
        yield "course-with-mistakes", page
        page.click("main details summary")
        yield "course-form-whole", page
        for name, kind in (("course-list-refused", "99"), ("course-list", "4")):
            self._go(page, "/courses/import")
            line = f"PKA-9,Kepemimpinan Administrator,BKPSDM Kota Pematangsiantar,{kind},40"
            lines = f"key,name,organiser,kind,hours\n{line}\n".encode()
            page.set_input_files("[name=file]", {"name": "a.csv", "mimeType": "", "buffer": lines})
            page.click("main form button")
            yield name, page
        self._go(page, "/courses")
        page.click("main tbody a")
        page.click(".heading a.button")
        page.fill("[name=hours]", "40")
        page.click("main form button")
        yield "course-preview", page
        self._go(page, "/completions")
        page.click("main tbody th a")
        page.click(".heading a[href$=correct]")
        page.fill("[name=hours]", "x")
        page.evaluate(_UNCHECKED)
        page.click("main form button")
        yield "correction-with-mistakes", page
        page.fill("[name=hours]", "12")
        page.fill("[name=why]", "Salah ketik")
        page.click("main form button")
        yield "correction-preview", page
        self._go(page, "/employees?q=zzz")
        yield "nobody-found", page
        page.set_viewport_size({"width": 390, "height": 900})
        page.click(".menu-toggle summary")
        yield "menu", page
        for name, path in (("account", "/accounts/new"), ("sender", "/senders/new")):
            page = self._open(path, Role.IT)
            page.evaluate(_UNCHECKED)
            page.click("main form button")
            yield f"{name}-with-mistakes", page

    def _under_way(self) -> Iterator[tuple[str, Page]]:
        now, store = utc_now(), self._town.store
        page = self._open("/reports?report=employees")
        with store.writing() as db:
            hr = users.find_by_username(db, "hr.siantar")
            assert hr is not None
            report = Report(kind="employees")
            reporting.ask(
                db, hr, report, "xlsx", language=self._language, today=now.date(), now=now
            )
            errand = reporting.last(db, hr)
            assert errand is not None
            asking.note_progress(db, errand.id, 3500, 10_000)
        self._go(page, "/reports?report=employees")
        yield "report-under-way", page
        with store.writing() as db:
            asking.keep_file(db, errand.id, "JP-per-pegawai.xlsx", b"x")
            asking.end(db, errand.id, None, now)
        self._go(page, "/reports?report=employees")
        yield "report-made", page
        self._go(page, "/employees")
        page.click("main tbody a")
        number = int(page.url.rpartition("/")[2])
        with store.writing() as db:
            asking.ask(db, asking.Kind.HISTORY, [number], {}, by="hr.siantar", now=now)
            mine = update(employees).where(employees.c.id == number)
            db.execute(mine.values(name=LONG_NAME, unit_name=LONG_UNIT))
        page.reload()
        yield "history-under-way", page
        self._go(page, "/employees?standing=active&q=Raden")
        yield "long-names", page
        for path in (f"/employees/{number}", "/attention", "/completions", "/courses"):
            self._go(page, path)
            page.evaluate(_LONG_WORDS)
            yield f"long-words-{path.split('/')[1]}", page
        self._go(page, f"/attention/all/{Waiting.FINDING}")
        page.click("main tbody a")
        yield "finding", page
        page.check("[name=which][value=all]")
        page.click("button[formaction$=repair]")
        yield "repair", page
        page.fill("[name=why]", "Sudah diperiksa")
        page.click("main form button")
        yield "repair-under-way", page

    def _made(self) -> Iterator[tuple[str, Page]]:
        """What is seen only after somebody has done something."""
        tag = f"{self._language}{self._look.width}{self._look.scheme[:1]}"
        page = self._open("/tokens", Role.IT)
        page.fill("[name=name]", f"dasbor-{tag}")
        page.click("main .card.form button")
        yield "token-made", page
        self._go(page, "/senders/new")
        page.fill("[name=name]", f"moodle-{tag}")
        page.click("main form button")
        yield "sender-made", page
        self._go(page, "/senders")
        page.click("main summary")
        yield "senders-given", page
        self._go(page, "/accounts/new")
        page.fill("[name=username]", f"siti.{tag}")
        page.check("[name=role][value=hr]")
        page.click("main form button")
        yield "account-made", page
        self._go(page, "/health")
        page.click("form[action$=try] button")
        page.click("main details.do summary >> nth=0")
        page.click("main details.do summary >> nth=1")
        yield "health-asked", page
        self._go(page, "/jobs")
        if page.is_visible("#run-reconcile"):
            page.click("#run-reconcile")
        if page.is_visible("#pause-backup"):
            page.click("#pause-backup")
        yield "jobs-asked", page
        self._go(page, "/deliveries?state=done")
        page.click("main form tbody th a >> nth=0")
        for each in page.locator("main details").all():
            each.evaluate("one => one.open = true")
        yield "delivery-done", page
        page = self._open("/reports?report=training")
        page.fill("[name=name]", f"Pelatihan tahun ini {tag}")
        page.click("form[action$=save] button")
        page.click("main details summary >> nth=0")
        yield "report-kept", page
        self._go(page, f"/attention/all/{Waiting.COURSE}")
        page.click("main tbody a")
        page.check("[name=which][value=all]")
        page.fill("[name=why]", "Bukan pelatihan ASN")
        page.click("button[formaction$=dismiss]")
        self._go(page, "/attention/dismissed")
        yield "dismissed", page
        for kind in (Waiting.PERSON, Waiting.STATEMENT, Waiting.DELIVERY):
            self._go(page, f"/attention/all/{kind}")
            page.click("main tbody a")
            yield f"waiting-{kind}", page
        page = self._open("/audit", Role.AUDITOR)
        yield "audited", page
