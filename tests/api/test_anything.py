"""Whatever is asked, the API answers, and says what is wrong with it: it does not fail."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lms_bridge.accounts import api_tokens
from lms_bridge.api.completions import CompletionsAsked
from lms_bridge.api.people import EmployeeSearch
from lms_bridge.bridge import Bridge, utc_now
from lms_bridge.config.settings import Settings
from lms_bridge.store.engine import open_store
from tests.api.conftest import ADMIN, Script
from webhook.app import create_app

SCALARS = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(allow_nan=False), st.text(max_size=30)
)
FIELDS = st.sampled_from(
    [*EmployeeSearch.__struct_fields__, *CompletionsAsked.__struct_fields__, "year", "unknown"]
)
"""names that some route knows, and one that none does"""


@pytest.fixture(scope="module")
def fuzzed(migrated_file: Any, tmp_path_factory: pytest.TempPathFactory) -> Script:
    path = tmp_path_factory.mktemp("fuzzed") / "bridge.db"
    path.write_bytes(migrated_file.read_bytes())
    store = open_store(f"sqlite:///{path}")
    with store.writing() as db:
        scopes = ["people", "system", "operate"]
        made = api_tokens.create(
            db, "acak", scopes=scopes, actor=ADMIN, now=utc_now(), per_minute=10**6
        )
    return Script(create_app(Bridge(Settings(), store)), made.secret)


@given(
    st.sampled_from(["/employees", "/employees/1", "/completions", "/courses", "/deliveries"]),
    st.dictionaries(FIELDS, SCALARS.map(str), max_size=4),
)
def test_no_address_makes_it_fail(fuzzed: Script, path: str, asked: dict[str, str]) -> None:
    assert fuzzed.get(path, query_string=asked).status_code in (200, 400, 404)


@given(st.one_of(st.dictionaries(FIELDS, SCALARS, max_size=4), SCALARS, st.lists(SCALARS)))
def test_no_body_makes_it_fail(fuzzed: Script, body: Any) -> None:
    assert fuzzed.post("/employees/search", body).status_code in (200, 400)
