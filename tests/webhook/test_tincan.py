"""A client that others wrote: tincan, with all that it can do, over real connections."""

from __future__ import annotations

import datetime as dt
import json
import uuid
from collections.abc import Iterator
from typing import Any

import pytest
from tincan import (
    Activity,
    ActivityDefinition,
    ActivityProfileDocument,
    Agent,
    AgentAccount,
    AgentProfileDocument,
    Attachment,
    Group,
    HTTPRequest,
    RemoteLRS,
    StateDocument,
    Statement,
    Verb,
    Version,
)
from tincan.documents import Document

from tests.webhook.conftest import PASSWORD
from tests.webhook.examples import statement
from tests.webhook.serving import Served, serving

SITI = Agent(name="Siti Rahmawati", mbox="mailto:siti@example.go.id")
VOIDED = "http://adlnet.gov/expapi/verbs/voided"


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory, database_of_module: str) -> Iterator[Served]:
    with serving(tmp_path_factory.mktemp("tincan"), database_of_module) as service:
        yield service


@pytest.fixture(params=Version.supported)
def lrs(request: pytest.FixtureRequest, served: Served) -> RemoteLRS:
    return RemoteLRS(
        endpoint=f"{served.address}/xapi/",
        version=request.param,
        username="moodle",
        password=PASSWORD,
    )


@pytest.fixture
def course() -> Activity:
    """A course of which nobody has told before."""
    name = {"id": "Latihan Dasar CPNS"}
    return Activity(
        id=f"https://lms.example.go.id/course/{uuid.uuid4()}",
        definition=ActivityDefinition(name=name),
    )


def told(about: Activity, **changes: Any) -> Statement:
    """That Siti completed it."""
    made = {"actor": SITI, "verb": _verb("completed"), "object": about} | changes
    return Statement(**made)


def _verb(name: str) -> Verb:
    return Verb(id=f"http://adlnet.gov/expapi/verbs/{name}", display={"en": name})


def content(answer: Any) -> Any:
    """What a successful answer has."""
    assert answer.success, answer.data
    return answer.content


# --- statements ----------------------------------------------------------------------------------


def test_it_is_told_which_versions_are_spoken(lrs: RemoteLRS) -> None:
    assert lrs.version in content(lrs.about()).version


def test_a_statement_is_saved_and_retrieved(lrs: RemoteLRS, course: Activity) -> None:
    saved = content(lrs.save_statement(told(course)))
    found = content(lrs.retrieve_statement(saved.id))
    assert found.actor.mbox == SITI.mbox
    assert found.object.definition.name == course.definition.name
    assert found.authority.account.name == "moodle"
    assert isinstance(found.stored, dt.datetime)


def test_it_is_saved_under_its_own_id_again_and_again(lrs: RemoteLRS, course: Activity) -> None:
    mine = uuid.uuid4()
    for _ in range(2):
        assert content(lrs.save_statement(told(course, id=mine))).id == mine
    answer = lrs.save_statement(told(course, id=mine, verb=_verb("failed")))
    assert (answer.success, answer.response.status) == (False, 409)
    assert str(mine) in json.loads(answer.data)["error"]


def test_everything_that_a_statement_can_tell_comes_back(lrs: RemoteLRS, course: Activity) -> None:
    whole = Statement(
        {
            **statement(id=str(uuid.uuid4()), object=json.loads(course.to_json())),
            "result": {
                "score": {"scaled": 0.9, "raw": 90, "min": 0, "max": 100},
                "success": True,
                "completion": True,
                "duration": "PT1H30M",
                "response": "ya",
                "extensions": {"https://example.org/x": {"deep": [1, None]}},
            },
            "context": {
                "registration": str(uuid.uuid4()),
                "instructor": {"mbox": "mailto:budi@example.go.id", "objectType": "Agent"},
                "team": {"objectType": "Group", "mbox": "mailto:tim@example.go.id"},
                "contextActivities": {"parent": [{"id": "https://lms.example.go.id"}]},
                "revision": "1",
                "platform": "Moodle",
                "language": "id",
            },
        }
    )
    content(lrs.save_statement(whole))
    sent, found = whole.to_json(lrs.version), content(lrs.retrieve_statement(whole.id))
    assert json.loads(sent).items() <= json.loads(found.to_json(lrs.version)).items()


def test_several_statements_are_saved_at_once(lrs: RemoteLRS, course: Activity) -> None:
    given = uuid.uuid4()
    saved = content(lrs.save_statements([told(course), told(course, id=given), told(course)]))
    assert len({one.id for one in saved}) == 3
    assert saved[1].id == given
    assert all(lrs.retrieve_statement(one.id).success for one in saved)


def test_statements_are_queried_page_after_page(lrs: RemoteLRS, course: Activity) -> None:
    registration = str(uuid.uuid4())
    for number in range(5):
        context = {"registration": registration} if number else None
        content(lrs.save_statement(told(course, context=context)))
    for query, count in (
        ({"activity": course}, 5),
        ({"activity": course, "registration": registration}, 4),
        ({"activity": course, "agent": SITI, "verb": _verb("completed"), "limit": 3}, 3),
        ({"activity": course, "agent": Agent(mbox="mailto:x@example.go.id")}, 0),
        ({"activity": course, "verb": _verb("failed")}, 0),
        ({"activity": course, "related_activities": "true", "related_agents": "true"}, 5),
        ({"activity": course, "since": "2020-01-01T00:00:00Z", "ascending": "true"}, 5),
        ({"activity": course, "until": "2020-01-01T00:00:00Z"}, 0),
        ({"activity": course, "format": "ids"}, 5),
        ({"activity": course, "format": "canonical", "attachments": "false"}, 5),
    ):
        assert len(content(lrs.query_statements(query)).statements) == count, query
    page = content(lrs.query_statements({"activity": course, "limit": 2}))
    seen = [one.id for one in page.statements]
    while page.more:
        page = content(lrs.more_statements(page))
        seen += [one.id for one in page.statements]
    assert len(seen) == len(set(seen)) == 5


