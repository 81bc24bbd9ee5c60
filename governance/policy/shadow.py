"""Decisions waiting to be asked again of a candidate: bounded, counted, never in the way.

Whoever decides only puts the question here, after the answer is fixed. What does not fit is
dropped and counted. ``governance.actions.shadowing`` takes them out and says how many are
wanted; until it does, nothing is taken in.
"""

from collections import deque
from dataclasses import dataclass
from datetime import datetime
from itertools import count

from governance.domain.decisions import Decision, Question

CAPACITY = 2000


@dataclass(frozen=True, slots=True)
class Offer:
    """A question, the answer that was given, and the instant of both."""

    question: Question
    decision: Decision
    at: datetime


class Queue:
    """The offers of one process."""

    def __init__(self, capacity: int = CAPACITY) -> None:
        self.capacity = capacity
        self.percent = 0
        self.dropped = 0
        self._offers: deque[Offer] = deque()
        self._number = count()

    def put(self, question: Question, decision: Decision, at: datetime) -> None:
        """Take the question in if it falls into the sample and there is room."""
        if not self.percent:
            return
        if (next(self._number) * 37) % 100 >= self.percent:
            return
        if len(self._offers) >= self.capacity:
            self.dropped += 1
            return
        self._offers.append(Offer(question, decision, at))

    def take(self) -> tuple[list[Offer], int]:
        """Return what waits, and how many were dropped since the last time."""
        found = []
        while self._offers:
            found.append(self._offers.popleft())
        dropped, self.dropped = self.dropped, 0
        return found, dropped


queue = Queue()


def offer(question: Question, decision: Decision, at: datetime) -> None:
    """Let a trial, if one goes on, look at this decision later."""
    queue.put(question, decision, at)
