"""What the official account says, in plain words, each text ending with the next step."""

from collections.abc import Sequence
from datetime import date, datetime

from config.settings import Settings
from reminders import clock
from reminders.catalogue import EntryView
from reminders.holders import Mine, OwnLicense
from reminders.rules.facts import FiveFacts
from reminders.rules.status import StatusKey
from wxbot import taps
from wxbot.voice import day, kind, retell, say, window

MOST_MATERIALS = 8
TO_DO_NOW = frozenset(
    {StatusKey.CLOSING, StatusKey.CLOSED, StatusKey.EXPIRES_TODAY, StatusKey.EXPIRED, StatusKey.OPEN}
)
BUSY = "系统忙，刚才的消息没有处理成功。请稍后再发一次。"
ASK = (
    "请发证照编号，或 18 位统一社会信用代码。\n"
    "没有编号的，发“绑定 持证人名称”，例如：绑定 某某药房有限公司。\n"
    "接着会有一条验证码短信，发到台账登记的手机。"
)
NO_CODE_WAITING = "现在没有等待核对的验证码（验证码 10 分钟内有效，只能用一次）。请回复“绑定”重新开始。"
NOTHING_BOUND = (
    "您还没有绑定证照。\n绑定后可以随时查期满日期，到期前我们会提醒您。\n请回复“绑定”开始，大约一分钟。"
)
WHICH_KIND = (
    "您还没有绑定证照。\n想看某一种证照怎么续，请回复“怎么续”加证照名称，例如：怎么续 食品生产许可证。\n"
    "回复“绑定”，以后直接看自己的证照。"
)
NO_SUCH_NUMBER = "没有这个序号。请回复“我的证照”看看有哪些。"
NOT_WAITING = "好的，没有什么需要取消的。回复“帮助”可以看到能做的事。"
CANCELLED = "好的，已取消这次绑定。需要时再回复“绑定”。"
NOTHING_TO_UNBIND = "没有找到要解除的证照，可能已经解除了。回复“我的证照”可以看到还绑定着哪些。"


HELP = (
    "您可以直接回复：\n"
    "绑定：绑定证照，到期前提醒您\n"
    "我的证照：查期满日期和最迟申请日\n"
    "怎么续：时限、地点、电话、材料\n"
    "解绑：不再接收提醒\n"
    "邀请同事：和同事一起接收，或交接给他\n"
    "核验：查一条提醒是不是我们发的\n"
    "人工：咨询电话\n"
    "English：用英文\n"
    "第一次使用，请回复“绑定”。"
)
CODE_ASKED = (
    "如果信息相符，验证码已发送到台账登记的手机，10 分钟内有效。收到后回复 6 位数字。\n"
    "没收到：核对编号，过一分钟再发一次。手机号换了：回复“收不到验证码”。"
)
LOCKED = "验证码连续输错 5 次。为了保护持证人，绑定暂停到 {at}。请在那之后回复“绑定”重新开始。"
WRONG_CODE = "验证码不对，还可以再试 {left} 次。请对照短信重新回复 6 位数字；重新获取请再发一次证照编号。"
UNBIND_SURE = (
    "将解除：{what}\n解除后不再收到它的到期提醒；证照本身和台账不受影响，7 天内可以恢复。\n"
    "确定请回复“确认解绑{token}”，不解除就不用回复。"
)
UNBOUND = "已解除 {count} 本证照，不再向您发送它们的提醒。解错了？7 天内回复“恢复绑定”就能恢复。"


def help_text(settings: Settings) -> str:
    """Each line begins with the word to reply, which a tap sends as well."""
    lines = say(HELP).split("\n")
    words = [line.partition(mark) for line in lines[1:-1] for mark in "：:" if mark in line]
    tapped = [f"{taps.tap(word)}{mark}{rest}" for word, mark, rest in words]
    return "\n".join([lines[0], *tapped, lines[-1] + or_call(settings)])


def unknown(settings: Settings) -> str:
    return say("没看懂您的意思。") + "\n" + help_text(settings)


def still_unknown(mine: Mine, settings: Settings) -> str:
    """After help did not help: a person."""
    return say("还是没看懂，直接问人更快。") + "\n" + human(mine, settings)


def ask_identifier(settings: Settings) -> str:
    return say(ASK) + "\n" + link(f"{settings.wxbot_url}/h5/bind", say("不想打字，在网页上绑定"))


def code_asked(settings: Settings) -> str:
    """The same bytes whether or not anything matched and whether or not a code left."""
    spoken = say("收不到短信：过一分钟回复“语音验证码”，我们打电话报给您。") if settings.has_voice else ""
    return say(CODE_ASKED) + spoken + or_call(settings)


