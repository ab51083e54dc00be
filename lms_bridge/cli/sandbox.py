"""``sandbox``: a made-up LMS and registry to try the bridge against."""

from __future__ import annotations

from lms_bridge.sandbox.__main__ import main as sandbox

sandbox.name = "sandbox"
sandbox.short_help = "Run a made-up Moodle and SIASN to try the bridge on."

__all__ = ["sandbox"]
