"""The words for where a thing stands: one StrEnum per noun."""

from enum import StrEnum


class DateKind(StrEnum):
    """Which date of a license is meant: its expiry, or the companion date of some kinds (校验, 居留证件)."""

    MAIN = "main"
    COMPANION = "companion"


class Stage(StrEnum):
    """Steps of the reminder ladder, in ladder order."""

    FIRST = "first"
    OPEN = "open"
    FOLLOW_UP = "follow_up"
    LAST_CALL = "last_call"
    HUMAN = "human"
    CLOSED = "closed"
    LAPSED = "lapsed"


class LicenseState(StrEnum):
    """What the ledger knows of a license, apart from what the calendar says."""

    ACTIVE = "active"
    RENEWING = "renewing"  # 办理中: an application is in; reminders rest
    CANCELLED = "cancelled"


class Expiry(StrEnum):
    """Shape of the expiry date in the ledger."""

    DATED = "dated"
    NONE = "none"  # 长期有效
    UNKNOWN = "unknown"  # missing; a person must check


class HolderKind(StrEnum):
    COMPANY = "company"
    PERSON = "person"


class Confidence(StrEnum):
    """How sure a renewal window is; see config/catalogue.csv."""

    CONFIRMED = "confirmed"
    MEMORY = "memory"
    DEFAULT = "default"


class Channel(StrEnum):
    """WECHAT is the template message, SUBSCRIPTION the 订阅通知 that a person agreed to."""

    WECHAT = "wechat"
    SUBSCRIPTION = "subscription"
    SMS = "sms"
    BUSINESS_SYSTEM = "business_system"
    PHONE = "phone"
    LETTER = "letter"


class Purpose(StrEnum):
    """Why a delivery exists: a reminder, a code somebody waits for, or words that put reminders right.

    NEWS and VISIT are tidings: they say what is true when they leave, and carry no items.
    """

    REMINDER = "reminder"
    CODE = "code"
    CORRECTION = "correction"
    NEWS = "news"  # somebody new is bound to licenses of theirs
    VISIT = "visit"  # they are expected at a counter on `for_day`


class BatchKind(StrEnum):
    """By what the messages are chosen that told something wrong."""

    RUN = "run"
    IMPORT = "import"
    DAY = "day"  # one kind of license on one civil day


class DeliveryState(StrEnum):
    READY = "ready"
    SENDING = "sending"
    ACCEPTED = "accepted"
    DELIVERED = "delivered"
    UNCONFIRMED = "unconfirmed"
    REFUSED = "refused"
    UNKNOWN = "unknown"
    BLOCKED = "blocked"
    CANCELLED = "cancelled"
    UNDELIVERABLE = "undeliverable"
    REVIEW = "review"


class GrantState(StrEnum):
    """What a person said to subscription notices; a grant that the platform took back is used up."""

    ACCEPTED = "accepted"
    REJECTED = "rejected"
    USED_UP = "used_up"


class RefusedHow(StrEnum):
    """How a person said that they want no SMS."""

    REPLY = "reply"  # TD, 退订
    PROVIDER = "provider"  # the operator's own blacklist
    STAFF = "staff"


class SmsFault(StrEnum):
    """Why no SMS can go to a row of the ledger."""

    NO_PHONE = "no_phone"
    NOT_MOBILE = "not_mobile"
    WRONG_NUMBER = "wrong_number"
    REFUSED = "refused_sms"
    NOT_TAKEN = "not_taken"  # the platform refused this number
    NAME_TOO_LONG = "name_too_long"


class ReminderState(StrEnum):
    OPEN = "open"
    CANCELLED = "cancelled"


class RunState(StrEnum):
    """How a planning run ended. HELD wrote no reminder: it was above the cap and waits for a person."""

    DONE = "done"
    HELD = "held"
    CONFIRMED = "confirmed"
    DISCARDED = "discarded"
    SUPERSEDED = "superseded"


class AlarmKind(StrEnum):
    """What rings until its cause is gone."""

    PLANNER_MISSING = "planner_missing"
    OFFICER_ABSENT = "officer_absent"
    OFFICER_MISSING = "officer_missing"
    RUN_HELD = "run_held"
    CLOCK_DIFFERS = "clock_differs"
    CIRCUIT_OPEN = "circuit_open"
    MESSAGES_STUCK = "messages_stuck"
    MESSAGES_OVERDUE = "messages_overdue"
    UNLISTED_CODES = "unlisted_codes"
    RECEIPTS_UNMATCHED = "receipts_unmatched"
    BOOKS_UNBALANCED = "books_unbalanced"
    LEDGER_MISSING = "ledger_missing"
    ORDERS_LATE = "orders_late"
    AUDIT_BROKEN = "audit_broken"
    DECISIONS_UNSHARED = "decisions_unshared"
    LIBRARY_SILENT = "library_silent"


