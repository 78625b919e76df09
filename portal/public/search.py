"""Search over notices and guides, from an index in memory that is made anew when their texts change."""

import threading
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta

from flask import make_response, render_template, request, url_for
from flask.typing import ResponseReturnValue
from markupsafe import Markup, escape
from sqlalchemy.orm import Session

from portal.installation import database, installation
from portal.public import bp
from portal.public.answers import private
from portal.public.english import window_in_english
from portal.public.heads import Head
from portal.public.notices import RECENT
from reminders import catalogue, clock, searching
from reminders.catalogue import EntryView
from reminders.rules import text_search
from reminders.rules.english_names import name_in_english
from reminders.rules.text_search import Document, Hit
from reminders.searching import Edition, Mark

MOST_HITS = 30
PAGES = (
    ("public.how_it_works", "提醒机制", "提醒是怎么做的 最迟申请日 微信 短信 电话 函告"),
    ("public.faq", "常见问题", "没有收到提醒 换手机号 过了最迟申请日 真假提醒 校验码 不再收到"),
    ("public.self_check", "到期自查", "查询证照是否有效 将到期 已过期"),
    ("check.form", "核验消息", "校验码 真假 诈骗 冒充"),
    ("public.contact", "联系我们", "科室 地点 电话 投诉"),
    ("public.performance", "提醒成效", "按期换证 触达 统计 数据"),
    ("public.accessibility", "无障碍声明", "长辈模式 大字 读屏 键盘"),
    ("public.privacy", "隐私说明", "个人信息 电话 加密"),
    ("public.open_data", "开放数据", "订阅 RSS CSV 下载"),
)


@bp.get("/search")
def search() -> ResponseReturnValue:
    """Kept by nobody: people type names and numbers here."""
    query = request.args.get("q", "")[: text_search.LONGEST_QUERY].strip()
    period = request.args.get("period", "")
    hits = text_search.find(_since(period), query, MOST_HITS) if query else []
    head = Head("搜索", "搜索", "搜索温馨提示和办事指南。", url_for("public.search"), is_indexed=False)
    shown = [(hit.document, marked(hit.document.title, hit), marked(_snippet(hit), hit)) for hit in hits]
    told = {"query": query, "hits": shown, "period": period if period in RECENT else "", "periods": RECENT}
    return private(make_response(render_template("public/search.html", head=head, **told)))


def marked(text: str, hit: Hit) -> Markup:
    """The words that were found, marked; everything else is text."""
    pieces = text_search.marked(text, hit.words)
    return Markup("").join(
        Markup("<mark>{}</mark>").format(piece) if is_word else escape(piece) for piece, is_word in pieces
    )


def _since(period: str) -> tuple[Document, ...]:
    """Everything, or the notices published in the last so many days; guides have no date."""
    known = _documents()
    if period not in RECENT:
        return known
    first = clock.civil_date(clock.now()) - timedelta(days=int(period))
    notices = (document for document in known if document.column == searching.COLUMN)
    return tuple(document for document in notices if document.newest >= first.isoformat())


def _snippet(hit: Hit) -> str:
    return text_search.snippet(hit.document, hit.words)


@dataclass
class _Kept:
    lock: threading.Lock = field(default_factory=threading.Lock)
    mark: Mark | None = None
    notices: dict[Edition, Document] = field(default_factory=dict)
    documents: tuple[Document, ...] = ()


def _documents() -> tuple[Document, ...]:
    kept = installation().kept.setdefault("search", _Kept())
    assert isinstance(kept, _Kept)
    with database().read() as session:
        mark = searching.mark(session)
        with kept.lock:
            if kept.mark != mark:
                kept.notices = _notices(session, kept.notices)
                entries = catalogue.entries(session)
                guides = [*map(_guide, entries), *map(_english_guide, entries)]
                pages = [Document(url_for(endpoint), "本站", *words) for endpoint, *words in PAGES]
                kept.documents, kept.mark = (*guides, *pages, *kept.notices.values()), mark
    return kept.documents


def _notices(session: Session, known: Mapping[Edition, Document]) -> dict[Edition, Document]:
    """What is published now, newest first; only what was not known before is read."""
    wanted = searching.published(session)
    found = searching.notices(session, [one for one in wanted if one not in known])
    read = {
        one: replace(document, url=url_for("public.notice", notice_id=one[0]))
        for one, document in found.items()
    }
    return {one: known.get(one) or read[one] for one in wanted}


def _guide(entry: EntryView) -> Document:
    text = "　".join(
        (
            f"{entry.item_name}。申请换证时限：{entry.window_text or '以窗口答复为准'}。",
            f"审批科室：{entry.department}。",
            f"又叫：{entry.aliases}。" if entry.aliases else "",
            f"依据：{entry.basis}{entry.basis_article}。",
            f"提交材料：{'、'.join(entry.materials)}",
        )
    )
    return Document(
        url_for("public.kind", entry_id=entry.id), "办事指南", f"{entry.license_name}怎么换证", text, "9"
    )


def _english_guide(entry: EntryView) -> Document:
    title = f"Renewing a {name_in_english(entry.license_name)}"
    url = url_for("public.english_guide", entry_id=entry.id)
    return Document(url, "English", title, f"When to apply: {window_in_english(entry.rule)}")
