"""What is kept of a call: enough to see what happened, and nobody's secrets or numbers."""

from __future__ import annotations

import json
import traceback
from concurrent.futures import ThreadPoolExecutor

import pytest
from wires import client, failure, resets, says

from lms_bridge.http.client import NoAnswerError
from lms_bridge.http.notes import recorded

NIP = "198703152010012001"


def test_a_note_is_kept_of_every_call_inside_the_block(wire):
    wire.does(says(b'{"code":1}'), says(b"", "503 Service Unavailable"), resets)
    http = client()
    http.exchange("GET", wire.url)
    with recorded() as notes:
        http.exchange("GET", f"{wire.url}/a?token=abc")
        failure(f"{wire.url}/b", http=http)
    first, second = notes
    assert (first.method, first.url, first.status) == ("GET", f"{wire.url}/a", 503)
    assert (second.status, second.failure) == (None, "the connection was reset")
    assert 0 <= first.seconds < 1


def test_threads_do_not_see_each_others_notes(wire):
    wire.does(says())
    http = client()

    def call(number: int) -> list[str]:
        with recorded() as notes:
            for _ in range(5):
                http.exchange("GET", f"{wire.url}/{number}")
        return [note.url for note in notes]

    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(call, range(8)))
    assert found == [[f"{wire.url}/{number}"] * 5 for number in range(8)]


def test_a_note_masks_the_nip_in_the_path_and_in_every_value(wire):
    wire.does(says(f'{{"nip":{NIP},"list":["{NIP}"],"{NIP}":1}}'.encode()))
    with recorded() as notes:
        client().exchange("POST", f"{wire.url}/pns/{NIP}", json={"nipBaru": NIP})
    assert notes[0].url.endswith("/pns/1987************01")
    assert notes[0].request == {"nipBaru": "1987************01"}
    assert notes[0].answer["nip"] == "1987************01"


def test_a_note_of_a_secret_exchange_shows_neither_side(wire):
    wire.does(says(b'{"access_token":"abc"}'))
    with recorded() as notes:
        client().exchange("POST", wire.url, form={"password": "xyz"}, secret=True)
    assert (notes[0].request, notes[0].answer, notes[0].status) == (None, None, 200)


@pytest.mark.parametrize(
    "body",
    [b"[" * 100_000, b'{"a":' * 600 + b"1" + b"}" * 600, b'["\\ud800\\u0000"]', b"9" * 5000],
    ids=["deep", "rather deep", "no characters", "a long number"],
)
def test_a_note_of_an_odd_answer_can_be_kept(wire, body):
    wire.does(says(body))
    with recorded() as notes:
        client().exchange("GET", wire.url)
    kept = json.dumps(notes[0].answer, ensure_ascii=False).encode()
    assert b"\\u0000" not in kept


def test_a_note_of_a_large_answer_is_small(wire):
    body = json.dumps({str(number): "x" * 100 for number in range(10_000)}).encode()
    wire.does(says(body))
    with recorded() as notes:
        client().exchange("GET", wire.url)
    assert len(str(notes[0].answer)) < 1000


def test_the_nip_of_a_failed_call_is_in_no_traceback(wire):
    wire.does(resets)
    try:
        client().exchange("GET", f"{wire.url}/pns/data-utama/{NIP}")
    except NoAnswerError:
        shown = traceback.format_exc()
    assert NIP not in shown
