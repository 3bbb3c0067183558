// What a Jindu server says and is told, as TypeScript types. Written by `make docs` from the types that the server serves with:
// do not change it by hand. Times are RFC 3339 in UTC, durations seconds unless a name ends in _ms.

/** The answer to a submit: the snapshot of its job. */
export interface Accepted {
  status: Status
  /** init, a stage of the job, or the name of the end */
  stage: string
  /** of the whole job; 100 only when completed, 0 when failed or cancelled */
  progress: number
  /** whether it has ended, in any way */
  is_completed: boolean
  /** the author's last words to people */
  message: string
  attempt: number
  max_attempts: number
  /** how many partial results are kept */
  results: number
  retry_at: string | null
  /** its end was wished for */
  cancelling: boolean
  /** RFC 3339, UTC */
  updated_at: string
  eta: Eta | null
  queue: Queue | null
  /** seconds without any frame about it after which a client shows that it waits */
  stale_after: number | null
  /** of a batch: of its jobs */
  counts?: Counts
  /** of a batch: whether any job failed or was cancelled */
  with_errors?: boolean
  id: string
  type: string
  /** why it failed or was cancelled */
  error: ErrorBody | null
  /** how far it had come when it failed or was cancelled */
  reached: number | null
  /** the job's place after so many committed changes */
  seq: number
  /** of the history; with seq the cursor epoch:seq */
  epoch: string
  owner: string | null
  tags: string[]
  priority: number
  /** RFC 3339, UTC */
  created_at: string
  started_at: string | null
  finished_at: string | null
  expires_at: string | null
  /** the job that it was made from by hand */
  retry_of: string | null
  /** the job that was made from it by hand */
  retried_by: string | null
  batch: string | null
  /** when asking again makes sense; null at the end */
  poll_after_ms: number | null
  links: Links
  stages: StageShown[]
  params: Record<string, unknown>
  partial: PartialResult[]
  /** null until it has completed */
  result: unknown
  /** a capability to watch it while it is kept, for who has no key */
  token: string
  /** what the webhook of the job is signed with */
  webhook_secret?: string
  /** the same submit had made this job before */
  replayed?: true
}

/** The answer to a submit of many: their batch. */
export interface AcceptedBatch {
  status: Status
  /** init, a stage of the job, or the name of the end */
  stage: string
  /** of the whole job; 100 only when completed, 0 when failed or cancelled */
  progress: number
  /** whether it has ended, in any way */
  is_completed: boolean
  /** the author's last words to people */
  message: string
  attempt: number
  max_attempts: number
  /** how many partial results are kept */
  results: number
  retry_at: string | null
  /** its end was wished for */
  cancelling: boolean
  /** RFC 3339, UTC */
  updated_at: string
  eta: Eta | null
  queue: Queue | null
  /** seconds without any frame about it after which a client shows that it waits */
  stale_after: number | null
  /** of a batch: of its jobs */
  counts?: Counts
  /** of a batch: whether any job failed or was cancelled */
  with_errors?: boolean
  id: string
  type: string
  /** why it failed or was cancelled */
  error: ErrorBody | null
  /** how far it had come when it failed or was cancelled */
  reached: number | null
  /** the job's place after so many committed changes */
  seq: number
  /** of the history; with seq the cursor epoch:seq */
  epoch: string
  owner: string | null
  tags: string[]
  priority: number
  /** RFC 3339, UTC */
  created_at: string
  started_at: string | null
  finished_at: string | null
  expires_at: string | null
  /** the job that it was made from by hand */
  retry_of: string | null
  /** the job that was made from it by hand */
  retried_by: string | null
  batch: string | null
  /** when asking again makes sense; null at the end */
  poll_after_ms: number | null
  links: Links
  /** how many jobs it has */
  accepted: number
  jobs: (string | null)[]
  rejected: Rejected[]
  /** counts and with_errors; null until it has completed */
  result: unknown
  /** a capability to watch it while it is kept, for who has no key */
  token: string
  /** the same submit had made this batch before */
  replayed?: true
}

/** Alerts of this node: `active` the gravest first, `history` what is over, newest first. */
export interface AlertList {
  active: AlertShown[]
  history: AlertShown[]
  rules: RuleShown[]
  sinks: SinkShown[]
}

/** One alert; `value` is what was measured when it fired, `peak` the worst since. `told`: messages were sent. */
export interface AlertShown {
  id: string
  rule: string
  input: string
  level: Level
  value: number
  peak: number
  threshold: number
  /** RFC 3339, UTC */
  fired_at: string
  resolved_at: string | null
  told: boolean
  title: Texts
  text: Texts
}

/** HTTP answers and requests that were refused; mean seconds until an answer began, held ones apart. */
export interface Answers {
  answers: number
  refused: number
  limited: number
  mean_seconds: number | null
}

/** Calls of the API. */
export interface ApiUsage {
  requests: number
  errors: number
  /** from 0 to 1 */
  error_rate: number
  avg_latency_ms: number
}

export interface AskedPoll {
  channels: Record<string, number>
  epoch?: string | null
  pace?: number | null
  wait?: number
}

