"""Who acts, and what each role may do."""

from dataclasses import dataclass
from enum import StrEnum

from reminders.rules.lifecycle import Role


class Permission(StrEnum):
    """What a staff route or command asks for; every staff route declares exactly one."""

    SEE_HOME = "see_home"
    SEE_LEDGER = "see_ledger"
    IMPORT_LEDGER = "import_ledger"
    EXPORT_LEDGER = "export_ledger"
    SEE_WORKLIST = "see_worklist"
    RECORD_CALL = "record_call"
    RECORD_LETTER = "record_letter"
    ISSUE_LETTER = "issue_letter"
    LET_BIND = "let_bind"
    SEE_NOTICES = "see_notices"
    WRITE_NOTICE = "write_notice"
    REVIEW_NOTICE = "review_notice"
    WITHDRAW_NOTICE = "withdraw_notice"
    SWITCH_SENDING = "switch_sending"
    CORRECT = "correct"
    SEE_BOOKS = "see_books"
    SEE_PLAN = "see_plan"
    SEE_SUPERVISION = "see_supervision"
    SUPERVISE = "supervise"
    ANSWER_ORDER = "answer_order"
    SEE_CATALOGUE = "see_catalogue"
    EDIT_CATALOGUE = "edit_catalogue"
    CONFIRM_WINDOW = "confirm_window"
    SEE_TEMPLATES = "see_templates"
    WRITE_TEMPLATE = "write_template"
    APPROVE_TEMPLATE = "approve_template"
    REVEAL_PHONE = "reveal_phone"
    SET_ABSENCE = "set_absence"
    OWN_ACCOUNT = "own_account"
    MANAGE_ACCOUNTS = "manage_accounts"
    SEE_AUDIT = "see_audit"
    SIGN_OUT = "sign_out"


_SIGNED_IN = {Permission.SEE_HOME, Permission.SIGN_OUT, Permission.OWN_ACCOUNT}
_EVERYONE = _SIGNED_IN | {
    Permission.SEE_LEDGER,
    Permission.SEE_CATALOGUE,
    Permission.SEE_TEMPLATES,
    Permission.WRITE_TEMPLATE,
    Permission.SEE_WORKLIST,
    Permission.SEE_NOTICES,
    Permission.SEE_BOOKS,
    Permission.SEE_PLAN,
    Permission.SEE_SUPERVISION,
}
_LEDGER_WORK = {
    Permission.REVEAL_PHONE,
    Permission.SET_ABSENCE,
    Permission.IMPORT_LEDGER,
    Permission.EXPORT_LEDGER,
    Permission.RECORD_CALL,
    Permission.RECORD_LETTER,
    Permission.LET_BIND,
    Permission.ANSWER_ORDER,
}

GRANTS: dict[Role, frozenset[Permission]] = {
    Role.OFFICER: frozenset(_EVERYONE | _LEDGER_WORK | {Permission.WRITE_NOTICE}),
    Role.LEAD: frozenset(
        _EVERYONE
        | _LEDGER_WORK
        | {Permission.WRITE_NOTICE, Permission.REVIEW_NOTICE, Permission.WITHDRAW_NOTICE, Permission.CORRECT}
        | {Permission.ISSUE_LETTER, Permission.APPROVE_TEMPLATE, Permission.EDIT_CATALOGUE}
    ),
    Role.SUPERVISOR: frozenset(
        _EVERYONE
        | {
            Permission.EXPORT_LEDGER,
            Permission.REVIEW_NOTICE,
            Permission.WITHDRAW_NOTICE,
            Permission.SWITCH_SENDING,
            Permission.CORRECT,
            Permission.SUPERVISE,
            Permission.APPROVE_TEMPLATE,
            Permission.CONFIRM_WINDOW,
        }
    ),
    Role.OFFICE: frozenset(
        _EVERYONE
        | {Permission.WRITE_NOTICE, Permission.REVIEW_NOTICE, Permission.WITHDRAW_NOTICE}
        | {Permission.APPROVE_TEMPLATE, Permission.EDIT_CATALOGUE}
    ),
    # Three administrators, so that none can do a thing and hide it; none of them sees a holder's data.
    Role.SYSTEM_ADMIN: frozenset(_SIGNED_IN | {Permission.SWITCH_SENDING, Permission.SEE_CATALOGUE}),
    Role.SECURITY_ADMIN: frozenset(_SIGNED_IN | {Permission.MANAGE_ACCOUNTS}),
    Role.AUDIT_ADMIN: frozenset(_SIGNED_IN | {Permission.SEE_AUDIT}),
}

ADMINISTRATORS = frozenset({Role.SYSTEM_ADMIN, Role.SECURITY_ADMIN, Role.AUDIT_ADMIN})
# These roles see every department's rows; an officer and a lead their own department's, administrators none.
SEES_ALL_DEPARTMENTS = frozenset({Role.SUPERVISOR, Role.OFFICE})
NEEDS_DEPARTMENT = frozenset({Role.OFFICER, Role.LEAD})


@dataclass(frozen=True)
class Actor:
    """Who does a thing, as the audit names them: `staff:3`, `follower:8`, `system:clock`, `command:root`."""

    ref: str
    name: str = ""
    role: Role | None = None
    staff_id: int | None = None
    department_id: int | None = None


def system(name: str) -> Actor:
    """The machine itself, for example `system("clock")`."""
    return Actor(ref=f"system:{name}", name="系统")


def follower(follower_id: int) -> Actor:
    """A holder, known by their WeChat account."""
    return Actor(ref=f"follower:{follower_id}", name="持证人")


def operator(login: str) -> Actor:
    """A person at the command line of the server; the operating system vouches for them."""
    return Actor(ref=f"command:{login}", name=login)


def may(actor: Actor, permission: Permission) -> bool:
    return actor.role is not None and permission in GRANTS[actor.role]


def department_scope(actor: Actor) -> int | None:
    """The one department whose rows this actor may see; None means all of them.

    Who has no department, as an administrator, sees nothing: 0 is no department's id.
    """
    if actor.role is None or actor.role in SEES_ALL_DEPARTMENTS:
        return None
    return actor.department_id or 0
