"""From what a platform wrote to a content: title and body, a cover image, an automatic review. Pure."""

import base64
import re
from collections.abc import Sequence
from html import escape
from typing import Any

INSTRUCTIONS = (
    "Write an article about the topic. The first line is its title, without markup. Use each of the keywords. Answer in the "
    "language of the topic."
)
TITLE_CHARS, LEAST_CHARS = 80, 40
FORBIDDEN = ("lorem ipsum", "as an ai language model", "作为一个人工智能")
COLOURS = ("#1d3557", "#2a6f4e", "#7b2d43", "#5c4b8a", "#8a5a1d")


def question(topic: str, keywords: Sequence[str]) -> str:
    return f"{topic}\nKeywords: {', '.join(keywords)}" if keywords else topic


def divided(text: str, topic: str) -> tuple[str, str]:
    """Title and body. A first line that is too long for a title, or is all there is, is body, and the topic the title."""
    first, _, rest = text.strip().partition("\n")
    title = re.sub(r"^[#\s*]+|[*\s]+$", "", first)
    if not rest.strip() or not 0 < len(title) <= TITLE_CHARS or re.match(r"\d+[.)]|[-•]", title):
        return topic[:TITLE_CHARS], text.strip()
    return title, rest.strip()


def cover_image(title: str) -> str:
    """A picture of the title as a `data:` URI (SVG), always the same for the same title."""
    colour = COLOURS[sum(title.encode()) % len(COLOURS)]
    svg = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 800 420"><rect width="800" height="420" fill="{colour}"/>'
        f'<text x="400" y="220" fill="#fff" font-size="36" font-family="sans-serif" text-anchor="middle">'
        f"{escape(title[:40])}</text></svg>"
    )
    return "data:image/svg+xml;base64," + base64.b64encode(svg.encode()).decode()


def review(title: str, body: str, keywords: Sequence[str]) -> dict[str, Any]:
    """`score` from 0 to 100, `passed`, and the `reasons` against it."""
    text = f"{title}\n{body}".casefold()
    reasons = [f"forbidden: {phrase}" for phrase in FORBIDDEN if phrase in text]
    if len(body) < LEAST_CHARS:
        reasons.append(f"shorter than {LEAST_CHARS} characters")
    missing = [keyword for keyword in keywords if keyword.casefold() not in text]
    reasons += [f"keyword missing: {keyword}" for keyword in missing]
    score = max(0, 100 - 60 * (len(reasons) - len(missing)) - round(30 * len(missing) / max(len(keywords), 1)))
    return {"score": score, "passed": score >= 60, "reasons": reasons}


def verdict(found: dict[str, Any], *, auto_approve: bool) -> str:
    """What passes is approved where that was asked for, else waits for people; what does not is rejected."""
    if not found["passed"]:
        return "rejected"
    return "approved" if auto_approve else "pending_review"
