"""Puts into Chinese sentences why a license is or is not reminded on a day."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date

from reminders.rules.due import Decision, Ruling
from reminders.rules.facts import FiveFacts, window_sentence, with_weekday
from reminders.rules.lifecycle import CallOutcome, Channel, DeliveryState, ReminderState, Stage

STAGES = {
    Stage.FIRST: "首次提醒",
    Stage.OPEN: "开放申请",
    Stage.FOLLOW_UP: "再次提醒",
    Stage.LAST_CALL: "最后提醒",
    Stage.HUMAN: "人工电话",
    Stage.CLOSED: "申请截止",
    Stage.LAPSED: "期满告知",
}
CHANNELS = {
    Channel.WECHAT: "微信",
    Channel.SUBSCRIPTION: "微信订阅通知",
    Channel.SMS: "短信",
    Channel.BUSINESS_SYSTEM: "业务系统",
    Channel.PHONE: "电话",
    Channel.LETTER: "函告",
}
STATES = {
    DeliveryState.READY: "等待",
    DeliveryState.SENDING: "正在发送",
    DeliveryState.ACCEPTED: "平台已接收，等待回执",
    DeliveryState.DELIVERED: "已送达",
    DeliveryState.UNCONFIRMED: "已发出，没有回执",
    DeliveryState.REFUSED: "对方拒收",
    DeliveryState.UNKNOWN: "结果不明，正在核实",
    DeliveryState.BLOCKED: "模板或配置有误，等待处理",
    DeliveryState.CANCELLED: "已取消",
    DeliveryState.UNDELIVERABLE: "无法送达",
    DeliveryState.REVIEW: "结果不明，等待人工核对",
}
BY_POST = {
    DeliveryState.READY: "等待寄出",
    DeliveryState.ACCEPTED: "已寄出，等待签收",
    DeliveryState.DELIVERED: "已签收",
    DeliveryState.REFUSED: "已退回",
}
OUTCOMES = {
    CallOutcome.TOLD: "已告知",
    CallOutcome.NO_ANSWER: "无人接听",
    CallOutcome.WRONG_NUMBER: "空号",
    CallOutcome.CLOSED_DOWN: "停业",
    CallOutcome.ALREADY_RENEWED: "已办理",
    CallOutcome.DECLINED: "拒接",
    CallOutcome.CALL_BACK: "待回电",
}
NOT_REACHED = "还没有到第一步的日子"
CONFIRMED = "已确认有人知道这个日期：人工电话这一步不再需要"
FIXED_REASONS = {
    Ruling.RESTING: "证照处于办理中，提醒暂停，直到台账更新",
    Ruling.ANSWERED: "持证人已经回答，提醒暂停，直到回答撤回、到期，或者核对后不属实",
    Ruling.DECLINED: "持证人选了“少提醒”：首次提醒之后只发最后的提醒",
    Ruling.CANCELLED: "证照已注销",
    Ruling.NO_EXPIRY: "证照长期有效",
    Ruling.DATE_UNKNOWN: "台账里没有可用的期满日期，请科室核对",
    Ruling.LEFT_CATALOGUE: "这类证照已不在目录中",
    Ruling.PAUSED: "这类证照暂停提醒，恢复后补上该提醒的",
}


@dataclass(frozen=True)
class Sent:
    """One message or call that carried a reminder; `put_right_by` is what a correction said about it."""

    channel: Channel
    for_day: date
    state: DeliveryState
    reason: str
    outcome: CallOutcome | None
    dropped_reason: str
    put_right_by: str = ""
    version: int | None = None  # of the wording it was said with


@dataclass(frozen=True)
class Rung:
    """One step of the ladder: `planned_on` is set once its reminder exists."""

    stage: Stage
    due_on: date
    planned_on: date | None
    reminder_state: ReminderState | None
    has_no_channel: bool
    sent: tuple[Sent, ...]


@dataclass(frozen=True)
class Reached:
    """Who could be told now. `bound` counts bindings in force, `reachable` those that accept messages."""

    bound: int
    reachable: int
    method: Channel
    masked_phone: str


def date_sentences(facts: FiveFacts, legal_last_day: date | None) -> list[str]:
    """The date, its window, and why the last day may differ from the legal one."""
    if facts.expires_on is None:
        return [f"{facts.date_name}：没有日期"]
    sentences = [
        f"{facts.date_name}：{with_weekday(facts.expires_on)}",
        f"申请换证时限：{window_sentence(facts)}",
    ]
    if legal_last_day is not None and legal_last_day != facts.apply_by:
        sentences.append(f"法定最后一天 {with_weekday(legal_last_day)}是休息日，最迟申请日提前到之前的工作日")
    return sentences


def rung_sentence(rung: Rung, on: date) -> str:
    if rung.planned_on is None:
        return f"{STAGES[rung.stage]} {rung.due_on}：{'未到' if rung.due_on > on else '没有列入'}"
    told = "；".join(_sent_words(sent) for sent in rung.sent)
    if rung.reminder_state is ReminderState.CANCELLED:
        told = told or "已取消"
    elif rung.has_no_channel:
        told = "没有可用的联系渠道，列在科室清单上" + (f"（{told}）" if told else "")
    return f"{STAGES[rung.stage]} {rung.due_on}：{rung.planned_on} 已列入；{told or '没有消息'}"


def verdict_sentence(
    decision: Decision, rungs: Sequence[Rung], missing: Sequence[str], on: date, today: date
) -> str:
    """What happens on this day, and why."""
    if decision.ruling is Ruling.DUE and decision.step is not None:
        name = STAGES[decision.step.stage]
        reached_on = max(decision.step.due_on, today)
        if reached_on < on:
            return f"{on}：不再发“{name}”，因为这一步在 {reached_on} 的计划中就会列入"
        if decision.step.due_on < on:
            return f"{on}：发“{name}”，这一步 {decision.step.due_on} 已到期而没有做过，更早的步骤不补发"
        return f"{on}：发“{name}”，这一步当天到期"
    today_rungs = [rung for rung in rungs if rung.planned_on == on]
    if decision.ruling is Ruling.DONE and today_rungs:
        return f"{on}：“{STAGES[today_rungs[-1].stage]}”当天已经列入，不会重复"
    return f"{on}：不提醒，因为{_reason(decision, rungs, missing, on)}"


def reach_sentence(channel: Channel | None, stage: Stage, reach: Reached) -> str:
    """Whom this stage would tell, and why not by WeChat."""
    who = f"微信绑定 {reach.bound} 人，其中可以收到消息 {reach.reachable} 人"
    if channel is Channel.WECHAT:
        return f"通知方式：微信（{who}）"
    if stage is Stage.HUMAN:
        why = "这一步是人工电话"
    else:
        why = "没有人绑定微信" if not reach.bound else f"{who}：其余已取消关注或拒收"
    if channel is Channel.SUBSCRIPTION:
        return f"通知方式：微信订阅通知（{why}，但同意过订阅通知）"
    if channel is Channel.SMS:
        return f"通知方式：短信 {reach.masked_phone}（{why}）"
    if channel in (Channel.LETTER, Channel.BUSINESS_SYSTEM):
        return f"通知方式：{CHANNELS[channel]}，科室选定的方式（{why}）"
    if channel is Channel.PHONE:
        return f"通知方式：电话 {reach.masked_phone}，进入科室电话清单（{why}）"
    return f"通知方式：没有（{why}，台账里也没有电话），列在科室清单上等待补充联系方式"


def brake_sentences(*, is_on: bool, is_wechat_resting: bool) -> list[str]:
    sentences = [] if is_on else ["全部发送已停止：微信消息照常列入计划，排队等待恢复"]
    if is_wechat_resting:
        sentences.append("微信通道正在暂停：消息排队等待恢复")
    return sentences


def _reason(decision: Decision, rungs: Sequence[Rung], missing: Sequence[str], on: date) -> str:
    if decision.ruling in FIXED_REASONS:
        return FIXED_REASONS[decision.ruling]
    if decision.ruling is Ruling.FACTS_MISSING:
        return f"目录缺少{'、'.join(missing)}，补全之前不从这类证照发提醒"
    coming = next((rung for rung in rungs if rung.due_on > on), None)
    following = f"；下一步“{STAGES[coming.stage]}”在 {coming.due_on}" if coming else "；之后没有步骤了"
    if decision.ruling is Ruling.NOT_REACHED:
        return NOT_REACHED + following
    done = [rung for rung in rungs if rung.planned_on is not None]
    last = f"“{STAGES[done[-1].stage]}”已在 {done[-1].planned_on} 列入" if done else "这一步已经做过"
    return last + following


def _sent_words(sent: Sent) -> str:
    state = BY_POST.get(sent.state) if sent.channel is Channel.LETTER else None
    words = f"{CHANNELS[sent.channel]} {sent.for_day} {state or STATES[sent.state]} ({sent.state})"
    if sent.outcome is not None:
        words += f" {OUTCOMES[sent.outcome]}"
    if sent.version is not None:
        words += f"，模板第 {sent.version} 版"
    if sent.dropped_reason:
        words += f"，这一条未发 ({sent.dropped_reason})"
    if sent.put_right_by:
        words += f"，后来更正：{sent.put_right_by}"
    return words


def declined_sentence(declined: Collection[Channel]) -> str:
    ways = "、".join(CHANNELS[one] for one in sorted(declined))
    return f"持证人不要{ways}提醒这本证照（最后一步仍由人打电话）"
