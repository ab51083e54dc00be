"""Content that others wrote or would write, in a real browser, on a page of another origin.

It uses the LRS as ADL's xAPIWrapper does, as content that was launched by cmi5, and by the forms
of the alternate request syntax as authoring tools send them (Communication 1.3).
"""

from __future__ import annotations

import base64
import hashlib
import threading
import uuid
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page

from lms_bridge import credentials
from lms_bridge.bridge import utc_now
from lms_bridge.config.settings import Settings
from lms_bridge.store.engine import open_store
from tests.webhook.serving import Served, serving

pytestmark = pytest.mark.slow

WRAPPER = Path(__file__).parent / "foreign" / "xapiwrapper-1.11.0.min.js"
SHA_256 = "02b0dcfede55824e99b403d570926da07b537e25d902abaddfeb0bc9a9e31abc"
SITI = {"mbox": "mailto:siti@example.go.id", "objectType": "Agent"}
CMI5 = "https://w3id.org/xapi/cmi5/context/categories/cmi5"
SESSION = "https://w3id.org/xapi/cmi5/context/extensions/sessionid"


class Content(BaseHTTPRequestHandler):
    """A site that has content, and is not the LRS."""

    def do_GET(self) -> None:
        self.send_response(200)
        script = self.path.endswith(".js")
        self.send_header("Content-Type", "text/javascript" if script else "text/html")
        self.end_headers()
        page = b"<!doctype html><meta charset=utf-8><link rel=icon href=data:,>"
        body = WRAPPER.read_bytes() if script else page + b"<script src=wrapper.js></script>"
        self.wfile.write(body)

    def log_message(self, *_: Any) -> None:
        pass


class Lrs:
    """The LRS, as content is told of it."""

    def __init__(self, served: Served, site: str, username: str, secret: str) -> None:
        self.served = served
        self.site = site
        self.endpoint = f"{served.address}/xapi/"
        self.auth = "Basic " + base64.b64encode(f"{username}:{secret}".encode()).decode()

    @property
    def told(self) -> dict[str, str]:
        """What a launch tells content."""
        return {"endpoint": self.endpoint, "auth": self.auth}

    def get(self, path: str, **params: Any) -> Any:
        """What the LMS reads."""
        return self.served.session.get(self.endpoint + path, params=params, timeout=20)


@pytest.fixture(scope="module")
def lrs(tmp_path_factory: pytest.TempPathFactory, database_of_module: str) -> Iterator[Lrs]:
    folder = tmp_path_factory.mktemp("content")
    store = open_store(database_of_module)
    server = ThreadingHTTPServer(("127.0.0.1", 0), Content)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    site = f"http://127.0.0.1:{server.server_port}"
    with store.writing() as db:
        made = credentials.create(
            db, "konten", settings=Settings(), now=utc_now(), scopes=["all"], origins=[site]
        )
    store.close()
    with serving(folder, database_of_module) as served:
        yield Lrs(served, site, made.credential.username, made.secret)
    server.shutdown()


@pytest.fixture
def page(browser: Browser, lrs: Lrs) -> Iterator[Page]:
    """A page of the content's site, which may use the LRS; nothing of it may go wrong."""
    page = browser.new_context().new_page()
    troubles: list[str] = []
    page.on("pageerror", lambda error: troubles.append(str(error)))
    page.goto(f"{lrs.site}/course/index.html")
    page.evaluate(
        """(told) => {
          window.problems = [];
          ADL.xhrRequestOnError = (xhr, method, url) =>
            problems.push([xhr.status, method, url, xhr.responseText]);
          ADL.XAPIWrapper.changeConfig(told);
        }""",
        lrs.told,
    )
    yield page
    assert page.evaluate("problems") == []
    assert troubles == []


def activity() -> str:
    """An Activity of which nobody has told before."""
    return f"https://konten.example.go.id/{uuid.uuid4()}"


def test_the_wrapper_is_the_one_that_its_readme_says() -> None:
    assert hashlib.sha256(WRAPPER.read_bytes()).hexdigest() == SHA_256
    assert SHA_256 in (WRAPPER.parent / "README.md").read_text()


# --- xAPIWrapper ---------------------------------------------------------------------------------


