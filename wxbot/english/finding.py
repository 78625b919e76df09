"""What is said where a person looks for one licence among many."""

SENTENCES = {
    "您绑定的证照里，没有名称、持证人或编号带“{words}”的。少写几个字再试，或回复“我的证照”。": "Among your licences none has “{words}” in its name, holder or number. Try fewer signs, or reply “licences”.",
    "找到了，点开看：": "Found; tap to open:",
    "还有更多，点这里再找": "There are more: tap here to search",
    "找一本：证照名称、持证人或编号": "Find one: licence name, holder or number",
    "只看": "Only",
    "全部": "All",
    "快到期、已过期": "Expiring or expired",
    "现在不用办的": "Nothing to do now",
    "查找": "Find",
    "您绑定的证照里没有符合的。少写几个字，或者看全部。": "None of your licences fits. Write fewer signs, or see them all.",
}
