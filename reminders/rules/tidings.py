"""What is said of somebody newly bound to a person's licenses, and of their visit to a counter tomorrow."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, time, timedelta

from reminders.rules.lifecycle import HolderKind, Language, Purpose
from reminders.rules.template_fields import Value
from reminders.rules.wording import FIELD_ROOM, short_holder

TIDINGS = (Purpose.NEWS, Purpose.VISIT)
MERGED_FOR = timedelta(minutes=2)  # who binds one license after the other is one piece of news
NO_NEWS_AFTER = timedelta(days=3)
# For 48 hours after somebody typed something the platform lets us write back freely; we remember that to
# within WRITES_KNOWN_WITHIN, and a message may wait for a while.
WRITES_KNOWN_WITHIN = timedelta(hours=6)
MAY_WRITE_FOR = timedelta(hours=47)
# The day before, in the afternoon; who books later than that knows when they are expected.
VISIT_TOLD_AT = time(15, 0)
STRANGER = "不是我们的人"
NEWS_NAMES = ("subject", "holder_name", "told_on", "advice", "count", "service_phone", "check_code")
VISIT_NAMES = ("subject", "visit_on", "visit_time", "counter", "advice", "service_phone", "check_code")
NEWS_PAGE, VISITS_PAGE = "/h5/people/new", "/h5/visits"
TAP = '<a href="weixin://bizmsgmenu?msgmenucontent={words}&msgmenuid=1">{words}</a>'


@dataclass(frozen=True)
class News:
    """So many people were bound to licenses of these holders since the reader was last told."""

    people: int
    holders: Sequence[tuple[str, HolderKind]]
    service_phone: str
    told_on: date
    language: Language = Language.ZH


@dataclass(frozen=True)
class VisitLine:
    license_name: str
    on: date
    starts: time
    ends: time
    counter: str
    service_phone: str
    language: Language = Language.ZH


def news_values(news: News, check_code: str) -> dict[str, Value | None]:
    """Everything the template [news] of config/wechat_templates.toml may show."""
    is_english = news.language is Language.EN
    subject = f"{news.people} new recipients" if is_english else f"新的接收人 {news.people} 位"
    return {
        "subject": subject,
        "holder_name": _holders(news),
        "told_on": news.told_on,
        "advice": "Unknown? Tap to report" if is_english else "不认识请点开，我们核对",
        "count": news.people,
        "service_phone": news.service_phone,
        "check_code": check_code,
    }


def news_text(news: News, page: str, check_code: str) -> str:
    """What may be written back to somebody who wrote to us lately."""
    if news.language is Language.EN:
        return (
            f"{news.people} new person(s) can see licences of {_holders(news)} and are reminded too.\n"
            "If it is a colleague, there is nothing to do.\n"
            f'<a href="{page}">See who</a> · Not one of us: {TAP.format(words="not one of us")}\n'
            f"Check code {check_code}"
        )
    return (
        f"{_holders(news)}的证照新绑定了 {news.people} 位接收人，以后也会收到提醒。\n"
        "是您单位的人，不用做什么。\n"
        f'<a href="{page}">看是谁</a>；不认识的，点 {TAP.format(words=STRANGER)}'
        "（或回复这几个字），工作人员来核对。\n"
        f"校验码 {check_code}"
    )


def visit_values(lines: Sequence[VisitLine], check_code: str) -> dict[str, Value | None]:
    """Everything the templates [visit] may show; of several visits the first one lends its time."""
    first = lines[0]
    return {
        "subject": subject(lines),
        "visit_on": first.on,
        "visit_time": _span(first),
        "counter": first.counter,
        "advice": "Cannot come? Cancel" if first.language is Language.EN else "来不了请提前取消",
        "service_phone": first.service_phone,
        "check_code": check_code,
    }


def visit_text(lines: Sequence[VisitLine], page: str, check_code: str) -> str:
    first = lines[0]
    if first.language is Language.EN:
        rows = [f"{line.on} {_span(line)} {line.license_name}, {line.counter}" for line in lines]
        head, tail = (
            "You are expected tomorrow:",
            f'<a href="{page}">Move or cancel</a> · Check code {check_code}',
        )
    else:
        rows = [f"{line.on} {_span(line)} {line.license_name}，{line.counter}" for line in lines]
        head, tail = "您明天有预约：", f'来不了请提前<a href="{page}">改时间或取消</a>。校验码 {check_code}'
    return "\n".join([head, *rows, tail])


def visit_sms(lines: Sequence[VisitLine], check_code: str) -> dict[str, str]:
    """What the placeholders of [visit] in config/sms_templates.toml stand for."""
    told = {name: str(value) for name, value in visit_values(lines, check_code).items()}
    return told | {"subject": f"《{lines[0].license_name}》" if len(lines) == 1 else f"{len(lines)}本证照"}


def subject(lines: Sequence[VisitLine]) -> str:
    if len(lines) == 1:
        return lines[0].license_name
    return f"{len(lines)} visits" if lines[0].language is Language.EN else f"{len(lines)} 本证照"


def _holders(news: News) -> str:
    name, kind = news.holders[0]
    if len(news.holders) == 1:
        return short_holder(name, kind, FIELD_ROOM)
    count = len(news.holders)
    return f"{count} holders" if news.language is Language.EN else f"{count} 个持证人"


def _span(line: VisitLine) -> str:
    return f"{line.starts:%H:%M}-{line.ends:%H:%M}"