def test_it_sends_statements_and_finds_them(page: Page, lrs: Lrs) -> None:
    found = page.evaluate(
        """([actor, id]) => {
          const adl = ADL.XAPIWrapper;
          const said = (verb) => new ADL.XAPIStatement(actor, verb, {id, definition: {
            type: ADL.activityTypes.course, name: {id: "Pelatihan é"}}});
          const one = adl.sendStatement(said(ADL.verbs.initialized));
          const many = adl.sendStatements([said(ADL.verbs.answered), said(ADL.verbs.completed)]);
          const all = adl.getStatements({activity: id, limit: 2, since: "2020-01-01T00:00:00Z",
            agent: JSON.stringify(actor)});
          return {
            status: [one.xhr.status, many.status],
            ids: [one.id, ...JSON.parse(many.responseText)],
            single: adl.getStatements({statementId: one.id}),
            pages: [all, adl.getStatements(null, all.more)].map(p => p.statements.map(s => s.id)),
            absent: adl.getStatements({verb: ADL.verbs.failed.id, activity: id}).statements,
            through: one.xhr.getResponseHeader("X-Experience-API-Version"),
            activity: adl.getActivities(id),
            person: adl.getAgents(actor),
          };
        }""",
        [SITI, activity()],
    )
    assert found["status"] == [200, 200]
    assert found["pages"] == [found["ids"][:0:-1], found["ids"][:1]]
    assert found["single"]["authority"]["account"]["name"] == "konten"
    assert found["absent"] == []
    assert found["through"] == "1.0.3"
    assert found["activity"]["definition"]["name"] == {"id": "Pelatihan é"}
    assert SITI["mbox"] in found["person"]["mbox"]


def test_it_does_so_without_waiting(page: Page) -> None:
    status = page.evaluate(
        """([actor, id]) => new Promise(done => ADL.XAPIWrapper.sendStatement(
          new ADL.XAPIStatement(actor, ADL.verbs.passed, {id}), (xhr) => done(xhr.status)))""",
        [SITI, activity()],
    )
    assert status == 200


def test_it_sends_an_attachment(page: Page, lrs: Lrs) -> None:
    sent = page.evaluate(
        """([actor, id]) => {
          const type = {usageType: "http://id.tincanapi.com/attachment/certificate-of-completion",
            display: {id: "Sertifikat"}, contentType: "text/plain"};
          const statement = new ADL.XAPIStatement(actor, ADL.verbs.passed, {id});
          return new Promise(done => ADL.XAPIWrapper.sendStatement(statement,
            (xhr, told) => done([xhr.status, told.id]), [{type, value: "telah lulus é"}]));
        }""",
        [SITI, activity()],
    )
    assert sent[0] == 200
    answer = lrs.get("statements", statementId=sent[1], attachments="true")
    assert "telah lulus é".encode() in answer.content


def test_it_keeps_states(page: Page) -> None:
    found = page.evaluate(
        """([actor, id, registration]) => {
          const adl = ADL.XAPIWrapper, hash = (value) => toSHA1(JSON.stringify(value));
          adl.sendState(id, actor, "bookmark", null, {page: 3}, null, "*");
          adl.sendState(id, actor, "bookmark", null, {score: 7}, hash({page: 3}));
          adl.sendState(id, actor, "list", registration, [1, 2]);
          adl.sendState(id, actor, "text", registration, "suspend data");
          const states = {
            merged: adl.getState(id, actor, "bookmark"),
            list: adl.getState(id, actor, "list", registration),
            text: adl.getState(id, actor, "text", registration),
            ids: adl.getState(id, actor, null, registration),
            since: adl.getState(id, actor, null, registration, "2040-01-01T00:00:00Z"),
            other: adl.getState(id, actor, "text"),
          };
          adl.deleteState(id, actor, "text", registration);
          states.left = adl.getState(id, actor, null, registration);
          adl.deleteState(id, actor, "bookmark", null, hash({page: 3, score: 7}));
          states.rest = adl.getState(id, actor);
          return states;
        }""",
        [SITI, activity(), str(uuid.uuid4())],
    )
    assert found == {
        "merged": {"page": 3, "score": 7},
        "list": [1, 2],
        "text": "suspend data",
        "ids": ["list", "text"],
        "since": [],
        "other": None,
        "left": ["list"],
        "rest": ["list"],
    }


