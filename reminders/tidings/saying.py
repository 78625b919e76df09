"""The words of tidings and whom they go to, as they stand at the moment of sending."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from reminders import clock
from reminders.db import vault_of
from reminders.rules import check_code, tidings
from reminders.rules.lifecycle import Channel, HolderKind
from reminders.rules.template_fields import Value
from reminders.rules.tidings import MAY_WRITE_FOR, News, VisitLine
from reminders.tables.appointments import Appointment, CounterHour
from reminders.tables.bindings import Follower
from reminders.tables.catalogue import CatalogueEntry
from reminders.tables.deliveries import Delivery
from reminders.tables.holders import Contact, Holder
from reminders.tables.ledger import License
from reminders.tables.staff import Department
from reminders.tidings.standing import ME, OTHER, news, visits


@dataclass(frozen=True)
class TidingsContent:
    """Personal: lives in the sender's memory only. `may_write`: a free text to them is taken now."""

    openid: str
    phone: str
    values: Mapping[str, Value | None]
    sms: Mapping[str, str]
    text: str
    page: str
    may_write: bool


def contents(
    session: Session, delivery_ids: Sequence[int], page_base: str = "", *, now: datetime
) -> dict[int, TidingsContent]:
    """Delivery id → what to say to whom; one with nothing left to say is left out."""
    return {
        **_news(session, delivery_ids, page_base, now),
        **_visits(session, delivery_ids, page_base, now),
    }


def _news(
    session: Session, delivery_ids: Sequence[int], page_base: str, now: datetime
) -> dict[int, TidingsContent]:
    found = session.execute(
        news(
            select(
                Delivery.id,
                ME.openid,
                ME.language,
                ME.wrote_at,
                OTHER.follower_id,
                Holder.id,
                Holder.name,
                Holder.kind,
                Department.service_phone,
            )
        )
        .where(Delivery.id.in_(delivery_ids), License.id == OTHER.license_id, Holder.id == License.holder_id)
        .where(CatalogueEntry.id == License.catalogue_entry_id)
        .where(Department.id == CatalogueEntry.department_id)
        .distinct()
        .order_by(Delivery.id, Holder.id)
    ).all()
    told: dict[int, TidingsContent] = {}
    for delivery_id in {row[0] for row in found}:
        code = check_code.encode(delivery_id, vault_of(session).blind)
        rows = [row for row in found if row[0] == delivery_id]
        told[delivery_id] = _of_news(rows, code, page_base + tidings.NEWS_PAGE, now)
    return told


def _of_news(rows: Sequence[Any], code: str, page: str, now: datetime) -> TidingsContent:
    _, openid, language, wrote_at, *_ = rows[0]
    holders: dict[int, tuple[str, HolderKind]] = {row[5]: (row[6], row[7]) for row in rows}
    one = News(
        people=len({row[4] for row in rows}),
        holders=list(holders.values()),
        service_phone=rows[0][8],
        told_on=clock.civil_date(now),
        language=language,
    )
    return TidingsContent(
        openid=openid,
        phone="",
        values=tidings.news_values(one, code),
        sms={},
        text=tidings.news_text(one, page, code),
        page=page,
        may_write=_may_write(wrote_at, now),
    )


def _visits(
    session: Session, delivery_ids: Sequence[int], page_base: str, now: datetime
) -> dict[int, TidingsContent]:
    found = session.execute(
        visits(
            select(
                Delivery.id,
                Delivery.channel,
                Follower.openid,
                Follower.wrote_at,
                CatalogueEntry.license_name,
                Appointment.on,
                CounterHour.starts,
                CounterHour.ends,
                Department.counter,
                Department.service_phone,
                Follower.language,
            )
        )
        .where(Delivery.id.in_(delivery_ids), Follower.id == Delivery.follower_id)
        .where(CounterHour.id == Appointment.counter_hour_id, Department.id == CounterHour.department_id)
        .where(CatalogueEntry.id == License.catalogue_entry_id)
        .order_by(Delivery.id, CounterHour.starts, Appointment.id)
    ).all()
    vault, page = vault_of(session), page_base + tidings.VISITS_PAGE
    phones = _phones(session, [row.id for row in found if row.channel is Channel.SMS])
    told: dict[int, TidingsContent] = {}
    for delivery_id in {row.id for row in found}:
        rows = [row for row in found if row.id == delivery_id]
        lines = [VisitLine(*row[4:11]) for row in rows]
        code = check_code.encode(delivery_id, vault.blind)
        told[delivery_id] = TidingsContent(
            openid=rows[0].openid,
            phone=phones.get(delivery_id, ""),
            values=tidings.visit_values(lines, code),
            sms=tidings.visit_sms(lines, code),
            text=tidings.visit_text(lines, page, code),
            page=page,
            may_write=_may_write(rows[0].wrote_at, now),
        )
    return told


def _phones(session: Session, delivery_ids: Sequence[int]) -> dict[int, str]:
    found = session.execute(
        select(Delivery.id, Contact.phone_cipher)
        .join(Contact, Contact.id == Delivery.contact_id)
        .where(Delivery.id.in_(delivery_ids))
    )
    return {delivery_id: vault_of(session).open(sealed) for delivery_id, sealed in found}


def _may_write(wrote_at: datetime | None, now: datetime) -> bool:
    return wrote_at is not None and now - wrote_at < MAY_WRITE_FOR
