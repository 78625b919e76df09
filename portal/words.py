"""Chinese words and forms of dates for templates, one place for portal and console."""

import re
from datetime import date, datetime

from flask import Flask
from markupsafe import Markup, escape

from portal.handbook import chapter_of
from portal.installation import settings
from portal.share_words import SHARE_WORDS
from reminders import clock
from reminders.rules.answers import WORDS as ANSWER_WORDS
from reminders.rules.catalogue_entry import VersionState
from reminders.rules.day_books import WORDS as COLUMN_WORDS
from reminders.rules.explanation import BY_POST
from reminders.rules.facts import window_sentence, with_weekday
from reminders.rules.letter_text import WhyLetter
from reminders.rules.lifecycle import (
    BindHow,
    CallOutcome,
    Channel,
    Confidence,
    DeliveryState,
    ImportState,
    NoticeState,
    Outlet,
    PublicationState,
    RowAction,
    SmsFault,
    Stage,
)
from reminders.rules.permissions import Permission, may
from reminders.rules.person_state import WORDS as PERSON_WORDS
from reminders.rules.service_words import AppealKind
from reminders.rules.share_state import ShareState
from reminders.rules.sighting_words import ROLES
from reminders.rules.standing import Standing
from reminders.rules.status import LicenseStatus, StatusKey
from reminders.rules.supervision import NAMES as FIGURE_NAMES
from reminders.rules.supervision import Verdict
from reminders.rules.wordings import TemplateState

# Members of a StrEnum are equal to their text: one word here means one thing in every list.
WORDS: dict[object, str] = {
    NoticeState.DRAFT: "草稿",
    NoticeState.SUBMITTED: "待审核",
    NoticeState.SCHEDULED: "定时发布",
    NoticeState.PUBLISHED: "已发布",
    NoticeState.WITHDRAWN: "已撤回",
    **dict[object, str](ROLES.items()),
    RowAction.NEW: "新增",
    RowAction.CHANGED: "更新",
    RowAction.RENEWED: "换证",
    RowAction.UNCHANGED: "无变化",
    RowAction.FAULTY: "有误",
    ImportState.READING: "正在读取",
    ImportState.PREVIEW: "待确认",
    ImportState.ACCEPTING: "正在写入",
    ImportState.ACCEPTED: "已导入",
    ImportState.DISCARDED: "已放弃",
    ImportState.UNDOING: "正在撤销",
    ImportState.UNDONE: "已撤销",
    Channel.WECHAT: "微信",
    Channel.SUBSCRIPTION: "微信订阅通知",
    Channel.SMS: "短信",
    Channel.BUSINESS_SYSTEM: "业务系统",
    Channel.PHONE: "电话",
    Channel.LETTER: "函告",
    Confidence.CONFIRMED: "已核实",
    Confidence.MEMORY: "未核实",
    Confidence.DEFAULT: "未核实，按一般规定",
    CallOutcome.TOLD: "已告知",
    CallOutcome.NO_ANSWER: "无人接听",
    CallOutcome.WRONG_NUMBER: "空号",
    CallOutcome.CLOSED_DOWN: "停业",
    CallOutcome.ALREADY_RENEWED: "已办理",
    CallOutcome.DECLINED: "拒接",
    CallOutcome.CALL_BACK: "待回电",
    BindHow.PHONE_CODE: "手机验证码",
    BindHow.LETTER: "函件上的二维码",
    BindHow.RECEIPT: "窗口回执上的二维码",
    BindHow.PAPER_CODE: "纸质绑定码",
    BindHow.STAFF: "工作人员自己扫码",
    BindHow.INVITATION: "同事邀请",
    BindHow.APPEAL: "申诉核实",
    AppealKind.WRONG_PHONE: "收不到验证码，申请绑定",
    AppealKind.STRANGER: "不认识的接收人",
    **ANSWER_WORDS,
    **PERSON_WORDS,
    VersionState.COMING: "将生效",
    VersionState.HOLDS: "现行",
    VersionState.HELD: "曾施行",
    VersionState.CALLED_OFF: "已取消",
    TemplateState.PROPOSED: "等待批准",
    TemplateState.IN_FORCE: "在用",
    TemplateState.REPLACED: "用过",
    TemplateState.TURNED_DOWN: "已退回",
    TemplateState.TAKEN_BACK: "已撤回",
    PublicationState.READY: "等待发送",
    PublicationState.SENDING: "正在发送",
    PublicationState.LIVE: "已上线",
    PublicationState.GONE: "已下线",
    PublicationState.FAILED: "失败",
    Outlet.PORTAL: "门户",
    Outlet.OFFICIAL_ACCOUNT: "公众号",
    Outlet.MASS_SEND: "公众号群发",
    Verdict.GOOD: "合格",
    Verdict.PROBLEM: "有问题",
    Standing.VALID: "有效",
    Standing.CLOSING: "将到期",
    Standing.EXPIRED: "已过期",
    Standing.ASK: "请联系科室",
    Outlet.GOVERNMENT_SITE: "政务服务网",
}

