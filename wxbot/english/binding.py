"""What is said, on pages and in the account, to people who bind by other ways than the code to the phone."""

SENTENCES = {
    "欢迎关注{account}。": "Welcome to {account}.",
    "看到了，再走一步就绑定好。": "Seen. One more step and it is bound.",
    "这个二维码或绑定码不能用了：可能已经用过、过期，或者输错了。\n"
    "换个办法绑定：\n"
    "回复“绑定”，用台账登记手机的验证码；\n"
    "到窗口请工作人员重新开一个；\n"
    "同事已经绑定的，请他邀请您。": "This QR code or binding code cannot be used: it may have been used, have expired, or be mistyped.\n"
    "Other ways to bind:\n"
    "reply “bind” to use a code sent to the registered phone;\n"
    "ask at the counter for a new one;\n"
    "or be invited by a colleague who is bound already.",
    "试的次数太多，请过一小时再试，或者回复“绑定”用登记手机的验证码。": "Too many tries. Please try again in an hour, or reply “bind” to use a code sent to the registered phone.",
}
