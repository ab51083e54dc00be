"""Carrying completions to a registry that has no API and takes only files.

::

    completion ── delivery "record" ──▶ left to a person: to be exported
                                              │ lms-bridge registry export
                     ┌────────── discard ◀── row of an upload, made and downloaded
                     ▼                        │ uploaded, or the import of its result file
              to be exported                  ▼
                     ▲                  done, or refused and shown to a person
                     └─────── deliveries retry ──────┘

An *upload* is one batch: its number, which is per registry and without gaps, the bytes of its
file, so that the same file can be written again, and its rows, each of a delivery. A delivery
is in one upload at most, unless that was discarded or the row was refused; the database itself
keeps it so.

Each command is one transaction. It changes uploads and rows, and lets the deliveries become
due (:mod:`lms_bridge.uploads.following`); what becomes of these is decided by their steps
(:mod:`lms_bridge.uploads.steps`), as for any registry. So a command that is killed has done
all or nothing, and a worker that is killed decides again.
"""
