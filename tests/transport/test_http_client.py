"""One call over HTTP, against a server that misbehaves: what is told of it, and what it costs."""

from __future__ import annotations

import base64
import gzip
import json
import shutil
import socket
import ssl
import subprocess
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from wires import client, drips, failure, floods, hangs, resets, says, sends

from lms_bridge import __version__
from lms_bridge.config.secrets import Secret
from lms_bridge.http.client import LARGEST_ANSWER, Answer


def closed_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port: int = server.getsockname()[1]
        return port


# --- a call that goes well -------------------------------------------------------------------


def test_an_answer_is_given_whatever_its_status(wire):
    wire.does(says(b'{"code":0}', "404 Not Found", "X-Thing: yes"))
    answer = client().exchange("GET", wire.url)
    assert (answer.status, answer.body, answer.headers["x-thing"]) == (404, b'{"code":0}', "yes")


def test_the_bridge_names_itself(wire):
    wire.does(says())
    client().exchange("GET", wire.url)
    assert f"User-Agent: lms-bridge/{__version__}".encode() in wire.requests[0]


def test_a_form_is_sent_as_a_form_and_json_as_json(wire):
    wire.does(says())
    http = client()
    http.exchange("POST", wire.url, form={"a[0]": "ä"})
    http.exchange("POST", wire.url, json={"a": 1})
    form, body = wire.requests
    assert b"application/x-www-form-urlencoded" in form
    assert form.endswith(b"a%5B0%5D=%C3%A4")
    assert b"application/json" in body
    assert json.loads(body.rpartition(b"\r\n\r\n")[2]) == {"a": 1}


def test_calls_of_one_thread_share_a_connection(wire):
    wire.does(says(b'{"some":"thing"}'))
    http = client()
    for _ in range(3):
        http.exchange("GET", wire.url)
    assert (len(wire.requests), wire.connections) == (3, 1)


def test_threads_may_share_a_client(wire):
    wire.does(says(b"x" * 10_000))
    http = client()
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: http.exchange("GET", wire.url).body, range(64)))
    assert answers == [b"x" * 10_000] * 64


def test_an_answer_may_be_compressed(wire):
    body = gzip.compress(b'{"code":1}' * 1000)
    wire.does(says(body, "200 OK", "Content-Encoding: gzip"))
    assert client().exchange("GET", wire.url).body == b'{"code":1}' * 1000


def test_a_redirect_is_not_followed(wire):
    wire.does(says(b"", "302 Found", "Location: https://elsewhere.example/"))
    assert client().exchange("POST", wire.url, form={"token": "x"}).status == 302


def test_cookies_are_not_kept(wire):
    wire.does(says(b"{}", "200 OK", "Set-Cookie: BIGipServerpool=1; Path=/"))
    http = client()
    http.exchange("GET", wire.url)
    http.exchange("GET", wire.url)
    assert b"cookie" not in wire.requests[1].lower()


def test_netrc_does_not_replace_the_credentials_of_a_call(wire, tmp_path, monkeypatch):
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login somebody password else\n")
    netrc.chmod(0o600)
    monkeypatch.setenv("NETRC", str(netrc))
    wire.does(says())
    client().exchange("GET", wire.url, headers={"Authorization": "Bearer mine"})
    assert b"Authorization: Bearer mine\r\n" in wire.requests[0]


def test_a_proxy_of_the_environment_is_used(wire, monkeypatch):
    monkeypatch.setenv("HTTP_PROXY", wire.url)
    wire.does(says())
    client().exchange("GET", "http://registry.example/path")
    assert wire.requests[0].startswith(b"GET http://registry.example/path ")


def test_a_proxy_of_the_settings_is_used_instead(wire, monkeypatch):
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    monkeypatch.setenv("NO_PROXY", "registry.example")
    wire.does(says())
    client(proxy=wire.url).exchange("GET", "http://registry.example/path")
    assert wire.requests[0].startswith(b"GET http://registry.example/path ")


