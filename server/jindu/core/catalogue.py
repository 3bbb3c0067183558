"""The friendly errors: for each code what happened, what to do, and the button that does it, in zh and en.

Titles and buttons of the first five are the words users already know (REQUIREMENTS D6).
"""

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


def _entry(
    code: str,
    zh: tuple[str, str],
    en: tuple[str, str],
    action: str,
    *,
    retryable: bool = False,
    retry_after: float | None = None,
    status: int = 500,
) -> FriendlyType:
    title, message = ({"zh": zh[part], "en": en[part]} for part in (0, 1))
    return FriendlyType(code, title, message, action, retryable, retry_after, status)


_JOB_ERRORS = (
    _entry(
        "NETWORK_ERROR",
        ("网络连接失败", "无法连接到所需的服务，请检查网络后重试。"),
        ("Network connection failed", "A service that is needed could not be reached. Check the network and try again."),
        "retry",
        retryable=True,
    ),
    _entry(
        "AI_PLATFORM_ERROR",
        ("AI 平台暂时不可用", "AI 平台没有正常应答，请换一个 AI 模型，或稍后再试。"),
        ("The AI platform is unavailable", "The AI platform did not answer as it should. Switch the model, or try later."),
        "switch_model",
        retryable=True,
    ),
    _entry(
        "AI_PLATFORM_TIMEOUT",
        ("AI 平台响应超时", "AI 平台没有在规定时间内应答，请换一个 AI 模型，或稍后再试。"),
        ("The AI platform took too long", "It did not answer in time. Switch the model, or try later."),
        "switch_model",
        retryable=True,
    ),
    _entry(
        "AI_QUOTA_EXHAUSTED",
        ("AI 配额已用尽", "这个 AI 平台的配额已用完，请切换到其他平台。"),
        ("AI quota exhausted", "The quota of this AI platform is used up. Switch to another platform."),
        "switch_platform",
    ),
    _entry(
        "DIAGNOSIS_TIMEOUT",
        ("诊断超时", "诊断没有在规定时间内完成，已得到的结果保存在历史记录中。"),
        ("The diagnosis timed out", "It did not finish in time. What was found so far is kept in the history."),
        "view_history",
        retryable=True,
    ),
    _entry(
        "DIAGNOSIS_FAILED",
        ("诊断失败", "诊断未能完成，您可以查看已得到的部分结果。"),
        ("The diagnosis failed", "It could not be completed. You can view the partial results."),
        "view_partial",
    ),
    _entry(
        "INTERNAL_ERROR",
        ("任务出错了", "处理时发生意外错误，请重试；如果仍然出错，请把错误编号告诉我们。"),
        ("Something went wrong", "An unexpected error occurred. Try again; if it stays, tell us the error id."),
        "retry",
        retryable=True,
    ),
    _entry(
        "JOB_CANCELLED",
        ("任务已取消", "任务已按要求取消，已得到的部分结果仍然保留。"),
        ("The job was cancelled", "It was cancelled on request. Partial results are kept."),
        "retry",
        status=409,
    ),
    _entry(
        "JOB_TIMEOUT",
        ("任务超时", "任务没有在规定时间内完成，请重试，或减少一次处理的内容。"),
        ("The job timed out", "It did not finish within its time limit. Try again, or ask for less at once."),
        "retry",
        retryable=True,
    ),
    _entry(
        "JOB_EXPIRED",
        ("任务已过期", "任务在规定时间内没有轮到执行，请重新提交。"),
        ("The job expired", "Its turn did not come before the time you set. Submit it again."),
        "retry",
    ),
    _entry(
        "JOB_INTERRUPTED",
        ("任务被中断", "运行任务的服务中断了，任务会自动从上次的位置继续。"),
        ("The job was interrupted", "The server that ran it stopped. It goes on by itself from where it was."),
        "wait",
        retryable=True,
    ),
    _entry(
        "JOB_QUARANTINED",
        ("任务已被隔离", "任务多次导致服务中断，已停止自动执行，请把错误编号告诉我们。"),
        ("The job was set aside", "The server died several times while running it, so it runs no more. Tell us the error id."),
        "contact_support",
    ),
    _entry(
        "BATCH_FAILED",
        ("批次失败", "这一批任务没有一个成功，请查看各个任务的原因后重新提交。"),
        ("The batch failed", "None of its jobs completed. See why at each of them, and submit them again."),
        "view_history",
    ),
    _entry(
        "RESULT_NOT_JSON",
        ("结果无法保存", "任务返回的结果不是有效的 JSON，已得到的部分结果仍然保留。"),
        ("The result could not be kept", "What the job returned is not valid JSON. Partial results are kept."),
        "contact_support",
    ),
    _entry(
        "RESULT_TOO_LARGE",
        ("结果太大", "任务返回的结果超过了大小限制，请减少一次处理的内容。"),
        ("The result is too large", "What the job returned is above the size limit. Ask for less at once."),
        "edit_input",
    ),
)

