"""How ``[database] url`` is read."""

from __future__ import annotations

import pytest

from lms_bridge.config.address import address_of, names_several_hosts


@pytest.mark.parametrize(
    ("text", "host", "port"),
    [
        ("postgresql://u@a,b/x", "a,b", None),
        ("postgresql://u@a:1,b:2/x", "a,b", "1,2"),
        ("postgresql+psycopg://a,b:2/x?sslmode=require", "a,b", ",2"),
        ("postgresql://u@[::1]:1,[fd00::2]/x", "::1,fd00::2", "1,"),
        ("postgresql:///x?host=a,b&port=1,2", "a,b", "1,2"),
    ],
)
def test_several_hosts_are_named_as_postgresql_has_it(
    text: str, host: str, port: str | None
) -> None:
    url = address_of(text)
    assert (url.query["host"], url.query.get("port"), url.database) == (host, port, "x")
    assert names_several_hosts(url)


def test_what_else_there_is_stays() -> None:
    url = address_of("postgresql://u:p%2Cq@a:1,b/x?sslmode=require")
    assert (url.username, url.password, url.query["sslmode"]) == ("u", "p,q", "require")


@pytest.mark.parametrize(
    "text", ["postgresql://u:p%2Cq@a/x?application_name=a,b", "sqlite:///a,b.db"]
)
def test_one_host_is_one(text: str) -> None:
    assert not names_several_hosts(address_of(text))


@pytest.mark.parametrize("text", ["", "k4t4", "postgresql://u:k4t4@a:b,c/x", "postgresql://[,]/x"])
def test_what_is_no_address_is_not_repeated(text: str) -> None:
    with pytest.raises(ValueError, match="expected sqlite:///FILE or postgresql://") as error:
        address_of(text)
    assert "k4t4" not in str(error.value)
