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

export interface CancelBody {
  reason?: string | null
}

/** What is left out stays as it is. */
export interface ChangeBody {
  priority?: number
  tags?: string[]
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

/** How long it may still take: the middle of what is known, and a careful guess. */
export interface Eta {
  /** seconds */
  p50: number
  /** seconds */
  p90: number
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

/** The place among those that wait, and the time until the turn comes. */
export interface Queue {
  position: number
  /** seconds */
  wait: number
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

export type Scope = "submit" | "watch" | "operate" | "cancel"

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

/** Figures of this node as they are now, and in `nodes` of all that share its store. `left_behind`: bodies that ended for us and ignored it; `loop_blocked`: times that something kept the event loop for longer than the setting `loop_blocked_seconds`. */
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