_REQUEST_ERRORS = (
    _entry(
        "INVALID_PARAMS",
        ("参数不正确", "请按提示修改参数后重新提交。"),
        ("Invalid parameters", "Correct the parameters as shown and submit again."),
        "edit_input",
        status=422,
    ),
    _entry(
        "NOT_FOUND",
        ("没有找到", "它不存在，或者您无权查看，请检查编号和名称。"),
        ("Not found", "It does not exist, or is not yours to see. Check the id or the name."),
        "go_back",
        status=404,
    ),
    _entry(
        "GONE",
        ("已被删除", "它曾经存在，但已过期或被删除；编号不会再次使用，请重新提交。"),
        ("Gone", "It existed, but was removed or kept long enough. Its id is not used again: submit anew with another one."),
        "go_back",
        status=410,
    ),
    _entry(
        "METHOD_NOT_ALLOWED",
        ("不支持的操作", "此地址不支持这种请求方法，请查看接口文档。"),
        ("Method not allowed", "This address does not take that method. See the API documents."),
        "go_back",
        status=405,
    ),
    _entry(
        "NOT_JSON",
        ("内容不是 JSON", "请求内容必须是有效的 JSON 对象，请修改后重新发送。"),
        ("Not JSON", "The body must be valid JSON. Correct it and send it again."),
        "edit_input",
        status=400,
    ),
    _entry(
        "BAD_REQUEST",
        ("请求不正确", "请按提示修改请求后重新发送。"),
        ("Bad request", "Correct the request as shown and send it again."),
        "edit_input",
        status=400,
    ),
    _entry(
        "UNSUPPORTED_MEDIA_TYPE",
        ("内容类型不支持", "请使用 Content-Type: application/json 发送请求。"),
        ("Unsupported media type", "Send the body with Content-Type: application/json."),
        "edit_input",
        status=415,
    ),
    _entry(
        "UPGRADE_REQUIRED",
        ("需要 WebSocket", "此地址只提供 WebSocket，请用 WebSocket 连接，或改用 /v1/stream、/v1/poll。"),
        ("WebSocket needed", "This address speaks WebSocket only. Connect with one, or use /v1/stream or /v1/poll."),
        "go_back",
        status=426,
    ),
    _entry(
        "TOO_LARGE",
        ("内容太大", "发送的内容超过了大小限制，请减少后重新发送。"),
        ("Too large", "What was sent is above the size limit. Send less."),
        "edit_input",
        status=413,
    ),
    _entry(
        "TOO_MANY_CHANNELS",
        ("订阅太多", "一个连接订阅的频道超过了上限，请先取消不需要的订阅。"),
        ("Too many channels", "One connection watches more than it may. Unsubscribe from what is not needed."),
        "go_back",
        status=400,
    ),
    _entry(
        "UNAUTHORIZED",
        ("需要凭证", "请提供有效的密钥或令牌；如果已经提供，它可能已过期或被撤销。"),
        ("Credentials needed", "Give a valid key or token. The one given, if any, may have expired or been revoked."),
        "go_back",
        status=401,
    ),
    _entry(
        "FORBIDDEN",
        ("没有权限", "您没有执行此操作的权限。"),
        ("Forbidden", "You may not do this."),
        "go_back",
        status=403,
    ),
    _entry(
        "MISDIRECTED",
        ("地址不正确", "没有密钥时只接受本机地址（localhost、127.0.0.1、[::1]），请改用本机地址。"),
        ("Wrong host", "Without keys only localhost, 127.0.0.1 and [::1] are answered. Use one of these addresses."),
        "go_back",
        status=421,
    ),
    _entry(
        "ALREADY_ENDED",
        ("任务已结束", "任务已经结束，不能再更改。"),
        ("The job has ended", "It has ended and cannot be changed."),
        "go_back",
        status=409,
    ),
    _entry(
        "NOT_ENDED",
        ("任务尚未结束", "任务还没有结束，请先取消，结束后再删除。"),
        ("The job has not ended", "It is still open. Cancel it first, and remove it when it has ended."),
        "wait",
        status=409,
    ),
    _entry(
        "NOT_RETRYABLE",
        ("不能重试", "只有失败或已取消的任务可以重试。"),
        ("Cannot be retried", "Only a job that failed or was cancelled can be retried."),
        "go_back",
        status=409,
    ),
    _entry(
        "KEY_REUSED",
        ("编号已被使用", "同一个编号已用于另一个请求，请换一个新的编号。"),
        ("The key was used before", "The same key or id belongs to another request. Use a new one."),
        "edit_input",
        status=422,
    ),
    _entry(
        "OVERLOADED",
        ("服务繁忙", "排队的任务太多，请稍后再试。"),
        ("Busy", "Too many jobs are waiting. Try later."),
        "wait",
        retryable=True,
        retry_after=5,
        status=503,
    ),
    _entry(
        "NOT_READY",
        ("服务暂不可用", "服务正在启动、停止或恢复，请稍后再试。"),
        ("Not ready", "The server is starting, stopping or recovering. Try again soon."),
        "wait",
        retryable=True,
        retry_after=3,
        status=503,
    ),
    _entry(
        "STORAGE_FULL",
        ("存储空间不足", "服务器的存储空间已满，请稍后再试。"),
        ("Storage is full", "The server has no space left. Try later."),
        "wait",
        retryable=True,
        retry_after=30,
        status=507,
    ),
)

_LIMIT_ERRORS = (
    _entry("TOO_MANY_REQUESTS", ("请求太频繁", "您的请求太频繁了，请稍等片刻再试。"),
        ("Too many requests", "You are asking too often. Wait a moment and try again."),
        "wait", retryable=True, retry_after=1, status=429,
    ),
    _entry("TOO_MANY_CONNECTIONS", ("连接太多", "打开的连接太多，请关闭不需要的连接，或稍后再试。"),
        ("Too many connections", "Too many connections are open. Close those you do not need, or try later."),
        "wait", retryable=True, retry_after=5, status=503,
    ),
)  # fmt: skip

CATALOGUE: Mapping[str, FriendlyType] = {entry.code: entry for entry in (*_JOB_ERRORS, *_REQUEST_ERRORS, *_LIMIT_ERRORS)}
