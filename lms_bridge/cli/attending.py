"""``attention``: what waits for a person, and doing something about all of one cause.

The same acts as in the console. What belongs to a course is done by ``courses import``, what was
taken back by ``completions undo`` and ``keep``, a finding by ``reconcile repair``.
"""

from __future__ import annotations

from collections.abc import Callable

import click

from lms_bridge.accounts.sight import EVERYBODY
from lms_bridge.attention import acting, bulk, dismissing, judging, linking, outcome, overview
from lms_bridge.attention.groups import ACTS, Act, Cause, Group, Kind
from lms_bridge.bridge import utc_now
from lms_bridge.cli import looked, output
from lms_bridge.cli.looked import here
from lms_bridge.cli.person import employee_with
from lms_bridge.cli.session import InOrder, Session, pass_session
from lms_bridge.cli.status import show_attention
from lms_bridge.i18n import mark
from lms_bridge.people.identities import realms_of
from lms_bridge.redaction import mask_nip

_LONGEST = 3600.0
"""seconds; a command goes on until all is done"""
_COMMANDS = {
    Act.CATALOGUE: "lms-bridge courses import FILE",
    Act.LINK: "lms-bridge attention link {group} NIP",
    Act.JUDGE: "lms-bridge attention judge {group}",
    Act.DISMISS: "lms-bridge attention dismiss {group} --why …",
    Act.RETRY: "lms-bridge attention retry {group}",
    Act.CANCEL: "lms-bridge attention cancel {group} --why …",
    Act.UNDO: "lms-bridge completions undo",
    Act.KEEP: "lms-bridge completions keep",
    Act.REPAIR: "lms-bridge reconcile repair",
}
_group = click.argument("group")
_why = click.option("--why", required=True, help="The reason, for whoever looks at it later.")


@click.group(cls=InOrder, invoke_without_command=True)
@output.json_option
@click.pass_context
def attention(ctx: click.Context, /, as_json: bool) -> None:
    """Show what waits for a person, and act on it by its cause.

    groups lists it by cause, each with a name such as course:12, by which the other commands know
    it, and with the commands that can mend it.
    """
    if ctx.invoked_subcommand is None:
        show_attention(ctx.ensure_object(Session), as_json=as_json)


@attention.command()
@output.json_option
@pass_session
def groups(session: Session, as_json: bool) -> None:
    """List what waits by its cause, the largest first."""
    with session.bridge.store.reading() as db:
        found = [one for part in overview.look(db, EVERYBODY, most=50) for one in part.groups]
    looked.note(session, "list", list="attention")
    if as_json:
        output.print_json(
            [
                {
                    "group": _name(one),
                    "about": mask_nip(one.title),
                    "count": one.count,
                    "reason": one.reason,
                    "commands": _commands(one),
                }
                for one in found
            ]
        )
        return
    say = session.say
    made = output.table("", say(mark("group")), say(mark("what is amiss")), say(mark("what to do")))
    for one in found:
        made.add_row(
            output.stacked(_name(one), str(one.count)),
            output.stacked(mask_nip(one.title), session.reason(one.reason)),
            "\n".join(_commands(one)),
        )
    output.rows_or_nothing(session.console, made, say(mark("Nothing waits.")))


@attention.command()
@_group
@click.argument("nip")
@pass_session
def link(session: Session, group: str, nip: str) -> None:
    """Say that the account of GROUP is that of the employee with NIP."""
    found, bridge = _find(session, group, Act.LINK), session.bridge
    employee = employee_with(session, nip)
    with bridge.store.writing() as db:
        linking.link(
            db,
            found.cause.member,
            employee,
            realms=realms_of(bridge.settings),
            actor=here(),
            sight=EVERYBODY,
            now=utc_now(),
        )
    outcome.judge(bridge)
    session.tell(mark("The account is linked; what waited for it is judged again."))


@attention.command()
@_group
@_why
@pass_session
def dismiss(session: Session, group: str, why: str) -> None:
    """Have nothing of GROUP recorded, now or later."""
    is_finding = group.partition(":")[0] == Kind.FINDING
    act = acting.dismiss_all_findings if is_finding else dismissing.dismiss
    count = _all(session, group, Act.DISMISS, act, why=why)
    session.tell(mark("Dismissed: %(count)s."), count=count)


@attention.command()
@_group
@pass_session
def judge(session: Session, group: str) -> None:
    """Have all of GROUP judged again, by what is known now."""
    count = _all(session, group, Act.JUDGE, judging.judge_group, begun=utc_now())
    outcome.judge(session.bridge)
    session.tell(mark("Judged again: %(count)s."), count=count)


@attention.command()
@_group
@pass_session
def retry(session: Session, group: str) -> None:
    """Try all of GROUP again; what is there is looked up first."""
    count = _all(session, group, Act.RETRY, acting.retry, begun=utc_now())
    session.tell(mark("Deliveries that will be tried again: %(count)s."), count=count)


@attention.command()
@_group
@_why
@pass_session
def cancel(session: Session, group: str, why: str) -> None:
    """Give all of GROUP up."""
    count = _all(session, group, Act.CANCEL, acting.cancel, begun=utc_now(), why=why)
    session.tell(mark("Deliveries that were given up: %(count)s."), count=count)


def _find(session: Session, name: str, act: Act) -> Group:
    """The group of that name, about which that can be done."""
    kind, _, member = name.partition(":")
    if kind not in {str(one) for one in Kind} or not (member.isascii() and member.isdecimal()):
        session.fail(mark("a group is called as in lms-bridge attention groups"), code=2)
    if act not in ACTS[Kind(kind)]:
        session.fail(mark("that cannot be done about %(group)s"), group=name)
    with session.bridge.store.reading() as db:
        found = overview.find(db, Cause(Kind(kind), int(member)), EVERYBODY)
    if found is None or not found.count:
        session.fail(mark("nothing waits for %(group)s any more"), group=name)
    return found


def _all(session: Session, group: str, act: Act, do: Callable[..., int], **more: object) -> int:
    """Have that done to all of the group, some at a time; to how many it was."""
    cause, actor = _find(session, group, act).cause, here()
    return bulk.in_batches(
        session.bridge.store,
        lambda db, most: do(db, cause, most=most, actor=actor, now=utc_now(), **more),
        seconds=_LONGEST,
    )


def _name(one: Group) -> str:
    return f"{one.cause.kind}:{one.cause.member}"


def _commands(one: Group) -> list[str]:
    return [_COMMANDS[act].format(group=_name(one)) for act in one.acts]
