"""A small client for `standoff classify` and `standoff relate`.

It starts the program once, which loads the model once, and streams records
through it:

    with Classifier(options=["--min-confidence", "0.6"]) as standoff:
        for answer in standoff.classify(sentences):
            if isinstance(answer, Failure):
                print("rejected:", answer.error)
            else:
                print(answer.side.label, answer.stance.label, answer.text)

There is one answer for every record, in the same order; records are read from
any iterable, also an endless one, and never more than a bounded number ahead of
the answers that were taken. Needs Python 3.9 and nothing else. Copy it into
your project if you like.

Fields are those of docs/schema/classify.schema.json and relate.schema.json.
"""

from __future__ import annotations

import contextlib
import datetime
import json
import logging
import os
import subprocess
import threading
import time
from collections import deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any, Callable, Deque, Dict, Generic, List, Optional, Tuple, Type, TypeVar, Union

__all__ = [
    "Answer",
    "Classifier",
    "Explanation",
    "Failure",
    "Mention",
    "PairAnswer",
    "ProtocolError",
    "Relater",
    "Relation",
    "Scored",
    "Speaker",
    "StandoffError",
    "StandoffTimeout",
    "Statement",
    "Weight",
    "under",
]

#: Version of the records that this client reads.
SCHEMA = 1

#: Answers held for a consumer that is slower than the program.
ANSWERS_AHEAD = 4096

#: Lines of the program's messages kept for errors.
MESSAGES_KEPT = 50

Span = Tuple[int, int]

log = logging.getLogger("standoff")


# --- errors ----------------------------------------------------------------


class StandoffError(Exception):
    """The program could not be started, failed, or ended too early."""


class StandoffTimeout(StandoffError):
    """A record was sent and no answer came in time."""


class ProtocolError(StandoffError):
    """The program wrote something that this client does not understand."""


# --- records ---------------------------------------------------------------


def under(span: Span, text: str) -> str:
    """The part of `text` under a span: spans count UTF-8 bytes, not characters."""
    return text.encode("utf-8")[span[0] : span[1]].decode("utf-8")


def _span(value: Any) -> Span:
    start, end = value
    return int(start), int(end)


@dataclass(frozen=True)
class Scored:
    """A label with the probability of every label."""

    label: str
    confidence: float
    scores: Mapping[str, float]

    @classmethod
    def read(cls, value: Mapping[str, Any]) -> Scored:
        return cls(value["label"], value["confidence"], dict(value["scores"]))


@dataclass(frozen=True)
class Speaker:
    """Who says it. Spans count bytes of the statement's text; see `under`."""

    text: str
    span: Span
    actor: Optional[str]
    name: str
    role: Optional[str]
    side: Optional[str]
    cue: Optional[Span]
    content: Tuple[Span, ...]
    how: str
    note: Optional[str] = None
    nested: Tuple[Speaker, ...] = ()

    @classmethod
    def read(cls, value: Mapping[str, Any]) -> Speaker:
        return cls(
            text=value["text"],
            span=_span(value["span"]),
            actor=value["actor"],
            name=value["name"],
            role=value["role"],
            side=value["side"],
            cue=_span(value["cue"]) if value["cue"] is not None else None,
            content=tuple(_span(s) for s in value["content"]),
            how=value["how"],
            note=value.get("note"),
            nested=tuple(cls.read(s) for s in value.get("nested", ())),
        )


@dataclass(frozen=True)
class Mention:
    """An actor of the sides file named in the statement."""

    span: Span
    actor: str
    side: str

    @classmethod
    def read(cls, value: Mapping[str, Any]) -> Mention:
        return cls(_span(value["span"]), value["actor"], value["side"])


@dataclass(frozen=True)
class Weight:
    """A word and what it weighed for the predicted label."""

    span: Span
    weight: float

    @classmethod
    def read(cls, value: Mapping[str, Any]) -> Weight:
        return cls(_span(value["span"]), value["weight"])


@dataclass(frozen=True)
class Explanation:
    """The words that weighed most, heaviest first (with the option --explain)."""

    side: Tuple[Weight, ...]
    stance: Tuple[Weight, ...]

    @classmethod
    def read(cls, value: Mapping[str, Any]) -> Explanation:
        return cls(
            tuple(Weight.read(w) for w in value["side"]),
            tuple(Weight.read(w) for w in value["stance"]),
        )


