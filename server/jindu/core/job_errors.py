"""The friendly errors that jobs end with: what users of AI jobs meet.

Titles and buttons of NETWORK_ERROR, AI_PLATFORM_ERROR, AI_QUOTA_EXHAUSTED, DIAGNOSIS_TIMEOUT and DIAGNOSIS_FAILED are the
words users already know (REQUIREMENTS D6).
"""

from .friendly import entry

JOB_ERRORS = (
    entry(
        "NETWORK_ERROR",
        ("网络连接失败", "无法连接到所需的服务，请检查网络后重试。"),
        ("Network connection failed", "A service that is needed could not be reached. Check the network and try again."),
        "retry",
        retryable=True,
    ),
    entry(
        "CONNECTION_REFUSED",
        ("对方拒绝连接", "所需的服务没有在运行，或不接受连接，请稍后再试。"),
        ("Connection refused", "A service that is needed is not running, or takes no connections. Try again later."),
        "retry",
        retryable=True,
    ),
    entry(
        "DNS_ERROR",
        ("找不到服务器", "所需服务的域名无法解析，请检查地址和网络后重试。"),
        (
            "Server not found",
            "The name of a service that is needed has no address. Check the name and the network, then try again.",
        ),
        "retry",
        retryable=True,
    ),
    entry(
        "TLS_ERROR",
        ("安全连接失败", "无法与所需的服务建立安全连接，它的证书或地址可能有误，请联系支持。"),
        (
            "No secure connection",
            "A service that is needed could not prove who it is: its certificate or address may be wrong.",
        ),
        "contact_support",
    ),
    entry(
        "AI_PLATFORM_ERROR",
        ("AI 平台暂时不可用", "AI 平台没有正常应答，请换一个 AI 模型，或稍后再试。"),
        ("The AI platform is unavailable", "The AI platform did not answer as it should. Switch the model, or try later."),
        "switch_model",
        retryable=True,
    ),
    entry(
        "AI_PLATFORM_TIMEOUT",
        ("AI 平台响应超时", "AI 平台没有在规定时间内应答，请换一个 AI 模型，或稍后再试。"),
        ("The AI platform took too long", "It did not answer in time. Switch the model, or try later."),
        "switch_model",
        retryable=True,
    ),
    entry(
        "AI_QUOTA_EXHAUSTED",
        ("AI 配额已用尽", "这个 AI 平台的配额已用完，请切换到其他平台。"),
        ("AI quota exhausted", "The quota of this AI platform is used up. Switch to another platform."),
        "switch_platform",
    ),
    entry(
        "AI_RATE_LIMITED",
        ("AI 平台请求过于频繁", "这个 AI 平台要求放慢速度，系统会稍后再试，您也可以切换到其他平台。"),
        (
            "The AI platform asks to slow down",
            "It had too many requests in a short time. Try later, or switch to another platform.",
        ),
        "wait",
        retryable=True,
        retry_after=2,
    ),
    entry(
        "AI_BAD_ANSWER",
        ("AI 平台的回答无法识别", "AI 平台的回答不完整或格式不正确，请重试，或换一个 AI 模型。"),
        (
            "The AI platform gave no usable answer",
            "Its answer was incomplete or not in the expected form. Try again, or switch the model.",
        ),
        "switch_model",
        retryable=True,
    ),
    entry(
        "AI_CONTENT_REFUSED",
        ("内容未通过 AI 平台审核", "AI 平台因内容规范拒绝了这个请求，请修改内容后重试。"),
        (
            "The AI platform refused the content",
            "It refused the request under its content policy. Change the content, then try again.",
        ),
        "edit_input",
    ),
    entry(
        "AI_INPUT_TOO_LONG",
        ("内容超出 AI 模型的长度限制", "请缩短内容，或换一个支持更长内容的 AI 模型。"),
        ("Too long for the AI model", "Shorten the content, or switch to a model that takes more."),
        "edit_input",
    ),
    entry(
        "AI_KEY_REJECTED",
        ("AI 平台密钥无效", "AI 平台不接受所用的密钥，请联系支持，或切换到其他平台。"),
        ("The AI platform rejected the key", "It does not accept the key in use. Switch to another platform, or tell us."),
        "switch_platform",
    ),
    entry(
        "AI_MODEL_MISSING",
        ("AI 模型不存在", "这个 AI 平台没有所选的模型，或尚未开通，请换一个 AI 模型。"),
        ("No such AI model", "This AI platform does not have the chosen model, or it is not enabled. Switch the model."),
        "switch_model",
    ),
    entry(
        "DIAGNOSIS_TIMEOUT",
        ("诊断超时", "诊断没有在规定时间内完成，已得到的结果保存在历史记录中。"),
        ("The diagnosis timed out", "It did not finish in time. What was found so far is kept in the history."),
        "view_history",
        retryable=True,
    ),
    entry(
        "DIAGNOSIS_FAILED",
        ("诊断失败", "诊断未能完成，您可以查看已得到的部分结果。"),
        ("The diagnosis failed", "It could not be completed. You can view the partial results."),
        "view_partial",
    ),
    entry(
        "DIAGNOSIS_PARTIAL",
        ("诊断部分完成", "部分内容未能完成，您可以查看已得到的部分结果，或重试。"),
        ("The diagnosis is incomplete", "Parts of it could not be completed. View the partial results, or try again."),
        "view_partial",
        retryable=True,
    ),
    entry(
        "INTERNAL_ERROR",
        ("任务出错了", "处理时发生意外错误，请重试；如果仍然出错，请把错误编号告诉我们。"),
        ("Something went wrong", "An unexpected error occurred. Try again; if it stays, tell us the error id."),
        "retry",
        retryable=True,
    ),
    entry(
        "JOB_CANCELLED",
        ("任务已取消", "任务已按要求取消，已得到的部分结果仍然保留。"),
        ("The job was cancelled", "It was cancelled on request. Partial results are kept."),
        "retry",
        status=409,
    ),
    entry(
        "JOB_TIMEOUT",
        ("任务超时", "任务没有在规定时间内完成，请重试，或减少一次处理的内容。"),
        ("The job timed out", "It did not finish within its time limit. Try again, or ask for less at once."),
        "retry",
        retryable=True,
    ),
    entry(
        "JOB_EXPIRED",
        ("任务已过期", "任务在规定时间内没有轮到执行，请重新提交。"),
        ("The job expired", "Its turn did not come before the time you set. Submit it again."),
        "retry",
    ),
    entry(
        "JOB_CRASHED",
        ("任务异常终止", "运行任务的进程意外终止，已得到的部分结果仍然保留，请重试。"),
        ("The job crashed", "The process that ran it ended unexpectedly. Partial results are kept. Try again."),
        "retry",
        retryable=True,
    ),
    entry(
        "JOB_INTERRUPTED",
        ("任务被中断", "运行任务的服务中断了，任务会自动从上次的位置继续。"),
        ("The job was interrupted", "The server that ran it stopped. It goes on by itself from where it was."),
        "wait",
        retryable=True,
    ),
    entry(
        "JOB_QUARANTINED",
        ("任务已被隔离", "任务多次导致服务中断，已停止自动执行，请把错误编号告诉我们。"),
        ("The job was set aside", "The server died several times while running it, so it runs no more. Tell us the error id."),
        "contact_support",
    ),
    entry(
        "BATCH_FAILED",
        ("批次失败", "这一批任务没有一个成功，请查看各个任务的原因后重新提交。"),
        ("The batch failed", "None of its jobs completed. See why at each of them, and submit them again."),
        "view_history",
    ),
    entry(
        "RESULT_NOT_JSON",
        ("结果无法保存", "任务返回的结果不是有效的 JSON，已得到的部分结果仍然保留。"),
        ("The result could not be kept", "What the job returned is not valid JSON. Partial results are kept."),
        "contact_support",
    ),
    entry(
        "RESULT_TOO_LARGE",
        ("结果太大", "任务返回的结果超过了大小限制，请减少一次处理的内容。"),
        ("The result is too large", "What the job returned is above the size limit. Ask for less at once."),
        "edit_input",
    ),
)
