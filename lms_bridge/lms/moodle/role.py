"""What the bridge's account needs, as lists and as the role file that Moodle imports."""

from __future__ import annotations

from collections.abc import Iterable
from xml.sax.saxutils import escape

from lms_bridge.lms.base import AccessPlan, Permission
from lms_bridge.lms.moodle.needs import EXTRAS, Need


def plan_of(needs: Iterable[Need], *, extras: bool = False) -> AccessPlan:
    """All of `needs`, each function and capability once, for the first that names it."""
    functions: dict[str, str] = {}
    capabilities: dict[str, str] = {}
    for need in needs:
        for function in need.functions:
            functions.setdefault(function, need.why)
        for capability in need.capabilities:
            capabilities.setdefault(capability, need.why)
    left = tuple(one for one in EXTRAS if one.name not in capabilities)
    allowed = [*capabilities, *(one.name for one in left if extras)]
    return AccessPlan(
        functions=tuple(Permission(*one) for one in functions.items()),
        capabilities=tuple(Permission(*one) for one in capabilities.items()),
        extras=left,
        role_file=role_xml(allowed),
    )


def role_xml(capabilities: Iterable[str]) -> str:
    """A role that allows `capabilities` in the system, as ``admin/roles`` imports it."""
    allowed = "".join(f"    <allow>{escape(name)}</allow>\n" for name in capabilities)
    return _ROLE.replace("{allowed}", allowed)


_ROLE = """\
<?xml version="1.0" encoding="UTF-8"?>
<!--
  The role of the bridge's account in Moodle: all that it needs, and nothing else.
  Load it under Site administration, Users, Define roles, Add a new role: "Use role preset".
  "lms-bridge lms plan" says what each capability is for.
-->
<role>
  <shortname>lmsbridge</shortname>
  <name>LMS bridge</name>
  <description>The account by which lms-bridge asks for completions and badges.</description>
  <archetype/>
  <contextlevels>
    <level>system</level>
  </contextlevels>
  <allowassign/>
  <allowoverride/>
  <allowswitch/>
  <allowview/>
  <permissions>
{allowed}  </permissions>
</role>
"""