class CallOutcome(StrEnum):
    """Outcome codes of a call (product: 已告知 · 无人接听 · 空号 · 停业 · 已办理 · 拒接 · 待回电)."""

    TOLD = "told"
    NO_ANSWER = "no_answer"
    WRONG_NUMBER = "wrong_number"
    CLOSED_DOWN = "closed_down"
    ALREADY_RENEWED = "already_renewed"
    DECLINED = "declined"
    CALL_BACK = "call_back"


class ContactSign(StrEnum):
    """How a holder was confirmed reached for one expiry date."""

    OPENED_PAGE = "opened_page"
    ASKED = "asked"
    TOLD_BY_PHONE = "told_by_phone"
    RECEIVED_LETTER = "received_letter"
    ANSWERED = "answered"


class AnswerKind(StrEnum):
    """What a holder says to a reminder with one tap; rules.answers tells what each does."""

    APPLIED = "applied"  # 已提交
    BOOK = "wants_appointment"  # 预约
    HELP = "wants_help"  # 请帮办联系我
    OUT_OF_BUSINESS = "out_of_business"  # 不再经营
    HANDED_OVER = "handed_over"  # 换人负责
    NUMBER_WRONG = "number_wrong"  # 号码不对
    LATER = "later"  # 暂不提醒


class Language(StrEnum):
    ZH = "zh"
    EN = "en"


class FontSize(StrEnum):
    NORMAL = "normal"
    LARGE = "large"
    LARGEST = "largest"


class Colours(StrEnum):
    AUTO = "auto"  # as the phone is set
    LIGHT = "light"
    DARK = "dark"


class QuietUntil(StrEnum):
    """The time of day before which a person wants no message; rules.quiet_hours has the clock."""

    OPENING = "opening"  # as soon as we send
    NOON = "noon"
    AFTERNOON = "afternoon"
    EVENING = "evening"


class BindHow(StrEnum):
    """By what proof somebody was bound; all between the first and the last are passes."""

    PHONE_CODE = "phone_code"
    LETTER = "letter_qr"  # on a letter
    RECEIPT = "receipt_qr"  # on a counter receipt
    PAPER_CODE = "paper_code"  # a code that an officer gave out on paper
    STAFF = "staff_qr"  # no binding: a colleague links their own WeChat
    INVITATION = "invitation"  # somebody bound already vouches
    APPEAL = "appeal"  # an officer looked at the case


class BindRole(StrEnum):
    """What somebody is to the holder, in their own words."""

    LEGAL_PERSON = "legal_person"  # 法人
    HANDLER = "handler"  # 经办人
    ACCOUNTANT = "accountant"  # 会计
    AGENT = "agent"  # 代理


class ImportState(StrEnum):
    READING = "reading"  # a large file, read by a job
    PREVIEW = "preview"
    ACCEPTING = "accepting"  # a large one, on its way into the ledger by a job
    ACCEPTED = "accepted"
    DISCARDED = "discarded"
    UNDOING = "undoing"  # a large one, on its way out
    UNDONE = "undone"


class RowAction(StrEnum):
    """What accepting an import row will do."""

    NEW = "new"
    CHANGED = "changed"
    RENEWED = "renewed"
    UNCHANGED = "unchanged"
    FAULTY = "faulty"


class NoticeState(StrEnum):
    """SCHEDULED is approved and waits for its moment."""

    DRAFT = "draft"
    SUBMITTED = "submitted"
    SCHEDULED = "scheduled"
    PUBLISHED = "published"
    WITHDRAWN = "withdrawn"


class Outlet(StrEnum):
    """Where a notice is shown: the portal in the approving transaction, the rest by jobs."""

    PORTAL = "portal"
    OFFICIAL_ACCOUNT = "official_account"
    MASS_SEND = "mass_send"  # the same account, pushed to every follower; only when a person asks for it
    GOVERNMENT_SITE = "government_site"


class PublicationState(StrEnum):
    """One outlet's view of one notice. `READY` wants publishing or withdrawing, see `wanted`."""

    READY = "ready"
    SENDING = "sending"
    LIVE = "live"
    GONE = "gone"
    FAILED = "failed"


class Role(StrEnum):
    OFFICER = "officer"
    LEAD = "lead"
    SUPERVISOR = "supervisor"
    OFFICE = "office"
    SYSTEM_ADMIN = "system_admin"  # runs the installation
    SECURITY_ADMIN = "security_admin"  # gives and takes accounts
    AUDIT_ADMIN = "audit_admin"  # reads what everybody did
