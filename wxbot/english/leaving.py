"""Unbinding, and having it back."""

SENTENCES: dict[str, str] = {
    "最近解除的绑定": "Unbound lately",
    "已恢复 {count} 本证照的绑定，到期前照常提醒您。": "{count} licence(s) bound again; you are reminded as before.",
    "没有恢复：已经恢复过，或者这段时间台账里的单位或电话变了。请重新绑定。": "Nothing was bound again: it was before, or the holder or phone in our register changed. Please bind anew.",
    "已解除 {count} 本证照，不再向您发送它们的提醒。": "{count} licence(s) unbound; no more reminders of them.",
    "点错了，7 天内可以恢复，不用再收验证码。": "By mistake? Within 7 days you can have it back, without a code.",
    "点错了也不要紧：7 天内可以恢复，不用再收验证码。": "A mistake is no matter: within 7 days you can have it back, without a code.",
    "{day} 解除，{until} 前可以恢复": "Unbound on {day}; can be had back until {until}",
    "恢复绑定": "Bind again",
    "全部恢复（{count} 本）": "Bind all {count} again",
    "最近 7 天里没有您自己解除、还能恢复的绑定。需要时可以重新绑定，大约一分钟。": "Nothing that you unbound in the last 7 days can be had back. You can bind anew in about a minute.",
    "最近解除的 {count} 本，还可以恢复": "{count} unbound lately, can still be had back",
    "已解除 {count} 本证照，不再向您发送它们的提醒。解错了？7 天内回复“恢复绑定”就能恢复。": "{count} licence(s) unbound; no more reminders of them. By mistake? Reply “bind back” within 7 days.",
    "没有可以恢复的绑定：能恢复的是 7 天内您自己解除的，台账里的单位和电话也没有变。"
    "回复“绑定”可以重新绑定，大约一分钟。": "Nothing can be had back: only what you unbound yourself within 7 days, while the holder and phone in our register are the same. "
    "Reply “bind” to bind anew, in about a minute.",
    "更早解除的还有 {count} 本，也可以恢复": "{count} more, unbound earlier, can be had back too",
    "台账里的单位或电话变了，或者工作人员已经解除，不能直接撤回。仍由您负责的，请回复“绑定”重新绑定。": "The holder or phone in our register changed, or our staff unbound you, so this cannot be taken back. If it is still yours, reply “bind” and bind anew.",
}
