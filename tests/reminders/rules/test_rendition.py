"""What the public will see is frozen as a whole, and the short words for narrow outlets stay short."""

from datetime import date

from hypothesis import given
from hypothesis import strategies as st

from reminders.rules import article, notice_text, rendition
from reminders.rules.article import Attachment
from reminders.rules.notice_text import PublicRow

ROWS = notice_text.rows_to_text((PublicRow(1, "示例一号有限公司", "鲁＊＊＊＊1", date(2027, 1, 1), None),))
FILE = Attachment("名单.csv", "text/csv", b"1", "a" * 64)


@given(st.text(max_size=30), st.text(max_size=30), st.integers(0, 29), st.characters())
def test_one_changed_sign_gives_another_digest(title: str, body: str, place: int, sign: str) -> None:
    changed = body[:place] + sign + body[place:]
    first, second = (rendition.digest(rendition.render(title, text, "[]")) for text in (body, changed))
    assert first != second


def test_every_part_that_is_rendered_is_under_the_digest() -> None:
    usual = rendition.render("标题", "正文", ROWS, (FILE,), ("科室", "证照"))
    changed = [
        rendition.render("标题2", "正文", ROWS, (FILE,), ("科室", "证照")),
        rendition.render("标题", "正文", "[]", (FILE,), ("科室", "证照")),
        rendition.render("标题", "正文", ROWS, (), ("科室", "证照")),
        rendition.render("标题", "正文", ROWS, (FILE,), ("科室", "别的证照")),
        rendition.render("标题", "正文", ROWS, (Attachment("名单.csv", "text/csv", b"2", "b" * 64),)),
        rendition.render("标题", "正文", ROWS, (Attachment("别名.csv", "text/csv", b"1", "a" * 64),)),
    ]
    assert len({rendition.digest(one) for one in [usual, *changed]}) == 7


def test_title_of_the_account_keeps_what_matters() -> None:
    long = "关于食品生产许可证（2026-11-28 至 2027-02-26 期满）换证的温馨提示"
    assert article.account_title(long) == "关于食品生产许可证换证的温馨提示"
    assert article.account_title("换证温馨提示") == "换证温馨提示"


@given(st.text(max_size=120), st.text(max_size=400))
def test_narrow_words_never_overflow(title: str, body: str) -> None:
    assert len(article.account_title(title)) <= article.ACCOUNT_TITLE
    assert len(article.summary(body)) <= article.ACCOUNT_SUMMARY


def test_summary_is_whole_sentences_without_marks() -> None:
    body = "各持证单位：\n\n## 什么时候\n\n请在**期满前**提出[申请](https://example.com/1)。" + "后" * 200
    told = article.summary(body)
    assert told == "各持证单位： 什么时候 请在期满前提出申请。"
