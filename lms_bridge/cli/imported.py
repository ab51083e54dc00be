"""The commands of a group by name, each imported when it is first looked at.

Most of the time that a command takes is that for loading what it works with, and a call needs one
of them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, MutableMapping
from importlib import import_module

import click


class Imported(MutableMapping[str, click.Command]):
    """What a group has as its commands: those that `places` names, ``module:attribute``, in order.

    >>> click.Group(commands=Imported({"status": "lms_bridge.cli.status:status"}))
    """

    def __init__(self, places: Mapping[str, str]) -> None:
        self._commands: dict[str, str | click.Command] = dict(places)

    def __getitem__(self, name: str) -> click.Command:
        found = self._commands[name]
        if isinstance(found, str):
            module, _, attribute = found.partition(":")
            found = getattr(import_module(module), attribute)
            assert isinstance(found, click.Command)
            self._commands[name] = found
        return found

    def __setitem__(self, name: str, command: click.Command) -> None:
        self._commands[name] = command

    def __delitem__(self, name: str) -> None:
        del self._commands[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._commands)

    def __len__(self) -> int:
        return len(self._commands)

    def __contains__(self, name: object) -> bool:
        return name in self._commands