export interface AskedStream {
  channels: Record<string, number>
  epoch?: string | null
  pace?: number | null
  rotate?: number | null
  last_event_id?: string | null
}

/** Tokens; they are added to those given before, and renew them. */
export interface AuthFrame {
  type: "auth"
  tokens: string[]
}

/** A batch: its jobs in the order asked for, null where one was rejected. */
export interface Batch {
  status: Status
  /** init, a stage of the job, or the name of the end */
  stage: string
  /** of the whole job; 100 only when completed, 0 when failed or cancelled */
  progress: number
  /** whether it has ended, in any way */
  is_completed: boolean
  /** the author's last words to people */
  message: string
  attempt: number
  max_attempts: number
  /** how many partial results are kept */
  results: number
  retry_at: string | null
  /** its end was wished for */
  cancelling: boolean
  /** RFC 3339, UTC */
  updated_at: string
  eta: Eta | null
  queue: Queue | null
  /** seconds without any frame about it after which a client shows that it waits */
  stale_after: number | null
  /** of a batch: of its jobs */
  counts?: Counts
  /** of a batch: whether any job failed or was cancelled */
  with_errors?: boolean
  id: string
  type: string
  /** why it failed or was cancelled */
  error: ErrorBody | null
  /** how far it had come when it failed or was cancelled */
  reached: number | null
  /** the job's place after so many committed changes */
  seq: number
  /** of the history; with seq the cursor epoch:seq */
  epoch: string
  owner: string | null
  tags: string[]
  priority: number
  /** RFC 3339, UTC */
  created_at: string
  started_at: string | null
  finished_at: string | null
  expires_at: string | null
  /** the job that it was made from by hand */
  retry_of: string | null
  /** the job that was made from it by hand */
  retried_by: string | null
  batch: string | null
  /** when asking again makes sense; null at the end */
  poll_after_ms: number | null
  links: Links
  /** how many jobs it has */
  accepted: number
  jobs: (string | null)[]
  rejected: Rejected[]
  /** counts and with_errors; null until it has completed */
  result: unknown
}

/** The body of `POST /v1/batches`. Each of `jobs` is a body as `POST /v1/jobs` takes it; `owner` is of those that name none. With `atomic` one that cannot be accepted refuses all. */
export interface BatchBody {
  jobs: SubmitBody[]
  atomic?: boolean
  owner?: string | null
}

/** Batches, newest first: as entries of a list, without their jobs. */
export interface BatchPage {
  items: JobItem[]
  /** the `cursor` of the next page; null on the last */
  next_cursor: string | null
}

/** Before the server closes: with which code, and when to come back. `stop`: do not. */
export interface ByeFrame {
  type: "bye"
  code: number
  retry_ms: number | null
  why: string
  stop: boolean
}

/** The cache of answers. */
export interface CacheMetrics {
  hits: number
  misses: number
  /** from 0 to 1 */
  hit_rate: number
  size: number
}

export interface CancelBody {
  reason?: string | null
}

/** What is left out stays as it is. */
export interface ChangeBody {
  priority?: number
  tags?: string[]
}

/** The last hour of this node, or as long as it has run. `step`: seconds between two values, about. */
export interface ChartHistory {
  step: number
  series: Series
}

/** What the store made durable: groups of changes, mean seconds of a group, mean changes in one. */
export interface Commits {
  groups: number
  mean_seconds: number | null
  mean_size: number | null
}

/** The communities that take part. */
export interface CommunityPool {
  communities: number
  active: number
  members: number
}

/** The end: completed. Feeds leave the result out. */
export interface CompleteFrame {
  type: "complete"
  job: string
  /** the job's place after so many committed changes */
  seq: number
  state: CompletedState
  /** it came by a feed: it moves no cursor */
  feed?: true
  head?: Head
}

/** The end, completed: the result, or its address when it is large. */
export interface CompletedState {
  status: Status
  /** init, a stage of the job, or the name of the end */
  stage: string
  /** of the whole job; 100 only when completed, 0 when failed or cancelled */
  progress: number
  /** whether it has ended, in any way */
  is_completed: boolean
  /** the author's last words to people */
  message: string
  attempt: number
  max_attempts: number
  /** how many partial results are kept */
  results: number
  retry_at: string | null
  /** its end was wished for */
  cancelling: boolean
  /** RFC 3339, UTC */
  updated_at: string
  eta: Eta | null
  queue: Queue | null
  /** seconds without any frame about it after which a client shows that it waits */
  stale_after: number | null
  /** of a batch: of its jobs */
  counts?: Counts
  /** of a batch: whether any job failed or was cancelled */
  with_errors?: boolean
  result?: unknown
  result_url?: string
}

/** One connection that is open. `lag`: seconds that the write under way has taken; 0: its reader takes what is sent. */
export interface ConnectionShown {
  id: string
  transport: string
  /** where it comes from, as the server sees it */
  address: string | null
  /** RFC 3339, UTC */
  since: string
  lag: number
  slow: boolean
  messages: number
  bytes: number
  conflated: number
  channels: number
}

