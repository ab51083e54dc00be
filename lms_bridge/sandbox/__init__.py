"""Real HTTP servers to try the bridge against: a Moodle and a SIASN, made up to the facts.

They answer as the measured systems do (same paths, envelopes, error bodies and traps), keep
their state in memory, and can be told to misbehave. The demo, the end-to-end and crash tests
and the benchmarks talk to them over real sockets, since half of what goes wrong between two
systems goes wrong there.

>>> from lms_bridge.sandbox.city import demo_city
>>> from lms_bridge.sandbox.server import Server
>>> city = demo_city()
>>> with Server(city.registry) as server:
...     server.url.startswith("http://127.0.0.1:")
True

Start reading at :mod:`lms_bridge.sandbox.city` (who lives there),
:mod:`lms_bridge.sandbox.faults` (what can go wrong) and :mod:`lms_bridge.sandbox.app` (the
way of one request). ``python -m lms_bridge.sandbox`` runs both systems in a process of their own,
and :mod:`lms_bridge.sandbox.simpeg` where it is asked for.
"""