def test_a_statement_is_voided(lrs: RemoteLRS, course: Activity) -> None:
    saved = content(lrs.save_statement(told(course)))
    voiding = told(course, verb=Verb(id=VOIDED))
    voiding.object = {"objectType": "StatementRef", "id": str(saved.id)}
    content(lrs.save_statement(voiding))
    assert lrs.retrieve_statement(saved.id).response.status == 404
    assert content(lrs.retrieve_voided_statement(saved.id)).id == saved.id


def test_actors_and_objects_of_any_kind_are_saved(lrs: RemoteLRS, course: Activity) -> None:
    account = AgentAccount(name="198703152010012001", home_page="https://asn.example.go.id")
    group = Group(name="Angkatan VII", member=[SITI, Agent(account=account)])
    within = {"objectType": "SubStatement", **statement(timestamp=None)}
    for made in (
        told(course, actor=Agent(account=account)),
        told(course, actor=group),
        Statement(actor=SITI, verb=_verb("mentored"), object=Agent(openid="https://id.example/b")),
        Statement({**statement(), "object": within}),
    ):
        found = content(lrs.retrieve_statement(content(lrs.save_statement(made)).id))
        assert json.loads(found.actor.to_json()) == json.loads(made.actor.to_json())
        assert type(found.object) is type(made.object)


def test_an_attachment_that_is_elsewhere_is_told_of(lrs: RemoteLRS, course: Activity) -> None:
    attachment = Attachment(
        usage_type="http://id.tincanapi.com/attachment/certificate-of-completion",
        display={"id": "Sertifikat"},
        content_type="application/pdf",
        length=27,
        sha2="495395e777cd98da653df9615d09c0fd6bb2f8d4788394cd53c56a3bfdcd848a",
        fileurl="https://lms.example.go.id/certificate/1.pdf",
    )
    saved = content(lrs.save_statement(told(course, attachments=[attachment])))
    [found] = content(lrs.retrieve_statement(saved.id)).attachments
    assert found.sha2 == attachment.sha2


# --- documents -----------------------------------------------------------------------------------


def test_a_state_is_saved_retrieved_and_deleted(lrs: RemoteLRS, course: Activity) -> None:
    state = StateDocument(
        id="bookmark é",
        activity=course,
        agent=SITI,
        content='{"page": 3}',
        content_type="application/json",
    )
    assert lrs.save_state(state).success
    assert content(lrs.retrieve_state_ids(course, SITI)) == ["bookmark é"]
    assert content(lrs.retrieve_state_ids(course, SITI, since="2030-01-01T00:00:00Z")) == []
    assert content(lrs.retrieve_state(course, SITI, "bookmark é")).content == state.content
    assert lrs.delete_state(state).success
    assert lrs.retrieve_state(course, SITI, "bookmark é").response.status == 404


def test_all_states_are_cleared_at_once(lrs: RemoteLRS, course: Activity) -> None:
    for name in ("a", "b"):
        kept = StateDocument(id=name, activity=course, agent=SITI, content="x")
        assert lrs.save_state(kept).success
    assert lrs.clear_state(course, SITI).success
    assert content(lrs.retrieve_state_ids(course, SITI)) == []


@pytest.mark.parametrize("kind", ["activity", "agent"])
def test_a_profile_is_saved_by_who_knows_what_is_there(
    lrs: RemoteLRS, course: Activity, kind: str
) -> None:
    """tincan has no If-None-Match, so that it can change a profile but not be the first."""
    agent = Agent(mbox=f"mailto:{uuid.uuid4()}@example.go.id")
    profile: Document
    if kind == "activity":
        profile = ActivityProfileDocument(id="p", activity=course, content="1")
        whose: Any = course
    else:
        profile = AgentProfileDocument(id="p", agent=agent, content="1")
        whose = agent
    save, retrieve, ids, delete = (
        getattr(lrs, name.format(kind))
        for name in (
            "save_{}_profile",
            "retrieve_{}_profile",
            "retrieve_{}_profile_ids",
            "delete_{}_profile",
        )
    )
    assert save(profile).response.status == 400
    _put_first(lrs, profile, kind)
    assert content(ids(whose)) == ["p"]
    found = retrieve(whose, "p")
    assert content(found).content == b"0"
    profile.etag = found.response.getheader("ETag")
    assert save(profile).success
    assert save(profile).response.status == 412
    assert content(retrieve(whose, "p")).content == b"1"
    profile.etag = None
    assert delete(profile).success
    assert retrieve(whose, "p").response.status == 404


def _put_first(lrs: RemoteLRS, profile: Any, kind: str) -> None:
    """As another client does."""
    of = (
        {"activityId": profile.activity.id}
        if kind == "activity"
        else {"agent": profile.agent.to_json(lrs.version)}
    )
    request = HTTPRequest(
        method="PUT",
        resource="activities/profile" if kind == "activity" else "agents/profile",
        content="0",
        query_params={"profileId": profile.id, **of},
        headers={"If-None-Match": "*", "Content-Type": "application/octet-stream"},
    )
    assert lrs._send_request(request).success