def locked(until: datetime, settings: Settings) -> str:
    return say(LOCKED, at=f"{until.astimezone(clock.SHANGHAI):%H:%M}") + or_call(settings)


def wrong_code(tries_left: int) -> str:
    return say(WRONG_CODE, left=tries_left)


def bound(count: int, mine: Sequence[OwnLicense], next_due_on: date | None, today: date) -> str:
    lines = [say("绑定成功，已绑定 {count} 本证照。", count=count), *(row(own) for own in mine)]
    lines += [next_reminder(next_due_on, today)] if next_due_on else []
    if any(own.status.key in TO_DO_NOW for own in mine):
        lines.append(say("有证照现在就要处理，请回复“怎么续”，看时限、地点、电话和材料。"))
    else:
        lines.append(say("现在不用做什么，到期前我们会提醒您。"))
    return "\n".join([*lines, say("回复“我的证照”查看全部。")])


def next_reminder(on: date, today: date) -> str:
    if on <= today:
        return say("有证照已到提醒的时候，我们会尽快发提醒给您。")
    return say("下次提醒：{day}（还有 {days} 天）。", day=on, days=(on - today).days)


def licenses(mine: Mine, settings: Settings) -> str:
    lines = [say("您绑定的证照，最急的在前：")]
    lines += [f"{place}. {row(own)}" for place, own in enumerate(mine.licenses, start=1)]
    if mine.next_after:
        lines.append(link(f"{settings.wxbot_url}/h5/licenses", say("还有更多，点这里看全部")))
    return "\n".join([*lines, say("回复序号看这一本，回复“怎么续”看办理方法。")])


def license_text(own: OwnLicense, settings: Settings) -> str:
    facts = own.facts
    lines = [kind(facts.license_name), say("持证人：{name}", name=facts.holder_name)]
    if facts.license_no:
        lines.append(say("编号：{number}", number=facts.license_no))
    lines.append(say("状态：{word}", word=retell(own.status.word)))
    for told in filter(None, (facts, own.companion)):
        lines += _dates(told)
    lines.append(_next_step(own))
    return "\n".join([*lines, _page_link(own, say("查看办理地点、电话和材料"), settings)])


def how_to_renew(own: OwnLicense, settings: Settings, others: int) -> str:
    facts = own.facts
    lines = [say("{kind}（{word}）", kind=kind(facts.license_name), word=retell(own.status.word))]
    lines += [*_dates(facts), say("时限：{window}", window=window(facts)), _place(facts, settings)]
    lines.append(say("材料：{list}", list=_short_materials(facts.materials)))
    if others:
        lines.append(say("其他证照请回复“怎么续”加序号，例如：怎么续 2"))
    return "\n".join([*lines, _page_link(own, say("查看全部要求"), settings)])


def materials(own: OwnLicense, settings: Settings) -> str:
    heading = say("{kind}换证要带的材料：", kind=kind(own.facts.license_name))
    lines = [heading, *_numbered(own.facts.materials)]
    return "\n".join([*lines, _page_link(own, say("查看时限、地点和电话"), settings)])


def kind_guide(entry: EntryView, settings: Settings) -> str:
    """How a license kind is renewed, for somebody who has not bound one."""
    phone = entry.service_phone or settings.service_phone
    return "\n".join(
        [
            say("{kind}（{department}）", kind=kind(entry.license_name), department=entry.department),
            say("申请时限：{window}", window=entry.window_text or say("尚未核定，以窗口答复为准")),
            say("地点：{place}", place=entry.counter or say("请电话咨询")),
            say("电话：{phone}", phone=phone or say("请到窗口咨询")),
            say("材料：{list}", list=_short_materials(entry.materials)),
            say("回复“绑定”，到期前我们会提醒您。"),
        ]
    )


def places(mine: Mine, settings: Settings) -> str:
    seen = {own.facts.department: own.facts for own in mine.licenses}
    lines = [f"{facts.department}\n{_place(facts, settings)}" for facts in seen.values()]
    return "\n".join([*lines, say("去之前可回复“材料”看要带什么。")])


def human(mine: Mine, settings: Settings) -> str:
    seen = {own.facts.department: own.facts for own in mine.licenses if own.facts.service_phone}
    lines = [_number_and_hours(department, facts) for department, facts in seen.items()]
    if settings.service_phone:
        lines.append(say("总咨询：{phone}", phone=settings.service_phone))
    if not lines:
        return say("请到市政务服务中心的审批窗口咨询，带上证照就可以。回复“帮助”看能在这里办的事。")
    return "\n".join([say("请在工作时间拨打："), *lines, say("打电话时请准备好证照名称和编号。")])


