"""Shows a follower everything kept of them."""

import json
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session

from reminders import clock, sightings
from reminders.db import vault_of
from reminders.rules import permissions
from reminders.rules.answers import WORDS
from reminders.rules.explanation import CHANNELS, STATES
from reminders.rules.lifecycle import GrantState
from reminders.rules.service_words import (
    ABOUTS,
    APPLICATIONS,
    LEVELS,
    REASONS,
    VISITS,
    AppointmentState,
    Reason,
)
from reminders.tables.answers import Answer
from reminders.tables.appeals import Appeal
from reminders.tables.applications import Application
from reminders.tables.appointments import Appointment, CounterHour
from reminders.tables.bindings import Binding, Confirmation, Consent, Follower, SubscriptionGrant
from reminders.tables.catalogue import CatalogueEntry
from reminders.tables.checklists import MaterialTick
from reminders.tables.choices import LicenseChoice
from reminders.tables.deliveries import Delivery
from reminders.tables.feedback import Feedback
from reminders.tables.ledger import License

MOST = 500
GRANTS = {GrantState.ACCEPTED: "同意", GrantState.REJECTED: "不同意", GrantState.USED_UP: "已失效"}
# What an appeal keeps of what was typed.
TYPED = {"identifier": "您写的编号", "name": "您写的姓名", "phone": "您写的电话", "note": "您写的话"}
KEPT_BY_LAW = (
    "依法须留存的内容会保留：审批台账，哪一天用什么方式提醒过、是否送达，以及操作日志。"
    "它们不再与您的微信对应。"
)


def personal_data(session: Session, follower_id: int) -> dict[str, Any]:
    """Ready for JSON; moments as clocks in Weihai show them."""
    me = session.get_one(Follower, follower_id)
    return {
        "openid": me.openid,
        "关注时间": _moment(me.followed_at),
        "语言": me.language,
        "长辈模式": "开" if me.is_care else "关",
        "字号": me.font,
        "颜色": me.colours,
        "不打扰到": me.quiet_until,
        "微信提醒": "关" if me.wechat_off_at else "开",
        "同意": _consents(session, follower_id),
        "长期订阅": _grants(session, follower_id),
        "绑定": _bindings(session, follower_id),
        "提醒方式": _choices(session, follower_id),
        "回答": _answers(session, follower_id),
        "备好的材料": _ticks(session, follower_id),
        "办理进度": _applications(session, follower_id),
        "预约": _visits(session, follower_id),
        "意见": _feedback(session, follower_id),
        "申诉": _appeals(session, follower_id),
        "看过或问过的证照": _signs(session, follower_id),
        "提醒": _messages(session, follower_id),
        "谁看过": _sightings(session, follower_id),
        "说明": KEPT_BY_LAW,
    }


def _consents(session: Session, follower_id: int) -> list[dict[str, Any]]:
    found = session.execute(
        select(Consent.version, Consent.given_at, Consent.withdrawn_at)
        .where(Consent.follower_id == follower_id)
        .order_by(Consent.id)
    )
    return [
        {"版本": version, "同意时间": _moment(given_at), "撤回时间": _moment(withdrawn_at)}
        for version, given_at, withdrawn_at in found
    ]


def _grants(session: Session, follower_id: int) -> list[dict[str, Any]]:
    """What they said to the platform's subscription notices; a template's number names none of ours."""
    mine = select(SubscriptionGrant).where(SubscriptionGrant.follower_id == follower_id)
    found = session.execute(mine.order_by(SubscriptionGrant.id).limit(MOST)).scalars()
    return [{"结果": GRANTS[one.state], "时间": _moment(one.changed_at)} for one in found]


def _bindings(session: Session, follower_id: int) -> list[dict[str, Any]]:
    found = session.execute(
        select(CatalogueEntry.license_name, License.license_no, Binding.bound_at, Binding.unbound_at)
        .add_columns(Binding.wechat_off_at)
        .join(License, License.id == Binding.license_id)
        .join(CatalogueEntry, CatalogueEntry.id == License.catalogue_entry_id)
        .where(Binding.follower_id == follower_id)
        .order_by(Binding.id)
        .limit(MOST)
    )
    return [
        {"证照": name, "编号": number, "绑定时间": _moment(bound), "解除时间": _moment(unbound)}
        | {"微信提醒": "关" if off_at else "开"}
        for name, number, bound, unbound, off_at in found
    ]


def _choices(session: Session, follower_id: int) -> list[dict[str, Any]]:
    """What this person was the last to choose."""
    found = session.execute(
        select(CatalogueEntry.license_name, License.license_no, LicenseChoice)
        .join(License, License.id == LicenseChoice.license_id)
        .join(CatalogueEntry, CatalogueEntry.id == License.catalogue_entry_id)
        .where(LicenseChoice.follower_id == follower_id)
        .order_by(License.id)
        .limit(MOST)
    )
    return [
        {"证照": name, "编号": number, "短信": "关" if row.no_sms else "开"}
        | {"电话": "关" if row.no_calls else "开", "少提醒": "开" if row.fewer else "关"}
        | {"时间": _moment(row.changed_at)}
        for name, number, row in found
    ]


