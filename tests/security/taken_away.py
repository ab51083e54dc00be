"""How the protection of each line of docs/security.md is taken away: a text, and another for it."""

from __future__ import annotations

TAKEN_AWAY: dict[str, list[tuple[str, str, str]]] = {
    "S1": [("webhook/access.py", "return sender if right else None", "return sender")],
    "S2": [
        (
            "lms_bridge/recognition/speaking.py",
            "if isinstance(actor, Agent) and not self._of_person(actor):",
            "if False:",
        )
    ],
    "S3": [
        (
            "lms_bridge/recognition/speaking.py",
            "if not self._of_activity(activity) or not self._of_course(course):",
            "if False:",
        ),
        ("lms_bridge/recognition/speaking.py", "if not rest or rest[0] in _PARTS or", "if True or"),
    ],
    "S4": [
        ("lms_bridge/recognition/in_force.py", "one.activities, one.courses),", "one.activities),")
    ],
    "S5": [
        (
            "lms_bridge/recognition/rules.py",
            'if course.run == "yearly" else ""',
            'if course.run == "yearly" else __import__("uuid").uuid4().hex',
        )
    ],
    "S6": [
        (
            "lms_bridge/recognition/voiding.py",
            "if any(row.sender != voiding.sender for row in told):",
            "if False:",
        )
    ],
    "S7": [("xapi/wellformed.py", 'return raw.count(b":") !=', "return False and raw !=")],
    "S8": [
        (
            "lms_bridge/recognition/rules.py",
            "if not EARLIEST <= seen.completed_at <= seen.received_at + AHEAD:",
            "if False:",
        )
    ],
    "S9": [
        (
            "lms_bridge/recognition/recogniser.py",
            "if self._belonging.confirms(one.sender) and",
            "if False and",
        ),
        (
            "lms_bridge/recognition/confirming.py",
            "if any(each and self._same_run(each.completed_at, one) for each in found):",
            "if True:",
        ),
    ],
    "S10": [
        (
            "lms_bridge/recognition/confirming.py",
            "says = self._note_failure(name, error)",
            'says = {"state": SightingState.NEW} | reason_columns(Reason(CONFIRMED))',
        )
    ],
    "C1": [
        (
            "webhook/access.py",
            'expected = sender.password.read().encode() if sender else b""',
            "expected = globals().setdefault('kept', sender and sender.password.read()).encode()",
        )
    ],
    "C2": [("webhook/access.py", "SECONDS = 2.0", "SECONDS = 2000.0")],
    "C3": [
        ("webhook/api/door.py", "if token is None or not token.is_good(now):", "if token is None:")
    ],
    "C4": [
        (
            "lms_bridge/accounts/sessions.py",
            "users.c.disabled_at.is_(None),",
            "users.c.id.is_not(None),",
        )
    ],
    "C5": [
        (
            "lms_bridge/accounts/users.py",
            "return self.locked_until is not None and self.locked_until > now",
            "return False",
        )
    ],
    "C6": [("webhook/console/signing_in.py", "        if wait:\n", "        if False:\n")],
    "C7": [
        (
            "webhook/admission.py",
            "if need is not None and not need.is_met_by(grant.scopes):",
            "if False:",
        )
    ],
    "C8": [
        (
            "webhook/access.py",
            "return hmac.compare_digest(hashlib.sha256(given).digest(), "
            "hashlib.sha256(expected).digest())",
            "return given == expected",
        ),
        (
            "lms_bridge/credentials.py",
            "is_new = hmac.compare_digest(given, self.new)\n"
            "        is_old = hmac.compare_digest(given, self.old)",
            "is_new = given == self.new\n        is_old = given == self.old",
        ),
        ("webhook/console/gate.py", "return hmac.compare_digest(given.encode(), ", "return bool("),
    ],
    "C9": [
        (
            "webhook/console/signing_in.py",
            '                _note(db, user, "account.refused", now)\n                return None',
            "                return None",
        ),
        (
            "lms_bridge/accounts/passwords.py",
            "_hasher.verify(hashed or _nobodys(), password[: LONGEST + 1])",
            "_hasher.verify(hashed, password[: LONGEST + 1]) if hashed else None",
        ),
    ],
    "C10": [
        (
            "webhook/tries.py",
            "            if wait:\n                self._give_back",
            "            if False:\n                self._give_back",
        ),
    ],
    "C11": [
        ("webhook/tries.py", "with self._one:", 'with __import__("contextlib").nullcontext():'),
        (
            "webhook/tries.py",
            "[] if self._access.was_right(authorization) else _counted(authorization, address)",
            "_counted(authorization, address)",
        ),
        (
            "webhook/tries.py",
            "    place = place_of(address)\n",
            '    place = place_of(address) and "everywhere"\n',
        ),
    ],
    "N1": [
        (
            "lms_bridge/accounts/sessions.py",
            "token = secrets.token_urlsafe(32)",
            'token = __import__("flask").request.cookies.get("lms_bridge_session", "x")',
        )
    ],
    "N2": [("webhook/console/signing_in.py", "sessions.end(db, old)", "pass")],
    "N3": [("webhook/console/site.py", "secure=self.is_secure", "secure=False")],
    "N4": [("webhook/console/gate.py", "and not self._brings_the_token():", "and False:")],
    "N5": [
        (
            "webhook/console/gate.py",
            "return None if request.method in _ONLY_LOOK else self._from_here()",
            "return None",
        )
    ],
    "N6": [("webhook/console/gate.py", "frame-ancestors 'none'", "frame-ancestors *")],
    "N7": [
        (
            "lms_bridge/accounts/totp.py",
            "if step is None or (row.totp_step is not None and step <= row.totp_step):",
            "if step is None:",
        )
    ],
    "N8": [
        (
            "lms_bridge/accounts/oidc.py",
            "if not hmac.compare_digest(begun.state.encode(), state.encode()):",
            "if False:",
        )
    ],
    "N9": [
        (
            "lms_bridge/accounts/oidc.py",
            "read = jwt.decode(token, self._known(anew=True)[1], algorithms=ALGORITHMS)",
            'read = __import__("types").SimpleNamespace(header={}, claims=__import__("json").loads('
            '__import__("base64").urlsafe_b64decode(token.split(".")[1] + "==")))',
        )
    ],
    "N10": [("webhook/peer.py", "and name in _NAMES_OF_THIS_MACHINE", "and bool(name)")],
    "N11": [
        ("webhook/console/signing_in.py", "return bool(_OURS.fullmatch(address))", "return True")
    ],
    "N12": [
        (
            "webhook/console/gate.py",
            "if needs != OWN and (needs is None or needs == OPEN or "
            "not self._site.user.may(needs)):",
            "if False:",
        )
    ],
    "N13": [
        (
            "lms_bridge/accounts/sight.py",
            "        if self.inside is None:\n            return true()",
            "        return true()",
        )
    ],
    "N14": [
        (
            "lms_bridge/learner/passes.py",
            "return row if row and hmac.compare_digest(right, read[3]) else None",
            "return row",
        )
    ],
    "N15": [
        (
            "lms_bridge/learner/once.py",
            "return db.execute(new.returning(used_once.c.key)).first() is not None",
            "return True",
        )
    ],
    "N16": [
        ("webhook/telling.py", "            readers.note(", "            (lambda *_: None)("),
        ("webhook/statements.py", "            readers.note(", "            (lambda *_: None)("),
        (
            "lms_bridge/cli/looked.py",
            "    looks.note(here(), ",
            "    (lambda *_, **__: None)(here(), ",
        ),
    ],
    "A1": [
        (
            "xapi/attached.py",
            "        if not attachment.file_url and",
            '        __import__("requests").get(str(attachment.file_url), timeout=1)\n'
            "        if not attachment.file_url and",
        )
    ],
    "A2": [
        (
            "lms_bridge/http/public.py",
            "    return (within or found).is_global and not (within or found).is_multicast",
            "    return True",
        )
    ],
    "A3": [
        (
            "lms_bridge/http/public.py",
            "if not is_public(str(connected.getpeername()[0])):",
            "if False:",
        )
    ],
    "A4": [("lms_bridge/http/client.py", "allow_redirects=False", "allow_redirects=True")],
    "A5": [
        (
            "lms_bridge/accounts/oidc.py",
            'if issuer.startswith("https://") and not all(',
            "if False and not all(",
        )
    ],
    "A6": [("lms_bridge/http/client.py", "verify=self._verify,", "verify=False,")],
    "A7": [("lms_bridge/http/client.py", "if size > LARGEST_ANSWER:", "if False:")],
    "I1": [
        (
            "lms_bridge/insight/people.py",
            "return func.lower(column).contains(word, autoescape=True)",
            'return __import__("sqlalchemy").text(f"lower({column}) LIKE \'%{word}%\'")',
        )
    ],
    "I2": [
        (
            "webhook/templates/console/employees.html",
            '{{ one.name or _("name not known") }}',
            "{{ one.name | safe }}",
        )
    ],
    "I3": [
        (
            "webhook/documents.py",
            "content_type=content_type, headers=_FROM_OUTSIDE)",
            "content_type=content_type)",
        )
    ],
    "I4": [
        (
            "lms_bridge/logs.py",
            "return _ACTING.sub(lambda found: repr(found[0])[1:-1], text)",
            "return text",
        )
    ],
    "I5": [
        (
            "webhook/dressing.py",
            'if (asked := request.args.get("lang")) in LANGUAGES:',
            'if asked := request.args.get("lang"):',
        )
    ],
    "I6": [
        ("lms_bridge/notices/mail.py", '" ".join(letter.subject.split())[:200]', "letter.subject")
    ],
    "I7": [
        (
            "lms_bridge/registries/files/writing.py",
            'return f"\'{text}" if _FORMULA.match(text) else text',
            "return text",
        )
    ],
    "I8": [
        (
            "webhook/console/courses_import.py",
            '("list" + Path(sent.filename).suffix.lower()[:6])',
            "sent.filename",
        )
    ],
    "I9": [
        (
            "webhook/connection.py",
            'self.send_400_response("This is not a request of HTTP/1.1.")',
            "pass",
        )
    ],
    "I10": [("webhook/exchange.py", 'if "_" in variable:', "if False:")],
    "B1": [("webhook/bodies.py", 'if coding.lower() != "identity":', "if False:")],
    "B2": [
        (
            "xapi/explaining.py",
            "    if isinstance(error, RecursionError):\n        rule",
            "    if isinstance(error, RecursionError):\n        raise error\n        rule",
        )
    ],
    "B3": [("webhook/lrs.py", "if len(body) > most or (announced or 0) > most:", "if False:")],
    "B4": [("webhook/dressing.py", "request.max_content_length = MOST_FORM_BYTES", "pass")],
    "B5": [("lms_bridge/sheets.py", "        _check_size(path)\n", "")],
    "B6": [
        (
            "lms_bridge/openbadges/baking.py",
            "text = unpacking.decompress(content, _MOST_BYTES)",
            "text = unpacking.decompress(content)",
        )
    ],
    "B7": [
        (
            "lms_bridge/openbadges/baking.py",
            "from defusedxml.ElementTree import fromstring",
            "from xml.etree.ElementTree import fromstring",
        )
    ],
    "B8": [("webhook/console/signing_in.py", 're.escape(PATH) + r"(/', 'r"(a|aa|[a-z])*" + r"(/')],
    "B9": [
        (
            "lms_bridge/redaction.py",
            "r\"(?<![A-Za-z0-9._%+'\\-])([._%+'\\-]*[A-Za-z0-9])",
            'r"([A-Za-z0-9])',
        )
    ],
    "B10": [("lms_bridge/openbadges/linked.py", "    _check_shape(document)\n", "")],
    "B11": [("webhook/connection.py", "if self._came > MOST_OF_HEADERS and", "if False and")],
    "B12": [
        ("webhook/connection.py", "if is_due and not self", "if False and not self"),
        ("webhook/headway.py", "            _end(connection, answering)", "            pass"),
    ],
    "K1": [
        (
            "lms_bridge/accounts/totp.py",
            "return self._new.encrypt(secret).decode()",
            "return secret.decode()",
        ),
        (
            "lms_bridge/accounts/sessions.py",
            "return hashlib.sha256(token.encode()).hexdigest()",
            "return token",
        ),
    ],
    "K2": [
        (
            "lms_bridge/config/secrets.py",
            'raise ValueError("expected env:NAME or file:PATH; '
            'the secret itself never stands here")',
            'raise ValueError(f"{source} is no place")',
        )
    ],
    "K3": [("lms_bridge/cli/init.py", "path.touch(mode=0o600)", "path.touch(mode=0o644)")],
    "K4": [
        ("lms_bridge/logs.py", "lines = redact(value).splitlines()", "lines = value.splitlines()")
    ],
    "K5": [
        (
            "lms_bridge/config/secrets.py",
            'return f"{self._kind}:{self._name}"',
            'return f"{self._kind}:{self.read()}"',
        )
    ],
    "K6": [
        (
            "lms_bridge/config/address.py",
            'raise ValueError("expected sqlite:///FILE or postgresql://…") from None',
            "raise ValueError(text) from None",
        )
    ],
    "K7": [
        (
            "lms_bridge/accounts/rekeying.py",
            'db.execute(_PUT, {"who": row.id, "locked": vault.locked(secret)})',
            "vault.locked(secret)",
        ),
        (
            "lms_bridge/accounts/rekeying.py",
            'db.execute(_PUT, {"who": row.id, "locked": vault.locked(secret)})',
            'db.execute(_PUT, {"who": row.id, "locked": vault.locked(secret)}), db.commit()',
        ),
    ],
    "K8": [("lms_bridge/backup/making.py", "    if secrets:\n", "    if True:\n")],
    "K9": [
        (
            "lms_bridge/backup/postgresql.py",
            'str(said.pop("password", ""))',
            'str(said.get("password", ""))',
        )
    ],
    "K10": [("examples/lms-bridge.service", "LimitCORE=0", "LimitCORE=infinity")],
    "P1": [
        ("requirements.lock", "    --hash=sha256:", "    --sha256:"),
        ("scripts/install", "--require-hashes", ""),
    ],
    "P2": [
        ("tests/security/test_supply.py", 'r"MIT|BSD|Apache|', 'r"Apache|'),
    ],
    "P3": [
        (
            "xapi/limits.py",
            "from __future__ import annotations",
            "from __future__ import annotations\nimport pickle",
        )
    ],
}
