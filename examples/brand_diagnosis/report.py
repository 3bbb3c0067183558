"""From what was asked, answered and found to the result of the job. Pure."""

from collections.abc import Mapping, Sequence
from typing import Any

_CHINESE = range(0x4E00, 0xA000)


def default_question(brand: str) -> str:
    """The question asked when the user gives none, in the language of the brand's name."""
    if any(ord(letter) in _CHINESE for letter in brand):
        return f"{brand}怎么样？有哪些同类品牌值得推荐？"
    return f"What do you think of {brand}, and which alternatives to it do you recommend?"


def report(
    brand: str,
    question: str,
    answers: Sequence[Mapping[str, Any]],
    ranking: Sequence[Mapping[str, Any]],
    sources: Sequence[Mapping[str, Any]],
) -> dict[str, Any]:
    """The result; the texts of the answers are in the partial results and not repeated."""
    platforms = [{field: value for field, value in answer.items() if field != "text"} for answer in answers]
    return {
        "brand": brand,
        "question": question,
        "platforms": platforms,
        "ranking": list(ranking),
        "sources": list(sources),
        "summary": summary(brand, platforms, ranking, len(sources)),
    }


def summary(
    brand: str, platforms: Sequence[Mapping[str, Any]], ranking: Sequence[Mapping[str, Any]], hosts: int
) -> dict[str, str]:
    """Two or three sentences in zh and en: the place of the brand, who is first, and which platforms did not answer."""
    own = next(row for row in ranking if row["own"])
    first = ranking[0]
    failed = [platform["name"] for platform in platforms if not platform["ok"]]
    answered = len(platforms) - len(failed)
    named = sum(row["rank"] is not None for row in ranking)
    if own["rank"] is None:
        zh, en = f"{answered} 个平台均未提到 {brand}", f"{brand} was not named by any of {answered} platforms"
    else:
        zh = f"{brand} 在被提到的 {named} 个品牌中排第 {own['rank']}，共被提到 {own['mentions']} 次"
        en = f"{brand} ranks {own['rank']} of {named} brands named, with {own['mentions']} mentions"
    if first["rank"] is not None and not first["own"]:
        zh, en = f"{zh}；第一是 {first['brand']}", f"{en}; first is {first['brand']}"
    zh, en = f"{zh}。引用来源 {hosts} 个网站。", f"{en}. Sources: {hosts} sites."
    if failed:
        zh, en = f"{zh}未应答的平台：{'、'.join(failed)}。", f"{en} Did not answer: {', '.join(failed)}."
    return {"zh": zh, "en": en}


def outcome(result: Mapping[str, Any], lang: str) -> str:
    """The result in a few lines for a terminal: the summary, the five first brands and the user's own, the sites cited."""
    ranking = [row for row in result["ranking"] if row["rank"] is not None]
    shown = [row for row in ranking if row["rank"] <= 5 or row["own"]]
    lines = [result["summary"][lang], ""]
    lines += [
        f"{row['rank']:>3}  {row['brand']:<20} {row['mentions']:>3} x {'  <-' if row['own'] else ''}".rstrip() for row in shown
    ]
    lines += ["", "  ".join(f"{source['host']} ({source['citations']})" for source in result["sources"][:6])]
    return "\n".join(lines)
