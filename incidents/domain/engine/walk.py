"""The way of tokens through the steps: entering, branching, joining, and where failures go."""

from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from incidents.domain.engine import conditions
from incidents.domain.engine.plan import Plan, Planned, StepType
from incidents.domain.engine.state import ROOT, Key, State, Step, Token
from incidents.domain.engine.states import (
    Effect,
    Ending,
    Question,
    StepState,
    TokenState,
)
from incidents.domain.engine.values import PLAYBOOK, TIMEOUT

LOOPS = 100
EXCEPTION = 1000
LONGEST_PATH = 400
LOOPING = timedelta(hours=24)


@dataclass(frozen=True, slots=True)
class Note:
    """A line for the timeline; ``key`` is None for what concerns the whole run."""

    key: Key | None
    text: str


@dataclass
class Walk:
    """One transition: the state is changed in place, and what changed is remembered.

    What follows is put into a queue and not called, so that a long way needs no deep stack.
    """

    plan: Plan
    state: State
    at: datetime
    tokens: dict[str, Token] = field(default_factory=dict)
    steps: dict[Key, Step] = field(default_factory=dict)
    notes: list[Note] = field(default_factory=list)
    _todo: deque[Callable[[], None]] = field(default_factory=deque)

    def settle(self) -> None:
        """Do everything that follows by itself."""
        while self._todo and self.state.ending is Ending.OPEN:
            self._todo.popleft()()

    # --- tokens

    def begin(self) -> None:
        """Put the root token on the first step."""
        token = Token(ROOT, self.plan.start)
        self._keep_token(token)
        self.enter(token, self.plan.start)

    def enter(self, token: Token, step_id: str, visit: int = 0) -> None:
        """Move ``token`` to a step, later in this transition; 0 is its first visit there."""
        # The way of an exception may lead over steps that the root token has seen before.
        first = EXCEPTION if self.state.is_exception else 1
        self._todo.append(lambda: self._enter(token, step_id, visit or first))

    def _enter(self, token: Token, step_id: str, visit: int) -> None:
        if token.state is not TokenState.LIVE:
            return
        planned = self.plan.steps[step_id]
        token.at = step_id
        self._keep_token(token)
        # A branch that leads back to a step that it lies in, as loops are drawn, ends there.
        is_back = any(owner.step == step_id for owner in self._owners_of(token))
        if planned.type is StepType.END or is_back:
            self._finish(token, TokenState.DONE)
        elif planned.type is StepType.START and not planned.delay:
            self.enter(token, planned.following)
        else:
            step = Step(Key(token.path, step_id, visit), StepState.DELAYED, self.at)
            self.state.values.declared = {
                **self.state.values.declared,
                step.key.scope: planned.variables,
            }
            self._keep(step)
            if planned.delay:
                step.due_at = self.at + planned.delay
            else:
                self.wake(step)

    def _finish(self, token: Token, state: TokenState) -> None:
        token.state = state
        self._keep_token(token)
        if token.owner is None:
            self.end(Ending.FAILED if self.state.is_exception else Ending.DONE)
            return
        siblings = [one for one in self.state.tokens.values() if one.owner == token.owner]
        if any(one.state is TokenState.LIVE for one in siblings):
            return
        owner = self.state.steps[token.owner]
        if any(one.state is TokenState.FAILED for one in siblings):
            failed = "a branch failed" if len(siblings) > 1 else "what it led to failed"
            self.fail(owner, failed)
        elif self.planned(owner.key).type is StepType.WHILE:
            self._loop(owner)
        else:
            self.succeed(owner)

    # --- steps

    def wake(self, step: Step) -> None:
        """Begin a step whose delay, if any, is over."""
        planned = self.planned(step.key)
        step.due_at, step.began_at = None, self.at
        self._keep(step)
        match planned.type:
            case StepType.ACTION:
                self.order(step)
            case StepType.PLAYBOOK:
                step.state = StepState.CHILD
                step.deadline_at = self._deadline(step)
            case StepType.PARALLEL:
                step.state = StepState.BRANCHING
                self.note(step, f"{len(planned.branches)} branches side by side")
                for place, (_, target) in enumerate(planned.branches):
                    self._branch(step, place, target)
            case StepType.IF:
                self._decide(step, planned)
            case StepType.SWITCH:
                self._switch(step, planned)
            case StepType.WHILE:
                step.loops_allowed = LOOPS
                self._loop(step)
            case _:
                self.succeed(step)

    def order(self, step: Step) -> None:
        """Put the command that a step is at where it belongs: to a person, or to be sent."""
        orders = self.planned(step.key).orders
        if step.order >= len(orders):
            self.succeed(step)
            return
        order = orders[step.order]
        if self._is_for_people(step, step.order):
            step.state, step.until = StepState.HUMAN, step.order
            while step.until < len(orders) and self._is_for_people(step, step.until):
                step.until += 1
        elif order.approvals:
            step.state = StepState.APPROVAL
        else:
            step.state = StepState.READY
        step.deadline_at = self._deadline(step)
        self._keep(step)

    def _deadline(self, step: Step) -> datetime | None:
        """Return when its time ends the step; a person who is late is late, unless it is said
        where a failure goes, and an approval runs out by itself.
        """
        timeout = self.planned(step.key).timeout
        is_cut = step.state is not StepState.APPROVAL and (
            step.state is not StepState.HUMAN or self.is_taken(step)
        )
        return step.began_at + timeout if timeout and is_cut else None

    def _is_for_people(self, step: Step, place: int) -> bool:
        order = self.planned(step.key).orders[place]
        return order.effect is Effect.HUMAN or any(
            self._value(step, name) is None for name in order.uses
        )

    def _value(self, step: Step, name: str) -> str | None:
        found = self.state.values.find(name, self.scopes(step.key))
        return found[1] if found else None

    def succeed(self, step: Step, state: StepState = StepState.SUCCEEDED) -> None:
        """End a step well, or without it; its token goes on."""
        self._close(step, state)
        self._go(step.key, self.planned(step.key).following)

    def _go(self, key: Key, target: str) -> None:
        self.enter(self.state.tokens[key.token], target)

    # --- branches

    def _decide(self, step: Step, planned: Planned) -> None:
        truth = self._truth(step, planned)
        if truth is not None:
            self.note(step, f"{planned.asked}: {'yes' if truth else 'no'}")
            self.take(step, "yes" if truth else "no")

    def _truth(self, step: Step, planned: Planned) -> bool | None:
        """Return whether the condition holds; None where a person was asked."""
        if planned.condition is None:
            self.ask(step, Question.CONDITION, "The document says it in words.")
            return None
        scopes = self.scopes(step.key)
        try:
            return conditions.decide(
                planned.condition, lambda name: self.state.values.find(name, scopes)
            )
        except conditions.Undecided as why:
            self.ask(step, Question.CONDITION, str(why))
            return None

    def asked_in_words(self, step: Step) -> tuple[str, bool] | None:
        """Return what a person is asked in place of the condition, and what it is at a yes.

        Where the condition is about one variable that is true or false, its own description is the
        question: a yes to "is it clean" must not mean that "clean = false" holds.
        """
        found = conditions.yes_or_no(self.planned(step.key).condition)
        if found is None:
            return None
        name, at_yes = found
        for scope in self.scopes(step.key):
            variable = self.state.values.declared.get(scope, {}).get(name)
            if variable is not None:
                is_askable = variable.type == "bool" and bool(variable.about)
                return (variable.about, at_yes) if is_askable else None
        return None

    def _switch(self, step: Step, planned: Planned) -> None:
        value = self._value(step, planned.subject)
        if value is None:
            self.ask(step, Question.CASE, f"{planned.subject or planned.asked} has no value")
        elif planned.branch(value):
            self.note(step, f"case {value}")
            self.take(step, value)
        elif planned.branch("default"):
            self.note(step, f"{value} is no case of its own: default")
            self.take(step, "default")
        else:
            self.ask(step, Question.CASE, f"{value} fits no case")

    def _loop(self, step: Step) -> None:
        planned = self.planned(step.key)
        truth = self._truth(step, planned)
        if truth is None:
            return
        if not truth:
            self.note(step, f"{planned.asked}: no more, after {step.loops}")
            self.succeed(step)
        elif step.loops >= step.loops_allowed:
            self.ask(step, Question.CAP, f"went round {step.loops} times")
        elif self.at >= step.began_at + LOOPING * (step.loops_allowed // LOOPS):
            self.ask(step, Question.CAP, f"went round {step.loops} times in a day or more")
        else:
            self.take(step, "yes")

    def take(self, step: Step, label: str) -> None:
        """Send a token down the branch ``label``; without one the step is over."""
        branches = self.planned(step.key).branches
        place = next((n for n, (name, _) in enumerate(branches) if name == label), -1)
        if place < 0:
            self.succeed(step)
            return
        step.state, step.question, step.reason = StepState.BRANCHING, Question.NONE, ""
        step.loops += 1
        self._keep(step)
        self._branch(step, place, branches[place][1])

    def _branch(self, step: Step, place: int, target: str) -> None:
        number = self.planned(step.key).number
        path = f"{step.key.token}/{number}.{step.key.visit}.{place}.{step.loops}"
        if len(path) > LONGEST_PATH:
            self.fail(step, "branches lie too deep within branches")
            return
        token = Token(path, target, owner=step.key)
        self._keep_token(token)
        self.enter(token, target)

    # --- failures

    def fail(self, step: Step, reason: str, *, is_timeout: bool = False) -> None:
        """Send a failure where the table of docs/runbooks.md says."""
        planned = self.planned(step.key)
        if is_timeout:
            self.state.values.write(TIMEOUT, planned.id, (PLAYBOOK,))
        if planned.on_failure:
            self._failed(step, reason)
            self._go(step.key, planned.on_failure)
        elif self._is_taken_above(step.key):
            self._failed(step, reason)
            self._todo.append(
                lambda: self._finish(self.state.tokens[step.key.token], TokenState.FAILED)
            )
        elif self.plan.exception and not self.state.is_exception:
            self._failed(step, reason)
            self._except()
        elif self.state.is_exception:
            self._failed(step, reason)
            self.end(Ending.FAILED)
        else:
            self.ask(step, Question.FAILURE, reason)

    def is_taken(self, step: Step) -> bool:
        """Whether the document says where a failure of ``step`` goes."""
        is_excepted = bool(self.plan.exception) and not self.state.is_exception
        planned = self.planned(step.key)
        return bool(planned.on_failure) or self._is_taken_above(step.key) or is_excepted

    def _is_taken_above(self, key: Key) -> bool:
        return any(self.planned(owner).on_failure for owner in self._owners(key))

    def _failed(self, step: Step, reason: str) -> None:
        step.reason = reason
        self._close(step, StepState.FAILED)
        self.note(step, f"failed: {reason}")

    def _except(self) -> None:
        """Leave everything and put the root token on the step for exceptions, once."""
        self.state.is_exception = True
        self._call_off()
        root = self.state.tokens[ROOT]
        root.state = TokenState.LIVE
        self._todo.clear()
        self.notes.append(Note(None, "goes on with its step for exceptions"))
        self.enter(root, self.plan.exception)

    def _call_off(self) -> None:
        for token in self.state.tokens.values():
            if token.state is TokenState.LIVE:
                token.state = TokenState.STOPPED
                self._keep_token(token)
        for step in self.state.steps.values():
            if step.state.is_live:
                self._close(step, StepState.CANCELLED)

    def end(self, ending: Ending) -> None:
        """End the run; what is still under way is called off."""
        self._call_off()
        self.state.ending = ending

    # --- questions and bookkeeping

    def ask(self, step: Step, question: Question, reason: str) -> None:
        """Let a person decide how it goes on."""
        step.state, step.question, step.reason = StepState.DECISION, question, reason
        self._keep(step)

    def note(self, step: Step, text: str) -> None:
        """Keep a line for the timeline."""
        planned = self.planned(step.key)
        self.notes.append(Note(step.key, f"{planned.name or planned.type}: {text}"))

    def planned(self, key: Key) -> Planned:
        """Return what the document says of a step."""
        return self.plan.steps[key.step]

    def scopes(self, key: Key) -> list[str]:
        """Return where a step looks for variables: itself, what it lies in, the playbook."""
        return [key.scope, *(owner.scope for owner in self._owners(key)), PLAYBOOK]

    def _owners(self, key: Key) -> Iterator[Key]:
        return self._owners_of(self.state.tokens[key.token])

    def _owners_of(self, token: Token) -> Iterator[Key]:
        owner = token.owner
        while owner is not None:
            yield owner
            owner = self.state.tokens[owner.token].owner

    def _close(self, step: Step, state: StepState) -> None:
        step.state, step.ended_at, step.question = state, self.at, Question.NONE
        step.due_at = step.deadline_at = None
        self._keep(step)

    def _keep(self, step: Step) -> None:
        self.state.steps[step.key] = step
        self.steps[step.key] = step

    def _keep_token(self, token: Token) -> None:
        self.state.tokens[token.path] = token
        self.tokens[token.path] = token
