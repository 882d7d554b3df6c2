"""A bot without Telegram: answers one update after another until it is killed, and says which are done."""

from __future__ import annotations

import itertools
import sys

from examples import answer, update

from bot.memory import Memory
from retrieval.settings import Settings


def main() -> None:
    """Finish what is pending, then receive and finish further updates."""
    with Memory.open(Settings.load()) as memory:
        for number in [known for known, _ in memory.pending()]:
            handle(memory, number)
        for number in itertools.count(int(sys.argv[1])):
            if memory.receive([(number, update(number % 7))]):
                handle(memory, number)


def handle(memory: Memory, number: int) -> None:
    """One question, in the order of the real bot."""
    turn = memory.begin_turn(1, None, number % 7, number, f"Question {number} ?")
    if turn.answer is None:
        memory.answered(turn.id, answer(f"Réponse {number}. " * 50))
    for part in range(2):
        memory.sending(turn.id, part, number)
        memory.sent(turn.id, part, 10**6 + 2 * number + part)
    memory.done(number)
    print(number, flush=True)


if __name__ == "__main__":
    main()
