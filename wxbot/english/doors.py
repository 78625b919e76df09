"""What is said in English before somebody is known, and on the pages that lead from one to another."""

SENTENCES = {
    "先认一下您是谁": "First, who are you?",
    "证照资料只给本人看。不用微信也可以，两个办法选一个。": "Licences are shown to their own people only. You can do without WeChat; choose one of two ways.",
    "用短信验证码": "By a code to the phone",
    "验证码发到台账登记的手机，大约一分钟，两小时内有效。": "A code goes to the registered phone. It takes about a minute and lasts two hours.",
    "收短信验证码": "Get a code by SMS",
    "用微信": "By WeChat",
    "这一页是给您的微信用的，请在微信里打开。": "This page is for your WeChat account; please open it in WeChat.",
    "打开微信，搜索公众号“{name}”，关注后从菜单或消息里点开。": "Open WeChat, search for the account “{name}”, follow it, and tap its menu or a message.",
    "正在用电脑？用手机微信扫一扫": "At a computer? Scan this in WeChat",
    "打开这一页的二维码": "QR code that opens this page",
    "这里就是微信，直接打开": "This is WeChat already: open it",
    "不用微信：收短信验证码，看自己的证照": "Without WeChat: get a code by SMS and see your licences",
    "请再打开一次": "Please open it once more",
    "刚才的操作没有生效。": "What you did just now had no effect.",
    "不在微信里？用短信验证码打开": "Not in WeChat? Open it with a code by SMS",
    "您是用手机验证码进来的：到期前的提醒发到台账登记的手机。想在微信里收，请在微信里绑定。": "You came in by a code to the phone: reminders go to the registered phone. To get them in WeChat, bind there.",
    "怎样在微信里打开": "How to open it in WeChat",
}