@pytest.mark.parametrize("kind", ["Activity", "Agent"])
def test_it_keeps_profiles(page: Page, kind: str) -> None:
    whose = activity() if kind == "Activity" else {"mbox": f"mailto:{uuid.uuid4()}@example.go.id"}
    found = page.evaluate(
        """([kind, whose]) => {
          const adl = ADL.XAPIWrapper, call = (verb, ...rest) =>
            adl[`${verb}${kind}Profile`](whose, ...rest);
          call("send", "prefs", {sound: true}, null, "*");
          call("send", "prefs", {subtitles: "id"}, toSHA1('{"sound":true}'));
          call("send", "note", "halo", null, "*");
          const found = {prefs: call("get", "prefs"), note: call("get", "note"), ids: call("get")};
          call("delete", "note", toSHA1("halo"));
          found.left = call("get");
          found.gone = call("get", "note");
          return found;
        }""",
        [kind, whose],
    )
    assert found == {
        "prefs": {"sound": True, "subtitles": "id"},
        "note": "halo",
        "ids": ["prefs", "note"],
        "left": ["prefs"],
        "gone": None,
    }


def test_it_learns_what_is_wrong(page: Page) -> None:
    problems = page.evaluate(
        """([actor, id]) => {
          ADL.XAPIWrapper.sendStatement({actor, verb: {id: "lulus"}, object: {id}});
          ADL.XAPIWrapper.sendActivityProfile(id, "p", {a: 1}, "0000");
          return problems.splice(0);
        }""",
        [SITI, activity()],
    )
    assert [status for status, *_ in problems] == [400, 412]
    assert "$.verb.id" in problems[0][3]


def test_a_page_of_another_site_may_not(browser: Browser, lrs: Lrs) -> None:
    page = browser.new_context().new_page()
    page.goto(lrs.site.replace("127.0.0.1", "localhost") + "/")
    asked = """([url, headers]) => fetch(url, {headers}).then(r => r.status, e => e.name)"""
    headers = {"Authorization": lrs.auth, "X-Experience-API-Version": "1.0.3"}
    assert page.evaluate(asked, [lrs.endpoint + "statements", headers]) == "TypeError"


# --- the alternate request syntax ----------------------------------------------------------------

OLD_BROWSER = """() => {
  const Real = XMLHttpRequest;
  window.XDomainRequest = class {
    open(method, url) { this.real = new Real(); this.real.open(method, url, false); }
    send(data) {
      this.real.setRequestHeader("Content-Type", "text/plain");
      this.real.send(data);
      this.responseText = this.response = this.real.responseText;
      this.answered = this.real.status;
      this.onload();
    }
  };
  window.XMLHttpRequest = function () {};
}"""


def test_the_wrapper_sends_forms_where_a_browser_can_do_no_better(page: Page) -> None:
    """As Internet Explorer 9 does, which tells neither the type of what it sends nor a status."""
    page.evaluate(OLD_BROWSER)
    found = page.evaluate(
        """([actor, id]) => {
          const adl = ADL.XAPIWrapper;
          const sent = adl.sendStatement(new ADL.XAPIStatement(actor, ADL.verbs.completed, {id}));
          adl.sendState(id, actor, "bookmark", null, "halaman é", null, "*");
          adl.sendState(id, actor, "scores", null, {a: 1});
          adl.deleteState(id, actor, "scores");
          return {sent: sent.xhr.answered, id: sent.id,
            found: adl.getStatements({activity: id}).statements.map(s => s.id),
            state: adl.getState(id, actor, "bookmark"), ids: adl.getState(id, actor)};
        }""",
        [SITI, activity()],
    )
    assert found["sent"] == 200
    assert found["found"] == [found["id"]]
    assert (found["state"], found["ids"]) == ("halaman é", ["bookmark"])


@pytest.mark.parametrize("kind", ["application/x-www-form-urlencoded", "text/plain;charset=UTF-8"])
def test_an_authoring_tool_sends_its_forms_without_asking_first(
    page: Page, lrs: Lrs, kind: str
) -> None:
    """Nothing of a form needs the browser's leave, so that no preflight comes before it."""
    statement = {"actor": SITI, "verb": {"id": "act:lulus"}, "object": {"id": activity()}}
    given = str(uuid.uuid4())
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.method))
    answers = page.evaluate(
        """async ([endpoint, auth, kind, statement, given]) => {
          const send = async (method, fields) => {
            const body = new URLSearchParams({Authorization: auth, ...fields,
              "X-Experience-API-Version": "1.0.3"}).toString();
            const answer = await fetch(endpoint + "statements?method=" + method,
              {method: "POST", headers: {"Content-Type": kind}, body});
            return [answer.status, await answer.text()];
          };
          return [await send("PUT", {statementId: given, content: JSON.stringify(statement),
            "Content-Type": "application/json"}), await send("GET", {statementId: given})];
        }""",
        [lrs.endpoint, lrs.auth, kind, statement, given],
    )
    assert [status for status, _ in answers] == [204, 200]
    assert given in answers[1][1]
    assert asked == ["POST", "POST"]