/** All connections of this node together; `items` are those that are open, the slowest first. */
export interface Connections {
  open: number
  total: number
  slow: number
  messages: number
  bytes: number
  /** states that newer ones overtook before they left */
  conflated: number
  /** subscriptions that went on from a cursor */
  resumed: number
  /** readers that were dropped because they took nothing */
  stalled: number
  /** mean seconds from a commit to its being written to sockets */
  push_lag: number | null
  by_transport: Transports
  items: ConnectionShown[]
}

/** The consistency monitor since the start; `ratio` of the checks that found nothing, from 0 to 1. */
export interface Consistency {
  checks: number
  issues: Levels
  ratio: number
}

/** A failed attempt as operators see it; what looked like a secret was blotted out before it was kept. */
export interface ContextItem {
  /** the `id` of the friendly error, which its user can quote */
  id: string
  job: string
  type: string
  stage: string
  attempt: number
  run: number
  code: string
  /** RFC 3339, UTC */
  at: string
  exception: string
  message: string
}

/** Contexts, newest first. */
export interface ContextList {
  items: ContextItem[]
}

/** The same with its traceback. */
export interface ContextShown {
  /** the `id` of the friendly error, which its user can quote */
  id: string
  job: string
  type: string
  stage: string
  attempt: number
  run: number
  code: string
  /** RFC 3339, UTC */
  at: string
  exception: string
  message: string
  traceback: string
}

/** How many jobs there are of each status. */
export interface Counts {
  pending: number
  running: number
  completed: number
  failed: number
  cancelled: number
}

/** One telling of one end. `state` dead: given up; `due_at`: when it is tried next. */
export interface DeliveryItem {
  /** the `webhook-id` that the receiver sees, the same in each try */
  id: string
  /** null: the job's own */
  webhook: string | null
  job: string
  owner: string | null
  event: string
  url: string
  state: "pending" | "delivered" | "dead"
  attempts: number
  /** RFC 3339, UTC */
  created_at: string
  tried_at: string | null
  due_at: string | null
  /** of the last answer; null if there was none */
  status: number | null
  /** why the last try failed */
  error: string | null
}

/** Deliveries, newest first. */
export interface DeliveryList {
  items: DeliveryItem[]
  /** the `cursor` of the next page; null on the last */
  next_cursor: string | null
}

/** The same with what is sent. */
export interface DeliveryShown {
  /** the `webhook-id` that the receiver sees, the same in each try */
  id: string
  /** null: the job's own */
  webhook: string | null
  job: string
  owner: string | null
  event: string
  url: string
  state: "pending" | "delivered" | "dead"
  attempts: number
  /** RFC 3339, UTC */
  created_at: string
  tried_at: string | null
  due_at: string | null
  /** of the last answer; null if there was none */
  status: number | null
  /** why the last try failed */
  error: string | null
  payload: unknown
}

/** Nothing is taken any more. `ends`: the process ends once what runs has ended, or its grace is over; a server that we do not run goes on without taking work. */
export interface Draining {
  draining: boolean
  ends: boolean
  running: number
}

/** Why an attempt or a job ended badly, in words for people. Nothing of the exception itself. */
export interface ErrorBody {
  /** a code of the catalogue, or one that the application added */
  code: string
  title: Texts
  message: Texts
  /** what a button should do: retry, switch_model, view_partial, wait, … */
  action: string
  action_text: Texts
  retryable: boolean
  retry_after: number | null
  /** to be found again in the server's log */
  id: string | null
}

/** The end: failed or cancelled, in words for people. */
export interface ErrorFrame {
  type: "error"
  job: string
  /** the job's place after so many committed changes */
  seq: number
  state: FailedState
  /** it came by a feed: it moves no cursor */
  feed?: true
  head?: Head
}

/** How long it may still take: as likely more as less (`p50`), and seldom more (`p90`). */
export interface Eta {
  /** seconds */
  p50: number
  /** seconds */
  p90: number
  /** it is longer in its stage than nearly all runs before it */
  slow?: true
}

/** Of one job type: `runs` that are remembered (nothing is told without a few); seconds of a usual run, and of one in ten at least; of what was told in the course of the last jobs the middle `error`, as a share of the job, and the `coverage`, the share of the course for which the careful guess held, where 0.9 is meant. Null before the first. */
export interface EtaOfType {
  type: string
  runs: number
  usual: number | null
  careful: number | null
  error: number | null
  coverage: number | null
  stages: StageShare[]
}

/** Kept events of a job in their order. */
export interface EventPage {
  id: string
  epoch: string
  items: EventShown[]
  /** the `after` of the next page; null on the last */
  next_after: number | null
}

/** A kept event of a job. */
export interface EventShown {
  priority?: number
  tags?: string[]
  /** RFC 3339, UTC */
  due_at?: string
  stage?: string
  progress?: number
  message?: string | null
  key?: string | number
  data?: unknown
  data_url?: string
  line?: string
  /** RFC 3339, UTC */
  retry_at?: string
  reason?: string | null
  error?: ErrorBody
  /** the job's place after so many committed changes */
  seq: number
  kind: Kind
  /** RFC 3339, UTC */
  at: string
}

