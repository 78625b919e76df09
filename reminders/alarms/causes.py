"""What makes an alarm ring: each cause gives a sentence with the next step, or None."""

from collections.abc import Callable
from datetime import datetime, time, timedelta

from sqlalchemy import ColumnElement, Select, and_, exists, func, or_, select
from sqlalchemy.orm import Session, aliased

from reminders import brakes, clock
from reminders.rules.delivery_rules import SENT_BY_MACHINE, UNLISTED, Hours, in_hours
from reminders.rules.lifecycle import AlarmKind, Channel, DeliveryState, LicenseState, Purpose, Role, RunState
from reminders.rules.share_state import ShareState
from reminders.tables.audit import AuditCheck
from reminders.tables.catalogue import CatalogueEntry
from reminders.tables.deliveries import UNMATCHED, WAITING, Circuit, Delivery, PlannerRun, ProviderEvent
from reminders.tables.ledger import LedgerImport, License
from reminders.tables.renewals import DecisionShare, LibrarySync
from reminders.tables.staff import Absence, Department, Staff
from reminders.tables.supervision import RectificationOrder

WATCHED: Hours = (time(9), time(18))  # well inside any sending hours
RUN_WITHIN = timedelta(hours=26)
SHEET_WITHIN = timedelta(days=100)  # the ledger is sent every quarter
RECEIPT_WITHIN = timedelta(hours=24)
UNSHARED_WITHIN = timedelta(minutes=30)
OVERDUE = timedelta(minutes=15)  # far longer than any pause between two tries in daytime
MOST = 1_000  # counting stops here
SHORT_PAUSE = ":fresh"  # an outage of seconds, that ends by itself


def planner_missing(session: Session, now: datetime) -> str | None:
    """No run ended in 26 hours; an installation without licenses needs none."""
    last = session.execute(select(func.max(PlannerRun.finished_at))).scalar_one()
    if last is not None and now - last <= RUN_WITHIN:
        return None
    old = select(exists().where(License.created_at < now - RUN_WITHIN))
    if last is None and not session.execute(old).scalar():
        return None
    hours = "从未运行" if last is None else f"已有 {round((now - last).total_seconds() / 3600)} 小时没有运行"
    return f"提醒计划{hours}，到日子的人收不到提醒。请告诉运维人员：查看 clock 进程，或运行 reminders plan。"


def run_held(session: Session, now: datetime) -> str | None:
    held = session.execute(
        select(PlannerRun.id).where(PlannerRun.state == RunState.HELD).order_by(PlannerRun.id.desc()).limit(1)
    ).scalar_one_or_none()
    if held is None:
        return None
    return f"第 {held} 次计划的消息数超过上限，等待确认，尚未发出。请业务科在“发送开关”页核对后确认或放弃。"


def circuit_open(session: Session, now: datetime) -> str | None:
    is_open = or_(Circuit.until.is_(None), Circuit.until > now)
    found = session.execute(
        select(Circuit.name, Circuit.reason)
        .where(is_open, ~Circuit.name.endswith(SHORT_PAUSE))
        .order_by(Circuit.name)
    ).all()
    if not found:
        return None
    names = "、".join(f"{row.name}（{row.reason}）" for row in found)
    return f"发送通道暂停：{names}。请排除原因后在“发送开关”页解除。"


def messages_stuck(session: Session, now: datetime) -> str | None:
    blocked = _number(session, Delivery.state == DeliveryState.BLOCKED)
    review = _number(session, Delivery.state == DeliveryState.REVIEW)
    if not blocked and not review:
        return None
    return f"{blocked} 条消息受阻，{review} 条不知道对方是否收到。请到“发送失败”页逐条处理。"


def messages_overdue(session: Session, now: datetime) -> str | None:
    """Wants to leave since a quarter of an hour, in daytime, and neither a brake nor a pause keeps it."""
    if not in_hours(now, WATCHED) or not brakes.sending_is_on(session):
        return None
    resting = brakes.open_circuits(session, now=now)
    channels = [channel for channel in SENT_BY_MACHINE if brakes.whole_channel(channel) not in resting]
    overdue = (
        select(Delivery.id)
        .where(WAITING, Delivery.channel.in_(channels), Delivery.purpose != Purpose.CODE)
        .where(Delivery.state == DeliveryState.READY, Delivery.next_at < now - OVERDUE)
        .limit(MOST)
    )
    number = session.execute(select(func.count()).select_from(overdue.subquery())).scalar_one()
    if not number:
        return None
    return (
        f"{number} 条消息到时间 15 分钟仍未发出；不会丢，恢复后接着发。"
        "请告诉运维人员：查看 worker 进程、SENDING 和各通道的设置，或运行 reminders doctor。"
    )