WORDS |= dict(FIGURE_NAMES.items())

SMS_FAULTS: dict[object, str] = {
    SmsFault.NO_PHONE: "没有电话：请补上手机号",
    SmsFault.NOT_MOBILE: "是座机，收不到短信：请补上手机号",
    SmsFault.WRONG_NUMBER: "号码已核实有误：请向持证人核实后更正",
    SmsFault.REFUSED: "本人回复退订：不再发短信，到期改打电话",
    SmsFault.NOT_TAKEN: "短信平台拒收这个号码：请更正，否则到期改打电话",
    SmsFault.NAME_TOO_LONG: "证照名称超过短信模板的长度：请管理员缩短模板用名",
}
# States of these are written like others that mean something else.
OWN_WORDS: dict[type, dict[object, str]] = {ShareState: SHARE_WORDS, SmsFault: SMS_FAULTS}

# Only where the department is told something else than the holder; a number of days stays as it is.
STAFF_WORDS = {
    StatusKey.OPEN: "可申请",
    StatusKey.CLOSING: "30 天内截止",
    StatusKey.CLOSED: "已过申请期",
    StatusKey.RENEWING: "已申请延续",
    StatusKey.NO_EXPIRY: "无固定期限",
    StatusKey.UNKNOWN: "期满日期缺失，待核对",
}
# Words of a message; a code of the platform stays as it is.
STATES = {
    DeliveryState.READY: "待发",
    DeliveryState.SENDING: "正在发送",
    DeliveryState.ACCEPTED: "已交平台，等回执",
    DeliveryState.DELIVERED: "已送达",
    DeliveryState.UNCONFIRMED: "已交平台，无回执",
    DeliveryState.REFUSED: "被拒收",
    DeliveryState.UNKNOWN: "平台未答复，正在重试",
    DeliveryState.BLOCKED: "受阻",
    DeliveryState.CANCELLED: "已取消",
    DeliveryState.UNDELIVERABLE: "送不到",
    DeliveryState.REVIEW: "不知是否收到",
}
STAGES = {
    Stage.FIRST: "首次提醒",
    Stage.OPEN: "可以申请",
    Stage.FOLLOW_UP: "再次提醒",
    Stage.LAST_CALL: "最后提醒",
    Stage.HUMAN: "人工联系",
    Stage.CLOSED: "申请期已过",
    Stage.LAPSED: "已过期",
}
WHY_LETTER = {
    WhyLetter.WRONG_NUMBER: "电话是错号",
    WhyLetter.NO_ANSWER: "电话打不通",
    WhyLetter.NO_SMS: "短信送不到",
    WhyLetter.METHOD: "科室的提醒方式是函告",
}
REASONS = {
    "returned": "函件被退回",
    "unanswered_twice": "两次发送平台都没有答复",
    "unanswered": "平台没有答复，换号重发",
    "lease_ran_out": "发送进程中断",
    "not_following": "已取消关注或不收消息",
    "merged": "并入另一条消息",
    "nothing_to_say": "内容已不必再说",
    "no_longer_true": "内容已不必再说",
    "reached_after_all": "另一渠道已送达",
    "answered": "持证人已回答",
    "recipient_gone": "换人负责或号码不对",
    "way_declined": "持证人不要用这种方式",
    "unsayable": "内容放不进模板",
    "too_late": "已过时效",
    "letter_needed": "三次未通，已转下一渠道",
    "asked": "人工核对",
    "never_told": "原提醒没有送到",
    "told": "人工更正",
    "no_answer": "无人接听，已转下一渠道",
    "wrong_number": "空号，已转下一渠道",
    "corrected": "已撤下，原提醒有误",
    "entry_rests": "已撤下，这类证照暂停或停用",
}
SAID_BY_MACHINE = (Channel.WECHAT, Channel.SMS)  # the rest waits for people of the departments
DATE = re.compile(r"\d{4}-\d{2}-\d{2}")