def test_a_proxy_of_the_environment_can_be_passed_by(wire, monkeypatch):
    for name in ("HTTP_PROXY", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    wire.does(says())
    client(proxy="direct").exchange("GET", f"{wire.url}/path")
    assert wire.requests[0].startswith(b"GET /path ")


def test_the_credentials_of_a_proxy_are_read_anew_and_escaped(wire, monkeypatch):
    wire.does(says())
    http = client(proxy=wire.url, proxy_credentials=Secret("env:PROXY"))
    for password in ("rahasia", "s@:/?#"):
        monkeypatch.setenv("PROXY", f"kota:{password}")
        http.exchange("GET", "http://registry.example/")
        sent = base64.b64encode(f"kota:{password}".encode())
        assert b"Proxy-Authorization: Basic " + sent + b"\r\n" in wire.requests[-1]


def test_credentials_of_a_proxy_that_are_not_there_were_never_sent(wire, monkeypatch):
    monkeypatch.delenv("PROXY", raising=False)
    http = client(proxy=wire.url, proxy_credentials=Secret("env:PROXY"))
    error = failure("http://registry.example/", http=http)
    assert not error.maybe_sent
    assert error.what == "proxy_credentials: the environment variable PROXY is not set"


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_a_proxy_that_wants_credentials_has_passed_nothing_on(wire, scheme):
    wire.does(sends(b"HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n"))
    error = failure(f"{scheme}://registry.example/", http=client(proxy=wire.url))
    assert not error.maybe_sent
    assert error.what.startswith("the proxy asks for a username and password")


def test_a_proxy_that_refuses_a_tunnel_is_told_by_its_words(wire):
    wire.does(sends(b"HTTP/1.1 403 Forbidden by policy\r\nContent-Length: 0\r\n\r\n"))
    error = failure("https://registry.example/", http=client(proxy=wire.url))
    assert not error.maybe_sent
    assert error.what == "the proxy answers 403 Forbidden by policy"


def test_a_proxy_that_is_not_there_is_told_from_a_registry_that_is_not():
    error = failure(
        "https://registry.example/", http=client(proxy=f"http://127.0.0.1:{closed_port()}")
    )
    assert not error.maybe_sent
    assert error.what == "the proxy cannot be reached"


@pytest.mark.parametrize("proxy", ["", "direct"])
def test_the_certificates_of_the_environment_are_trusted_in_any_case(
    tls_port, certificate, monkeypatch, proxy
):
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(certificate[0]))
    http = client(proxy=proxy)
    assert http.exchange("GET", f"https://localhost:{tls_port}/").status == 200


def test_a_header_with_a_stray_sign_is_sent_all_the_same(wire):
    wire.does(says())
    client().exchange("GET", wire.url, headers={"Auth": "bearer “token”"})
    assert "Auth: bearer “token”".encode() in wire.requests[0]


# --- a call that was never sent --------------------------------------------------------------


def test_a_refused_connection_was_never_sent():
    error = failure(f"http://127.0.0.1:{closed_port()}/")
    assert (error.maybe_sent, error.what) == (False, "the connection was refused")


def test_a_name_that_cannot_be_resolved_was_never_sent():
    error = failure("http://registry.invalid/")
    assert (error.maybe_sent, error.what) == (False, "its host name cannot be resolved")


def test_a_connection_that_cannot_be_made_in_time_was_never_sent():
    with socket.create_server(("127.0.0.1", 0), backlog=0) as server:
        port = server.getsockname()[1]
        waiting = [socket.create_connection(("127.0.0.1", port)) for _ in range(1)]
        for _ in range(3):  # fill the queue of connections that nobody accepts
            extra = socket.socket()
            extra.setblocking(False)
            extra.connect_ex(("127.0.0.1", port))
            waiting.append(extra)
        error = failure(f"http://127.0.0.1:{port}/")
        for connection in waiting:
            connection.close()
    assert not error.maybe_sent
    assert error.what == "no connection within 1 s"


def test_a_server_that_speaks_no_tls_was_never_sent_anything():
    with socket.create_server(("127.0.0.1", 0)) as server:

        def serve() -> None:
            connection, _ = server.accept()
            connection.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")

        threading.Thread(target=serve, daemon=True).start()
        error = failure(f"https://127.0.0.1:{server.getsockname()[1]}/")
    assert not error.maybe_sent
    assert "the TLS connection failed" in error.what


def test_a_tls_handshake_that_hangs_was_never_sent():
    with socket.create_server(("127.0.0.1", 0)) as server:
        error = failure(f"https://127.0.0.1:{server.getsockname()[1]}/")
    assert (error.maybe_sent, error.what) == (False, "no connection within 1 s")


def test_an_address_that_is_none_was_never_sent():
    assert not failure("htp:/nowhere").maybe_sent
    assert not failure("").maybe_sent


def test_a_ca_bundle_that_is_not_there_was_never_sent():
    error = failure("https://127.0.0.1:9/", http=client(ca_bundle="/nowhere/ca.pem"))
    assert not error.maybe_sent
    assert "/nowhere/ca.pem" in error.what


# --- a call that may have taken effect -------------------------------------------------------


def test_no_answer_in_time_may_have_taken_effect(wire):
    wire.does(hangs)
    error = failure(wire.url)
    assert (error.maybe_sent, error.what) == (True, "no answer within 0.3 s")


