"""Requests of all kinds, most of them broken somewhere, drawn from a seed.

What is whole is made by the grammar of the standard; then something in it may be changed, a
property, a byte, a header, or the end be cut off.
"""

from __future__ import annotations

import copy
import hashlib
import json
import random
import uuid
from base64 import b64encode
from collections.abc import Callable
from typing import Any, Final, NamedTuple
from urllib.parse import quote, urlencode

VERBS: Final = [f"http://adlnet.gov/expapi/verbs/{name}" for name in ("completed", "passed")]
VOIDED: Final = "http://adlnet.gov/expapi/verbs/voided"
COURSES: Final = [f"https://lms.example/course/{number}" for number in range(5)]
IDS: Final = [str(uuid.UUID(int=number, version=4)) for number in range(40)]
"""ids that are used again and again"""
TEXTS: Final = ["", "x", "é", "\0", "\x1b[31m", "😀", "\u202e", "a" * 300, "null", "--x\r\n", "%00"]
EXTENSION: Final = "https://example.org/x"
NUMBERS: Final = ["1e400", "-0", "0.1e-400", "9" * 400, "1E5", "NaN", "Infinity", "01", "1.", "-"]
"""as they are written; not all of them are JSON"""
PATHS: Final = [
    *("/", "/xapi", "/xapi/", "/xapi//statements", "/xapi/x", "/healthz", "/readyz", "//", "*"),
    *("/xapi/%ff", "/xapi/statements%00", "/static/../x", "/?lang=%00", "/?" + "x" * 9000),
    *("http://other/xapi/statements", "/xapi/statements?" + "&" * 50_000),
]
HEADERS: Final = [
    *("Accept", "Origin", "Cookie", "Range", "Forwarded", "Access-Control-Request-Method"),
    *("If-Modified-Since", "Content-Encoding", "Content-Type", "X-Forwarded-For"),
]
_RAW: Final = "raw:"


class Request(NamedTuple):
    """A request as it is sent."""

    kind: str
    head: bytes
    body: bytes
    told: list[Any] | None = None
    """the statements in it, if it is whole, as they were before they became bytes"""
    version: str = "1.0.3"


