"""Calls to outside systems over HTTP, and what became of a call that failed.

Two things matter to a delivery and are told apart here: a call that was never sent (the
connection refused, the name unknown, TLS refused) can be repeated at will; a call that
went out and whose answer did not come whole may have taken effect all the same.

>>> client = HttpClient(RemoteSettings(read_timeout_seconds=30))
>>> with recorded() as notes:
...     answer = client.exchange("GET", "https://registry.example/pns/data-utama/198703152010012001")
>>> notes[0].url
'https://registry.example/pns/data-utama/1987************01'

:mod:`~lms_bridge.http.client` does the call, :mod:`~lms_bridge.http.progress` knows how
far it got, :mod:`~lms_bridge.http.notes` keeps what may be kept of it,
:mod:`~lms_bridge.http.rehearsal` holds back what would write, and
:mod:`~lms_bridge.http.trouble` words what any outside system can suffer from. Only what does a
call loads the library that does it.
"""