def human_line(settings: Settings) -> str:
    """The one number to call, where there is one."""
    if settings.service_phone:
        return say("总咨询：{phone}", phone=settings.service_phone)
    return say("回复“人工”，可以看到该打哪个电话。")


def unbind_choices(mine: Mine) -> str:
    rows = (f"{place}. {_name(own)}" for place, own in enumerate(mine.licenses, 1))
    ask = say("解除第 1 本请回复“解绑1”，全部解除请回复“解绑全部”。")
    return "\n".join([say("要解除哪一本？"), *rows, ask, say("不解除就不用回复。")])


def unbind_sure(chosen: Sequence[OwnLicense], token: str, *, is_all: bool) -> str:
    what = say("您绑定的全部证照") if is_all else _name(chosen[0])
    return say(UNBIND_SURE, what=what, token=token)


def unbound(count: int) -> str:
    return say(UNBOUND, count=count)


def link(url: str, words: str) -> str:
    return f'<a href="{url}">{words}</a>'


def split_remark(items: Sequence[str]) -> tuple[Sequence[str], str]:
    """The documents, and the remark in brackets that may stand behind the last one."""
    if items and items[-1].startswith("（") and items[-1].endswith("）"):
        return items[:-1], items[-1]
    return items, ""


def _name(own: OwnLicense) -> str:
    name, number = kind(own.facts.license_name), own.facts.license_no
    return say("{kind}（{number}）", kind=name, number=number) if number else name


def row(own: OwnLicense) -> str:
    facts = own.facts
    parts = [say("{name}：{word}", name=_name(own), word=retell(own.status.word))]
    parts += [say("最迟申请 {day}", day=facts.apply_by)] if facts.apply_by else []
    parts += [say("期满 {day}", day=facts.expires_on)] if facts.expires_on else []
    return say("，").join(parts)


def _dates(facts: FiveFacts) -> list[str]:
    lines = [say("最迟申请日：{day}", day=day(facts.apply_by))] if facts.apply_by else []
    if facts.expires_on:
        lines.append(say("{name}：{day}", name=retell(facts.date_name), day=day(facts.expires_on)))
    return lines


def _next_step(own: OwnLicense) -> str:
    department, phone = own.facts.department, own.facts.service_phone
    call = say("请联系{department}，电话 {phone}", department=department, phone=phone)
    if not phone:
        call = say("请联系{department}", department=department)
    return {
        StatusKey.VALID: say("现在不用做什么，到期前我们会提醒您。"),
        StatusKey.OPEN: say("现在可以申请换证。回复“怎么续”看办法。"),
        StatusKey.CLOSING: say("请在最迟申请日之前提交申请。回复“怎么续”看办法。"),
        StatusKey.RENEWING: say("申请正在办理，不用重复提交。"),
        StatusKey.RENEWED: say("新证已生效，现在不用做什么。"),
        StatusKey.NO_EXPIRY: say("长期有效，不用换证。"),
        StatusKey.CANCELLED: say("证照已注销。有疑问{call}。", call=call),
        StatusKey.UNKNOWN: say("台账里没有期满日期，{call}核对。", call=call),
    }.get(own.status.key, say("{call}，问清还能怎么办。", call=call))


def _place(facts: FiveFacts, settings: Settings) -> str:
    phone = facts.service_phone or settings.service_phone
    where = say("地点：{place}", place=facts.counter or say("请电话咨询"))
    if facts.counter_hours:
        where += say("（{hours}）", hours=facts.counter_hours)
    return where + ("\n" + say("电话：{phone}", phone=phone) if phone else "")


def _number_and_hours(department: str, facts: FiveFacts) -> str:
    hours = say("（{hours}）", hours=facts.counter_hours) if facts.counter_hours else ""
    return say("{name}：{phone}", name=department, phone=facts.service_phone) + hours


def _short_materials(items: Sequence[str]) -> str:
    if not items:
        return say("请向窗口咨询")
    listed, remark = split_remark(items)
    more = say("等 {count} 项", count=len(listed)) if len(listed) > MOST_MATERIALS else ""
    return "；".join(listed[:MOST_MATERIALS]) + more + remark


def _numbered(items: Sequence[str]) -> list[str]:
    if not items:
        return [say("清单还没有核定，请向窗口咨询")]
    listed, remark = split_remark(items)
    lines = [f"{place}. {item}" for place, item in enumerate(listed, start=1)]
    return [*lines, remark] if remark else lines


def _page_link(own: OwnLicense, words: str, settings: Settings) -> str:
    return link(f"{settings.wxbot_url}/h5/licenses/{own.license_id}", words)


def or_call(settings: Settings) -> str:
    return say("咨询电话 {phone}。", phone=settings.service_phone) if settings.service_phone else ""