@dataclass(frozen=True)
class Statement:
    """A classified statement."""

    id: str
    text: str
    side: Scored
    stance: Scored
    abstained: bool
    truncated: bool
    language: Optional[str]
    speaker: Optional[Speaker]
    mentions: Tuple[Mention, ...]
    date: Optional[datetime.date] = None
    document: Optional[str] = None
    explanation: Optional[Explanation] = None
    extra: Mapping[str, Any] = field(default_factory=dict)

    @classmethod
    def read(cls, value: Mapping[str, Any]) -> Statement:
        speaker, date, explanation = value["speaker"], value.get("date"), value.get("explanation")
        return cls(
            id=value["id"],
            text=value["text"],
            side=Scored.read(value["side"]),
            stance=Scored.read(value["stance"]),
            abstained=value["abstained"],
            truncated=value["truncated"],
            language=value["language"],
            speaker=Speaker.read(speaker) if speaker is not None else None,
            mentions=tuple(Mention.read(m) for m in value["mentions"]),
            date=datetime.date.fromisoformat(date) if date is not None else None,
            document=value.get("document"),
            explanation=Explanation.read(explanation) if explanation is not None else None,
            extra=value.get("extra", {}),
        )


@dataclass(frozen=True)
class Relation:
    """A judged pair: opposed, aligned or unrelated."""

    id: str
    relation: Scored
    similarity: float
    extra: Mapping[str, Any] = field(default_factory=dict)

    @classmethod
    def read(cls, value: Mapping[str, Any]) -> Relation:
        return cls(value["id"], Scored.read(value["relation"]), value["similarity"], value.get("extra", {}))


@dataclass(frozen=True)
class Failure:
    """Stands in the place of a record that could not be used.

    `line` counts all records that this client has sent, from 1.
    """

    id: Optional[str]
    line: int
    error: str

    @classmethod
    def read(cls, value: Mapping[str, Any]) -> Failure:
        return cls(value["id"], value["line"], value["error"])


Answer = Union[Statement, Failure]
PairAnswer = Union[Relation, Failure]
T = TypeVar("T")


def _id(given: Any, number: int) -> str:
    """The id a record is sent with: its own, else its number."""
    if given is None or given == "":
        return str(number)
    if isinstance(given, bool) or not isinstance(given, (str, int)):
        raise TypeError(f"the id {given!r} is neither a text nor a whole number")
    return str(given)


# --- the running program ---------------------------------------------------


class _Round:
    """One iterable that is being sent."""

    def __init__(self) -> None:
        #: No more records will be sent.
        self.finished = False
        #: The program ended before all were sent.
        self.cut = False
        #: What the caller's iterable raised.
        self.error: Optional[BaseException] = None