def test_a_reset_after_sending_may_have_taken_effect(wire):
    wire.does(resets)
    error = failure(wire.url)
    assert (error.maybe_sent, error.what) == (True, "the connection was reset")


def test_a_connection_that_is_closed_without_an_answer_may_have_taken_effect(wire):
    wire.does(sends(b""))
    error = failure(wire.url)
    assert (error.maybe_sent, error.what) == (True, "the connection was closed without an answer")


def test_a_reset_of_a_connection_that_was_kept_alive_may_have_taken_effect(wire):
    wire.does(says(), resets)
    http = client()
    http.exchange("GET", wire.url)
    assert failure(wire.url, http=http).maybe_sent


@pytest.mark.parametrize(
    "deed",
    [
        says(b'{"succ', length=100),
        sends(b'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n{"suc\r\n'),
        sends(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n"),
        sends(b"\x00\xff\x00\xff garbage\r\n\r\n"),
        sends(b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 4\r\n\r\nnope"),
    ],
    ids=["cut short", "chunk missing", "bad chunk", "garbage", "not gzip"],
)
def test_a_broken_answer_may_have_taken_effect(wire, deed):
    wire.does(deed)
    assert failure(wire.url).maybe_sent


def test_a_connection_is_good_again_after_a_failure(wire):
    wire.does(resets, says(b"fine"))
    http = client()
    failure(wire.url, http=http)
    assert http.exchange("GET", wire.url).body == b"fine"


# --- what a remote can cost ------------------------------------------------------------------


@pytest.mark.parametrize(
    "deed",
    [
        lambda: floods(b"x" * 1_000_000, b"Content-Length: 104857600\r\n"),
        lambda: floods(b"x" * 1_000_000),
        lambda: says(gzip.compress(bytes(100 << 20)), "200 OK", "Content-Encoding: gzip"),
    ],
    ids=["100 MB", "endless", "100 MB in 100 kB"],
)
def test_an_answer_that_is_too_long_is_not_read_to_its_end(wire, deed):
    wire.does(deed())
    error = failure(wire.url, http=client())
    assert error.maybe_sent
    assert error.what == f"its answer is longer than {LARGEST_ANSWER >> 20} MiB"


def test_an_answer_that_drips_in_is_not_waited_for_to_its_end(wire):
    wire.does(drips)
    begun = time.monotonic()
    assert failure(wire.url).maybe_sent
    assert time.monotonic() - begun < 3


# --- TLS -------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def certificate(tmp_path_factory):
    """A certificate for localhost that nobody signed but itself, and its key."""
    if not shutil.which("openssl"):
        pytest.skip("needs openssl")
    folder = tmp_path_factory.mktemp("tls")
    command = (
        "openssl req -x509 -newkey rsa:2048 -nodes -keyout key.pem -out cert.pem -days 2"
        " -subj /CN=localhost -addext subjectAltName=DNS:localhost"
    )
    subprocess.run(command.split(), cwd=folder, check=True, capture_output=True)
    return folder / "cert.pem", folder / "key.pem"


@pytest.fixture
def tls_port(certificate):
    """A server that answers one request over TLS."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*certificate)
    server = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        try:
            with context.wrap_socket(server.accept()[0], server_side=True) as connection:
                connection.recv(65_536)
                connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}")
        except OSError:
            pass  # the client did not trust it

    threading.Thread(target=serve, daemon=True).start()
    yield server.getsockname()[1]
    server.close()


def test_a_certificate_that_is_not_trusted_was_never_sent_anything(tls_port):
    error = failure(f"https://localhost:{tls_port}/")
    assert not error.maybe_sent
    assert "TLS certificate is not trusted" in error.what


def test_a_certificate_of_the_ca_bundle_is_trusted(tls_port, certificate, monkeypatch):
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", "/nowhere")  # the setting is nearer than this
    http = client(ca_bundle=str(certificate[0]))
    assert http.exchange("GET", f"https://localhost:{tls_port}/").status == 200


# --- Retry-After -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("300", 300),
        (" 5 ", 5),
        ("0", 0),
        ("99999999", 86_400),
        ("Wed, 21 Oct 2015 07:28:00 GMT", 0),
        ("Wed, 21 Oct 2099 07:28:00 GMT", 86_400),
        ("-1", None),
        ("soon", None),
        ("", None),
        ("inf", None),
    ],
)
def test_retry_after_is_seconds_or_a_date_and_a_day_at_most(value, seconds):
    assert Answer(503, {"Retry-After": value}, b"").retry_after() == seconds


def test_without_retry_after_there_is_none():
    assert Answer(503, {}, b"").retry_after() is None
