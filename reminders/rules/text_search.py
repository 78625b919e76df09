"""Finds texts by words, synonyms, pinyin (whole or initials) and, when nothing fits, by what looks alike."""

import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from typing import TypeAlias

from pypinyin import lazy_pinyin
from pypinyin.seg.simpleseg import seg

LONGEST_QUERY = 60
IN_TITLE, BY_PINYIN, BY_INITIALS, IN_TEXT, BY_SOUND = 10.0, 6.0, 5.0, 2.0, 4.0
ENOUGH_ALIKE = 0.5  # of the pairs of signs in the query
SNIPPET, BEFORE = 90, 20
SPACES = re.compile(r"[\s,，。、？?！!；;]+")
LATIN = re.compile(r"[a-z]+")
# What people call a thing, and what its texts call it.
SYNONYMS: dict[str, tuple[str, ...]] = {
    "药店": ("药品经营",), "药房": ("药品经营",), "食品厂": ("食品生产",), "器械": ("医疗器械",),
    "危货": ("道路危险货物",), "危险品": ("道路危险货物",), "出租车": ("出租汽车",), "的士": ("出租汽车",),
    "汽车站": ("道路客运站",), "船": ("水路运输",), "货船": ("水路运输",), "营运证": ("车辆营运",),
    "协会": ("社会团体",), "商会": ("社会团体",), "民非": ("民办非企业",), "诊所": ("医疗机构",),
    "医院": ("医疗机构",), "门诊": ("医疗机构",), "护士证": ("护士执业",), "麻药": ("麻醉药品",),
    "工签": ("外国人来华工作",), "工作签证": ("外国人来华工作",), "老外": ("外国人",), "排水": ("污水排入",),
    "排污": ("污水排入",), "种猪": ("种畜禽",), "养殖": ("种畜禽",), "农药店": ("农药经营",),
    "出国劳务": ("对外劳务",), "打井": ("取水",), "水井": ("取水",), "海域": ("海域使用权",),
    "养殖海": ("海域使用权",), "中介": ("人力资源",), "招聘": ("人力资源",), "派遣": ("劳务派遣",),
    "印刷厂": ("印刷经营",), "打印店": ("印刷经营",), "培训": ("民办学校", "培训机构"),
    "培训学校": ("民办学校",), "续证": ("换证", "延续"), "续期": ("换证", "延续"), "年检": ("校验",),
    "过期": ("期满", "逾期"), "到期": ("期满",), "长辈版": ("长辈模式",), "关怀版": ("长辈模式",),
    "适老": ("长辈模式",), "危化品": ("道路危险货物",), "货运": ("道路危险货物", "水路运输"),
}  # fmt: skip
# Said around a thing rather than of it; looked for only when nothing else was said.
ASIDE = (
    *(
        "快到期",
        "到期",
        "过期",
        "续证",
        "续期",
        "换证",
        "年检",
        "延期",
        "办理",
        "申请",
        "怎么办",
        "怎么",
        "怎样",
    ),
    *("如何", "在哪里", "哪里", "在哪", "什么时候", "需要什么", "需要", "材料", "我的", "是否"),
)


@dataclass(frozen=True)
class Document:
    """One page to find; `newest` ranks pages that fit equally well."""

    url: str
    column: str
    title: str
    text: str
    newest: str = ""


@dataclass(frozen=True)
class Hit:
    """A page that fits, and the words by which it does, for marking."""

    document: Document
    words: tuple[str, ...]
    score: float


BY_PINYIN_OF = {"".join(lazy_pinyin(word)): names for word, names in SYNONYMS.items()}
_KNOWN = re.compile("|".join(sorted({*SYNONYMS, *ASIDE}, key=len, reverse=True)))

Measure: TypeAlias = Callable[[Document, str], float]


def find(documents: Iterable[Document], query: str, limit: int) -> list[Hit]:
    """Best first. Only when nothing holds every word, the words are taken apart, and then what sounds or
    looks alike is taken."""
    terms = [term for term in SPACES.split(tidy(query)) if term]
    known = list(documents)
    for wanted, measure in (
        (_joined(terms), _exactly),
        (terms, _exactly),
        (_taken_apart(terms), _exactly),
        (terms, _by_sound),
        (terms, _alike),
    ):
        found = (_hit(document, wanted, measure) for document in known) if wanted else ()
        hits = [hit for hit in found if hit is not None]
        if hits:
            hits.sort(key=lambda hit: (hit.score, hit.document.newest), reverse=True)
            return hits[:limit]
    return []