# --- launched by cmi5 ----------------------------------------------------------------------------


def test_content_that_was_launched_by_cmi5_goes_through_its_life(page: Page, lrs: Lrs) -> None:
    course, registration, session = activity(), str(uuid.uuid4()), str(uuid.uuid4())
    agent = {"account": {"homePage": "https://lms.example.go.id", "name": str(uuid.uuid4())}}
    template = {
        "contextActivities": {"grouping": [{"id": "https://lms.example.go.id/course/7"}]},
        "extensions": {SESSION: session},
    }
    of_state = {
        "activityId": course,
        "agent": page.evaluate("JSON.stringify", agent),
        "registration": registration,
    }
    launch = {"contextTemplate": template, "launchMode": "Normal", "masteryScore": 0.7}
    stored = lrs.served.session.put(
        lrs.endpoint + "activities/state",
        params={**of_state, "stateId": "LMS.LaunchData"},
        json=launch,
        timeout=20,
    )
    assert stored.status_code == 204
    seen = page.evaluate(
        """async ([told, ofState, actor, course, cmi5]) => {
          const headers = {Authorization: told.auth, "X-Experience-API-Version": "1.0.3"};
          const ask = (method, resource, parameters, body, more) => fetch(told.endpoint + resource
            + (parameters ? "?" + new URLSearchParams(parameters) : ""),
            {method, keepalive: Boolean(body), body: body && JSON.stringify(body), headers:
            {...headers, ...(body ? {"Content-Type": "application/json"} : {}), ...more}});
          const state = await ask("GET", "activities/state",
            {...ofState, stateId: "LMS.LaunchData"});
          const launch = await state.json();
          const preferences = {agent: ofState.agent, profileId: "cmi5LearnerPreferences"};
          const before = await ask("GET", "agents/profile", preferences);
          const written = await ask("PUT", "agents/profile", preferences,
            {languagePreference: "id-ID,en-US", audioPreference: "on"}, {"If-None-Match": "*"});
          const after = await ask("GET", "agents/profile", preferences);
          const told_ = async (verb, result, category) => {
            const context = {...launch.contextTemplate, registration: ofState.registration};
            context.contextActivities = {...context.contextActivities,
              category: [{id: cmi5}, ...(category ? [{id: category}] : [])]};
            const id = crypto.randomUUID();
            const answer = await ask("PUT", "statements", {statementId: id}, {id, actor,
              verb: {id: "http://adlnet.gov/expapi/verbs/" + verb, display: {en: verb}},
              object: {id: course}, result, context, timestamp: new Date().toISOString()});
            return [verb, answer.status];
          };
          const moveOn = "https://w3id.org/xapi/cmi5/context/categories/moveon";
          return {
            state: state.status, template: launch.contextTemplate,
            preferences: [before.status, written.status, after.status],
            etag: after.headers.get("ETag"), language: (await after.json()).languagePreference,
            statements: [
              await told_("initialized"),
              await told_("completed", {completion: true, duration: "PT20M30S"}, moveOn),
              await told_("passed", {success: true, score: {scaled: 0.8}, duration: "PT21M",
                extensions: {}}, moveOn),
              await told_("terminated", {duration: "PT21M5.5S"}),
            ],
          };
        }""",
        [lrs.told, of_state, agent, course, CMI5],
    )
    assert (seen["state"], seen["template"]) == (200, template)
    assert seen["preferences"] == [404, 204, 200]
    assert seen["etag"].startswith('"')
    assert seen["language"] == "id-ID,en-US"
    verbs = ["initialized", "completed", "passed", "terminated"]
    assert seen["statements"] == [[verb, 204] for verb in verbs]
    found = lrs.get("statements", registration=registration, ascending="true").json()["statements"]
    assert [one["verb"]["display"]["en"] for one in found] == verbs
    for one in found:
        assert one["context"]["extensions"][SESSION] == session
        assert {"id": CMI5} in one["context"]["contextActivities"]["category"]