/** The end, failed or cancelled: why, and how far it had come. */
export interface FailedState {
  status: Status
  /** init, a stage of the job, or the name of the end */
  stage: string
  /** of the whole job; 100 only when completed, 0 when failed or cancelled */
  progress: number
  /** whether it has ended, in any way */
  is_completed: boolean
  /** the author's last words to people */
  message: string
  attempt: number
  max_attempts: number
  /** how many partial results are kept */
  results: number
  retry_at: string | null
  /** its end was wished for */
  cancelling: boolean
  /** RFC 3339, UTC */
  updated_at: string
  eta: Eta | null
  queue: Queue | null
  /** seconds without any frame about it after which a client shows that it waits */
  stale_after: number | null
  /** of a batch: of its jobs */
  counts?: Counts
  /** of a batch: whether any job failed or was cancelled */
  with_errors?: boolean
  error: ErrorBody | null
  reached: number | null
}

/** Of a feed: the job was removed. */
export interface GoneFrame {
  type: "gone"
  job: string
  /** it came by a feed: it moves no cursor */
  feed: true
}

/** What a feed tells of a job at its first mention on a connection. */
export interface Head {
  type: string
  owner: string | null
  tags: string[]
  /** RFC 3339, UTC */
  created_at: string
}

/** The process answers. */
export interface Health {
  status: "ok"
}

/** First on every connection and in every answer. A path counts as working only when it has arrived. */
export interface HelloFrame {
  type: "hello"
  /** of the protocol */
  v: number
  /** another one than before: forget what you hold of every job */
  epoch: string
  conn: string
  /** seconds; after 2 x ping + 5 of silence the other side is gone */
  ping: number
  /** RFC 3339, UTC */
  now: string
  auth: "ok" | "needed"
  /** of a poll: the answer was cut, ask again at once */
  more?: boolean
}

/** Advice about a quiet job. No seq: it moves no cursor, and renews `stale_after`. */
export interface HintFrame {
  type: "hint"
  job: string
  queue: Queue | null
  eta: Eta | null
}

/** Where the end of one job is told. */
export interface HookBody {
  /** of the world: not of this machine or its networks */
  url: string
  /** which ends are told */
  events?: ("job.completed" | "job.failed" | "job.cancelled" | "batch.completed" | "batch.failed" | "batch.cancelled")[]
  secret?: string | null
}

/** The ways in, as paths below this one. */
export interface Index {
  name: string
  version: string
  jobs: string
  socket: string
  stream: string
  poll: string
  subprotocol: string
  health: string
  ready: string
  openapi: string
  asyncapi: string
  docs: string
}

/** A job in a list: the snapshot without stages, params, partial results and result. */
export interface JobItem {
  status: Status
  /** init, a stage of the job, or the name of the end */
  stage: string
  /** of the whole job; 100 only when completed, 0 when failed or cancelled */
  progress: number
  /** whether it has ended, in any way */
  is_completed: boolean
  /** the author's last words to people */
  message: string
  attempt: number
  max_attempts: number
  /** how many partial results are kept */
  results: number
  retry_at: string | null
  /** its end was wished for */
  cancelling: boolean
  /** RFC 3339, UTC */
  updated_at: string
  eta: Eta | null
  queue: Queue | null
  /** seconds without any frame about it after which a client shows that it waits */
  stale_after: number | null
  /** of a batch: of its jobs */
  counts?: Counts
  /** of a batch: whether any job failed or was cancelled */
  with_errors?: boolean
  id: string
  type: string
  /** why it failed or was cancelled */
  error: ErrorBody | null
  /** how far it had come when it failed or was cancelled */
  reached: number | null
  /** the job's place after so many committed changes */
  seq: number
  /** of the history; with seq the cursor epoch:seq */
  epoch: string
  owner: string | null
  tags: string[]
  priority: number
  /** RFC 3339, UTC */
  created_at: string
  started_at: string | null
  finished_at: string | null
  expires_at: string | null
  /** the job that it was made from by hand */
  retry_of: string | null
  /** the job that was made from it by hand */
  retried_by: string | null
  batch: string | null
  /** when asking again makes sense; null at the end */
  poll_after_ms: number | null
  links: Links
}

/** Jobs, newest first. */
export interface JobPage {
  items: JobItem[]
  /** the `cursor` of the next page; null on the last */
  next_cursor: string | null
}

/** Answers that are kept until something is committed that changes them: looks that found one, and that did not. */
export interface Kept {
  hits: number
  misses: number
  hit_rate: number
  size: number
}

/** The body of `POST /v1/keys`; `expires_in` in seconds. */
export interface KeyBody {
  name: string
  scopes: Scope[]
  owner?: string | null
  expires_in?: number | null
}

/** Every key that was ever made, revoked ones too. */
export interface KeyList {
  items: KeyShown[]
}

