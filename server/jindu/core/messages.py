"""The frames of `jindu.v1` as types, both ways (PROTOCOL section 2). A text message is one of them, or an array of them."""

from typing import Annotated, Literal, NotRequired, TypeAlias

from pydantic import Field
from typing_extensions import TypedDict

from .shown import Action, CompletedState, Eta, FailedState, Json, Key, Queue, Seq, State, Texts, Time

FeedMark: TypeAlias = Annotated[Literal[True], Field(description="it came by a feed: it moves no cursor")]


class Head(TypedDict):
    """What a feed tells of a job at its first mention on a connection."""

    type: str
    owner: str | None
    tags: list[str]
    created_at: Time


class HelloFrame(TypedDict):
    """First on every connection and in every answer. A path counts as working only when it has arrived."""

    type: Literal["hello"]
    v: Annotated[int, Field(description="of the protocol")]
    epoch: Annotated[str, Field(description="another one than before: forget what you hold of every job")]
    conn: str
    ping: Annotated[float, Field(description="seconds; after 2 x ping + 5 of silence the other side is gone")]
    now: Time
    auth: Literal["ok", "needed"]
    more: NotRequired[Annotated[bool, Field(description="of a poll: the answer was cut, ask again at once")]]


class ProgressFrame(TypedDict):
    """The job is pending or running. The newest replaces older ones."""

    type: Literal["progress"]
    job: str
    seq: Seq
    state: State
    feed: NotRequired[FeedMark]
    head: NotRequired[Head]


class ResultFrame(TypedDict):
    """One partial result: each arrives, in order, once per key. With the state when it is the newest change."""

    type: Literal["result"]
    job: str
    seq: Seq
    key: Key
    data: NotRequired[Json]
    data_url: NotRequired[Annotated[str, Field(description="where the data is, above 32 KiB")]]
    state: NotRequired[State]


class CompleteFrame(TypedDict):
    """The end: completed. Feeds leave the result out."""

    type: Literal["complete"]
    job: str
    seq: Seq
    state: CompletedState
    feed: NotRequired[FeedMark]
    head: NotRequired[Head]


class ErrorFrame(TypedDict):
    """The end: failed or cancelled, in words for people."""

    type: Literal["error"]
    job: str
    seq: Seq
    state: FailedState
    feed: NotRequired[FeedMark]
    head: NotRequired[Head]


class SubscribedFrame(TypedDict):
    """The replay of these channels is done, up to these seqs."""

    type: Literal["subscribed"]
    channels: dict[str, int]


class HintFrame(TypedDict):
    """Advice about a quiet job. No seq: it moves no cursor, and renews `stale_after`."""

    type: Literal["hint"]
    job: str
    queue: Queue | None
    eta: Eta | None


class ResetFrame(TypedDict):
    """Your cursor is not of this history: forget what you hold of this job."""

    type: Literal["reset"]
    job: str


class GoneFrame(TypedDict):
    """Of a feed: the job was removed."""

    type: Literal["gone"]
    job: str
    feed: FeedMark


class ProblemFrame(TypedDict):
    """A request was refused, and that subscription ended. `message` says what exactly was wrong."""

    type: Literal["problem"]
    code: str
    title: Texts
    message: Texts
    action: Action
    temporary: bool
    retry_ms: int | None
    channel: NotRequired[str]


class PingFrame(TypedDict):
    """Every `ping` seconds, whatever else was sent. Answer with `pong`."""

    type: Literal["ping"]


class ByeFrame(TypedDict):
    """Before the server closes: with which code, and when to come back. `stop`: do not."""

    type: Literal["bye"]
    code: int
    retry_ms: int | None
    why: str
    stop: bool


JobFrame: TypeAlias = ProgressFrame | CompleteFrame | ErrorFrame
ServerFrame: TypeAlias = (
    HelloFrame
    | ProgressFrame
    | ResultFrame
    | CompleteFrame
    | ErrorFrame
    | SubscribedFrame
    | HintFrame
    | ResetFrame
    | GoneFrame
    | ProblemFrame
    | PingFrame
    | ByeFrame
)


class SubscribeFrame(TypedDict):
    """Watch these channels, from the seq held of each (0: none held; a feed: 0). Repeating it is harmless."""

    type: Literal["subscribe"]
    channels: dict[str, Annotated[int, Field(ge=0)]]
    epoch: NotRequired[Annotated[str | None, Field(description="of the seqs; without it each counts as 0")]]
    pace: NotRequired[Annotated[float | None, Field(description="frames a second for one job, brought into 0.2 to 10")]]


class UnsubscribeFrame(TypedDict):
    """Watch these no longer."""

    type: Literal["unsubscribe"]
    channels: list[str]


class AuthFrame(TypedDict):
    """Tokens; they are added to those given before, and renew them."""

    type: Literal["auth"]
    tokens: list[str]


class PongFrame(TypedDict):
    """The answer to `ping`."""

    type: Literal["pong"]


ClientFrame: TypeAlias = SubscribeFrame | UnsubscribeFrame | AuthFrame | PongFrame
