"""The job ``backup``: a backup of all of the database, each night."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

from lms_bridge.bridge import Bridge, utc_now
from lms_bridge.errors import BackupError
from lms_bridge.jobs.base import JobFailed, Progress


class MakeBackup:
    """Writes a new file into the folder of ``[backup]``, and removes the oldest."""

    exclusive = True

    def __init__(self, bridge: Bridge) -> None:
        self._bridge = bridge

    def has_work(self) -> bool:
        """Whether a folder is named."""
        return bool(self._bridge.settings.backup.folder)

    def run(self, progress: Progress) -> Counter[str]:
        """Make it. What is half done is done: it is not ended before its time."""
        from lms_bridge.backup import making  # many a worker never needs what it loads

        settings = self._bridge.settings.backup
        if not settings.folder:
            raise JobFailed("the configuration names no [backup] folder; name one")
        folder = Path(settings.folder)
        try:
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            making.clear_away(folder, utc_now())
            manifest = making.make(self._bridge, folder, utc_now)
            gone = making.keep_only(folder, settings.keep)
        except BackupError as error:
            raise JobFailed(str(error)) from error
        except OSError as error:
            why = error.strerror or type(error).__name__
            raise JobFailed(
                f"the backup cannot be written to {folder}: {why}; see that it is there and that"
                " the service may write to it"
            ) from error
        return Counter(backed_up=manifest.counts["statements"], backups_removed=len(gone))