class Strange:
    """A source of requests; `auths` are headers by which one may come in."""

    def __init__(self, chance: random.Random, auths: list[str]) -> None:
        self.chance = chance
        self._auths = auths
        self.cursors: list[str] = []
        """links to further pages that were told"""

    def request(self) -> Request:
        """The next one."""
        kinds: list[tuple[int, Callable[[], Request]]] = [
            (40, self._statements),
            (10, self._attachments),
            (10, self._form),
            (18, self._document),
            (16, self._question),
            (6, self._anything),
        ]
        weights, makers = zip(*kinds, strict=True)
        [make] = self.chance.choices(makers, weights)
        return make()

    # --- what is sent ----------------------------------------------------------------------------

    def _statements(self) -> Request:
        version = self._version()
        several = self.chance.random() < 0.4
        count = self.chance.randint(0, 6) if several else 1
        told = [self.statement(version) for _ in range(count)]
        put = not several and self.chance.random() < 0.4
        if put:
            told[0].setdefault("id", str(uuid.UUID(int=self.chance.getrandbits(128), version=4)))
        target = "/xapi/statements"
        if put:
            target += "?statementId=" + quote(str(told[0]["id"]))
        value: Any = told if several else told[0]
        body, whole = self._perhaps_broken(value)
        return self._sent(
            "PUT" if put else "POST",
            target,
            body,
            {"Content-Type": "application/json"},
            version,
            kind="statements",
            told=told if whole else None,
        )

    def _attachments(self) -> Request:
        version = self._version()
        data = [self._bytes(self.chance.choice([0, 3, 1000, 100_000])) for _ in range(2)]
        told = self.statement(version)
        told["attachments"] = [
            {
                "usageType": "https://example.org/file",
                "display": {"id": "berkas"},
                "contentType": self.chance.choice(["text/plain", "application/octet-stream"]),
                "length": len(each),
                "sha2": hashlib.sha256(each).hexdigest(),
            }
            for each in data
        ]
        body, whole = self._perhaps_broken(told)
        parts = [b"Content-Type: application/json\r\n\r\n" + body]
        for each, described in zip(data, told["attachments"], strict=True):
            head = (
                f"Content-Type: {described['contentType']}\r\nContent-Transfer-Encoding: binary\r\n"
                f"X-Experience-API-Hash: {described['sha2']}\r\n\r\n"
            )
            parts.append(head.encode() + each)
        if self.chance.random() < 0.3:
            whole = False
            self.chance.shuffle(parts)
            del parts[self.chance.randint(0, len(parts)) :]
        exchange = b"".join(b"--x\r\n" + part + b"\r\n" for part in parts) + b"--x--\r\n"
        if self.chance.random() < 0.3:
            exchange, whole = self._damaged(exchange), False
        return self._sent(
            "POST",
            "/xapi/statements",
            exchange,
            {"Content-Type": "multipart/mixed; boundary=x"},
            version,
            kind="attachments",
            told=[told] if whole else None,
        )

    def _form(self) -> Request:
        inner = self.chance.choice([self._statements, self._document, self._question])()
        line, *headers = inner.head.decode("latin-1").split("\r\n")[:-2]
        method, target, _ = line.split(" ")
        path, _, query = target.partition("?")
        fields = [header.split(": ", 1) for header in headers if ": " in header]
        kept = {name: value for name, value in fields if name not in ("Host", "Content-Length")}
        if method in ("PUT", "POST"):
            kept["content"] = inner.body.decode("latin-1")
        if self.chance.random() < 0.3:  # what no header can have, and a field can
            kept[self.chance.choice(sorted(kept) or ["Content-Type"])] = self.chance.choice(
                ["\0", "text/plain\r\nX: y", "\x7f", "a" * 20_000, "application/json\0"]
            )
        form = urlencode(kept, encoding="latin-1").encode()
        form += b"&" + query.encode("latin-1")
        if self.chance.random() < 0.2:
            form = self._damaged(form)
        kind = self.chance.choice(["application/x-www-form-urlencoded", "text/plain", ""])
        head = {"Content-Type": kind} if kind else {}
        return self._sent(
            "POST", f"{path}?method={method}", form, head, None, kind="form", auth=False
        )

    def _document(self) -> Request:
        resource, whose, name = self.chance.choice(
            [
                ("activities/state", {"activityId": COURSES, "agent": True}, "stateId"),
                ("activities/profile", {"activityId": COURSES}, "profileId"),
                ("agents/profile", {"agent": True}, "profileId"),
            ]
        )
        query: dict[str, str] = {}
        for parameter, values in whose.items():
            query[parameter] = (
                json.dumps(self._actor(), ensure_ascii=self.chance.random() < 0.5)
                if values is True
                else self.chance.choice(COURSES)
            )
        if self.chance.random() < 0.8:
            query[name] = self.chance.choice(["a", "b", "", "é/?&", "\0", "x" * 3000])
        if self.chance.random() < 0.2:
            query["registration"] = self.chance.choice(IDS)
        if self.chance.random() < 0.2:
            query["since"] = self.chance.choice(["2020-01-01T00:00:00Z", "yesterday"])
        method = self.chance.choice(["PUT", "POST", "GET", "HEAD", "DELETE"])
        headers = {
            "Content-Type": self.chance.choice(
                ["application/json", "text/plain", "image/png", "x", "application/json; charset=x"]
            )
        }
        for header in ("If-Match", "If-None-Match"):
            if self.chance.random() < 0.3:
                headers[header] = self.chance.choice(["*", '"x"', 'W/"x", *', "", 'x"', "é"])
        body = b""
        if method in ("PUT", "POST"):
            value = {text: self._json(3) for text in self.chance.sample(TEXTS, 3)}
            body, _ = self._perhaps_broken(self.chance.choice([value, [value], "text"]))
        target = f"/xapi/{resource}?" + self._query(query)
        return self._sent(method, target, body, headers, self._version(), kind="document")

    def _question(self) -> Request:
        filters: dict[str, list[str]] = {
            "agent": [json.dumps(self._actor())],
            "verb": [*VERBS, VOIDED],
            "activity": COURSES,
            "registration": IDS,
            "related_activities": ["true", "false", "1"],
            "related_agents": ["true", "false", ""],
            "since": ["2020-01-01T00:00:00Z", "2020-01-01", "0001-01-01T00:00:00Z", "x"],
            "until": ["2040-01-01T00:00:00+14:00", "9999-12-31T23:59:59.999Z", "-1"],
            "limit": ["0", "1", "3", "-1", "9" * 30, "1.5", ""],
            "format": ["ids", "exact", "canonical", "other"],
            "attachments": ["true", "false"],
            "ascending": ["true", "false", "TRUE"],
            "statementId": IDS,
            "voidedStatementId": IDS,
            "more": [*self.cursors[-20:], "x"],
        }
        chosen = self.chance.sample(sorted(filters), self.chance.choice([0, 1, 1, 2, 3, 5]))
        query = {name: self.chance.choice(filters[name]) for name in chosen}
        path = self.chance.choice(["statements"] * 6 + ["agents", "activities", "about"])
        if path == "agents":
            query = {"agent": json.dumps(self._actor())}
        if path == "activities":
            query = {"activityId": self.chance.choice(COURSES)}
        if "more" in query and self.chance.random() < 0.7:
            query = {"more": query["more"]}
        method = self.chance.choice(["GET"] * 5 + ["HEAD", "OPTIONS"])
        headers = {}
        if self.chance.random() < 0.3:
            headers["Accept-Language"] = self.chance.choice(["id", "*;q=0", ";;,q=x", "é" * 9])
        return self._sent(
            method, f"/xapi/{path}?" + self._query(query), b"", headers, None, kind="question"
        )

    def _anything(self) -> Request:
        method = self.chance.choice(["GET", "POST", "PATCH", "TRACE", "BREW", "OPTIONS", "get"])
        path = self.chance.choice(PATHS)
        headers = {
            name: self.chance.choice(["", "x", "é", "*", ",", "a" * 5000])
            for name in self.chance.sample(HEADERS, 2)
        }
        return self._sent(method, path, self._bytes(30), headers, self._version(), kind="anything")

    # --- parts of statements -----------------------------------------------------------------

    def statement(self, version: str, *, within: bool = False) -> dict[str, Any]:
        """A statement that keeps to every rule."""
        some = self.chance.random
        made: dict[str, Any] = {
            "actor": self._actor(),
            "verb": {"id": self.chance.choice(VERBS)},
            "object": self._activity(),
        }
        if some() < 0.2:
            made["verb"]["display"] = {"id": self.chance.choice(TEXTS)}
        if not within and some() < 0.15:
            made["object"] = self.chance.choice(
                [
                    {"objectType": "Agent", **self._actor()},
                    {"objectType": "StatementRef", "id": self.chance.choice(IDS)},
                    {"objectType": "SubStatement", **self.statement(version, within=True)},
                ]
            )
            if made["object"]["objectType"] == "StatementRef" and some() < 0.2:
                made["verb"] = {"id": VOIDED}
        if some() < 0.3:
            made["result"] = {
                "score": {"scaled": self.chance.choice([0, 1, -1, 0.5, 0.30000000000000004])},
                "success": True,
                "response": self.chance.choice(TEXTS),
                "duration": self.chance.choice(["PT1H", "P3Y6M4DT12H30M5.123S", "P1W"]),
                "extensions": {EXTENSION: self._json(4)},
            }
        if some() < 0.4:
            made["context"] = {
                "registration": self.chance.choice(IDS),
                "contextActivities": {
                    "parent": [self._activity()],
                    "other": self._activity() if some() < 0.3 else [self._activity()],
                },
                "extensions": {EXTENSION: self._json(4)},
            }
            if version.startswith("2"):
                made["context"]["contextAgents"] = [
                    {"objectType": "contextAgent", "agent": self._actor(agent=True)}
                ]
        if some() < 0.5:
            made["timestamp"] = self.chance.choice(
                ["2026-11-24T06:09:27.123Z", "2026-11-24T13:09:27+07:00", "2026-11-24T06:09:27Z"]
            )
        if within:
            return made
        if some() < 0.4:
            made["id"] = self.chance.choice(IDS)
        if some() < 0.1:
            made["authority"] = self._actor(agent=True)
            made["stored"] = "2020-01-01T00:00:00Z"
        return made

    def _actor(self, *, agent: bool = False) -> dict[str, Any]:
        made: dict[str, Any] = self.chance.choice(
            [
                {"mbox": f"mailto:{self.chance.choice('abc')}@Example.id"},
                {"account": {"homePage": "https://lms.example", "name": self.chance.choice(TEXTS)}},
                {"openid": "https://id.example/a"},
                {"mbox_sha1sum": "A" * 40},
            ]
        )
        if self.chance.random() < 0.3:
            made = {**made, "name": self.chance.choice(TEXTS)}
        if not agent and self.chance.random() < 0.15:
            made = {"objectType": "Group", "member": [self._actor(agent=True)]} | (
                made if self.chance.random() < 0.5 else {}
            )
        return made

    def _activity(self) -> dict[str, Any]:
        made: dict[str, Any] = {"id": self.chance.choice(COURSES)}
        if self.chance.random() < 0.4:
            made["definition"] = {
                "name": {self.chance.choice(["id", "en-US"]): self.chance.choice(TEXTS)},
                "type": "https://w3id.org/xapi/cmi5/activitytype/course",
                "extensions": {EXTENSION: self._json(3)},
            }
        return made

    def _json(self, depth: int) -> Any:
        if depth and self.chance.random() < 0.5:
            inner = [self._json(depth - 1) for _ in range(self.chance.randint(0, 3))]
            return inner if self.chance.random() < 0.5 else dict(zip(TEXTS, inner, strict=False))
        return self.chance.choice([None, True, 0, -1, 1.5, 10**15, *TEXTS])

    # --- how it breaks ---------------------------------------------------------------------------

    def _perhaps_broken(self, value: Any) -> tuple[bytes, bool]:
        """`value` as JSON, and whether it still is what it was."""
        how = self.chance.random()
        if how < 0.5:
            return self._written(value), True
        if how < 0.85:
            changed = copy.deepcopy({"": value})
            for _ in range(self.chance.choice([1, 1, 1, 3])):
                self._change(changed)
            written = self._written(changed.get("", None))
            return self._doubled(written) if self.chance.random() < 0.1 else written, False
        return self._damaged(self._written(value)), False

    def _change(self, tree: Any) -> None:
        """Change something anywhere in `tree`."""
        places: list[tuple[Any, Any]] = []

        def walk(node: Any) -> None:
            for key in node if isinstance(node, dict) else range(len(node)):
                places.append((node, key))
                if isinstance(node[key], dict | list) and node[key]:
                    walk(node[key])

        walk(tree)
        if not places:
            return
        node, key = self.chance.choice(places)
        match self.chance.randint(0, 9):
            case 0:
                del node[key]
            case 1 if isinstance(node, dict) and key:
                node[self.chance.choice([key.upper(), key + " ", "", "x", *TEXTS])] = node.pop(key)
            case 2:
                node[key] = [node[key]]
            case 3:
                node[key] = None
            case 4:
                node[key] = _RAW + self.chance.choice(NUMBERS)
            case 5:
                node[key] = self.chance.choice([*TEXTS, "\ud800", "\udfff\ud800", "x" * 5000])
            case 6:
                deep = self.chance.choice([50, 99, 100, 101, 300, 5000])
                node[key] = f"{_RAW}{'[' * deep}{']' * deep}"
            case 7:
                node[key] = self._json(3)
            case 8:
                node[key] = copy.deepcopy(self.chance.choice(places)[0])
            case _:
                node[key] = self.chance.choice([0, 1.5, True, {}, [], 2**63, 2**64, -(2**70)])

    def _written(self, value: Any) -> bytes:
        text = json.dumps(value, ensure_ascii=self.chance.random() < 0.5)
        if _RAW in text:
            parts = text.split(f'"{_RAW}')
            text = parts[0] + "".join(part.replace('"', "", 1) for part in parts[1:])
        return text.encode("utf-8", "surrogatepass")

    def _doubled(self, written: bytes) -> bytes:
        """A property stands there twice."""
        place = written.find(b"{", self.chance.randrange(len(written) or 1))
        extra = self.chance.choice([b'"id":"x",', b'"actor":1,', b'"\\u0069d":null,', b'"":0,'])
        return written[: place + 1] + extra + written[place + 1 :]

    def _damaged(self, data: bytes) -> bytes:
        place = self.chance.randrange(len(data) + 1)
        match self.chance.randint(0, 4):
            case 0:
                return data[:place]
            case 1:
                return data[:place] + self._bytes(self.chance.randint(1, 9)) + data[place:]
            case 2:
                return data[:place] + self._bytes(1) + data[place + 1 :]
            case 3:
                end = place + self.chance.randint(0, 60)
                return data[:end] + data[place:]
            case _:
                return data[place:]

    def _bytes(self, count: int) -> bytes:
        return self.chance.randbytes(count)

    def _query(self, query: dict[str, str]) -> str:
        encoded = urlencode(query)
        if self.chance.random() < 0.1:
            encoded += self.chance.choice(["&x=1", "&" + encoded, "&%", "&=", "&%ff", "&limit=1"])
        return encoded

    def _version(self) -> str:
        return self.chance.choice(["1.0.3"] * 5 + ["1.0.0", "2.0.0", "2.0.0", "2.0"])

    def _sent(
        self,
        method: str,
        target: str,
        body: bytes,
        headers: dict[str, str],
        version: str | None,
        *,
        kind: str,
        told: list[Any] | None = None,
        auth: bool = True,
    ) -> Request:
        version = version or self._version()
        chance = self.chance.random
        every = {"Host": "127.0.0.1", **headers, "X-Experience-API-Version": version}
        if auth or chance() < 0.1:
            every["Authorization"] = self.chance.choice(self._auths)
        if chance() < 0.04:
            every.pop(self.chance.choice(sorted(every)))
            told = None
        if chance() < 0.04:
            every[self.chance.choice(sorted(every))] = self.chance.choice(["", "é", "x" * 70_000])
            told = None
        framing = chance()
        if framing < 0.06:
            every["Transfer-Encoding"] = "chunked"
            whole, body = body, b""
            while whole:
                size = self.chance.randint(1, len(whole))
                body += b"%x\r\n%s\r\n" % (size, whole[:size])
                whole = whole[size:]
            if framing < 0.05:
                body += b"0\r\n\r\n"
            else:
                told = None
        elif body or method in ("PUT", "POST"):
            length = len(body)
            if framing > 0.97:
                length, told = max(0, length + self.chance.choice([-1, 1, 1000])), None
            every["Content-Length"] = str(length)
        lines = [f"{method} {target} HTTP/1.1", *(f"{n}: {v}" for n, v in every.items())]
        head = "\r\n".join([*lines, "", ""]).encode("utf-8", "surrogatepass")
        return Request(kind, head, body, told, version)


def basic(username: str, password: str) -> str:
    """The ``Authorization`` header of a username and a password."""
    return "Basic " + b64encode(f"{username}:{password}".encode()).decode()