/** A new key with its text, which is shown this once. */
export interface KeyMade {
  id: string
  name: string
  scopes: Scope[]
  owner: string | null
  /** RFC 3339, UTC */
  created_at: string
  expires_at: string | null
  revoked_at: string | null
  key: string
}

/** A key, without anything of its secret. */
export interface KeyShown {
  id: string
  name: string
  scopes: Scope[]
  owner: string | null
  /** RFC 3339, UTC */
  created_at: string
  expires_at: string | null
  revoked_at: string | null
}

/** Kinds of event, as they are written in the log. */
export type Kind = "submit" | "claim" | "stage" | "progress" | "result" | "log" | "change" | "retry" | "hand_back" | "lost" | "wish" | "return" | "fail" | "cancel"

/** How grave it is, from the least. */
export type Level = "INFO" | "WARNING" | "ERROR" | "CRITICAL"

/** Checks by how far what was checked disagreed with itself: no issue, one, two, three or more. */
export interface Levels {
  consistent: number
  minor_issue: number
  major_issue: number
  critical: number
}

/** Of one type: jobs at once, seconds of an attempt, attempts, seconds that a job is kept after its end. */
export interface Limits {
  concurrency: number
  /** seconds */
  timeout: number
  max_attempts: number
  /** seconds */
  keep_for: number
}

/** Where the rest of a job is read; of a batch: where its jobs are. */
export interface Links {
  self: string
  cancel: string
  events?: string
  result?: string
  jobs?: string
}

export type Message = HelloFrame | ProgressFrame | ResultFrame | CompleteFrame | ErrorFrame | SubscribedFrame | HintFrame | ResetFrame | GoneFrame | ProblemFrame | PingFrame | ByeFrame | (HelloFrame | ProgressFrame | ResultFrame | CompleteFrame | ErrorFrame | SubscribedFrame | HintFrame | ResetFrame | GoneFrame | ProblemFrame | PingFrame | ByeFrame)[]

/** What happens to runs that fell due while no node was there to start them. */
export type Missed = "once" | "skip"

/** One node that shares the store, as it said of itself at most ten seconds ago. `boot` names its start; `here`: it is the one that answers. */
export interface NodeFigures {
  boot: string
  host: string
  pid: number
  since: string
  running: number
  concurrency: number
  connections: number
  draining: boolean
  here: boolean
}

/** Of one job type: how many wait, and mean seconds of waiting, and of an attempt, null before the first. `error_rate`: of attempts that failed, tried again or not. */
export interface OfType {
  limit: number
  active: number
  done: number
  failed: number
  cancelled: number
  success_rate: number | null
  type: string
  queued: number
  mean_wait: number | null
  mean_run: number | null
  error_rate: number | null
  paused: boolean
}

/** What happens to a run that falls due while the one before has not ended. */
export type Overlap = "skip" | "queue"

/** A partial result that is kept. */
export interface PartialResult {
  /** the job's place after so many committed changes */
  seq: number
  key: string | number
  data: unknown
}

/** Every `ping` seconds, whatever else was sent. Answer with `pong`. */
export interface PingFrame {
  type: "ping"
}

/** One fault in what was sent. `pointer` is a JSON pointer (RFC 6901) into the body. */
export interface Pointed {
  pointer: string
  detail: string
}

/** The answer to `ping`. */
export interface PongFrame {
  type: "pong"
}

/** A refusal (RFC 9457). `detail` is one sentence for developers, `text` is for people, `action` what a button should do. */
export interface ProblemBody {
  type: string
  /** in the language asked for with Accept-Language, zh or en */
  title: string
  status: number
  detail: string
  instance: string
  code: string
  text: Texts
  /** what a button should do: retry, switch_model, view_partial, wait, … */
  action: string
  action_text: Texts
  retryable: boolean
  retry_after: number | null
  /** to be found again in the server's log */
  trace_id: string
  errors?: Pointed[]
}

/** A request was refused, and that subscription ended. `message` says what exactly was wrong. */
export interface ProblemFrame {
  type: "problem"
  code: string
  title: Texts
  message: Texts
  /** what a button should do: retry, switch_model, view_partial, wait, … */
  action: string
  temporary: boolean
  retry_ms: number | null
  channel?: string
}

/** The job is pending or running. The newest replaces older ones. */
export interface ProgressFrame {
  type: "progress"
  job: string
  /** the job's place after so many committed changes */
  seq: number
  state: State
  /** it came by a feed: it moves no cursor */
  feed?: true
  head?: Head
}

/** How many jobs were removed. */
export interface Pruned {
  removed: number
}

/** The place among those of its type that wait (1: the next), and the time until its turn comes, null if unknown. */
export interface Queue {
  position: number
  wait: number | null
}

/** Whether requests should come here; the reason when not. `running`: jobs at this moment. */
export interface Ready {
  status: "ready" | "not ready"
  reason: string | null
  running: number
}

/** `code`: draining, unknown_type, paused, retrying, delayed, type_limit, global_limit, behind, starting, still_running. */
export interface Reason {
  code: string
  text: Texts
}

