// Every word of the page, in both languages; what the server says comes in both already.

export const TEXTS = {
  en: {
    title: 'Jindu - jobs',
    brand: 'Jindu',
    language: '中文',
    language_label: 'Switch to Chinese',
    skip: 'Skip to the jobs',
    link_connecting: 'connecting',
    link_live: 'live',
    link_reconnecting: 'reconnecting',
    link_polling: 'polling every 2 s',
    link_offline: 'offline',
    link_stopped: 'stopped: reload the page',
    jobs: 'Jobs',
    filter: 'Filter',
    status: 'Status',
    type: 'Type',
    all: 'all',
    find: 'Find by id',
    open: 'Open',
    more: 'Show more',
    none: 'No jobs here yet.',
    none_fit: 'No job fits the filter.',
    list_failed: 'The list could not be read. It is tried again.',
    status_pending: 'pending',
    status_running: 'running',
    status_completed: 'completed',
    status_failed: 'failed',
    status_cancelled: 'cancelled',
    status_cancelling: 'cancelling',
    status_retrying: 'will retry',
    status_skipped: 'skipped',
    status_waiting: 'waiting',
    stage_init: 'Getting ready',
    stage_working: 'Working',
    stage_completed: 'Completed',
    stage_failed: 'Failed',
    stage_cancelled: 'Cancelled',
    progress_of: 'Progress of {name}',
    reached: 'reached {percent}',
    back: 'All jobs',
    job: 'Job',
    loading: 'Loading',
    attempt: 'Attempt {attempt} of {most}',
    retry_at: 'Next attempt at {time}',
    created: 'Created',
    started: 'Started',
    finished: 'Ended',
    owner: 'Owner',
    tags: 'Tags',
    stages: 'Stages',
    partial: 'Partial results',
    result: 'Result',
    params: 'Parameters',
    advice: 'What helps',
    error_id: 'Error id',
    cancel: 'Cancel the job',
    cancel_ask: 'Cancel this job?',
    cancel_text: 'It stops as soon as it can. Partial results are kept.',
    cancel_yes: 'Yes, cancel it',
    cancel_no: 'No, let it run',
    door: 'This server asks for a key',
    door_text: 'A key with the scopes watch and operate shows all jobs. It is kept until this tab is closed.',
    door_wrong: 'That key is not valid, or no longer.',
    door_key: 'Key',
    door_open: 'Go on',
    failed_call: 'That did not work. Is the server there?',
    cut: 'Only the beginning is shown.',
    whole: 'All of it',
    fetching: 'being fetched',
  },
  zh: {
    title: '进度 - 任务',
    brand: '进度',
    language: 'English',
    language_label: '切换到英文',
    skip: '跳到任务列表',
    link_connecting: '正在连接',
    link_live: '实时',
    link_reconnecting: '正在重新连接',
    link_polling: '轮询，每 2 秒',
    link_offline: '离线',
    link_stopped: '已停止：请刷新页面',
    jobs: '任务',
    filter: '筛选',
    status: '状态',
    type: '类型',
    all: '全部',
    find: '按编号查找',
    open: '打开',
    more: '显示更多',
    none: '还没有任务。',
    none_fit: '没有符合筛选条件的任务。',
    list_failed: '无法读取列表，正在重试。',
    status_pending: '等待中',
    status_running: '运行中',
    status_completed: '已完成',
    status_failed: '失败',
    status_cancelled: '已取消',
    status_cancelling: '正在取消',
    status_retrying: '即将重试',
    status_skipped: '已跳过',
    status_waiting: '等待消息',
    stage_init: '准备中',
    stage_working: '处理中',
    stage_completed: '已完成',
    stage_failed: '失败',
    stage_cancelled: '已取消',
    progress_of: '{name} 的进度',
    reached: '曾到 {percent}',
    back: '全部任务',
    job: '任务',
    loading: '正在读取',
    attempt: '第 {attempt} 次，共 {most} 次',
    retry_at: '下次尝试 {time}',
    created: '创建',
    started: '开始',
    finished: '结束',
    owner: '所属',
    tags: '标签',
    stages: '阶段',
    partial: '部分结果',
    result: '结果',
    params: '参数',
    advice: '建议',
    error_id: '错误编号',
    cancel: '取消任务',
    cancel_ask: '取消这个任务？',
    cancel_text: '任务会尽快停止，已得到的部分结果仍然保留。',
    cancel_yes: '确定取消',
    cancel_no: '继续运行',
    door: '此服务器需要密钥',
    door_text: '具有 watch 和 operate 权限的密钥可以查看全部任务；密钥只保留到关闭此标签页。',
    door_wrong: '密钥无效，或已失效。',
    door_key: '密钥',
    door_open: '继续',
    failed_call: '操作没有成功，服务器还在吗？',
    cut: '只显示开头部分。',
    whole: '查看全部',
    fetching: '正在读取',
  },
}

const KEPT = 'jindu.language'
let language = kept() ?? (navigator.language.toLowerCase().startsWith('zh') ? 'zh' : 'en')

export const current = () => language

export function switchLanguage() {
  language = language === 'zh' ? 'en' : 'zh'
  try {
    localStorage.setItem(KEPT, language)
  } catch {
    // Storage may be forbidden: the choice then lasts as long as the page.
  }
}

export function text(key, values = {}) {
  return TEXTS[language][key].replace(/\{(\w+)\}/g, (_, name) => String(values[name]))
}

/** A text with a fallback, for names that the server makes up. */
export function textOr(key, otherwise) {
  return TEXTS[language][key] ?? otherwise
}

/** One of a pair {zh, en} from the server. */
export function pick(pair, otherwise = '') {
  return pair?.[language] ?? pair?.en ?? otherwise
}

export function percent(value) {
  return `${(Math.floor((value ?? 0) * 10) / 10).toFixed(value >= 100 ? 0 : 1)}%`
}

export function clock(time) {
  return time ? new Date(time).toLocaleTimeString(locale(), { hour12: false }) : ''
}

export function moment(time) {
  return time ? new Date(time).toLocaleString(locale(), { hour12: false }) : ''
}

const UNITS = [['day', 86_400], ['hour', 3_600], ['minute', 60], ['second', 1]]

export function age(time, nowMs) {
  const past = Math.max(0, (nowMs - Date.parse(time)) / 1000)
  const [unit, size] = UNITS.find(([, least]) => past >= least) ?? UNITS.at(-1)
  return new Intl.RelativeTimeFormat(locale(), { numeric: 'always', style: 'narrow' }).format(-Math.floor(past / size), unit)
}

export function seconds(from, to) {
  const value = (Date.parse(to) - Date.parse(from)) / 1000
  return value >= 90 ? `${Math.floor(value / 60)} min ${Math.floor(value % 60)} s` : `${Math.max(0, value).toFixed(1)} s`
}

function locale() {
  return language === 'zh' ? 'zh-CN' : 'en-GB'
}

function kept() {
  try {
    const value = localStorage.getItem(KEPT)
    return value in TEXTS ? value : null
  } catch {
    return null
  }
}