def _answers(session: Session, follower_id: int) -> list[dict[str, Any]]:
    vault = vault_of(session)
    mine = select(Answer).where(Answer.follower_id == follower_id).order_by(Answer.id)
    return [
        {
            "回答": WORDS[answer.kind],
            "您写的话": vault.open(answer.note_cipher) if answer.note_cipher else "",
            "另留的电话": vault.open(answer.phone_cipher) if answer.phone_cipher else "",
            "时间": _moment(answer.given_at),
            "撤回时间": _moment(answer.withdrawn_at),
        }
        for answer in session.execute(mine).scalars()
    ]


def _ticks(session: Session, follower_id: int) -> list[dict[str, Any]]:
    found = session.execute(
        select(CatalogueEntry.license_name, func.count(), func.max(MaterialTick.ticked_at))
        .join(License, License.id == MaterialTick.license_id)
        .join(CatalogueEntry, CatalogueEntry.id == License.catalogue_entry_id)
        .where(MaterialTick.follower_id == follower_id)
        .group_by(License.id, CatalogueEntry.license_name)
        .order_by(License.id)
        .limit(MOST)
    )
    return [{"证照": name, "件数": count, "时间": _moment(at)} for name, count, at in found]


def _applications(session: Session, follower_id: int) -> list[dict[str, Any]]:
    found = session.execute(
        select(CatalogueEntry.license_name, Application)
        .join(License, License.id == Application.license_id)
        .join(CatalogueEntry, CatalogueEntry.id == License.catalogue_entry_id)
        .where(*told_by(follower_id))
        .order_by(Application.id)
        .limit(MOST)
    )
    return [
        {"证照": name, "受理号": row.number, "进度": APPLICATIONS[row.stage]}
        | {"提交日期": str(row.submitted_on) if row.submitted_on else "", "时间": _moment(row.told_at)}
        for name, row in found
    ]


def told_by(follower_id: int) -> tuple[ColumnElement[bool], ...]:
    """For rows of Application: this person told it, and no member of staff has made it the department's."""
    bound = select(Binding.license_id).where(Binding.follower_id == follower_id)
    return Application.license_id.in_(bound), Application.told_by == permissions.follower(follower_id).ref


def _visits(session: Session, follower_id: int) -> list[dict[str, Any]]:
    found = session.execute(
        select(CatalogueEntry.license_name, Appointment.on, CounterHour.starts, Appointment.state)
        .join(CounterHour, CounterHour.id == Appointment.counter_hour_id)
        .join(License, License.id == Appointment.license_id)
        .join(CatalogueEntry, CatalogueEntry.id == License.catalogue_entry_id)
        .where(Appointment.follower_id == follower_id, Appointment.state != AppointmentState.HELD)
        .order_by(Appointment.id)
        .limit(MOST)
    )
    return [
        {"证照": name, "日期": str(on), "时间": f"{starts:%H:%M}", "结果": VISITS[state]}
        for name, on, starts, state in found
    ]


def _feedback(session: Session, follower_id: int) -> list[dict[str, Any]]:
    vault = vault_of(session)
    mine = select(Feedback).where(Feedback.follower_id == follower_id).order_by(Feedback.id).limit(MOST)
    return [
        {
            "事项": ABOUTS[one.about],
            "满意程度": LEVELS[one.level] if one.level else "",
            "原因": [REASONS[Reason(word)] for word in one.reasons.split(",") if word],
            "您写的话": vault.open(one.words_cipher) if one.words_cipher else "",
            "时间": _moment(one.given_at),
        }
        for one in session.execute(mine).scalars()
    ]


def _appeals(session: Session, follower_id: int) -> list[dict[str, Any]]:
    vault = vault_of(session)
    mine = select(Appeal).where(Appeal.follower_id == follower_id).order_by(Appeal.id).limit(MOST)
    found = []
    for one in session.execute(mine).scalars():
        typed = json.loads(vault.open(one.typed_cipher))
        words = {name: typed.get(key, "") for key, name in TYPED.items()}
        done = "已处理" if one.closed_at else "待处理"
        found.append(words | {"时间": _moment(one.created_at), "结果": done})
    return found


def _signs(session: Session, follower_id: int) -> list[dict[str, Any]]:
    found = session.execute(
        select(CatalogueEntry.license_name, Confirmation.sign, Confirmation.at)
        .join(License, License.id == Confirmation.license_id)
        .join(CatalogueEntry, CatalogueEntry.id == License.catalogue_entry_id)
        .where(Confirmation.follower_id == follower_id)
        .order_by(Confirmation.id)
        .limit(MOST)
    )
    return [{"证照": name, "方式": sign, "时间": _moment(at)} for name, sign, at in found]


def _messages(session: Session, follower_id: int) -> list[dict[str, Any]]:
    found = session.execute(
        select(Delivery.for_day, Delivery.channel, Delivery.state)
        .where(Delivery.follower_id == follower_id)
        .order_by(Delivery.id.desc())
        .limit(MOST)
    )
    return [
        {"日期": str(day), "方式": CHANNELS[channel], "结果": STATES[state]} for day, channel, state in found
    ]


def _sightings(session: Session, follower_id: int) -> list[dict[str, Any]]:
    return [
        {
            "时间": _moment(one.at),
            "谁": f"{one.department} {one.role}".strip(),
            "做了什么": one.what,
            "为什么": one.why,
        }
        for one in sightings.of(session, follower_id)
    ]


def _moment(at: datetime | None) -> str | None:
    return f"{at.astimezone(clock.SHANGHAI):%Y-%m-%d %H:%M}" if at else None