class _Filter(Generic[T]):
    """One running `standoff` with a thread for each of its three streams.

    The writer takes records from the caller's iterable only as fast as the program reads them; the reader
    takes answers only as long as fewer than ANSWERS_AHEAD are waiting; so nothing grows without bound, and
    neither side can block the other for good. Not made for use from several threads at once.
    """

    command = ""

    def __init__(
        self,
        program: Union[str, Sequence[str], None] = None,
        options: Sequence[str] = (),
        *,
        timeout: Optional[float] = 300.0,
        env: Optional[Mapping[str, str]] = None,
    ) -> None:
        """Starts the program.

        program: its path, or a list with leading arguments; by default STANDOFF_BIN or `standoff` on the PATH.
        options: further options of the command, such as ["--sides", "my.toml"].
        timeout: most seconds to wait for an answer to a record that was sent, loading the model included;
        None waits for ever.
        """
        if program is None:
            program = os.environ.get("STANDOFF_BIN") or "standoff"
        start = [program] if isinstance(program, str) else list(program)
        self.timeout = timeout
        self._changed = threading.Condition()
        self._writing = threading.Lock()
        self._answers: Deque[bytes] = deque()
        self._sent_ids: Deque[str] = deque()
        self._messages: Deque[str] = deque(maxlen=MESSAGES_KEPT)
        self._taken = 0
        self._sent = 0
        self._discard = False
        self._ended = False
        self._closed = False
        self._round: Optional[_Round] = None
        try:
            self._process = subprocess.Popen(
                [*start, self.command, "--quiet", *options, "-"],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                env=dict(env) if env is not None else None,
            )
        except OSError as error:
            raise StandoffError(
                f"{start[0]} could not be started ({error.strerror}): give its path as program= or in STANDOFF_BIN"
            ) from error
        self._threads = [self._thread(self._read_answers), self._thread(self._read_messages)]

    def _thread(self, target: Callable[[], None]) -> threading.Thread:
        thread = threading.Thread(target=target, name=f"standoff {self.command}", daemon=True)
        thread.start()
        return thread

    # -- threads

    def _read_answers(self) -> None:
        stream = self._process.stdout
        assert stream is not None
        with stream:
            for line in stream:
                with self._changed:
                    while len(self._answers) >= ANSWERS_AHEAD and not self._discard:
                        self._changed.wait()
                    if not self._discard:
                        self._answers.append(line)
                    self._changed.notify_all()
        with self._changed:
            self._ended = True
            self._changed.notify_all()

    def _read_messages(self) -> None:
        stream = self._process.stderr
        assert stream is not None
        with stream:
            for line in stream:
                text = line.decode("utf-8", "replace").rstrip()
                if text:
                    self._messages.append(text)
                    log.info("%s", text)

    def _write(self, records: Iterable[Any], round_: _Round) -> None:
        """Sends records until they end, the consumer stops, or the program does."""
        try:
            for record in records:
                with self._writing:
                    row = self._row(record)
                    row["id"] = _id(row.get("id"), self._sent + 1)
                    line = json.dumps(row, allow_nan=False).encode("ascii") + b"\n"
                    with self._changed:
                        round_.cut = self._ended
                        if round_.cut or self._round is not round_:
                            break
                        self._sent += 1
                        self._sent_ids.append(row["id"])
                        self._changed.notify_all()
                    stream = self._process.stdin
                    assert stream is not None
                    stream.write(line)
                    stream.flush()
        except (BrokenPipeError, ConnectionError):
            round_.cut = True  # the reader finds out that the program is gone, and says why
        except BaseException as error:  # the caller's iterable failed: raised where the answers are taken
            round_.error = error
        finally:
            with self._changed:
                round_.finished = True
                self._changed.notify_all()

    def _row(self, record: Any) -> Dict[str, Any]:
        raise NotImplementedError

    def _answer(self, value: Mapping[str, Any]) -> T:
        raise NotImplementedError

    # -- the consumer's side

    def _stream(self, records: Iterable[Any]) -> Iterator[Union[T, Failure]]:
        round_ = _Round()
        with self._changed:
            if self._closed:
                raise StandoffError("this client is closed; start a new one")
            if self._round is not None:
                raise StandoffError("the answers of the iterable before have not all been taken; close its iterator")
            self._round = round_
        self._thread(lambda: self._write(records, round_))
        try:
            while True:
                line = self._next_line(round_)
                if line is None:
                    break
                yield self._decode(line)
            if round_.error is not None:
                raise round_.error
        finally:
            self._finish_round()

    def _next_line(self, round_: Optional[_Round]) -> Optional[bytes]:
        """The next answer; None if all records of the round were sent and answered."""
        deadline: Optional[float] = None
        with self._changed:
            while not self._answers:
                if self._closed:
                    raise StandoffError("this client was closed before all answers were taken")
                outstanding = self._sent > self._taken
                if not outstanding and (round_ is None or (round_.finished and not round_.cut)):
                    return None
                if self._ended:
                    raise self._died()
                if not outstanding or self.timeout is None:
                    deadline = None  # it is the caller's records that are awaited
                    self._changed.wait()
                    continue
                now = time.monotonic()
                deadline = deadline if deadline is not None else now + self.timeout
                if now >= deadline:
                    self._process.kill()
                    raise StandoffTimeout(
                        f"no answer from `standoff {self.command}` in {self.timeout:g} s; it was stopped"
                    )
                self._changed.wait(deadline - now)
            self._taken += 1
            line = self._answers.popleft()
            self._changed.notify_all()
            return line

    def _decode(self, line: bytes) -> Union[T, Failure]:
        sent = self._sent_ids.popleft() if self._sent_ids else None
        try:
            value = json.loads(line)
            if value["schema"] != SCHEMA:
                raise ValueError(f"records of schema {value['schema']}, and this client reads schema {SCHEMA}")
            answer: Union[T, Failure] = Failure.read(value) if "error" in value else self._answer(value)
            if value["id"] not in (sent, None):
                raise ValueError(f"an answer to {value['id']!r} where one to {sent!r} was due")
        except (ValueError, KeyError, TypeError) as error:
            self._process.kill()
            raise ProtocolError(f"`standoff {self.command}` wrote {line[:200]!r}: {error!r}") from error
        return answer

    def _finish_round(self) -> None:
        """Stops sending and takes what is still under way, so that the next round starts clean."""
        with self._changed:
            self._round = None
            self._changed.notify_all()
        if self._closed or self._process.poll() is not None:
            return
        with contextlib.suppress(StandoffError):
            while self._next_line(None) is not None:
                if self._sent_ids:
                    self._sent_ids.popleft()

    def _died(self) -> StandoffError:
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(5)
        self._threads[1].join(5)
        said = "\n  ".join(self._messages) or "it gave no message"
        return StandoffError(
            f"`standoff {self.command}` ended with exit code {self._process.returncode}, "
            f"{self._sent - self._taken} records unanswered:\n  {said}"
        )

    # -- the end

    @property
    def messages(self) -> List[str]:
        """The last lines that the program wrote to its standard error."""
        return list(self._messages)

    def close(self, grace: float = 10.0) -> None:
        """Ends the program: closes its input, waits, and kills it only if it does not end by itself."""
        if self._closed:
            return
        self._closed = True
        with self._changed:
            self._round = None
            self._discard = True
            self._changed.notify_all()
        # A writer in the middle of a line is let finish: a program that reads on will take it.
        if self._writing.acquire(timeout=grace):
            try:
                if self._process.stdin is not None:
                    with contextlib.suppress(OSError):
                        self._process.stdin.close()
            finally:
                self._writing.release()
        else:
            self._process.kill()
        try:
            code = self._process.wait(grace)
        except subprocess.TimeoutExpired:
            self._process.kill()
            code = self._process.wait()
        for thread in self._threads:
            thread.join(grace)
        # 3: finished, some records were rejected, which their answers said.
        if code not in (0, 3):
            raise self._died()

    def __exit__(
        self,
        kind: Optional[Type[BaseException]],
        error: Optional[BaseException],
        trace: Optional[TracebackType],
    ) -> None:
        try:
            self.close()
        except StandoffError:
            if error is None:
                raise


