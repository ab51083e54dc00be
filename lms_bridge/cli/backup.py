"""``backup`` and ``restore``: all of the bridge in one file, and back."""

from __future__ import annotations

from pathlib import Path

import click

from lms_bridge.cli.session import Session, pass_session
from lms_bridge.i18n import mark


@click.command()
@click.argument("where", type=click.Path(path_type=Path), default=Path())
@click.option("--with-config", is_flag=True, help="Put the configuration into it.")
@click.option(
    "--with-secrets",
    is_flag=True,
    help="Put the files of secrets and keys into it, as they are: keep the backup like them.",
)
@click.option(
    "--keep",
    type=click.IntRange(1, 10_000),
    help="Keep only so many in the folder, and remove those that are older.",
)
@pass_session
def backup(
    session: Session, where: Path, with_config: bool, with_secrets: bool, keep: int | None
) -> None:
    """Write all of the database into one file.

    Into the file WHERE, or into a new one in that folder. The bridge may run meanwhile. What was
    answered before is in it. The file is looked through before it gets its name.
    """
    from lms_bridge.backup import making
    from lms_bridge.bridge import utc_now

    bridge = session.bridge
    files = []
    if with_config or with_secrets:
        files = making.configured_files(bridge, session.config, secrets=with_secrets)
    manifest = making.make(bridge, where, utc_now, *files)
    session.tell(
        mark("Made: statements %(statements)s, completions %(completions)s, files %(files)s."),
        **manifest.counts,
        files=len(files),
    )
    if with_secrets:
        session.tell(mark("It holds secrets in clear: keep it where nobody else can read it."))
    else:
        session.tell(mark("Secrets and keys are not in it: keep those files by themselves."))
    if keep and where.is_dir():
        gone = making.keep_only(where, keep)
        session.tell(mark("Older backups that were removed: %(count)s."), count=len(gone))


@click.command()
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--check", is_flag=True, help="Only look through the file.")
@click.option("--replace", is_flag=True, help="Keep aside what is there, and take its place.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@click.option(
    "--files",
    type=click.Path(path_type=Path, file_okay=False),
    help="Also write the configuration and secrets that are in it, to below this folder.",
)
@pass_session
def restore(
    session: Session, file: Path, check: bool, replace: bool, yes: bool, files: Path | None
) -> None:
    """Get a database back from the FILE of a backup.

    It goes into the database that the configuration names. That has to be empty, or is kept aside
    with --replace; then the service has to be stopped.
    """
    from lms_bridge.backup import restoring
    from lms_bridge.backup.archive import open_archive
    from lms_bridge.bridge import utc_now
    from lms_bridge.config.loading import load
    from lms_bridge.store.engine import open_store

    with open_archive(file) as archive:
        archive.check()
        manifest = archive.manifest
        session.tell(
            mark("%(file)s: made %(time)s by lms-bridge %(version)s, %(kind)s %(server)s; whole."),
            file=str(file),
            time=f"{manifest.made_at:%Y-%m-%d %H:%M} UTC",
            version=manifest.version,
            kind=manifest.kind,
            server=manifest.server,
        )
        if files is not None:
            for each in restoring.extract_files(archive, files):
                session.tell(mark("Written: %(path)s"), path=str(each))
        if check:
            return
        settings = load(session.config)
        store = open_store(settings.database.url, session.config.parent)
        try:
            if replace and not yes and not restoring.is_empty(store):
                click.confirm(session.say(mark("Replace the database that is there?")), abort=True)
            aside = restoring.restore(archive, store, utc_now(), replace=replace)
        finally:
            store.close()
    if aside:
        session.tell(mark("What was there is kept as %(aside)s."), aside=aside)
    made_at = f"{manifest.made_at:%Y-%m-%d %H:%M} UTC"
    session.tell(
        mark("Restored: statements %(statements)s, completions %(completions)s."), **manifest.counts
    )
    session.tell(
        mark(
            "What came in after %(time)s is not there. Start the service, then have the LMS asked"
            " for it: lms-bridge jobs run pull_completions"
        ),
        time=made_at,
    )