def tidy(query: str) -> str:
    return unicodedata.normalize("NFKC", query[:LONGEST_QUERY]).lower().strip()


def snippet(document: Document, words: Sequence[str]) -> str:
    """The part of the text around the first word found; its beginning when none is."""
    lowered = document.text.lower()
    places = [place for word in words if (place := lowered.find(word)) >= 0]
    start = max(0, min(places, default=0) - BEFORE)
    end = start + SNIPPET
    dots = ("…" if start else "", "…" if end < len(document.text) else "")
    return dots[0] + document.text[start:end] + dots[1]


def marked(text: str, words: Sequence[str]) -> Iterator[tuple[str, bool]]:
    """The text in pieces, each with whether it is one of the words."""
    wanted = [re.escape(word) for word in sorted(set(words), key=len, reverse=True) if word]
    if not wanted:
        yield text, False
        return
    for piece in re.split(f"({'|'.join(wanted)})", text, flags=re.IGNORECASE):
        if piece:
            yield piece, piece.lower() in words


def _joined(terms: Sequence[str]) -> list[str]:
    """Pinyin written syllable by syllable, as one word."""
    return ["".join(terms)] if len(terms) > 1 and all(LATIN.fullmatch(term) for term in terms) else []


def _taken_apart(terms: Sequence[str]) -> list[str]:
    """A sentence (出租车证到期怎么办) as the words in it that name something (出租车)."""
    pieces = [piece for term in terms for piece in _pieces(term) if len(piece) > 1]
    return [piece for piece in pieces if piece not in ASIDE] or pieces


def _pieces(term: str) -> Iterator[str]:
    """Known words, and what lies before, between and behind them."""
    end = 0
    for match in _KNOWN.finditer(term):
        yield from (term[end : match.start()], match[0])
        end = match.end()
    yield term[end:] if end else ""


def _hit(document: Document, terms: Sequence[str], measure: Measure) -> Hit | None:
    score, words = 0.0, []
    for term in terms:
        found = max((measure(document, word), word) for word in (term, *_meant(term)))
        if not found[0]:
            return None
        score += found[0]
        words.append(found[1])
    return Hit(document, tuple(words), score)


def _meant(term: str) -> tuple[str, ...]:
    return SYNONYMS.get(term) or BY_PINYIN_OF.get(term, ())


def _exactly(document: Document, word: str) -> float:
    if word in document.title.lower():
        return IN_TITLE + len(word) / (1 + len(document.title))
    if LATIN.fullmatch(word) and len(word) > 1:
        syllables = _syllables(document.title)
        if any("".join(syllables[start:]).startswith(word) for start in range(len(syllables))):
            return BY_PINYIN
        if word in "".join(one[0] for one in syllables):
            return BY_INITIALS
    return IN_TEXT if word in document.text.lower() else 0.0


def _by_sound(document: Document, word: str) -> float:
    """A word with the wrong sign and the right sound, as input methods make them."""
    if len(word) < 2 or word.isascii():
        return 0.0
    sound, title = _syllables(word), _syllables(document.title)
    fits = any(title[start : start + len(sound)] == sound for start in range(len(title)))
    return BY_SOUND if fits else 0.0


def _alike(document: Document, word: str) -> float:
    """How many pairs of neighbouring signs (letters of the pinyin) are the same."""
    if len(word) < 3:
        return 0.0
    other = "".join(_syllables(document.title)) if word.isascii() else document.title + document.text
    lowered = other.lower()
    pairs = {a + b for a, b in pairwise(word)}
    shared = sum(pair in lowered for pair in pairs) / len(pairs)
    needed = 0.75 if word.isascii() else ENOUGH_ALIKE
    return shared if shared >= needed else 0.0


@lru_cache(maxsize=20_000)
def _syllables(text: str) -> tuple[str, ...]:
    return tuple(one.lower() for word in seg(text) for one in _read_aloud(word) if one.strip())


@lru_cache(maxsize=20_000)
def _read_aloud(word: str) -> tuple[str, ...]:
    """The pinyin of one word, as the library reads it in a text: texts share their words."""
    return tuple(lazy_pinyin([word]))
