"""``python -m tests.console.pictures FOLDER``: a picture of every page of the console.

In both languages, on a wide and on a narrow screen, light, and once more dark; by a small made-up
city. To be looked at.
"""

from __future__ import annotations

import itertools
import sys
import tempfile
from pathlib import Path

import click

from tests.console.rounds import SHARE, Look, a_town, go_through
from tests.webhook.browsing import a_browser

LOOKS = [Look(*each) for each in itertools.product(("id", "en"), (1280, 390))]
GUIDE = ("overview", "attention", "employee", "completion", "courses", "reports")
DARK = [Look("id", 1280, "dark"), Look("id", 390, "dark")]


@click.command(help=__doc__)
@click.argument("folder", type=click.Path(path_type=Path))
@click.option("--share", default=SHARE, show_default=True, help="Of the large city.")
@click.option("--dark/--no-dark", default=True, help="Also dark.")
@click.option("--only", default="", help="Only pages whose name begins so.")
@click.option("--guide", is_flag=True, help="Only those of the guide for HR, as it shows them.")
def main(folder: Path, share: float, dark: bool, only: str, guide: bool) -> None:
    count = 0
    looks = [*LOOKS, *(DARK if dark else [])]
    if guide:
        looks = [Look("id", 1280)]
    with (
        tempfile.TemporaryDirectory() as made,
        a_town(Path(made), share=share) as town,
        a_browser() as browser,
    ):
        for look in looks:
            into = folder if guide else folder / look.name
            into.mkdir(parents=True, exist_ok=True)
            for seen in go_through(town, browser, look):
                name = seen.endpoint.removeprefix("console.")
                if name.startswith(only) and (name in GUIDE or not guide):
                    seen.page.wait_for_timeout(150)  # until a chart is drawn
                    seen.page.screenshot(path=into / f"{name}.png", full_page=not guide)
                    count += 1
            click.echo(f"{look.name}: {into}", err=True)
    click.echo(f"{count} pictures in {folder}")


if __name__ == "__main__":
    sys.exit(main())
