"""English: every sentence of the holder's door has one, and whoever chose it hears and reads no other."""

import ast
import re
from collections.abc import Iterator

import pytest
from flask import Flask, session
from flask.testing import FlaskClient
from jinja2 import Environment, nodes

from config.settings import ROOT
from reminders.rules.english_names import NAMES
from reminders.rules.lifecycle import Language
from tests.wxbot.conftest import Pharmacy
from tests.wxbot.platform import Holder
from wxbot import voice
from wxbot.english import (
    SENTENCES,
    binding,
    choices,
    conversation,
    doors,
    finding,
    leaving,
    mechanism,
    my_data,
    newcomers,
    pages,
    progress,
    services,
)

CHINESE = re.compile("[\u3400-\u9fff]")
PLACE = re.compile(r"\{(\w*)\}")
# No sentences: patterns people type, and words the door compares with.
NOT_SAID = {
    # to staff
    "没有这本证照，或者它不归您的科室。请回到台账重新选择。",
    "预计办结日不能早于提交日期。",
    "[0-9A-Za-z一-鿿()（）\\[\\]〔〕_/.-]{4,64}",
    "没有找到这条意见，可能已经处理，或者不属于您的科室。",
    "这条意见已经有人处理了，请刷新页面。",
    "没有找到另留的电话，可能已经办完、已撤回，或者不属于您的科室。请刷新页面。",
    # to nobody
    r"(?<=回复“)([^“”{}\x22<>&]{1,16})(?=”(?!加))|(?<=eply “)([^“”{}\x22<>&]{2,24})(?=”(?! and))",
    "[\u3400-\u9fff]",
    "全部",
    "绑定 {}",
    "中文",
    "威海",
    "(?:【[^】]*】)?(.*?(?:中心|大厅|大楼|广场))",
    r"第? ?([1-9])(?: ?[本个号])?(?:[ ,，、:：]+(.*))?",
    r"(\d{4})[-./年](\d{1,2})[-./月](\d{1,2})日?",
}
# Where the mechanism refuses a holder something, in words of its own.
REFUSING = (
    "applications.py",
    "checklists.py",
    "appointments/booking.py",
    "appointments/seats.py",
    "feedback.py",
    "answers/giving.py",
    "agreement.py",
    "answers/other_phone.py",
    "holders/following.py",
    "holders/own_licenses.py",
    "binding/bonds.py",
    "binding/browsers.py",
    "binding/appealing.py",
    "binding/inviting.py",
    "binding/connecting.py",
    "binding/together.py",
    "binding/elsewhere.py",
    "checking.py",
)
REFUSING_RULES = (
    "rules/sighting_words.py",
    "rules/answers.py",
    "rules/status.py",
    "holders/timeline.py",
    "rules/service_words.py",
)
# What an English reader still meets in Chinese: names and places of the ledger, and buttons of WeChat.
IN_THE_LEDGER = re.compile(
    "鲁[\u3400-\u9fff0-9A-Z＊]+|示例[\u3400-\u9fff0-9 ]+|工作日 |食品生产许可证|延续申请书|原许可证|；|"
    "某某药房有限公司|威海政务审批|威海市行政审批服务局"
)


def texts(path: str) -> Iterator[str]:
    """Every Chinese text in a module that is no docstring; `{}` for values inside."""
    tree = ast.parse((ROOT / path).read_text(encoding="utf-8"))
    owners = (ast.Module, ast.FunctionDef, ast.ClassDef)
    bodies = [node.body[0] for node in ast.walk(tree) if isinstance(node, owners) and node.body]
    skipped = {id(first.value) for first in bodies if isinstance(first, ast.Expr)}
    for node in ast.walk(tree):
        if isinstance(node, ast.JoinedStr):
            skipped |= {id(part) for part in node.values}
            parts = [part.value if isinstance(part, ast.Constant) else "{}" for part in node.values]
            text = "".join(map(str, parts))
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in skipped:
            text = node.value
        else:
            continue
        if CHINESE.search(text):
            yield text


def said_in_templates() -> Iterator[tuple[str, str, bool]]:
    for path in sorted((ROOT / "wxbot" / "templates").rglob("*.html")):
        tree = Environment(autoescape=True).parse(path.read_text(encoding="utf-8"))
        for bare in tree.find_all(nodes.TemplateData):
            yield path.name, bare.data.strip(), False
        for const in tree.find_all(nodes.Const):
            yield path.name, str(const.value), True


def test_every_sentence_of_the_door_has_its_english() -> None:
    missing = [
        (path.name, text)
        for path in sorted((ROOT / "wxbot").glob("*.py"))
        for text in texts(str(path.relative_to(ROOT)))
        if text not in SENTENCES and text not in NOT_SAID
    ]
    assert missing == []


def test_no_page_has_chinese_words_of_its_own() -> None:
    found = list(said_in_templates())
    assert [(name, text) for name, text, is_said in found if not is_said and CHINESE.search(text)] == []
    assert [(name, text) for name, text, _ in found if CHINESE.search(text) and text not in SENTENCES] == []


def test_every_refusal_of_the_mechanism_has_its_english() -> None:
    known = {PLACE.sub("{}", chinese) for chinese in SENTENCES}
    found = [text for path in (*REFUSING, *REFUSING_RULES) for text in texts(f"reminders/{path}")]
    assert len(found) > 20
    assert [text for text in found if text not in known | NOT_SAID] == []


