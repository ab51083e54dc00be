"""The server under the sandboxes does what clients rely on, and what they fear."""

import threading
import time

import pytest
import requests

from lms_bridge.sandbox.server import CLIENT_GONE, NoAnswerError, Server


def hello(environ, start_response):
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [b"hello ", environ["wsgi.input"].read()]


def test_a_connection_is_used_again_and_again():
    ports = set()

    def app(environ, start_response):
        ports.add(environ["REMOTE_PORT"])
        return hello(environ, start_response)

    with Server(app) as server, requests.Session() as session:
        for name in ("Siti", "Budi", "Agus"):
            assert session.post(server.url, data=name, timeout=5).text == f"hello {name}"
    assert len(ports) == 1


def test_64_requests_are_answered_at_the_same_time():
    together = threading.Barrier(64, timeout=5)

    def app(environ, start_response):
        together.wait()
        return hello(environ, start_response)

    with Server(app) as server:
        statuses = []

        def ask():
            statuses.append(requests.get(server.url, timeout=5).status_code)

        threads = [threading.Thread(target=ask) for _ in range(64)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert statuses == [200] * 64


def test_an_application_can_reset_the_connection_without_an_answer():
    def app(environ, start_response):
        raise NoAnswerError

    with Server(app) as server, pytest.raises(requests.ConnectionError, match="reset by peer"):
        requests.get(server.url, timeout=5)


def test_an_application_learns_that_the_client_has_given_up():
    noticed = threading.Event()

    def app(environ, start_response):
        if environ[CLIENT_GONE](5):
            noticed.set()
        raise NoAnswerError

    with Server(app) as server:
        with pytest.raises(requests.ReadTimeout):
            requests.get(server.url, timeout=0.05)
        assert noticed.wait(1)


def test_a_client_that_stays_is_not_taken_for_gone():
    def app(environ, start_response):
        start_response("200 OK", [])
        return [str(environ[CLIENT_GONE](0.05)).encode()]

    with Server(app) as server:
        assert requests.get(server.url, timeout=5).text == "False"


def test_a_stopped_server_refuses_new_connections_and_cuts_those_kept_open():
    server = Server(hello).start()
    with requests.Session() as session:
        session.get(server.url, timeout=5)
        server.stop()
        for _ in range(2):
            with pytest.raises(requests.ConnectionError):
                session.get(server.url, timeout=5)


def test_a_request_under_way_when_the_server_goes_down_gets_no_answer():
    arrived = threading.Event()

    def app(environ, start_response):
        arrived.set()
        time.sleep(0.1)
        return hello(environ, start_response)

    server = Server(app).start()
    stopper = threading.Thread(target=lambda: arrived.wait(5) and server.stop())
    stopper.start()
    with pytest.raises(requests.ConnectionError):
        requests.get(server.url, timeout=5)
    stopper.join()


def test_a_server_comes_back_on_the_same_port():
    server = Server(hello).start()
    url = server.url
    for _ in range(3):
        requests.get(url, timeout=5)
        server.stop()
        server.start()
    assert server.url == url
    assert requests.get(url, timeout=5).status_code == 200
    server.stop()


def test_a_bug_in_an_application_is_a_500_and_not_silence(caplog):
    def app(environ, start_response):
        raise ZeroDivisionError

    with Server(app) as server:
        assert requests.get(server.url, timeout=5).status_code == 500
    assert "The sandbox failed" in caplog.text