/** A job of a batch that was not accepted: its place in what was asked for, and the problem with it. */
export interface Rejected {
  index: number
  error: ProblemBody
}

/** A report that was saved; `saved` names its files in the folder of reports. */
export interface ReportSaved {
  report: WarmupReport
  /** the newest, and the same in the archive by its time */
  saved: string[]
}

/** Your cursor is not of this history: forget what you hold of this job. */
export interface ResetFrame {
  type: "reset"
  job: string
}

/** One partial result: each arrives, in order, once per key. With the state when it is the newest change. */
export interface ResultFrame {
  type: "result"
  job: string
  /** the job's place after so many committed changes */
  seq: number
  key: string | number
  data?: unknown
  /** where the data is, above 32 KiB */
  data_url?: string
  state?: State
}

/** `from` "start" leaves the committed steps of the old job behind. */
export interface RetryBody {
  from?: "start" | null
}

/** The body of `POST /v1/webhooks/{id}/rotate`; it may be empty. */
export interface RotateBody {
  secret?: string | null
}

/** One rule and where it stands. `value` is of the last look, null if nothing happened; `samples` how many it is of, null where it is counted. Durations in seconds. */
export interface RuleShown {
  name: string
  input: string
  side: "above" | "below"
  threshold: number
  clear: number
  level: Level
  window: number
  least: number
  hold: number
  cooldown: number
  state: "quiet" | "pending" | "firing"
  value: number | null
  samples: number | null
}

/** One series as it stands. Of a histogram `value` is the sum and `count` how many there were, else `count` is null. */
export interface Sample {
  name: string
  kind: "counter" | "gauge" | "histogram"
  labels: Record<string, string>
  value: number
  count: number | null
  changed_at: string
}

/** The body of `POST /v1/schedules`: either `cron` or `every`. */
export interface ScheduleBody {
  id?: string | null
  type: string
  params?: Record<string, unknown>
  cron?: string | null
  every?: number | string | null
  /** of the cron, such as Europe/Berlin */
  timezone?: string
  /** a run that falls due while the one before has not ended */
  overlap?: Overlap
  /** runs that fell due while no server ran: once for all, or left out */
  missed?: Missed
  owner?: string | null
  priority?: number
  tags?: string[]
  paused?: boolean
}

/** The body of `PATCH /v1/schedules/{id}`: what is not given stays; `cron` takes the place of `every`, and the other way round. */
export interface ScheduleChange {
  params?: Record<string, unknown> | null
  cron?: string | null
  every?: number | string | null
  timezone?: string | null
  overlap?: Overlap | null
  missed?: Missed | null
  priority?: number | null
  tags?: string[] | null
}

/** All schedules by id. */
export interface ScheduleList {
  items: ScheduleShown[]
}

/** A schedule. `declared`: in the code of the application. `skipped` counts runs that were left out. */
export interface ScheduleShown {
  id: string
  type: string
  params: Record<string, unknown>
  cron: string | null
  every: number | null
  timezone: string
  overlap: "skip" | "queue"
  missed: "once" | "skip"
  owner: string | null
  priority: number
  tags: string[]
  declared: boolean
  paused: boolean
  /** RFC 3339, UTC */
  created_at: string
  /** null while paused, or if there is none */
  next_at: string | null
  /** the next few due times */
  next: string[]
  /** a due time that waits for the end of the run before */
  held_at: string | null
  last_at: string | null
  last_job: string | null
  runs: number
  skipped: number
}

export type Scope = "submit" | "watch" | "operate" | "cancel"

/** Columns of equal length, one value for each of `at`; null where nothing happened that it could be the mean of. */
export interface Series {
  at: string[]
  /** jobs a minute */
  submitted: number[]
  /** jobs a minute */
  completed: number[]
  /** jobs a minute */
  failed: number[]
  /** jobs a minute */
  cancelled: number[]
  /** mean seconds of HTTP answers and calls of platforms */
  latency: (number | null)[]
  /** mean seconds from a commit to sockets */
  push_lag: (number | null)[]
  /** messages a minute to clients */
  messages: number[]
  queued: number[]
  running: number[]
  connections: number[]
}

/** How slots are used and how it ended, since this node started: `limit` slots, `active` attempts, jobs `done`, `failed` and `cancelled`, and the `success_rate` of those that were not cancelled, null before the first. */
export interface Share {
  limit: number
  active: number
  done: number
  failed: number
  cancelled: number
  success_rate: number | null
}

/** One way on which people are told; `failed` says why the last message did not arrive. */
export interface SinkShown {
  name: string
  kind: string
  levels: Level[]
  /** messages that wait */
  waiting: number
  failed: string | null
}

