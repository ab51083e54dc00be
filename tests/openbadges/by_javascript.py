"""What Digital Bazaar's libraries for JavaScript make of our credentials: ``make openbadges``.

It needs Node 20 or newer, and fetches them from npm into a temporary folder. So it is no part of
``make test``, where openbadgeslib does the same.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from lms_bridge.openbadges import linked
from tests.openbadges.world import DID, EARNED, HOME, TODAY, World

HERE = Path(__file__).parent / "javascript"
EXPECTED = {
    "holds.json": (True, False),
    "changed.json": (False, None),
    "added.json": (False, None),
    "revoked.json": (True, True),
}
"""whether the signature is right, and whether it was taken back"""


def main() -> int:
    """Say of each file what was found; 0 if that is what it should be."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for file in HERE.iterdir():
            shutil.copy(file, folder)
        subprocess.run(["npm", "install", "--silent", "--no-audit"], cwd=folder, check=True)
        _write(folder)
        found: dict[str, tuple[bool, bool | None]] = {}
        for files, revoked in ((list(EXPECTED)[:3], set()), (["revoked.json"], {94_567})):
            _publish(folder, revoked)
            command = ["node", "verify.mjs", str(folder), *files]
            done = subprocess.run(command, cwd=folder, check=True, capture_output=True, text=True)
            print(done.stdout, end="")
            told = map(json.loads, done.stdout.splitlines())
            found |= {one["file"]: (one["verified"], one["revoked"]) for one in told}
    print("as expected" if found == EXPECTED else f"expected {EXPECTED}")
    return 0 if found == EXPECTED else 1


def _write(folder: Path) -> None:
    world = World(folder)
    world.issuing.keys.create(TODAY)
    text = world.issuing.json(EARNED).decode()
    (folder / "holds.json").write_text(text)
    (folder / "revoked.json").write_text(text)
    (folder / "changed.json").write_text(text.replace("SITI", "SITA"))
    (folder / "added.json").write_text(text.replace('"hashed"', '"jabatan": "Kepala", "hashed"'))
    (folder / "did.json").write_bytes(world.issuing.did_document())
    contexts = Path(linked.__file__).parent / "contexts"
    network = {
        DID: "did.json",
        f"{HOME}/badges/status/0": "list.json",
        linked.CREDENTIALS: str(contexts / "credentials-v2.json"),
        linked.OPEN_BADGES: str(contexts / "openbadges-3.0.3.json"),
        linked.EXTENSIONS: str(contexts / "openbadges-extensions.json"),
    }
    (folder / "network.json").write_text(json.dumps(network))


def _publish(folder: Path, revoked: set[int]) -> None:
    world = World(folder)
    (folder / "list.json").write_bytes(world.issuing.status_list(0, revoked, world.now))


if __name__ == "__main__":
    sys.exit(main())
