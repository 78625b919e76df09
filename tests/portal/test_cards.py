"""A row that becomes a card keeps the name of every column it shows."""

from flask import render_template_string
from markupsafe import Markup

from portal.cards import as_cards
from tests.portal.conftest import Portal

HEAD = (
    '<table class="table cards"><thead><tr><th scope="col" class="no-card">序号</th>'
    '<th scope="col">单位</th><th>状态 <b>今天</b></th></tr></thead>'
)


def test_cells_are_named_after_their_column_and_the_lead_is_not() -> None:
    lead = '<td class="wide leads"><a href="/1">示例</a></td>'
    row = f'<tbody><tr><td>1</td>{lead}<td class="number">可申请</td></tr>'
    shown = as_cards(Markup(HEAD + row + "</tbody></table>"))
    assert "<td data-none>1</td>" in shown
    assert lead in shown
    assert '<td class="number" data-th="状态 今天">可申请</td>' in shown
    assert shown.startswith(HEAD)


def test_cells_that_say_nothing_are_marked() -> None:
    one = '<tr><td>1</td><td>—</td><td class="text-end"> · </td></tr>'
    two = '<tr><td>2</td><th scope="row">甲</th><td></td></tr>'
    shown = as_cards(Markup(f"{HEAD}<tbody>{one}{two}</tbody></table>"))
    assert shown.count("data-none") == 5
    assert "data-th" not in shown
    assert '<th scope="row">甲</th>' in shown


def test_what_people_wrote_stays_escaped(portal: Portal) -> None:
    source = (
        "{% filter as_cards %}"
        + HEAD
        + "<tbody><tr><td>1</td><td>{{ name }}</td></tr></table>{% endfilter %}"
    )
    with portal.app.test_request_context("/"):
        shown = render_template_string(source, name="<td>示例</td>")
    assert '<td data-th="单位">&lt;td&gt;示例&lt;/td&gt;</td>' in shown
