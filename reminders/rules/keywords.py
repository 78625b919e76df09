"""The words people use to the official account, and the intents they stand for."""

from enum import StrEnum

from reminders.rules.lifecycle import AnswerKind, BindRole


class Intent(StrEnum):
    HELP = "help"
    BIND = "bind"
    BIND_WITH = "bind_with"
    BIND_CODE = "bind_code"
    BIND_ALL = "bind_all"
    ROLE = "role"
    INVITE = "invite"
    HAND_OVER = "hand_over"
    APPEAL = "appeal"
    STRANGER = "stranger"
    CODE = "code"
    MY_LICENSES = "my_licenses"
    CHOICE = "choice"
    FIND = "find"
    PROGRESS = "progress"
    IDENTIFIER = "identifier"
    HOW_TO_RENEW = "how_to_renew"
    MATERIALS = "materials"
    ADDRESS = "address"
    HUMAN = "human"
    UNBIND = "unbind"
    UNBIND_ONE = "unbind_one"
    UNBIND_SURE = "unbind_sure"
    COME_BACK = "come_back"
    VOICE_CODE = "voice_code"
    CANCEL = "cancel"
    CHECK = "check"
    ANSWER = "answer"
    TAKE_BACK = "take_back"
    CONSENT = "consent"
    END_CONSENT = "end_consent"
    MY_DATA = "my_data"
    LANGUAGE = "language"
    CARE = "care"
    PLAIN = "plain"
    GREETING = "greeting"
    THANKS = "thanks"
    STOP = "stop"
    FEEDBACK = "feedback"
    SUGGEST = "suggest"
    SUGGEST_BIND = "suggest_bind"
    UNKNOWN = "unknown"


# Keys of the menu's click buttons (config/wechat_menu.json) are these words in capitals.
MENU = frozenset(
    {
        Intent.HELP,
        Intent.BIND,
        Intent.MY_LICENSES,
        Intent.HOW_TO_RENEW,
        Intent.MATERIALS,
        Intent.ADDRESS,
        Intent.HUMAN,
        Intent.UNBIND,
        Intent.CARE,
    }
)