def test_english_says_the_same_values_and_has_no_empty_line() -> None:
    for chinese, english in SENTENCES.items():
        assert set(PLACE.findall(chinese)) == set(PLACE.findall(english)), chinese
        assert english.strip(), chinese
    groups = (
        mechanism.SENTENCES,
        pages.SENTENCES,
        conversation.SENTENCES,
        binding.SENTENCES,
        services.SENTENCES,
        doors.SENTENCES,
        newcomers.SENTENCES,
        choices.SENTENCES,
        finding.SENTENCES,
        leaving.SENTENCES,
        my_data.SENTENCES,
        progress.SENTENCES,
    )
    assert sum(map(len, groups)) == len(SENTENCES)


@pytest.fixture
def speaking_english() -> Iterator[None]:
    voice.speak(Language.EN)
    yield
    voice.speak(Language.ZH)


@pytest.mark.usefixtures("speaking_english")
def test_finished_sentences_are_retold_with_their_values() -> None:
    assert voice.retell("还剩 28 天可申请") == "28 days left to apply"
    assert voice.retell("微信提醒：首次提醒") == "Reminder by WeChat: first reminder"
    assert voice.retell("谁也没有翻译过的一句话") == "谁也没有翻译过的一句话"
    assert voice.kind("食品生产许可证") == "Food Production Licence 食品生产许可证"
    assert voice.kind("示例证") == "Shì lì zhèng 示例证"


def test_names_are_those_of_the_catalogue() -> None:
    rows = (ROOT / "config" / "catalogue.csv").read_text(encoding="utf-8-sig").splitlines()[1:]
    assert [row.split(",")[2] for row in rows] == list(NAMES)


def only_english(text: str) -> None:
    rest = IN_THE_LEDGER.sub("", text).replace("中文", "").replace("校验码", "")
    assert not CHINESE.search(rest), rest


def test_whole_conversation_in_english(wang: Holder, pharmacy: Pharmacy) -> None:
    wang.event("subscribe")
    told = [wang.say("English"), wang.event("subscribe"), wang.say("bind"), wang.say("agree")]
    told += [wang.say(pharmacy.numbers[0]), wang.say("000000"), wang.say(pharmacy.codes()[-1])]
    told += [
        wang.say(word) for word in ("licences", "1", "renew", "renew 2", "materials", "address", "human")
    ]
    told += [wang.say(word) for word in ("check", "check 7K3M2-QXP9T", "my data", "help", "cancel", "9")]
    told += [
        wang.say(word) for word in ("call me", "Later 1", "undo", "wrong number 1", "book 1 Monday", "undo")
    ]
    told += [wang.say("gibberish"), wang.say("gibberish"), wang.send(wang.message("voice", MediaId="m"))]
    told += [wang.say("When does my licence expire?"), wang.tap("HOW_TO_RENEW"), wang.say("unbind")]
    question = wang.say("unbind all")
    sure = re.search("“(confirm unbind [0-9]{6})”", question)
    assert sure
    told += [question, wang.say(sure[1]), wang.say("licences"), wang.say("unsubscribe")]
    for text in told:
        only_english(text)
    assert "days left to apply" in "".join(told)
    assert "2 licence(s) bound" in "".join(told)
    assert "绑定：" in wang.say("中文")


@pytest.fixture
def client(app: Flask) -> Iterator[FlaskClient]:
    @app.get("/h5/as/<openid>")
    def sign_in(openid: str) -> str:
        session["openid"] = openid
        return ""

    yield app.test_client()


def test_pages_follow_the_language_of_the_account(
    wang: Holder, pharmacy: Pharmacy, client: FlaskClient
) -> None:
    pharmacy.bind(wang)
    client.get(f"/h5/as/{wang.openid}")
    assert '<html lang="zh-CN"' in client.get("/h5/licenses").text
    wang.say("English")
    wang.say("call me 1")
    for path in (
        "licenses",
        f"licenses/{pharmacy.ids[0]}",
        "answers",
        "settings",
        "data",
        "privacy",
        "help",
        "enter",
        "people/1",
        "x",
    ):
        page = client.get(f"/h5/{path}").text
        assert '<html lang="en"' in page, path
        only_english(re.sub(r'<[^>]*lang="zh[^>]*>[^<]*', "", page))


def test_switch_on_a_page_stays_on_it_and_is_kept(
    wang: Holder, pharmacy: Pharmacy, client: FlaskClient
) -> None:
    pharmacy.bind(wang)
    client.get(f"/h5/as/{wang.openid}")
    back = client.get("/h5/look?lang=en&back=/h5/licenses")
    assert back.location == "/h5/licenses"
    assert "My licences" in client.get("/h5/licenses").text
    assert "Your licences" in wang.say("licences")
    assert client.get("/h5/look?lang=en&back=https://example.com/").location == "/h5/licenses"


def test_stranger_is_spoken_to_in_the_language_of_the_phone(client: FlaskClient) -> None:
    assert "Privacy notice" in client.get("/h5/privacy", headers={"Accept-Language": "en-GB,en"}).text
    assert "隐私告知" in client.get("/h5/privacy", headers={"Accept-Language": "zh-CN,en;q=0.5"}).text
    assert "隐私告知" in client.get("/h5/privacy", headers={"Accept-Language": "fr"}).text
