"""Names in running text: where known names are mentioned, and which further names an answer puts forward."""

import re
import unicodedata
from collections.abc import Iterable, Iterator

from .urls import FOUND, blanked

MAX_NAME_CHARS = 40
MAX_NAME_WORDS = 4

# Scripts written without spaces: a name in them may touch its neighbours, so it has no word boundary to look for.
_UNSPACED = "\u0e00-\u0e7f\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af"
_SPACED_LETTER = rf"[^\W{_UNSPACED}]"
_EDGE_BEFORE = f"(?:(?<!{_SPACED_LETTER})|(?!{_SPACED_LETTER}))"
_EDGE_BEHIND = f"(?:(?!{_SPACED_LETTER})|(?<!{_SPACED_LETTER}))"

_ITEM = re.compile(r"(?P<indent>\s*)(?:[-*+•·]\s+|\d{1,3}(?:[.)．]\s+|[、．]\s*))(?P<text>\S.*)")
_BOLD = re.compile(r"\*\*([^*\n]+)\*\*|(?<!\w)__([^_\n]+)__(?!\w)")
_CODE = re.compile(r"(?<!`)`([^`\s]+)`(?!`)")
_HEAD_ENDS = re.compile(r"\s[–—-]\s|——|[:：,，;；(（。]|\.\s|\s(?:is|are)\s")
_NEVER_IN_NAMES = re.compile(r"[=(){}<>\[\]/\\|@#;!?,，。；！？、\"“”]")
_OPENING_MARKS = ' *_`[《「“"'
_QUOTES = " \t*_`'‘’“”\"《》「」【】:：."

# Words that lists and bold print carry in any answer and that name nothing.
_LABEL_WORDS = """
note notes pros cons summary conclusion source sources tip warning example examples features overview verdict
recommendation recommendations comparison price pricing advantages disadvantages strengths weaknesses
优点 缺点 优势 劣势 总结 结论 注意 来源 推荐 建议 对比 价格 特点 概述 示例 提示 说明 参考
"""
_LABELS = frozenset(_LABEL_WORDS.split())


def fold(text: str) -> str:
    """One spelling for matching: full-width and case forms made equal, runs of white space one space."""
    return " ".join(unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).casefold()).split())


class Names:
    """A set of names to look for. Names that differ only by case, width or spacing are one; the first spelling is shown."""

    def __init__(self, names: Iterable[str]) -> None:
        self.shown: dict[str, str] = {}
        for name in names:
            if key := fold(name):
                self.shown.setdefault(key, name.strip())
        # Longest first: "pytest-asyncio" is not also a mention of "pytest".
        longest_first = sorted(self.shown, key=lambda key: (-len(key), key))
        alternatives = "|".join(map(re.escape, longest_first)) or r"(?!)"
        self._pattern = re.compile(f"{_EDGE_BEFORE}(?:{alternatives}){_EDGE_BEHIND}")

    def __iter__(self) -> Iterator[str]:
        return iter(self.shown)

    def mentions(self, text: str) -> list[str]:
        """The key of every mention in order. Mentions never overlap and never lie in a URL."""
        return self._pattern.findall(fold(blanked(text)))

    def subject(self, line: str) -> str | None:
        """The key of the name that a list item opens with, for all its line is about it; None for any other line."""
        item = _ITEM.fullmatch(line)
        opening = item and self._pattern.match(fold(blanked(item["text"].lstrip(_OPENING_MARKS))))
        return opening.group() if opening else None


def put_forward(text: str) -> list[str]:
    """Names an answer puts forward by its form: in bold, in backquotes, or at the head of a list item. May repeat."""
    found: list[str] = []
    for line in text.splitlines():
        line = FOUND.sub(" ", line)
        marked = [bold or underlined for bold, underlined in _BOLD.findall(line)] + _CODE.findall(line)
        found += [name for name in map(_cleaned, marked) if is_name(name)]
        if not marked and (head := _head(line)):
            found.append(head)
    return found


def is_name(text: str) -> bool:
    """Whether a marked piece of text can be a name: short, with a letter, and neither code nor a label."""
    return (
        0 < len(text) <= MAX_NAME_CHARS
        and len(text.split()) <= MAX_NAME_WORDS
        and any(letter.isalpha() for letter in text)
        and not _NEVER_IN_NAMES.search(text)
        and fold(text) not in _LABELS
    )


def _head(line: str) -> str | None:
    # Indented items are remarks about the item above; unmarked text is trusted only at the margin.
    item = _ITEM.fullmatch(line)
    if item is None or item["indent"]:
        return None
    head = _cleaned(_HEAD_ENDS.split(item["text"], maxsplit=1)[0])
    words = head.split()
    like_a_name = len(words) == 1 or all(not word[0].islower() for word in words)
    return head if like_a_name and is_name(head) else None


def _cleaned(text: str) -> str:
    return " ".join(text.strip(_QUOTES).split())