/** All that can be told of a job, of one seq. */
export interface Snapshot {
  status: Status
  /** init, a stage of the job, or the name of the end */
  stage: string
  /** of the whole job; 100 only when completed, 0 when failed or cancelled */
  progress: number
  /** whether it has ended, in any way */
  is_completed: boolean
  /** the author's last words to people */
  message: string
  attempt: number
  max_attempts: number
  /** how many partial results are kept */
  results: number
  retry_at: string | null
  /** its end was wished for */
  cancelling: boolean
  /** RFC 3339, UTC */
  updated_at: string
  eta: Eta | null
  queue: Queue | null
  /** seconds without any frame about it after which a client shows that it waits */
  stale_after: number | null
  /** of a batch: of its jobs */
  counts?: Counts
  /** of a batch: whether any job failed or was cancelled */
  with_errors?: boolean
  id: string
  type: string
  /** why it failed or was cancelled */
  error: ErrorBody | null
  /** how far it had come when it failed or was cancelled */
  reached: number | null
  /** the job's place after so many committed changes */
  seq: number
  /** of the history; with seq the cursor epoch:seq */
  epoch: string
  owner: string | null
  tags: string[]
  priority: number
  /** RFC 3339, UTC */
  created_at: string
  started_at: string | null
  finished_at: string | null
  expires_at: string | null
  /** the job that it was made from by hand */
  retry_of: string | null
  /** the job that was made from it by hand */
  retried_by: string | null
  batch: string | null
  /** when asking again makes sense; null at the end */
  poll_after_ms: number | null
  links: Links
  stages: StageShown[]
  params: Record<string, unknown>
  partial: PartialResult[]
  /** null until it has completed */
  result: unknown
}

/** A stage as it was declared; `weight` is its share of the whole. */
export interface StagePlanned {
  name: string
  title: Texts
  weight: number
}

/** A stage with its share of the time: as new jobs have it, and as its author guessed. */
export interface StageShare {
  name: string
  share: number
  guessed: number
}

/** A stage with its own percent and times. */
export interface StageShown {
  name: string
  title: Texts
  state: "pending" | "running" | "completed" | "skipped" | "failed" | "cancelled"
  progress: number
  started_at: string | null
  ended_at: string | null
}

/** What a job stands at. `status`, `stage`, `progress` and `is_completed` never disagree. */
export interface State {
  status: Status
  /** init, a stage of the job, or the name of the end */
  stage: string
  /** of the whole job; 100 only when completed, 0 when failed or cancelled */
  progress: number
  /** whether it has ended, in any way */
  is_completed: boolean
  /** the author's last words to people */
  message: string
  attempt: number
  max_attempts: number
  /** how many partial results are kept */
  results: number
  retry_at: string | null
  /** its end was wished for */
  cancelling: boolean
  /** RFC 3339, UTC */
  updated_at: string
  eta: Eta | null
  queue: Queue | null
  /** seconds without any frame about it after which a client shows that it waits */
  stale_after: number | null
  /** of a batch: of its jobs */
  counts?: Counts
  /** of a batch: whether any job failed or was cancelled */
  with_errors?: boolean
}

/** Figures of this node as they are now. `left_behind`: bodies that ended for us and ignored it; `loop_blocked`: times that something kept the event loop for longer than the setting `loop_blocked_seconds`; `loop_lag`: mean seconds that it comes late; `queued`: jobs that wait; `metrics`: those of applications. In `nodes` all that share the store. */
export interface Stats {
  epoch: string
  ready: boolean
  reason: string | null
  jobs: Counts
  running: number
  concurrency: number
  left_behind: number
  loop_blocked: number
  connections: number
  types: number
  consistency: Consistency
  cache: Kept
  queued: number
  mean_wait: number | null
  totals: Share
  by_type: OfType[]
  loop_lag: number | null
  push_lag: number | null
  http: Answers
  store: Commits
  /** alerts that are active */
  alerts: number
  eta: EtaOfType[]
  metrics: Sample[]
  nodes: NodeFigures[]
}

/** What people see. */
export type Status = "pending" | "running" | "completed" | "failed" | "cancelled"

/** One server-sent event. `data` is the JSON text of a frame, or of an array of frames. */
export interface StreamEvent {
  data: string
  event?: "message"
  /** the cursor epoch:seq, while one job is watched */
  id?: string
  /** milliseconds before coming back */
  retry?: number
}

/** The body of `POST /v1/jobs`. Durations in seconds; priority is seconds of head start. */
export interface SubmitBody {
  type: string
  params?: Record<string, unknown>
  priority?: number
  owner?: string | null
  tags?: string[]
  delay?: number
  expires_in?: number | null
  webhook?: HookBody | string | null
}

/** Watch these channels, from the seq held of each (0: none held; a feed: 0). Repeating it is harmless. */
export interface SubscribeFrame {
  type: "subscribe"
  channels: Record<string, number>
  /** of the seqs; without it each counts as 0 */
  epoch?: string | null
  /** frames a second for one job, brought into 0.2 to 10 */
  pace?: number | null
}

/** The replay of these channels is done, up to these seqs. */
export interface SubscribedFrame {
  type: "subscribed"
  channels: Record<string, number>
}

/** The jobs that are kept, and how the system stands. */
export interface SystemPerformance {
  jobs: number
  waiting: number
  running: number
  completed: number
  failed: number
  cancelled: number
  /** from 0 to 1 */
  success_rate: number
  connections: number
  /** from 0 to 1 */
  consistency_ratio: number
}