def word(value: object) -> str:
    """How a status word of ours is read by people."""
    return OWN_WORDS.get(type(value), WORDS).get(value, str(value))


def state_word(state: DeliveryState, channel: Channel | None = None) -> str:
    """A letter goes by post, not to a platform."""
    by_post = BY_POST.get(state) if channel is Channel.LETTER else None
    return by_post or STATES[state]


def stage_word(stage: Stage | None) -> str:
    return STAGES[stage] if stage else "—"


def reason_word(reason: str) -> str:
    """Why a message stands where it does; a circuit's name says which template or account is at fault."""
    channel, found, part = reason.partition(":")
    if found and channel in set(Channel):
        kind = {
            "single": "单条提醒模板",
            "digest": "汇总提醒模板",
            "code": "验证码模板",
            "correction": "更正模板",
        }
        return f"{word(Channel(channel))}{kind.get(part, '账号')}有误"
    return REASONS.get(reason, f"平台代码 {reason}" if reason else "")


def staff_word(status: LicenseStatus) -> str:
    """How a license stands, said to the department instead of the holder."""
    return STAFF_WORDS.get(status.key, status.word)


def whole_dates(text: str) -> Markup:
    """The text with dates that are not broken at the end of a line."""
    return Markup(DATE.sub(r'<span class="text-nowrap">\g<0></span>', str(escape(text))))  # noqa: S704 - escaped


def dialled(number: str) -> str:
    """A number as a telephone takes it: 0631-5000001 becomes 06315000001."""
    return re.sub(r"[^\d+]", "", number)


def day(value: date | None) -> str:
    return value.isoformat() if value else "—"


def moment(value: datetime | None) -> str:
    """2026-12-20 09:30, as clocks in Weihai show it."""
    return f"{value.astimezone(clock.SHANGHAI):%Y-%m-%d %H:%M}" if value else "—"


def size(value: int) -> str:
    """12 KB, 1.3 MB: how large a file is before somebody fetches it."""
    return f"{value / 2**20:.1f} MB" if value >= 2**20 else f"{max(1, round(value / 1024))} KB"


def iso_moment(value: datetime) -> str:
    return value.astimezone(clock.SHANGHAI).isoformat(timespec="seconds")


def teach(app: Flask) -> None:
    """Makes the words known to every template."""
    app.jinja_env.filters.update(word=word, day=day, moment=moment, iso_moment=iso_moment, size=size)
    app.jinja_env.filters.update(state_word=state_word, stage_word=stage_word, reason_word=reason_word)
    app.jinja_env.filters.update(column_word=COLUMN_WORDS.__getitem__)
    app.jinja_env.filters.update(staff_word=staff_word, whole_dates=whole_dates)
    app.jinja_env.filters.update(why_letter=WHY_LETTER.__getitem__, window_sentence=window_sentence)
    app.jinja_env.filters.update(dialled=dialled, digits=dialled, with_weekday=with_weekday)
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True

    @app.context_processor
    def told() -> dict[str, object]:
        known = {"site": settings(), "may": may, "Permission": Permission, "said_by_machine": SAID_BY_MACHINE}
        return {**known, "chapter_of": chapter_of}
