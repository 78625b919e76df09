"""The states of visits, appeals and feedback, and their words, the same for holders and staff."""

from enum import StrEnum


class AppointmentState(StrEnum):
    HELD = "held"  # kept free for a few minutes while somebody makes up their mind
    BOOKED = "booked"
    CANCELLED = "cancelled"
    CAME = "came"
    MISSED = "missed"
    EXCUSED = "excused"  # did not come, and had said so or had a reason: counts as nothing


class AppealKind(StrEnum):
    """Why somebody asks an officer to look at a binding."""

    WRONG_PHONE = "wrong_phone"  # the phone in the ledger is not, or no longer, theirs
    STRANGER = "stranger"  # somebody else is bound whom they do not know


class AppealClosing(StrEnum):
    VERIFIED = "verified"
    TURNED_DOWN = "turned_down"


class ApplicationStage(StrEnum):
    """How far an application for renewal is; the holder says that it was submitted, staff the rest."""

    SUBMITTED = "submitted"
    ACCEPTED = "accepted"
    CHECKED = "checked"
    DECIDED = "decided"


class Satisfaction(StrEnum):
    """The five levels of 好差评, best first."""

    VERY_GOOD = "very_good"
    GOOD = "good"
    FAIR = "fair"
    BAD = "bad"
    VERY_BAD = "very_bad"


class Reason(StrEnum):
    """What a level has to do with; as many as fit, or none."""

    SPEED = "speed"
    CLARITY = "clarity"
    MANNER = "manner"
    CORRECTNESS = "correctness"
    OUTCOME = "outcome"


class FeedbackAbout(StrEnum):
    """The point of contact that is judged; MISTAKE reports something wrong and needs no level."""

    REMINDER = "reminder"
    PAGES = "pages"
    APPOINTMENT = "appointment"
    HELP = "help"
    COUNTER = "counter"
    MISTAKE = "mistake"


LEVELS = {
    Satisfaction.VERY_GOOD: "非常满意",
    Satisfaction.GOOD: "满意",
    Satisfaction.FAIR: "基本满意",
    Satisfaction.BAD: "不满意",
    Satisfaction.VERY_BAD: "非常不满意",
}
REASONS = {
    Reason.SPEED: "快慢",
    Reason.CLARITY: "说得清不清楚",
    Reason.MANNER: "态度",
    Reason.CORRECTNESS: "内容对不对",
    Reason.OUTCOME: "事情办没办成",
}
ABOUTS = {
    FeedbackAbout.REMINDER: "收到的提醒",
    FeedbackAbout.PAGES: "公众号和网页",
    FeedbackAbout.APPOINTMENT: "预约",
    FeedbackAbout.HELP: "帮办和电话",
    FeedbackAbout.COUNTER: "窗口办理",
    FeedbackAbout.MISTAKE: "信息有误",
}
VISITS = {
    AppointmentState.HELD: "正在约",
    AppointmentState.BOOKED: "已约",
    AppointmentState.CANCELLED: "已取消",
    AppointmentState.CAME: "来了",
    AppointmentState.MISSED: "没来",
    AppointmentState.EXCUSED: "有事说明过",
}
APPLICATIONS = {
    ApplicationStage.SUBMITTED: "已提交，等待受理",
    ApplicationStage.ACCEPTED: "已受理",
    ApplicationStage.CHECKED: "审查中",
    ApplicationStage.DECIDED: "已作出决定",
}