def unlisted_codes(session: Session, now: datetime) -> str | None:
    """A provider answered with a code that no table of ours lists; whether people were told is not known."""
    found = session.execute(
        select(Delivery.state_reason)
        .where(Delivery.final_at.is_(None), Delivery.state == DeliveryState.UNKNOWN)
        .where(Delivery.state_reason.startswith(UNLISTED))
        .distinct()
        .limit(9)
    ).scalars()
    codes = "、".join(sorted(reason.removeprefix(UNLISTED) for reason in found))
    if not codes:
        return None
    return (
        f"平台返回了没见过的代码：{codes}。是否发到不确定，程序会再试。请运维人员查平台文档，按运行手册处理。"
    )


def receipts_unmatched(session: Session, now: datetime) -> str | None:
    old = select(ProviderEvent.id).where(UNMATCHED, ProviderEvent.received_at < now - RECEIPT_WITHIN)
    number = session.execute(select(func.count()).select_from(old.limit(MOST).subquery())).scalar_one()
    if not number:
        return None
    return f"{number} 条回执超过 24 小时没有对上任何消息。请运维人员按运行手册“回执对不上”一节查看。"


def officer_absent(session: Session, now: datetime) -> str | None:
    """Away today with nobody in their place: no deputy, one who left, or one who is away too."""
    today, deputy, away = clock.civil_date(now), aliased(Staff), aliased(Absence)

    def runs(row: type[Absence]) -> list[ColumnElement[bool]]:
        return [row.ended_at.is_(None), row.from_on <= today, row.until_on >= today]

    is_away = exists().where(away.staff_id == Absence.deputy_id, *runs(away))
    found = session.execute(
        select(Staff.name, Department.name)
        .join(Absence, Absence.staff_id == Staff.id)
        .join(Department, Department.id == Staff.department_id)
        .outerjoin(deputy, and_(deputy.id == Absence.deputy_id, deputy.is_active))
        .where(*runs(Absence), Staff.is_active, or_(deputy.id.is_(None), is_away))
        .order_by(Department.name, Staff.name)
    ).all()
    if not found:
        return None
    names = "、".join(f"{name}（{department}）" for name, department in found)
    return f"{names}今天不在岗，没有人代办。请科室负责人在“缺勤”页取消后重新登记，并指定代办人。"


def officer_missing(session: Session, now: datetime) -> str | None:
    """A department that calls, writes or texts (plan, section 3) has no officer.

    Silent as long as nobody at all has an account.
    """
    if not session.execute(select(exists().where(Staff.is_active))).scalar():
        return None
    works = exists().where(Staff.department_id == Department.id, Staff.is_active, Staff.role == Role.OFFICER)
    has_kinds = exists().where(CatalogueEntry.department_id == Department.id, CatalogueEntry.is_active)
    by_hand = Department.method.in_((Channel.PHONE, Channel.LETTER, Channel.SMS))
    lacking = session.execute(
        select(Department.name).where(by_hand, has_kinds, ~works).order_by(Department.id)
    ).scalars()
    names = "、".join(lacking)
    return (
        f"{names}没有提醒专员，电话、函告和短信没有人做。请安全管理员在“账号”页邀请一位。" if names else None
    )


def ledger_missing(session: Session, now: datetime) -> str | None:
    """A department with kinds in the catalogue holds no license but those typed in, or sent its last sheet
    100 days ago.

    Silent as long as the installation itself is new and empty.
    """
    oldest = session.execute(select(License.created_at).order_by(License.id).limit(1)).scalar_one_or_none()
    if oldest is None or now - oldest < RUN_WITHIN:
        return None
    has_any, sent = exists(_licenses()), exists(_licenses(LedgerImport.is_typed.is_not(True)))
    sheet = [LedgerImport.accepted_at.is_not(None), LedgerImport.is_typed.is_(False)]
    has_sheet = exists().where(LedgerImport.department_id == Department.id, *sheet)
    stale = session.execute(
        select(Department.name)
        .join(LedgerImport, LedgerImport.department_id == Department.id)
        .where(*sheet)
        .group_by(Department.id, Department.name)
        .having(func.max(LedgerImport.accepted_at) < now - SHEET_WITHIN)
        .order_by(Department.id)
    ).scalars()
    named = (
        ("台账里还没有证照", _departments_with_kinds(session, ~has_any)),
        ("只有手工登记的证照，还没有导入台账", _departments_with_kinds(session, has_any, ~sent, ~has_sheet)),
        (f"超过 {SHEET_WITHIN.days} 天没有导入台账", list(stale)),
    )
    told = [f"{'、'.join(names)}{what}" for what, names in named if names]
    return "；".join(told) + "。请业务科督促这些科室报送台账。" if told else None


