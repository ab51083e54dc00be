"""``python -m tests.console.pictures FOLDER``: a picture of every page of the console.

In both languages, on a wide and on a narrow screen, light, and once more dark; by a small made-up
city. Then what no link leads to, such as refusals and what is under way; every page as it is
printed; and every page of a bridge that has no data yet. To be looked at.
"""

from __future__ import annotations

import itertools
import sys
import tempfile
from pathlib import Path

import click
from playwright.sync_api import Browser

from tests.console.rounds import SHARE, Look, Town, a_town, go_through
from tests.console.scenes import Scenes
from tests.webhook.browsing import a_browser

LOOKS = [Look(*each) for each in itertools.product(("id", "en"), (1280, 390))]
GUIDE = ("overview", "attention", "employee", "completion", "courses", "reports")
DARK = [Look("id", 1280, "dark"), Look("id", 390, "dark")]
PRINTED = Look("id", 1280, "dark")
"""dark, for paper is white all the same"""


@click.command(help=__doc__)
@click.argument("folder", type=click.Path(path_type=Path))
@click.option("--share", default=SHARE, show_default=True, help="Of the large city.")
@click.option("--dark/--no-dark", default=True, help="Also dark.")
@click.option("--only", default="", help="Only pages whose name begins so.")
@click.option("--guide", is_flag=True, help="Only those of the guide for HR, as it shows them.")
def main(folder: Path, share: float, dark: bool, only: str, guide: bool) -> None:
    looks = [*LOOKS, *(DARK if dark else [])]
    with tempfile.TemporaryDirectory() as made, a_browser() as browser:
        with a_town(Path(made), share=share) as town:
            if guide:
                count = _pages(town, browser, Look("id", 1280), folder, only, GUIDE)
            else:
                count = sum(_pages(town, browser, look, folder / look.name, only) for look in looks)
                count += _printed(town, browser, folder / "printed", only)
                count += sum(_scenes(town, browser, look, folder, only) for look in looks)
        if not guide:
            (empty := Path(made) / "empty").mkdir()
            with a_town(empty, share=0) as town:
                for look in (LOOKS[0], LOOKS[3]):
                    count += _pages(town, browser, look, folder / f"empty-{look.name}", only)
    click.echo(f"{count} pictures in {folder}")


def _pages(
    town: Town,
    browser: Browser,
    look: Look,
    into: Path,
    only: str,
    names: tuple[str, ...] = (),
) -> int:
    """A picture of each page, or of those `names`, each no longer than the screen; how many."""
    count = 0
    into.mkdir(parents=True, exist_ok=True)
    for seen in go_through(town, browser, look):
        name = seen.endpoint.removeprefix("console.")
        if name.startswith(only) and (name in names or not names):
            seen.page.wait_for_timeout(150)  # until a chart is drawn
            seen.page.screenshot(path=into / f"{name}.png", full_page=not names)
            count += 1
    click.echo(f"{count}: {into}", err=True)
    return count


def _scenes(town: Town, browser: Browser, look: Look, folder: Path, only: str) -> int:
    """A picture of what no link leads to; how many."""
    count = 0
    into = folder / f"scenes-{look.name}"
    into.mkdir(parents=True, exist_ok=True)
    for name, page in Scenes(town, browser, look):
        if name.startswith(only):
            page.screenshot(path=into / f"{name}.png", full_page=True)
            count += 1
    click.echo(f"{count}: {into}", err=True)
    return count


def _printed(town: Town, browser: Browser, into: Path, only: str) -> int:
    """Each page as it is printed, as a PDF; how many."""
    count = 0
    into.mkdir(parents=True, exist_ok=True)
    for seen in go_through(town, browser, PRINTED):
        name = seen.endpoint.removeprefix("console.")
        if name.startswith(only):
            seen.page.pdf(path=into / f"{name}.pdf", prefer_css_page_size=True)
            count += 1
    click.echo(f"{count}: {into}", err=True)
    return count


if __name__ == "__main__":
    sys.exit(main())