/** Of each way. */
export interface Tested {
  items: TestedSink[]
}

/** What became of a test message. */
export interface TestedSink {
  sink: string
  kind: string
  ok: boolean
  detail: string | null
}

/** One text in both languages. */
export interface Texts {
  zh: string
  en: string
}

/** The body of `POST /v1/tickets`. */
export interface TicketBody {
  channels: string[]
}

/** A ticket, and the channels it opens. */
export interface TicketMade {
  ticket: string
  /** RFC 3339, UTC */
  expires_at: string
  channels: string[]
}

/** The body of `POST /v1/tokens`: one of `job`, `batch`, `owner`; `scope` is "watch" or "watch cancel"; `ttl` in seconds, without it the token is good while the job is kept. */
export interface TokenBody {
  job?: string | null
  batch?: string | null
  owner?: string | null
  scope?: "watch" | "cancel" | "watch cancel" | "cancel watch"
  ttl?: number | null
}

/** A capability to hand on; `expires_at` null: while the job is kept. */
export interface TokenMade {
  token: string
  expires_at: string | null
  scope: string
  job?: string
  batch?: string
  owner?: string
}

/** Connections of one transport: open now, ever, with a reader that is behind now; and what left over them. */
export interface TransportTraffic {
  open: number
  total: number
  slow: number
  messages: number
  bytes: number
  /** states that newer ones overtook before they left */
  conflated: number
}

/** `longpoll` are requests for one job that wait, `poll` those of `/v1/poll`. */
export interface Transports {
  ws: TransportTraffic
  stream: TransportTraffic
  longpoll: TransportTraffic
  poll: TransportTraffic
}

/** All job types by name. */
export interface TypeList {
  items: TypeShown[]
}

/** What can be submitted. */
export interface TypeShown {
  type: string
  /** JSON Schema of the parameters */
  params: Record<string, unknown>
  stages: StagePlanned[]
  limits: Limits
  counts: Counts
  paused: boolean
}

/** The end of a wait in which nothing happened. */
export interface Unchanged {
  unchanged: true
  /** the job's place after so many committed changes */
  seq: number
  poll_after_ms: number | null
}

/** Watch these no longer. */
export interface UnsubscribeFrame {
  type: "unsubscribe"
  channels: string[]
}

/** What testers said; ratings as they gave them. */
export interface UserTesting {
  testers: number
  feedback: number
  average_rating: number
}

/** When the warm-up began and ended, and how many days it has lasted. */
export interface WarmupPeriod {
  started_at: string | null
  ended_at: string | null
  days: number
}

/** The report. Applications may add fields of their own to a section. */
export interface WarmupReport {
  /** RFC 3339, UTC */
  generated_at: string
  warmup_period: WarmupPeriod
  community_pool: CommunityPool
  cache_metrics: CacheMetrics
  api_usage: ApiUsage
  user_testing: UserTesting
  system_performance: SystemPerformance
  /** what could not be had, and is 0: a section, or one field of it as section.field */
  missing: string[]
}

/** The body of `POST /v1/webhooks`. `owner`: of this owner's jobs only; `types`: of these job types only. */
export interface WebhookBody {
  /** of the world: not of this machine or its networks */
  url: string
  /** which ends are told */
  events?: ("job.completed" | "job.failed" | "job.cancelled" | "batch.completed" | "batch.failed" | "batch.cancelled")[]
  secret?: string | null
  owner?: string | null
  types?: string[]
  description?: string
  enabled?: boolean
}

/** The body of `PATCH /v1/webhooks/{id}`: what is not given stays. */
export interface WebhookChange {
  url?: string | null
  events?: ("job.completed" | "job.failed" | "job.cancelled" | "batch.completed" | "batch.failed" | "batch.cancelled")[] | null
  types?: string[] | null
  description?: string | null
  enabled?: boolean | null
}

/** All webhooks, in the order of their making. */
export interface WebhookList {
  items: WebhookShown[]
}

/** A webhook with its new secret, which is shown this once. */
export interface WebhookMade {
  id: string
  url: string
  events: string[]
  owner: string | null
  /** job types that are told; none: all */
  types: string[]
  description: string
  enabled: boolean
  /** RFC 3339, UTC */
  created_at: string
  secret: string
}

/** A webhook without its secret. */
export interface WebhookShown {
  id: string
  url: string
  events: string[]
  owner: string | null
  /** job types that are told; none: all */
  types: string[]
  description: string
  enabled: boolean
  /** RFC 3339, UTC */
  created_at: string
}

/** Why a job is not moving; no reasons when it is, or has ended. */
export interface Why {
  id: string
  type: string
  status: Status
  reasons: Reason[]
}

/** Every frame of servers. */
export type ServerFrame = HelloFrame | ProgressFrame | ResultFrame | CompleteFrame | ErrorFrame | SubscribedFrame | HintFrame | ResetFrame | GoneFrame | ProblemFrame | PingFrame | ByeFrame

/** Every frame of clients. */
export type ClientFrame = SubscribeFrame | UnsubscribeFrame | AuthFrame | PongFrame