class Classifier(_Filter[Statement]):
    """`standoff classify`, running."""

    command = "classify"

    def __enter__(self) -> Classifier:
        return self

    def classify(self, statements: Iterable[Union[str, Mapping[str, Any]]]) -> Iterator[Answer]:
        """One answer per statement, in order.

        A statement is a text, or a mapping with `text` and, if you like, `id`, `date` (YYYY-MM-DD or a date),
        `doc`, and fields of your own, which come back in `extra`. Statements are taken from the iterable in
        another thread. If you stop before the end, what was sent already is waited for and dropped.
        """
        return self._stream(statements)

    def _row(self, record: Union[str, Mapping[str, Any]]) -> Dict[str, Any]:
        if isinstance(record, str):
            return {"text": record}
        row = dict(record)
        if isinstance(row.get("date"), datetime.date):
            row["date"] = row["date"].strftime("%Y-%m-%d")
        return row

    def _answer(self, value: Mapping[str, Any]) -> Statement:
        return Statement.read(value)


class Relater(_Filter[Relation]):
    """`standoff relate`, running."""

    command = "relate"

    def __enter__(self) -> Relater:
        return self

    def relate(self, pairs: Iterable[Union[Tuple[str, str], Mapping[str, Any]]]) -> Iterator[PairAnswer]:
        """One answer per pair, in order. A pair is two texts, or a mapping with `a`, `b` and, if you like, `id`."""
        return self._stream(pairs)

    def _row(self, record: Union[Tuple[str, str], Mapping[str, Any]]) -> Dict[str, Any]:
        if isinstance(record, Mapping):
            return dict(record)
        if isinstance(record, str):
            raise TypeError(f"a pair is two texts or a mapping, not the text {record[:40]!r}")
        a, b = record
        return {"a": a, "b": b}

    def _answer(self, value: Mapping[str, Any]) -> Relation:
        return Relation.read(value)
