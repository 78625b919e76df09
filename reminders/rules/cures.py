"""What a person does about the code for which an outside system made a channel rest."""

IP = "把本机的出口 IP 加进公众平台“设置与开发 → 基本配置 → IP 白名单”，十分钟后解除暂停"
CREDENTIALS = "在公众平台“基本配置”核对 AppID 和 AppSecret，改好 WECHAT_APP_SECRET 后重启，再解除暂停"
VERIFIED = "公众号没有这个接口权限：看微信认证是否到期、接口是否被封，恢复后解除暂停"
FIELDS = "模板字段对不上：按平台上的模板，在工作台“模板”里改字段类型，批准后解除暂停"
TEMPLATE = "模板编号不对或已被删除（删类目会连模板一起删）：换成账号里现有的编号，重启后解除暂停"
QUOTA = "当天的调用次数用完，零点自动恢复；着急可用 reminders wechat clear-quota（每月 10 次）"
SMS_MONEY = "短信余额或套餐用完：充值后解除暂停；期间到期的人改打电话"
SMS_KEY = "短信平台不认密钥：核对 SMS_ACCOUNT、SMS_API_KEY，重启后解除暂停"
SMS_TEMPLATE = "短信签名、模板未通过或编号不对：编号在工作台“模板”里改，签名看 SMS_SIGNATURE；改好后解除"
SMS_WORDS = "短信里有平台不收的字词或链接：在工作台“模板”里改正文，批准后解除暂停"
BUSINESS_KEY = "业务系统不认签名：核对 BUSINESS_SYSTEM_KEY 和本机时钟，改好后重启，再解除暂停"
BUSINESS_ADDRESS = "业务系统的地址不对或已搬走：核对 BUSINESS_SYSTEM_URL，改好后重启，再解除暂停"
BUSINESS_FIELDS = "业务系统不认提示的格式：请对方按运行手册“Prompts in a business system”核对，再解除暂停"
UNKNOWN = "看发送日志里的这个代码和 rid，排除后解除暂停"

# A code counts by its longest beginning that stands here.
CURES: dict[str, str] = {
    "40164": IP, "61004": IP, "89503": "公众平台在等管理员确认本机 IP：请管理员在手机上确认后解除暂停",
    "40002": CREDENTIALS, "40013": CREDENTIALS, "40125": CREDENTIALS, "41002": CREDENTIALS,
    "41004": CREDENTIALS,
    "40243": "AppSecret 被冻结：在公众平台“基本配置”解冻（约十分钟生效）后解除暂停",
    "48001": VERIFIED, "48004": VERIFIED, "50002": VERIFIED, "53500": VERIFIED,
    "45009": QUOTA,
    "47003": FIELDS, "40035": FIELDS, "40037": TEMPLATE, "40036": TEMPLATE, "40246": TEMPLATE,
    "40039": "链接不合要求：核对 WXBOT_URL 的域名，重启后解除暂停",
    "41030": "页面地址不合要求：核对 WXBOT_URL，重启后解除暂停",
    "outage": "对方系统多数没有回应：先不发新消息，半分钟后自动再试；一直如此请联系对方",
    "isv.AMOUNT_NOT_ENOUGH": SMS_MONEY, "FailedOperation.InsufficientBalance": SMS_MONEY,
    "AMOUNT_NOT_ENOUGH": SMS_MONEY, "isv.OUT_OF_SERVICE": SMS_MONEY,
    "InternalError.SigVerificationFail": SMS_KEY, "MissingParameter": SMS_TEMPLATE,
    "AuthFailure": SMS_KEY, "UnauthorizedOperation": SMS_KEY, "SignatureDoesNotMatch": SMS_KEY,
    "InvalidAccessKeyId": SMS_KEY, "IllegalMac": SMS_KEY, "InvalidUsrOrPwd": SMS_KEY, "FORBIDDEN": SMS_KEY,
    "isp.RAM_PERMISSION_DENY": SMS_KEY, "isv.ACCOUNT": SMS_KEY,
    "isv.SMS_TEMPLATE": SMS_TEMPLATE, "isv.SMS_SIGN": SMS_TEMPLATE, "isv.TEMPLATE": SMS_TEMPLATE,
    "isv.INVALID": SMS_TEMPLATE, "FailedOperation.Template": SMS_TEMPLATE,
    "FailedOperation.Signature": SMS_TEMPLATE, "InvalidParameter": SMS_TEMPLATE,
    "TEMPLATE_ILLEGAL": SMS_TEMPLATE, "SIGNATURE_ILLEGAL": SMS_TEMPLATE, "PARAMS_ILLEGAL": SMS_TEMPLATE,
    "IllegalSignId": SMS_TEMPLATE, "isv.BLACK_KEY": SMS_WORDS, "isv.PARAM_NOT_SUPPORT": SMS_WORDS,
    "FailedOperation.ContainSensitiveWord": SMS_WORDS, "InvalidMessage": SMS_WORDS,
    "isv.MOBILE_COUNT": SMS_TEMPLATE, "TooManyMobiles": SMS_TEMPLATE,
    "InvalidTimeStamp": "本机时钟不准：校准时间后解除暂停",
    "NoSignId": SMS_TEMPLATE,
    "http-401": BUSINESS_KEY, "http-403": BUSINESS_KEY, "http-404": BUSINESS_ADDRESS,
    "http-405": BUSINESS_ADDRESS, "http-3": BUSINESS_ADDRESS, "http-400": BUSINESS_FIELDS,
    "http-413": BUSINESS_FIELDS, "http-415": BUSINESS_FIELDS,
    "LimitExceeded": "短信平台当天的额度用完，零点自动恢复；期间到期的人改打电话",
    "isv.DAY_LIMIT_CONTROL": "短信平台当天的额度用完，零点自动恢复；期间到期的人改打电话",
}  # fmt: skip


def cure(reason: str) -> str:
    """`reason` as a circuit keeps it: the code first, then perhaps the platform's rid."""
    code = reason.split(" ", 1)[0]
    fitting = [beginning for beginning in CURES if code.startswith(beginning)]
    return CURES[max(fitting, key=len)] if fitting else UNKNOWN
