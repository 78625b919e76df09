"""What is said of people newly bound to somebody's licences."""

SENTENCES = {
    "最近 30 天没有新绑定的人。": "Nobody was newly bound within the last 30 days.",
    "已交给工作人员：{day} 前核对新绑定的这位接收人，核实不是您单位的人就移除。": "Handed to the staff: by {day} they check the newly bound person, and remove whoever is not one of you.",
    "最近新绑定了 {count} 位，请点下面选是哪一位。": "{count} people were newly bound; please tap below and choose who it is.",
    "又有 {count} 个人绑定了您的证照，看是谁": "{count} more person(s) bound your licences: see who",
    "新绑定的人": "Newly bound",
    "最近 30 天绑定了您的证照的人，他们也会收到提醒。是您单位的人，不用做什么。": "Who was bound to your licences within the last 30 days; they are reminded too. If they are colleagues, there is nothing to do.",
    "不是我们的人，请核对": "Not one of us, please check",
    "谁在接收提醒": "Who receives the reminders",
    "内容：有人新绑定了同一持证人的证照": "It says: somebody was newly bound to licences of the same holder",
    "内容：预约到窗口办理的提醒": "It says: you have an appointment at a counter",
}
