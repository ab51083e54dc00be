"""``python -m lms_bridge`` is ``lms-bridge``."""

from lms_bridge.cli import main

main()
