"""The friendly errors word for word where users know the words (REQUIREMENTS D1, D6)."""

import pytest

from jindu.core.catalogue import ACTIONS, CATALOGUE, FriendlyType

D6 = [
    ("NETWORK_ERROR", "网络连接失败", "重试", "retry"),
    ("AI_PLATFORM_ERROR", "AI 平台暂时不可用", "切换 AI 模型", "switch_model"),
    ("AI_QUOTA_EXHAUSTED", "AI 配额已用尽", "切换平台", "switch_platform"),
    ("DIAGNOSIS_TIMEOUT", "诊断超时", "查看历史记录", "view_history"),
    ("DIAGNOSIS_FAILED", "诊断失败", "查看部分结果", "view_partial"),
]
NAMED_BY_THE_PROTOCOL = {
    "JOB_CANCELLED", "JOB_TIMEOUT", "RESULT_NOT_JSON", "RESULT_TOO_LARGE", "NOT_FOUND", "BAD_REQUEST", "INTERNAL_ERROR",
}  # fmt: skip


@pytest.mark.parametrize(("code", "title", "button", "action"), D6)
def test_titles_and_buttons_are_the_ones_users_know(code: str, title: str, button: str, action: str) -> None:
    body = CATALOGUE[code].body()
    assert (body["title"]["zh"], body["action_text"]["zh"], body["action"]) == (title, button, action)


@pytest.mark.parametrize("kind", CATALOGUE.values(), ids=lambda kind: kind.code)
def test_every_entry_speaks_both_languages_and_names_a_known_action(kind: FriendlyType) -> None:
    assert CATALOGUE[kind.code] is kind
    for texts in (kind.title, kind.message, ACTIONS[kind.action]):
        assert set(texts) == {"zh", "en"}
        assert any("\u4e00" <= letter <= "\u9fff" for letter in texts["zh"])
        assert texts["en"].isascii()
        assert texts["en"].strip()
    assert 400 <= kind.status < 600
    assert kind.retry_after is None or kind.retryable


def test_there_are_at_least_fifteen_types_and_those_the_protocol_names() -> None:
    assert len(CATALOGUE) >= 15
    assert set(CATALOGUE) >= NAMED_BY_THE_PROTOCOL


def test_the_error_object_has_the_fields_of_the_protocol_and_no_more() -> None:
    body = CATALOGUE["NETWORK_ERROR"].body(id="e1", retry_after=3)
    assert list(body) == ["code", "title", "message", "action", "action_text", "retryable", "retry_after", "id"]
    assert (body["id"], body["retry_after"]) == ("e1", 3)


def test_changing_a_body_changes_no_other() -> None:
    CATALOGUE["NETWORK_ERROR"].body()["title"]["zh"] = "坏"
    assert CATALOGUE["NETWORK_ERROR"].body()["title"]["zh"] == "网络连接失败"
