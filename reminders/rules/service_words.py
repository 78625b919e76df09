"""The words for visits and feedback, the same for holders and staff."""

from reminders.rules.lifecycle import AppointmentState, FeedbackAbout, Satisfaction

LEVELS = {
    Satisfaction.VERY_GOOD: "非常满意",
    Satisfaction.GOOD: "满意",
    Satisfaction.FAIR: "基本满意",
    Satisfaction.BAD: "不满意",
    Satisfaction.VERY_BAD: "非常不满意",
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
    AppointmentState.BOOKED: "已约",
    AppointmentState.CANCELLED: "已取消",
    AppointmentState.CAME: "来了",
    AppointmentState.MISSED: "没来",
}
