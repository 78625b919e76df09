"""The privacy notice people agree to before they bind: every version that was ever shown, word for word."""

from collections.abc import Mapping
from dataclasses import dataclass

from reminders.rules.lifecycle import Language

CURRENT = "2026-11"


@dataclass(frozen=True)
class Notice:
    """`short` fits a chat message; `paragraphs` are heading and text, for the page."""

    short: str
    paragraphs: tuple[tuple[str, str], ...]


# Never change a version once a released service showed it: add a new one, so that it stays known what
# somebody agreed to (个人信息保护法 第十四条, 第十七条).
NOTICES: Mapping[str, Mapping[Language, Notice]] = {
    "2026-11": {
        Language.ZH: Notice(
            short="为了在证照到期前提醒您，我们会记下您的微信号标识（不是微信号、昵称或头像）、您绑定了哪些证照、发过哪些提醒、"
            "您的回答、预约、备好的材料、意见和页面设置。只用于到期提醒和换证服务，不向别人提供，加密保存。您可以随时回复“退订”撤回同意，或回复“我的数据”查看、导出、删除。",
            paragraphs=(
                ("谁在处理", "{organizer}。联系电话见页面底部，也可以在公众号里回复“人工”。"),
                (
                    "记下什么",
                    "您在本公众号的标识（openid，不是微信号，也没有昵称和头像）、您绑定的证照、我们发给您的提醒和送达情况、"
                    "您点的回答和您自己写的话（包括请帮办时另留的电话）、勾选的备好的材料、预约的窗口时间和是否来了、评价和纠错、"
                    "语言、字号、颜色、长辈模式和提醒设置。",
                ),
                (
                    "为什么",
                    "在证照到期前提醒您最迟哪天申请、到哪里、带什么材料，并按您的回答停止或改变提醒。证照和登记电话来自审批台账，"
                    "是依法履行职责所掌握的，不因为您不绑定而删除。",
                ),
                (
                    "怎样保存",
                    "个人内容加密保存在本局的系统里，不出境，不提供给其他单位或个人。解除绑定后不再使用；提醒记录按档案规定保存。",
                ),
                (
                    "您的权利",
                    "您可以随时撤回同意：回复“退订”，或在“我的数据”页面点一下，和同意一样方便。撤回后解除全部绑定，不再向您的微信发提醒；"
                    "本局仍可能依职责用台账里的电话或信函告知。您还可以查看、导出、更正和删除我们记下的内容。",
                ),
                ("不同意会怎样", "仍可以查办事指南、打电话咨询，只是不能绑定证照，也收不到微信提醒。"),
            ),
        ),
        Language.EN: Notice(
            short="To remind you before your license expires we keep your identifier on this "
            "account (not your WeChat ID, name or picture), which licenses you bound, "
            "the reminders we sent, your answers, visits, documents ticked, feedback and page "
            "settings. It is used for reminders and renewal only, kept encrypted, and given to "
            "nobody. Reply “unsubscribe” at any time to withdraw, or “my data” to see, export or delete it.",
            paragraphs=(
                (
                    "Who",
                    "{organizer}. The phone is at the foot of this page; or reply “human” in the account.",
                ),
                (
                    "What we keep",
                    "Your identifier on this account (openid; not your WeChat ID, name "
                    "or picture), the licenses you bound, the reminders sent to you and "
                    "whether they arrived, your answers and your own words (with another phone "
                    "you leave when you ask for help), the documents you ticked as ready, "
                    "your visits to a counter and whether you came, your feedback, and your "
                    "settings: language, letters, colours, easy reading and reminders.",
                ),
                (
                    "Why",
                    "To tell you by when, where and with which documents to apply, and "
                    "to stop or change reminders as you answer. License and registered "
                    "phone come from the bureau's own register, kept by law; they do not "
                    "depend on this consent.",
                ),
                (
                    "How",
                    "Personal content is encrypted in the bureau's own system, stays in "
                    "China and is given to nobody else. After unbinding it is not used; "
                    "records of reminders are kept as the archive rules say.",
                ),
                (
                    "Your rights",
                    "You may withdraw at any time: reply “unsubscribe”, or tap once on "
                    "the page “My data”. Everything is unbound and nothing more is sent "
                    "to your WeChat; the bureau may still call or write to the address "
                    "in its register. You may see, export, correct and delete what we "
                    "keep.",
                ),
                (
                    "If you do not agree",
                    "Guides and phone advice stay open to you; only binding and WeChat "
                    "reminders do not work.",
                ),
            ),
        ),
    },
}


def current(language: Language) -> Notice:
    return NOTICES[CURRENT][language]
