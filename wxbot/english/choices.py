"""What is said where a person chooses how a licence is reminded."""

SENTENCES = {
    "怎样提醒这本证照": "How this licence is reminded",
    "已保存，对您的全部证照都这样。": "Saved, for all your licences.",
    "现在没有一种方式能提醒到您。": "At present no way of reminding reaches you.",
    "快到期时，科室会把它列入工作清单，改用函告或打电话；请您自己也记住日期。": "Near the date the department has it on its worklist and writes a letter or calls; please keep the date in mind yourself too.",
    "微信（发给您自己）": "WeChat (to yourself)",
    "短信（发到台账登记的手机）": "SMS (to the registered phone)",
    "电话（打到台账登记的手机）": "Calls (to the registered phone)",
    "要": "Yes",
    "不要": "No",
    "只在最后几天打": "Only in the last days",
    "提醒几次": "How often",
    "每一步都提醒": "At every step",
    "少提醒：首次提醒，再就是最后的提醒": "Fewer: the first reminder, then only the last ones",
    "我的全部证照都这样": "The same for all my licences",
    "短信、电话和次数的选择，对所有绑定这本证照的人都起作用。最迟申请日前几天没有人知道时，科室仍会打电话。": "The choice of SMS, calls and how often counts for everybody bound to this licence. When nobody is known to have heard in the last days to apply, the department still calls.",
    "其他提醒设置": "Other reminder settings",
    "每本证照单独设": "Licence by licence",
    "在证照页点“怎样提醒这本证照”，可以选微信、短信、电话和提醒几次。函告和最后几天的电话是科室依职责告知，不能关。号码不对，请在证照页点“号码不对”。": "On the page of a licence, “How this licence is reminded” offers WeChat, SMS, calls and how often. Letters and the calls of the last days are the department's duty and cannot be switched off. For a wrong number tap “Wrong number” there.",
}
