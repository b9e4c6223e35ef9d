"""Write messages.tsv: 600 short messages, friendly ones and advertising, put together from phrases written for this.

python make_messages.py
"""

from __future__ import annotations

import random
from collections.abc import Callable
from pathlib import Path

ROWS = 600
NAMES = ("Anna", "Ben", "Carla", "Dev", "Edith", "Faisal", "Grace", "mum", "dad", "Joe", "my sister", "the boss")
PLACES = ("the library", "the station", "home", "the lab", "Tom's", "the gym", "the cafe by the river", "class", "work")
TIMES = ("at 5", "at half past six", "tonight", "tomorrow morning", "after lunch", "in ten minutes", "on Friday", "now")
THINGS = ("the keys", "your umbrella", "some milk", "the tickets", "my charger", "that free newspaper", "the homework")
MOODS = ("lol", ":)", "sorry!", "haha", "thanks a lot", "no worries", "ok?", "xx", "see you", "call me when you can")
PRIZES = ("£500 cash", "a free phone", "2 holiday tickets", "a £100 voucher", "unlimited texts", "a brand new tablet")
CODES = ("80155", "61200", "87 077", "0906 1234 5678", "the number below", "our website")
HURRY = ("Offer ends today", "Reply now", "Don't miss out", "Only 24 hours left", "Last chance", "Claim it today")
SMALL = ("Terms apply", "150p per text", "18+ only", "Stop? Text STOP", "No purchase needed", "T&Cs on the web")


def friendly(pick: Callable[[tuple[str, ...]], str]) -> str:
    """Return a message that a friend may write; it may speak of prizes and free things too."""
    shapes = (
        lambda: f"i'm at {pick(PLACES)}, can you bring {pick(THINGS)}? {pick(MOODS)}",
        lambda: f"{pick(NAMES)} says we meet at {pick(PLACES)} {pick(TIMES)}. {pick(MOODS)}",
        lambda: f"Did you win anything at bingo? {pick(NAMES)} got nothing {pick(MOODS)}",
        lambda: f"Are you free {pick(TIMES)}? {pick(NAMES)} wants to go to {pick(PLACES)}",
        lambda: f"running late, be at {pick(PLACES)} {pick(TIMES)} {pick(MOODS)}",
        lambda: f"{pick(NAMES)} lost the phone again, reply to me instead. {pick(MOODS)}",
        lambda: f"Just claimed {pick(THINGS)} at {pick(PLACES)}, {pick(NAMES)} will laugh {pick(MOODS)}",
        lambda: f"don't text me {pick(TIMES)}, i am with {pick(NAMES)} at {pick(PLACES)}",
    )
    return random_choice(pick, shapes)


def advertising(pick: Callable[[tuple[str, ...]], str]) -> str:
    """Return a message that wants something sold; some of them try to sound like a friend."""
    shapes = (
        lambda: f"You have won {pick(PRIZES)}! {pick(HURRY)}: text WIN to {pick(CODES)}. {pick(SMALL)}",
        lambda: f"Congratulations, your number was drawn for {pick(PRIZES)}. {pick(HURRY)}! {pick(SMALL)}",
        lambda: f"Dear customer, {pick(PRIZES)} with every contract. Call {pick(CODES)}. {pick(SMALL)}",
        lambda: f"hey, it's {pick(NAMES)} from the club, guess who gets {pick(PRIZES)}? call {pick(CODES)}",
        lambda: f"FREE entry {pick(TIMES)}: {pick(PRIZES)} to be won. Send GO to {pick(CODES)}. {pick(SMALL)}",
        lambda: f"{pick(HURRY)}! {pick(PRIZES)} wait for you at {pick(CODES)}",
        lambda: f"Your account is due {pick(TIMES)}. To keep {pick(PRIZES)} call {pick(CODES)}",
    )
    return random_choice(pick, shapes)


def random_choice(pick: Callable[..., str], shapes: tuple[Callable[[], str], ...]) -> str:
    """Return one of several messages."""
    return pick(tuple(shape() for shape in shapes))


def messages() -> list[tuple[str, str]]:
    """Return kinds and messages, no message twice; the same ones each time."""
    draw = random.Random(0)
    found: dict[str, str] = {}
    while len(found) < ROWS:
        spam = draw.random() < 0.3
        found.setdefault((advertising if spam else friendly)(draw.choice), "spam" if spam else "ham")
    return [(kind, message) for message, kind in found.items()]


if __name__ == "__main__":
    rows = (f"{kind}\t{message}\n" for kind, message in [("kind", "message"), *messages()])
    Path(__file__).with_name("messages.tsv").write_text("".join(rows), encoding="utf-8")
