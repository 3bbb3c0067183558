"""All friendly errors by their codes: those that jobs end with, and here those that answer a request."""

from collections.abc import Mapping

from .friendly import ACTIONS, FriendlyType, entry
from .job_errors import JOB_ERRORS

_REQUEST_ERRORS = (
    entry(
        "INVALID_PARAMS",
        ("参数不正确", "请按提示修改参数后重新提交。"),
        ("Invalid parameters", "Correct the parameters as shown and submit again."),
        "edit_input",
        status=422,
    ),
    entry(
        "NOT_FOUND",
        ("没有找到", "它不存在，或者您无权查看，请检查编号和名称。"),
        ("Not found", "It does not exist, or is not yours to see. Check the id or the name."),
        "go_back",
        status=404,
    ),
    entry(
        "GONE",
        ("已被删除", "它曾经存在，但已过期或被删除；编号不会再次使用，请重新提交。"),
        ("Gone", "It existed, but was removed or kept long enough. Its id is not used again: submit anew with another one."),
        "go_back",
        status=410,
    ),
    entry(
        "METHOD_NOT_ALLOWED",
        ("不支持的操作", "此地址不支持这种请求方法，请查看接口文档。"),
        ("Method not allowed", "This address does not take that method. See the API documents."),
        "go_back",
        status=405,
    ),
    entry(
        "NOT_JSON",
        ("内容不是 JSON", "请求内容必须是有效的 JSON 对象，请修改后重新发送。"),
        ("Not JSON", "The body must be valid JSON. Correct it and send it again."),
        "edit_input",
        status=400,
    ),
    entry(
        "BAD_REQUEST",
        ("请求不正确", "请按提示修改请求后重新发送。"),
        ("Bad request", "Correct the request as shown and send it again."),
        "edit_input",
        status=400,
    ),
    entry(
        "UNSUPPORTED_MEDIA_TYPE",
        ("内容类型不支持", "请使用 Content-Type: application/json 发送请求。"),
        ("Unsupported media type", "Send the body with Content-Type: application/json."),
        "edit_input",
        status=415,
    ),
    entry(
        "UPGRADE_REQUIRED",
        ("需要 WebSocket", "此地址只提供 WebSocket，请用 WebSocket 连接，或改用 /v1/stream、/v1/poll。"),
        ("WebSocket needed", "This address speaks WebSocket only. Connect with one, or use /v1/stream or /v1/poll."),
        "go_back",
        status=426,
    ),
    entry(
        "TOO_LARGE",
        ("内容太大", "发送的内容超过了大小限制，请减少后重新发送。"),
        ("Too large", "What was sent is above the size limit. Send less."),
        "edit_input",
        status=413,
    ),
    entry(
        "TOO_MANY_CHANNELS",
        ("订阅太多", "一个连接订阅的频道超过了上限，请先取消不需要的订阅。"),
        ("Too many channels", "One connection watches more than it may. Unsubscribe from what is not needed."),
        "go_back",
        status=400,
    ),
    entry(
        "UNAUTHORIZED",
        ("需要凭证", "请提供有效的密钥或令牌；如果已经提供，它可能已过期或被撤销。"),
        ("Credentials needed", "Give a valid key or token. The one given, if any, may have expired or been revoked."),
        "go_back",
        status=401,
    ),
    entry(
        "FORBIDDEN",
        ("没有权限", "您没有执行此操作的权限。"),
        ("Forbidden", "You may not do this."),
        "go_back",
        status=403,
    ),
    entry(
        "MISDIRECTED",
        ("地址不正确", "没有密钥时只接受本机地址（localhost、127.0.0.1、[::1]），请改用本机地址。"),
        ("Wrong host", "Without keys only localhost, 127.0.0.1 and [::1] are answered. Use one of these addresses."),
        "go_back",
        status=421,
    ),
    entry(
        "ALREADY_ENDED",
        ("任务已结束", "任务已经结束，不能再更改。"),
        ("The job has ended", "It has ended and cannot be changed."),
        "go_back",
        status=409,
    ),
    entry(
        "NOT_ENDED",
        ("任务尚未结束", "任务还没有结束，请先取消，结束后再删除。"),
        ("The job has not ended", "It is still open. Cancel it first, and remove it when it has ended."),
        "wait",
        status=409,
    ),
    entry(
        "NOT_RETRYABLE",
        ("不能重试", "只有失败或已取消的任务可以重试。"),
        ("Cannot be retried", "Only a job that failed or was cancelled can be retried."),
        "go_back",
        status=409,
    ),
    entry(
        "KEY_REUSED",
        ("编号已被使用", "同一个编号已用于另一个请求，请换一个新的编号。"),
        ("The key was used before", "The same key or id belongs to another request. Use a new one."),
        "edit_input",
        status=422,
    ),
    entry(
        "TOO_MANY_REQUESTS",
        ("请求太频繁", "您发送请求的速度超过了限制，请稍候再试。"),
        ("Too many requests", "You sent more than you may in this time. Wait a moment, then try again."),
        "wait",
        retryable=True,
        retry_after=1,
        status=429,
    ),
    entry(
        "OVERLOADED",
        ("服务繁忙", "排队的任务太多，请稍后再试。"),
        ("Busy", "Too many jobs are waiting. Try later."),
        "wait",
        retryable=True,
        retry_after=5,
        status=503,
    ),
    entry(
        "NOT_READY",
        ("服务暂不可用", "服务正在启动、停止或恢复，请稍后再试。"),
        ("Not ready", "The server is starting, stopping or recovering. Try again soon."),
        "wait",
        retryable=True,
        retry_after=3,
        status=503,
    ),
    entry(
        "STORAGE_FULL",
        ("存储空间不足", "服务器的存储空间已满，请稍后再试。"),
        ("Storage is full", "The server has no space left. Try later."),
        "wait",
        retryable=True,
        retry_after=30,
        status=507,
    ),
    entry(
        "TOO_MANY_CONNECTIONS",
        ("连接太多", "打开的连接太多，请关闭不需要的连接，或稍后再试。"),
        ("Too many connections", "Too many connections are open. Close those you do not need, or try later."),
        "wait",
        retryable=True,
        retry_after=5,
        status=503,
    ),
)

CATALOGUE: Mapping[str, FriendlyType] = {kind.code: kind for kind in (*JOB_ERRORS, *_REQUEST_ERRORS)}

__all__ = ["ACTIONS", "CATALOGUE", "FriendlyType"]