WHOLE = {
    "同意": Intent.CONSENT,
    "邀请同事": Intent.INVITE,
    "邀请": Intent.INVITE,
    "接收人": Intent.INVITE,
    "invite": Intent.INVITE,
    "交接": Intent.HAND_OVER,
    "移交": Intent.HAND_OVER,
    "hand over": Intent.HAND_OVER,
    "申诉": Intent.APPEAL,
    "收不到验证码": Intent.APPEAL,
    "不是我们的人": Intent.STRANGER,
    "不认识": Intent.STRANGER,
    "不认识这个人": Intent.STRANGER,
    "not one of us": Intent.STRANGER,
    "no code": Intent.APPEAL,
    "全部绑定": Intent.BIND_ALL,
    "绑定全部": Intent.BIND_ALL,
    "bind all": Intent.BIND_ALL,
    "我同意": Intent.CONSENT,
    "agree": Intent.CONSENT,
    "撤回同意": Intent.END_CONSENT,
    "不同意": Intent.END_CONSENT,
    "退订": Intent.END_CONSENT,
    "td": Intent.END_CONSENT,
    "unsubscribe": Intent.END_CONSENT,
    "撤回": Intent.TAKE_BACK,
    "undo": Intent.TAKE_BACK,
    "我的数据": Intent.MY_DATA,
    "隐私": Intent.MY_DATA,
    "my data": Intent.MY_DATA,
    "取消": Intent.CANCEL,
    "算了": Intent.CANCEL,
    "取消绑定": Intent.UNBIND,
    "恢复": Intent.COME_BACK,
    "语音验证码": Intent.VOICE_CODE,
    "voice code": Intent.VOICE_CODE,
    "恢复绑定": Intent.COME_BACK,
    "撤销解绑": Intent.COME_BACK,
    "撤回解绑": Intent.COME_BACK,
    "取消解绑": Intent.COME_BACK,
    "undo unbind": Intent.COME_BACK,
    "bind back": Intent.COME_BACK,
    "核验": Intent.CHECK,
    "校验码": Intent.CHECK,
    "真伪": Intent.CHECK,
    "进度": Intent.PROGRESS,
    "办理进度": Intent.PROGRESS,
    "受理号": Intent.PROGRESS,
    "progress": Intent.PROGRESS,
    "提醒": Intent.MY_LICENSES,
    "长辈模式": Intent.CARE,
    "长辈版": Intent.CARE,
    "关怀模式": Intent.CARE,
    "关怀版": Intent.CARE,
    "亲情版": Intent.CARE,
    "大字": Intent.CARE,
    "大字版": Intent.CARE,
    "easy reading": Intent.CARE,
    "退出长辈模式": Intent.PLAIN,
    "普通模式": Intent.PLAIN,
    "menu": Intent.HELP,
    "help": Intent.HELP,
    "?": Intent.HELP,
    "h": Intent.HELP,
    "bind": Intent.BIND,
    "licenses": Intent.MY_LICENSES,
    "licences": Intent.MY_LICENSES,
    "check": Intent.CHECK,
    "renew": Intent.HOW_TO_RENEW,
    "materials": Intent.MATERIALS,
    "address": Intent.ADDRESS,
    "human": Intent.HUMAN,
    "unbind": Intent.UNBIND,
    "cancel": Intent.CANCEL,
}
# In this order: the first word found in the text decides ("怎么绑定" binds, "怎么续" renews).
CONTAINED = (
    ("解绑", Intent.UNBIND),
    ("解除绑定", Intent.UNBIND),
    ("退订", Intent.MY_DATA),
    ("撤回同意", Intent.MY_DATA),
    ("我的数据", Intent.MY_DATA),
    ("隐私", Intent.MY_DATA),
    ("绑定", Intent.BIND),
    ("材料", Intent.MATERIALS),
    ("怎么续", Intent.HOW_TO_RENEW),
    ("如何续", Intent.HOW_TO_RENEW),
    ("续证", Intent.HOW_TO_RENEW),
    ("续办", Intent.HOW_TO_RENEW),
    ("换证", Intent.HOW_TO_RENEW),
    ("延续", Intent.HOW_TO_RENEW),
    ("地址", Intent.ADDRESS),
    ("地点", Intent.ADDRESS),
    ("在哪", Intent.ADDRESS),
    ("人工", Intent.HUMAN),
    ("电话", Intent.HUMAN),
    ("客服", Intent.HUMAN),
    ("我的证照", Intent.MY_LICENSES),
    ("到期", Intent.MY_LICENSES),
    ("期满", Intent.MY_LICENSES),
    ("查询", Intent.MY_LICENSES),
    ("查证", Intent.MY_LICENSES),
    ("过期", Intent.MY_LICENSES),
    ("帮助", Intent.HELP),
    ("你好", Intent.GREETING),
    ("您好", Intent.GREETING),
)
# The same for English sentences, by how a word begins ("When does my licence expire?").
ENGLISH = (
    ("unbind", Intent.UNBIND),
    ("bind", Intent.BIND),
    ("renew", Intent.HOW_TO_RENEW),
    ("material", Intent.MATERIALS),
    ("document", Intent.MATERIALS),
    ("expir", Intent.MY_LICENSES),
    ("licen", Intent.MY_LICENSES),
    ("permit", Intent.MY_LICENSES),
    ("address", Intent.ADDRESS),
    ("where", Intent.ADDRESS),
    ("phone", Intent.HUMAN),
    ("human", Intent.HUMAN),
    ("help", Intent.HELP),
    ("hello", Intent.GREETING),
)
# A text that begins with one of these answers a reminder; longer words stand before those they begin with.
ANSWERS = (
    ("已提交", AnswerKind.APPLIED),
    ("已经提交", AnswerKind.APPLIED),
    ("已申请", AnswerKind.APPLIED),
    ("已在办", AnswerKind.APPLIED),
    ("applied", AnswerKind.APPLIED),
    ("预约", AnswerKind.BOOK),
    ("book", AnswerKind.BOOK),
    ("请帮办联系我", AnswerKind.HELP),
    ("请帮办", AnswerKind.HELP),
    ("帮办", AnswerKind.HELP),
    ("代办", AnswerKind.HELP),
    ("call me", AnswerKind.HELP),
    ("closed down", AnswerKind.OUT_OF_BUSINESS),
    ("someone else", AnswerKind.HANDED_OVER),
    ("wrong number", AnswerKind.NUMBER_WRONG),
    ("不再经营", AnswerKind.OUT_OF_BUSINESS),
    ("不经营了", AnswerKind.OUT_OF_BUSINESS),
    ("不干了", AnswerKind.OUT_OF_BUSINESS),
    ("换人负责", AnswerKind.HANDED_OVER),
    ("换人了", AnswerKind.HANDED_OVER),
    ("号码不对", AnswerKind.NUMBER_WRONG),
    ("号码错了", AnswerKind.NUMBER_WRONG),
    ("换号了", AnswerKind.NUMBER_WRONG),
    ("暂不提醒", AnswerKind.LATER),
    ("暂停提醒", AnswerKind.LATER),
    ("以后再说", AnswerKind.LATER),
    ("later", AnswerKind.LATER),
)
# Two signs are too short for a distance of one ("确定" is not "绑定"), so these are named.
TYPOS = {
    "帮定": "绑定",
    "邦定": "绑定",
    "榜定": "绑定",
    "绑订": "绑定",
    "绑丁": "绑定",
    "解邦": "解绑",
    "解榜": "解绑",
    "结绑": "解绑",
    "查寻": "查询",
    "查讯": "查询",
    "查旬": "查询",
    "到其": "到期",
    "到齐": "到期",
    "道期": "到期",
    "材枓": "材料",
    "材科": "材料",
    "才料": "材料",
    "人功": "人工",
    "帮住": "帮助",
    "邦助": "帮助",
    "地止": "地址",
    "续正": "续证",
    "换正": "换证",
}
SOUNDS = {
    "bangding": "绑定",
    "jiebang": "解绑",
    "wodezhengzhao": "我的证照",
    "zhengzhao": "我的证照",
    "chaxun": "查询",
    "daoqi": "到期",
    "qiman": "期满",
    "cailiao": "材料",
    "zenmexu": "怎么续",
    "xuzheng": "续证",
    "huanzheng": "换证",
    "dizhi": "地址",
    "dianhua": "电话",
    "rengong": "人工",
    "bangzhu": "帮助",
    "dazi": "大字",
    "tixing": "提醒",
    "jindu": "进度",
    "tongyi": "同意",
    "tuiding": "退订",
    "chehui": "撤回",
    "yitijiao": "已提交",
    "yuyue": "预约",
    "bangban": "帮办",
    "quxiao": "取消",
    "huifubangding": "恢复绑定",
    "yingwen": "english",
}
ROLES = {
    "法人": BindRole.LEGAL_PERSON,
    "法定代表人": BindRole.LEGAL_PERSON,
    "经办人": BindRole.HANDLER,
    "经办": BindRole.HANDLER,
    "会计": BindRole.ACCOUNTANT,
    "代理": BindRole.AGENT,
    "legal person": BindRole.LEGAL_PERSON,
    "handler": BindRole.HANDLER,
    "accountant": BindRole.ACCOUNTANT,
    "agent": BindRole.AGENT,
}
LANGUAGES = {"english": "en", "英文": "en", "英语": "en", "中文": "zh", "chinese": "zh"}