def orders_late(session: Session, now: datetime) -> str | None:
    late = session.execute(
        select(Department.name)
        .join(RectificationOrder, RectificationOrder.department_id == Department.id)
        .where(RectificationOrder.closed_at.is_(None), RectificationOrder.replied_at.is_(None))
        .where(RectificationOrder.deadline_on < clock.civil_date(now))
        .distinct()
        .order_by(Department.name)
    ).scalars()
    names = "、".join(late)
    return f"{names}的整改通知逾期未回复。请业务科在“督查 → 抽查和整改”页催办。" if names else None


def audit_broken(session: Session, now: datetime) -> str | None:
    broken = session.execute(select(AuditCheck.broken_id)).scalar_one_or_none()
    if broken is None:
        return None
    where = f"第 {broken} 条对不上前一条" if broken else "末尾有记录被删"
    return f"审计记录{where}，可能被改过。请审计管理员停止变更，用备份核对，并运行 reminders audit verify。"


def decisions_unshared(session: Session, now: datetime) -> str | None:
    """Refused for good, without a regulator, or not receipted for longer than an outage of minutes."""
    late = or_(
        DecisionShare.state == ShareState.FAILED,
        and_(
            DecisionShare.state.in_((ShareState.READY, ShareState.SENDING)),
            DecisionShare.created_at < now - UNSHARED_WITHIN,
        ),
    )
    found = select(DecisionShare.id).where(late).limit(MOST)
    number = session.execute(select(func.count()).select_from(found.subquery())).scalar_one()
    if not number:
        return None
    return f"{number} 项换证决定还没有推送给监管部门。请业务科打开“审管联动”页，看原因后重试或指定监管部门。"


def library_silent(session: Session, now: datetime) -> str | None:
    row = session.get(LibrarySync, 1)
    if row is None or now - (row.finished_at or row.began_at) <= RUN_WITHIN:
        return None
    reason = f"（{row.last_error}）" if row.last_error else ""
    return (
        f"电子证照库已超过 26 小时没有同步成功{reason}，台账可能不是最新的。"
        "请告诉运维人员：运行 reminders doctor，核对地址和密钥。"
    )


CAUSES: dict[AlarmKind, Callable[[Session, datetime], str | None]] = {
    AlarmKind.PLANNER_MISSING: planner_missing,
    AlarmKind.RUN_HELD: run_held,
    AlarmKind.CIRCUIT_OPEN: circuit_open,
    AlarmKind.MESSAGES_STUCK: messages_stuck,
    AlarmKind.MESSAGES_OVERDUE: messages_overdue,
    AlarmKind.UNLISTED_CODES: unlisted_codes,
    AlarmKind.RECEIPTS_UNMATCHED: receipts_unmatched,
    AlarmKind.OFFICER_ABSENT: officer_absent,
    AlarmKind.OFFICER_MISSING: officer_missing,
    AlarmKind.LEDGER_MISSING: ledger_missing,
    AlarmKind.ORDERS_LATE: orders_late,
    AlarmKind.AUDIT_BROKEN: audit_broken,
    AlarmKind.DECISIONS_UNSHARED: decisions_unshared,
    AlarmKind.LIBRARY_SILENT: library_silent,
}


def _number(session: Session, condition: ColumnElement[bool]) -> int:
    """By the index of messages that are not finished."""
    found = select(Delivery.id).where(Delivery.final_at.is_(None), condition).limit(MOST)
    return session.execute(select(func.count()).select_from(found.subquery())).scalar_one()


def _departments_with_kinds(session: Session, *conditions: ColumnElement[bool]) -> list[str]:
    has_kinds = exists().where(CatalogueEntry.department_id == Department.id, CatalogueEntry.is_active)
    found = select(Department.name).where(has_kinds, *conditions).order_by(Department.id)
    return list(session.execute(found).scalars())


def _licenses(*conditions: ColumnElement[bool]) -> Select[int]:
    """The licenses of a department, each with the import that wrote it last, if any did."""
    return (
        select(License.id)
        .join(CatalogueEntry, CatalogueEntry.id == License.catalogue_entry_id)
        .outerjoin(LedgerImport, LedgerImport.id == License.import_id)
        .where(CatalogueEntry.department_id == Department.id, License.state != LicenseState.CANCELLED)
        .where(*conditions)
        .correlate(Department)
    )
