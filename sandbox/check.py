"""`demo --check`: makes the whole trip by HTTP, step by step, and says which step failed and why."""

import signal
import sys
import time
from collections.abc import Callable

import requests

from sandbox import check_holder, check_night, check_staff, demo, demo_installation
from sandbox.check_browser import NotThere
from sandbox.check_trip import Trip, Unexpected
from sandbox.demo_installation import Options
from sandbox.demo_processes import Failed, Running

Step = Callable[[Trip], str]
STEPS: tuple[tuple[str, Step], ...] = (
    ("夜间 先算一遍 plan before anybody came", check_night.plan_before_anybody_came),
    ("业务系统 提示 prompts in the business system", check_night.prompts_arrive),
    ("公众号 关注 follow", check_holder.follow),
    ("公众号 帮助 help", check_holder.ask_for_help),
    ("公众号 未绑定 nothing before binding", check_holder.ask_before_binding),
    ("公众号 隐私告知 consent", check_holder.agree),
    ("公众号 绑定 bind", check_holder.start_binding),
    ("短信 验证码 code by SMS", check_holder.receive_code),
    ("公众号 验证 send the code", check_holder.send_code),
    ("公众号 我的证照 my licenses", check_holder.list_licenses),
    ("公众号 查一证 one license", check_holder.ask_for_one),
    ("夜间 提醒 reminder", check_night.receive_reminder),
    ("夜间 日期 dates agree", check_night.dates_agree),
    ("夜间 页面 license page", check_night.open_page),
    ("夜间 旁人 stranger", check_night.stranger_sees_nothing),
    ("公众号 订阅通知 a notice to who does not follow", check_night.notice_without_following),
    ("夜间 校验码 the code in the message is confirmed by bot and portal", check_night.code_is_confirmed),
    ("夜间 回执 receipt", check_night.receipt_is_recorded),
    ("夜间 再算一遍 plan again", check_night.plan_again),
    ("工作台 登录 sign in", check_staff.sign_in),
    ("工作台 导入有错的表 faulty sheet", check_staff.upload_faulty),
    ("工作台 导入改好的表 mended sheet", check_staff.upload_mended),
    ("温馨提示 生成 draft a notice", check_staff.draft_notice),
    ("温馨提示 不得自审 own approval", check_staff.own_approval_is_refused),
    ("温馨提示 审核 approve", check_staff.approve_notice),
    ("门户 公示 portal and feed", check_staff.portal_shows_it),
    ("政务网 公示 government site", check_staff.government_site_shows_it),
    ("公众号 文章 article of the account", check_staff.official_account_shows_it),
    ("温馨提示 撤回 withdraw", check_staff.withdraw_notice),
    ("发送 停 stop sending", check_night.stop_sending),
    ("公众号 回答 an answer stops a waiting reminder", check_night.answer_stops_it),
    ("发送 恢复 flush Redis, take it back", check_night.flush_and_take_back),
    ("公众号 解绑 unbind", check_holder.unbind),
)


def run(options: Options) -> int:
    """0 when every step held, else 1; whatever was started is stopped."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    began = time.monotonic()
    running = Running(demo_installation.make(options))
    done = 0
    hitches: list[str] = []
    try:
        trip = Trip(demo.start(running), hitches=hitches)
        for name, step in STEPS:
            if not _make(name, step, trip):
                break
            done += 1
        else:
            done = len(STEPS)
        if done < len(STEPS):
            demo.say(f"\nlast words of the processes (all logs: {running.installation.logs}):")
            demo.say(running.last_words())
    finally:
        running.stop()
    for hitch in hitches:
        demo.say(f"! tried again: {hitch}")
    result = "all held" if done == len(STEPS) else f"step {done + 1} failed"
    demo.say(f"\n{'✓' if done == len(STEPS) else '✗'} {done} of {len(STEPS)} steps, {result}, "
             f"{time.monotonic() - began:.0f} s")  # fmt: skip
    return 0 if done == len(STEPS) else 1


def _make(name: str, step: Step, trip: Trip) -> bool:
    began = time.monotonic()
    try:
        found = step(trip)
    except (Unexpected, NotThere, Failed, requests.RequestException, LookupError, StopIteration) as error:
        demo.say(f"✗ {name}  {time.monotonic() - began:.1f} s\n  {type(error).__name__}: {error}")
        return False
    demo.say(f"✓ {name}  {time.monotonic() - began:.1f} s — {found}")
    return True
