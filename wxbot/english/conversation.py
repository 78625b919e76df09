"""What the official account says. A word in “ ” is one that it understands (`reminders/rules/keywords.py`)."""

SENTENCES = {
    # help and welcome
    "您可以直接回复：\n"
    "绑定：绑定证照，到期前提醒您\n"
    "我的证照：查期满日期和最迟申请日\n"
    "怎么续：时限、地点、电话、材料\n"
    "解绑：不再接收提醒\n"
    "邀请同事：和同事一起接收，或交接给他\n"
    "核验：查一条提醒是不是我们发的\n"
    "人工：咨询电话\n"
    "English：用英文\n"
    "第一次使用，请回复“绑定”。": "You can reply:\n"
    "bind: bind a licence, to be reminded before it expires\n"
    "licences: expiry and last day to apply\n"
    "renew: when, where, phone, documents\n"
    "unbind: end reminders\n"
    "invite: let a colleague be reminded too, or hand over\n"
    "check: is a message really ours?\n"
    "human: whom to call\n"
    "中文: Chinese\n"
    "To begin, reply “bind”. ",
    "欢迎关注{account}。\n"
    "下一步：回复“绑定”，点一下也行，大约一分钟。\n"
    "以后证照快到期，我们在最迟申请日之前提醒您：什么时候、到哪里、带什么材料去换证。\n"
    "查到期：回复“我的证照”\n"
    "字和按钮大一点：回复“长辈模式”\n"
    "别的事：回复“帮助”，In English: reply “English”": "Welcome to {account}.\n"
    "Next step: reply “bind”, or tap the word; it takes about a minute.\n"
    "Before a licence expires we tell you in time until when, where and with which documents to renew it.\n"
    "See when it expires: reply “licences”\n"
    "Larger letters and buttons: reply “easy reading”\n"
    "Anything else: reply “help”, 中文: reply “中文”",
    "不想打字，在网页上绑定": "Rather fill in a form? Bind on a page",
    "欢迎回来。您绑定的 {count} 本证照都还在，到期前照常提醒您。\n"
    "看有没有要办的：回复“我的证照”\n"
    "别的事：回复“帮助”，In English: reply “English”": "Welcome back. The {count} licence(s) you bound are still here and you are reminded as before.\n"
    "See whether anything is to be done: reply “licences”\n"
    "Anything else: reply “help”, 中文: reply “中文”",
    "您以前关掉了微信提醒，现在还是关着的。": "You switched reminders in WeChat off; they still are. ",
    "咨询电话 {phone}。": "Phone {phone}.",
    "以后都用中文。别的事：回复“帮助”": "From now on in English. Anything else: reply “help”",
    # people who speak as they speak
    "您好！我管证照到期提醒，直接打字就行：\n"
    "查什么时候到期：回复“我的证照”\n"
    "第一次用：回复“绑定”\n"
    "找人：回复“人工”，In English: reply “English”": "Hello! I remind people of licences that expire. Just write:\n"
    "When does it expire: reply “licences”\n"
    "Here for the first time: reply “bind”\n"
    "A person: reply “human”, 中文: reply “中文”",
    "不客气。快到期时我们会提醒您，有事随时回复“帮助”。": "You are welcome. We remind you in time; for anything else reply “help”.",
    "想停一停还是全停？\n"
    "这一本先不提醒：回复“暂不提醒”\n"
    "不归您管了：回复“换人负责”\n"
    "以后都不收：回复“退订”，绑定一并解除": "A pause, or no more at all?\n"
    "Not now for this licence: reply “later”\n"
    "Not yours any more: reply “someone else”\n"
    "Nothing any more: reply “unsubscribe”; it ends your bindings too",
    "满意不满意、哪里不对，都可以写在这里，科室会看、会答复：": "Praise, complaints, mistakes: write them here; the department reads and answers.",
    "写意见": "Write to us",
    "申请已经交了吗？请回复“已提交”，就不再催您。": "Did you apply already? Reply “applied”: you are not reminded again.",
    "不再经营了吗？请回复“不再经营”，提醒就停，科室会告诉您怎样注销。": "Closed down? Reply “closed down”: reminders stop and the department tells you how to cancel the licence.",
    "换人负责了吗？请回复“换人负责”，不再提醒您；要交给同事，请回复“交接”。": "Somebody else looks after it? Reply “someone else”: you are not reminded; to pass it to a colleague reply “hand over”.",
    "登记的电话不对了吗？请回复“号码不对”，科室会更正。": "Is the registered number wrong? Reply “wrong number”: the department corrects it.",
    "要我们打电话给您吗？请回复“请帮办联系我”，1 个工作日内打给您。": "Shall we call you? Reply “call me”; we call within 1 working day.",
    "想约个时间去窗口吗？请回复“预约”，我们联系您定时间。": "Would you like a time at the counter? Reply “book”: we call you to fix it.",
    "点错了可以撤回。": "It can be taken back. ",
    "这件事打电话最快。": "For this a call is quickest.",
    "要绑定这家的证照吗？是的话，请回复：{tap}": "Do you want to bind the licences of this holder? Then reply: {tap}",
    "抱歉，看不懂图片。\n请把证照编号打成字发来，编号在证照正面；没有编号，就发持证人名称。\n找人：回复“人工”": "Sorry, pictures cannot be read here.\nPlease type the licence number, printed on the front; where there is none, the holder's name in Chinese.\nA person: reply “human”",
    "抱歉，这句没听清。请打几个字，例如“到期”“怎么续”。\n找人：回复“人工”": "Sorry, that was not heard. Please type a few words, like “expiry” or “renew”.\nA person: reply “human”",
    "谢谢。办证的地方在这里：": "Thank you. The counter is here:",
    "谢谢。办证在市政务服务中心的审批窗口，去之前先打电话问清。": "Thank you. Licences are renewed at the counters of the city's service centre; please call before you go.",
    "没看懂您的意思。": "That was not understood.",
    "还是没看懂，直接问人更快。": "Still not understood; a person will be quicker.",
    "系统忙，刚才的消息没有处理成功。请稍后再发一次。": "The system is busy and your message was not handled. Please send it again later.",
    # binding
    "绑定前请先看：{notice}": "Please read this before binding: {notice}",
    "完整的隐私告知": "The whole privacy notice",
    "同意请回复“同意”，不同意就不用回复。": "To agree, reply “agree”; if not, do not reply.",
    "谢谢，记下了。": "Thank you, noted.",
    "请发证照编号，或 18 位统一社会信用代码。\n"
    "没有编号的，发“绑定 持证人名称”，例如：绑定 某某药房有限公司。\n"
    "接着会有一条验证码短信，发到台账登记的手机。": "Please send the number on your licence, or the 18-digit credit code of the company.\n"
    "Without a number, send “bind” and the holder's registered name, for example: bind 某某药房有限公司\n"
    "Then a code comes by SMS to the phone in our register.",
    "如果信息相符，验证码已发送到台账登记的手机，10 分钟内有效。收到后回复 6 位数字。\n"
    "没收到：核对编号，过一分钟再发一次。手机号换了：回复“收不到验证码”。": "If the details match, a code was sent to the phone in our register; it is valid for 10 minutes. Reply with its 6 digits.\n"
    "Nothing arrived: check the number and send it again after a minute. The phone has changed: reply “no code”. ",
    "验证码连续输错 5 次。为了保护持证人，绑定暂停到 {at}。请在那之后回复“绑定”重新开始。": "The code was wrong 5 times. To protect the holder, binding rests until {at} (China time). After that, reply “bind” to begin again. ",
    "验证码不对，还可以再试 {left} 次。请对照短信重新回复 6 位数字；重新获取请再发一次证照编号。": "The code is not right; you can try {left} more times. Compare the SMS and reply with the 6 digits, or send the licence number again for a new code.",
    "现在没有等待核对的验证码（验证码 10 分钟内有效，只能用一次）。请回复“绑定”重新开始。": "No code is being waited for (a code is valid for 10 minutes and once only). Reply “bind” to begin again.",
    "绑定成功，已绑定 {count} 本证照。": "Done: {count} licence(s) bound.",
    "有证照已到提醒的时候，我们会尽快发提醒给您。": "One of them is due already; a reminder comes soon.",
    "下次提醒：{day}（还有 {days} 天）。": "Next reminder: {day} (in {days} days).",
    "有证照现在就要处理，请回复“怎么续”，看时限、地点、电话和材料。": "One of them needs you now: reply “renew” for dates, place, phone and documents.",
    "好的，没有什么需要取消的。回复“帮助”可以看到能做的事。": "All right, there is nothing to cancel. Reply “help” to see what can be done.",
    "好的，已取消这次绑定。需要时再回复“绑定”。": "All right, this binding is cancelled. Reply “bind” whenever you need it.",
    # licences
    "您还没有绑定证照。\n绑定后可以随时查期满日期，到期前我们会提醒您。\n请回复“绑定”开始，大约一分钟。": "No licence is bound yet.\nOnce bound, you can see when it expires at any time, and we remind you before.\nReply “bind” to begin; it takes about a minute.",
    "您还没有绑定证照。\n"
    "想看某一种证照怎么续，请回复“怎么续”加证照名称，例如：怎么续 食品生产许可证。\n"
    "回复“绑定”，以后直接看自己的证照。": "No licence is bound yet.\n"
    "To see how a kind of licence is renewed, reply “renew” and its Chinese name, for example: renew 食品生产许可证\n"
    "Reply “bind” to see your own from then on.",
    "没有这个序号。请回复“我的证照”看看有哪些。": "There is no such number. Reply “licences” to see them.",
    "您绑定的证照，最急的在前：": "Your licences, the most urgent first:",
    "还有更多，点这里看全部": "There are more: see all",
    "回复“我的证照”查看全部。": "Reply “licences” to see all.",
    "回复序号看这一本，回复“怎么续”看办理方法。": "Reply with its number to see one, or “renew” for how to renew.",
    "持证人：{name}": "Holder: {name}",
    "编号：{number}": "Number: {number}",
    "状态：{word}": "State: {word}",
    "最迟申请 {day}": "apply by {day}",
    "期满 {day}": "expires {day}",
    "最迟申请日：{day}": "Last day to apply: {day}",
    "查看办理地点、电话和材料": "See place, phone and documents",
    "查看全部要求": "See everything",
    "查看时限、地点和电话": "See dates, place and phone",
    "请联系{department}，电话 {phone}": "please call {department}, {phone}",
    "请联系{department}": "please ask {department}",
    "现在不用做什么，到期前我们会提醒您。": "Nothing to do now; we remind you before it expires.",
    "现在可以申请换证。回复“怎么续”看办法。": "You can apply for renewal now. Reply “renew” to see how.",
    "请在最迟申请日之前提交申请。回复“怎么续”看办法。": "Please apply before the last day. Reply “renew” to see how.",
    "申请正在办理，不用重复提交。": "Your application is being handled; do not apply again.",
    "新证已生效，现在不用做什么。": "The new licence is in force; nothing to do now.",
    "长期有效，不用换证。": "It does not expire.",
    "证照已注销。有疑问{call}。": "The licence was cancelled. If you have questions, {call}.",
    "台账里没有期满日期，{call}核对。": "Our register has no expiry date: {call} to check it.",
    "{call}，问清还能怎么办。": "To learn what can still be done, {call}.",
    # renewing
    "时限：{window}": "When: {window}",
    "申请时限：{window}": "When to apply: {window}",
    "尚未核定，以窗口答复为准": "not confirmed yet; what the counter says counts",
    "地点：{place}": "Where: {place}",
    "电话：{phone}": "Phone: {phone}",
    "材料：{list}": "Documents (the list is kept in Chinese): {list}",
    "{kind}换证要带的材料：": "To renew {kind}, bring (the list is kept in Chinese):",
    "等 {count} 项": " and so on, {count} in all",
    "请电话咨询": "please ask by phone",
    "请到窗口咨询": "please ask at the counter",
    "请向窗口咨询": "please ask at the counter",
    "清单还没有核定，请向窗口咨询": "the list is not confirmed yet; please ask at the counter",
    "其他证照请回复“怎么续”加序号，例如：怎么续 2": "For another licence reply “renew” and its number, for example: renew 2",
    "回复“绑定”，到期前我们会提醒您。": "Reply “bind” and we remind you before it expires.",
    "去之前可回复“材料”看要带什么。": "Before you go, reply “materials” to see what to bring.",
    "总咨询：{phone}": "General enquiries: {phone}",
    "请到市政务服务中心的审批窗口咨询，带上证照就可以。回复“帮助”看能在这里办的事。": "Please ask at the counters of the city service centre and bring the licence. Reply “help” to see what can be done here.",
    "请在工作时间拨打：": "Please call during working hours:",
    "打电话时请准备好证照名称和编号。": "Have the name and number of the licence at hand. If nobody speaks English, say the Chinese name.",
    # unbinding
    "没有找到要解除的证照，可能已经解除了。回复“我的证照”可以看到还绑定着哪些。": "Nothing was found to unbind; perhaps it was unbound before. Reply “licences” to see what is bound.",
    "要解除哪一本？": "Which one should be unbound?",
    "解除第 1 本请回复“解绑1”，全部解除请回复“解绑全部”。": "For no. 1 reply “unbind 1”; for all of them, “unbind all”.",
    "不解除就不用回复。": "To keep them, do not reply.",
    "您绑定的全部证照": "all your licences",
    "将解除：{what}\n解除后不再收到它的到期提醒；证照本身和台账不受影响，7 天内可以恢复。\n"
    "确定请回复“确认解绑{token}”，不解除就不用回复。": "To be unbound: {what}\nNo more reminders of it will come; the licence itself and our register stay as they are. Within 7 days you can have it back.\n"
    "To confirm, reply “confirm unbind {token}”; to keep it, do not reply.",
    # consent and data
    "我的数据：查看、导出、删除我们记下的内容，或撤回同意。": "My data: see, export or delete what we keep, or withdraw your consent.",
    "打开“我的数据”": "Open “My data”",
    "只想不再收提醒，直接回复“退订”就可以。": "If you only want no more reminders, reply “unsubscribe”.",
    "已撤回同意：解除了 {count} 本证照的绑定，不再向您的微信发提醒，等待发送的也已取消。\n"
    "想删除我们记下的内容，请回复“我的数据”。以后需要时，回复“绑定”重新开始。": "Consent withdrawn: {count} licence(s) unbound, no more reminders go to your WeChat, and those waiting are cancelled.\n"
    "To delete what we keep, reply “my data”. To begin again, reply “bind”.",
    # answers
    "您还没有绑定证照，没有可以回答的提醒。回复“绑定”开始，大约一分钟。": "No licence is bound yet, so there is no reminder to answer. Reply “bind” to begin; it takes about a minute.",
    "没有可以撤回的回答。回复“我的证照”看看现在的情况。": "There is no answer to take back. Reply “licences” to see how things stand.",
    "证照较多，请点开提醒里的链接，或在“我的证照”网页上选一本再回答。": "You have many licences: open the link in the reminder, or choose one on the page “My licences”, and answer there.",
    "已记下《{kind}》——{understood}": "Noted for {kind}: {understood}",
    "点错了请回复“撤回”。": "A mistake? Reply “undo”.",
    "已撤回《{kind}》的回答“{word}”，提醒照常。回复“我的证照”查看。": "The answer “{word}” for {kind} is taken back; reminders go on. Reply “licences” to look.",
    "“{word}”说的是哪一本？": "Which one do you mean by “{word}”?",
    "第 1 本请回复“{word} 1”。": "For no. 1 reply “{word} 1”.",
    "没有 {day} 这一天，请写成 2027-01-20 的样子。": "There is no day {day}; please write it like 2027-01-20.",
    # large letters
    "长辈模式已打开：网页上的字和按钮都放大了。不想用时，回复“普通模式”。": "Easy reading is on: letters and buttons on the pages are larger. To end it, reply “普通模式”.",
    "已退出长辈模式。": "Easy reading is off.",
    "打开我的证照": "Open my licences",
    "回复“人工”，可以看到该打哪个电话。": "Reply “human” to see whom to call.",
    # check codes
    "想知道一条提醒是不是我们发的，请回复“核验”加消息里的 10 位校验码，例如：核验 7K3M2-QXP9T\n"
    "我们的微信提醒和短信提醒里都有校验码（验证码短信没有）。": "To learn whether a reminder is ours, reply “check” and the 10 signs of its check code (校验码), for example: check 7K3M2-QXP9T\n"
    "Every reminder of ours by WeChat and SMS has one (an SMS with a code to type has none).",
    "我们的提醒不收费，不要求转账，不索要密码、银行卡号。": "Our reminders are free; they never ask for a payment, a password or a bank card. ",
    "校验码 {code}：是我们发的消息。": "Check code {code}: this message is ours.",
    "发送：{day}，{channel}": "Sent: {day}, by {channel}",
    "内容：提醒按时换证（{kinds}）": "About: renewing in time ({kinds})",
    "内容：提醒按时换证（{kinds}，共 {count} 本）": "About: renewing in time ({kinds}, {count} licences)",
    "内容：更正此前的提醒，“{words}”（{kinds}）": "About: what was wrong in an earlier reminder, “{words}” ({kinds})",
    "内容：更正此前的提醒，“{words}”（{kinds}，共 {count} 本）": "About: what was wrong in an earlier reminder, “{words}” ({kinds}, {count} licences)",
    "这条消息后来更正过：{words}。以更正为准。": "This message was corrected later (“{words}”). Go by the correction.",
    "微信消息": "WeChat message",
    "微信订阅通知": "WeChat subscription notice",
    "业务系统提示": "notice in the business system",
    "人工": "a person",
    "收件人：就是您这个微信号。": "Written to: this WeChat account of yours.",
    "收件人：不是您这个微信号。别人转来的消息，请让收到的人自己核验。": "Written to: not this WeChat account. If somebody passed it on, let whoever received it check.",
    "收件人：这里查不到是谁。": "Written to: cannot be told here.",
    "您收到的和上面对不上，就可能是冒充信息：不要点链接，不要转账。": "If what you received differs from this, it may be a fraud: open no link and pay nothing. ",
    "没有查到这个校验码。请对照消息，看有没有输错一位。\n"
    "核对无误仍查不到，这条消息可能是冒充信息：不要点里面的链接，不要转账，不要回拨里面的电话。": "This check code was not found. Compare it with the message, sign by sign.\n"
    "If it is right and still not found, the message may be a fraud: open no link in it, pay nothing, and do not call its number.",
    "回复“我的证照”可以看到真实的日期。": "Reply “licences” to see the true dates. ",
    "拿不准请拨打 {phone}。": "If in doubt, call {phone}.",
    "拿不准请到窗口问。": "If in doubt, ask at the counter.",
}
