"""``python -m webhook --config FILE``: serve the web application.

Run by ``lms-bridge serve``. Granian speaks HTTP: it reads requests in Rust, so that a
sender that is slow to send its headers holds no thread of ours.
"""

from __future__ import annotations

import os
from pathlib import Path

import click
from granian.constants import Interfaces
from granian.server import Server

from lms_bridge import logs
from lms_bridge.bridge import Bridge
from lms_bridge.config.loading import ConfigError, load
from lms_bridge.supervisor import end_with_parent

_CONFIG = "LMS_BRIDGE_CONFIG"


def application() -> object:
    """The WSGI application, made in the process that serves it."""
    from webhook.app import create_app

    end_with_parent_of_server()
    bridge = Bridge.open(Path(os.environ[_CONFIG]))
    logs.set_up(bridge.settings.log)
    return create_app(bridge)


def end_with_parent_of_server() -> None:
    """A serving process ends with the process that started it, however that one ended."""
    os.environ["LMS_BRIDGE_PARENT"] = str(os.getppid())
    end_with_parent(lambda: os._exit(1))


@click.command()
@click.option("--config", type=click.Path(path_type=Path), required=True)
def main(config: Path) -> None:
    """Serve the xAPI endpoint and the pages."""
    try:
        settings = load(config)
    except ConfigError as error:
        raise SystemExit(f"lms-bridge: {error}") from None
    logs.set_up(settings.log)
    os.environ[_CONFIG] = str(config)
    end_with_parent()
    Server(
        "webhook.__main__:application",
        factory=True,
        address=settings.web.host,
        port=settings.web.port,
        interface=Interfaces.WSGI,
        workers=1,
        blocking_threads=settings.web.threads,
        backpressure=settings.web.threads * 8,
        log_enabled=False,
        respawn_failed_workers=True,
    ).serve()


if __name__ == "__main__":
    main()
