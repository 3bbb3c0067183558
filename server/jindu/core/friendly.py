"""What a friendly error is: what happened, what to do, and the button that does it, in zh and en."""

from collections.abc import Mapping
from dataclasses import dataclass

from .shown import ErrorBody, texts

ACTIONS: Mapping[str, Mapping[str, str]] = {
    "retry": {"zh": "重试", "en": "Try again"},
    "switch_model": {"zh": "切换 AI 模型", "en": "Switch AI model"},
    "switch_platform": {"zh": "切换平台", "en": "Switch platform"},
    "view_history": {"zh": "查看历史记录", "en": "View history"},
    "view_partial": {"zh": "查看部分结果", "en": "View partial results"},
    "edit_input": {"zh": "修改输入", "en": "Edit the input"},
    "go_back": {"zh": "返回", "en": "Go back"},
    "wait": {"zh": "稍后再试", "en": "Try later"},
    "contact_support": {"zh": "联系支持", "en": "Contact support"},
}


@dataclass(frozen=True, slots=True)
class FriendlyType:
    """One code of the catalogue. ``retry_after`` is in seconds; ``status`` is the HTTP status when it answers a request."""

    code: str
    title: Mapping[str, str]
    message: Mapping[str, str]
    action: str
    retryable: bool
    retry_after: float | None = None
    status: int = 500

    def __post_init__(self) -> None:
        if self.action not in ACTIONS:
            raise ValueError(f"action {self.action!r} of {self.code} is not one of {', '.join(ACTIONS)}")

    def body(self, *, id: str | None = None, retry_after: float | None = None) -> ErrorBody:
        """The `error` object of PROTOCOL section 2. A delay given by the raiser wins, and makes the error retryable."""
        return {
            "code": self.code,
            "title": texts(self.title),
            "message": texts(self.message),
            "action": self.action,
            "action_text": texts(ACTIONS[self.action]),
            "retryable": self.retryable or retry_after is not None,
            "retry_after": self.retry_after if retry_after is None else retry_after,
            "id": id,
        }


def entry(
    code: str,
    zh: tuple[str, str],
    en: tuple[str, str],
    action: str,
    *,
    retryable: bool = False,
    retry_after: float | None = None,
    status: int = 500,
) -> FriendlyType:
    """A type from its (title, message) in both languages."""
    title, message = ({"zh": zh[part], "en": en[part]} for part in (0, 1))
    return FriendlyType(code, title, message, action, retryable, retry_after, status)
