"""``python -m benchmarks.city FOLDER``: make a large city, and a configuration to serve it with."""

from __future__ import annotations

import argparse
import datetime as dt
import sys
from pathlib import Path

from benchmarks.city import Size, When
from benchmarks.city.around import CONFIG
from benchmarks.city.making import make
from lms_bridge.config.loading import load
from lms_bridge.store.engine import open_store


def main() -> None:
    """Read the command line, make the city."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.city", description=__doc__)
    parser.add_argument("folder", type=Path, help="for the configuration and the file of SQLite")
    parser.add_argument("--database", metavar="URL", help="an empty one, instead of SQLite's")
    parser.add_argument("--share", type=float, default=1.0, help="how much of it (%(default)s)")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--today", type=dt.datetime.fromisoformat, default=dt.datetime.now(dt.UTC))
    parser.add_argument("--port", type=int, default=8080)
    options = parser.parse_args()
    folder: Path = options.folder
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "city.db"
    if not options.database and path.exists():
        sys.exit(f"{path} is there already; remove it, or name another folder.")
    url = options.database or f"sqlite:///{path.resolve()}"
    today = options.today if options.today.tzinfo else options.today.replace(tzinfo=dt.UTC)
    (folder / "secret").write_text("secret")
    config = folder / "lms-bridge.toml"
    config.write_text(CONFIG.format(database=url, port=options.port))
    store = open_store(url)
    make(
        store,
        Size() * options.share,
        When(today),
        load(config),
        seed=options.seed,
        say=lambda text: print(text, file=sys.stderr),
    )
    store.close()
    print(f"The city is made. lms-bridge --config {config} serve")


if __name__ == "__main__":
    main()
