"""Broken packets from whole ones: bits flipped, cut short, lengths and counts that lie, one behind another.

Chance is an argument: the same seed breaks the same packets the same way.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass

ODD_BYTES = (0, 1, 2, 3, 4, 15, 16, 31, 127, 128, 191, 254, 255)
ODD_LENGTHS = (0, 1, 2, 3, 4, 5, 7, 8, 20, 255, 256, 0x7FFF, 0x8000, 0xFFFC, 0xFFFE, 0xFFFF)
# In front of this stands nearly every field that decides what the rest is.
HEAD_BYTES = 20
SPLICE_MAX_BYTES = 200
STEPS_MAX = 4


@dataclass(frozen=True, slots=True)
class Seed:
    """A whole packet, and where its fields lie that say how much there is."""

    data: bytes
    lengths: Sequence[int] = ()  # offsets of 16-bit fields
    counts: Sequence[int] = ()  # offsets of bytes


def mutated(chance: random.Random, seeds: Sequence[Seed]) -> bytearray:
    """Return one of the packets with one to four things wrong with it; `seeds` holds at least one."""
    seed = chance.choice(seeds)
    packet = bytearray(seed.data)
    for _ in range(chance.randint(1, STEPS_MAX)):
        chance.choice(STEPS)(chance, packet, seed, seeds)
    return packet


def _anywhere(chance: random.Random, packet: bytearray) -> int:
    """A place in the packet, half of the time in its head; 0 if it is empty."""
    end = min(len(packet), HEAD_BYTES) if chance.random() < 0.5 else len(packet)
    return int(chance.random() * end)


def _flip_bit(chance: random.Random, packet: bytearray, *_: object) -> None:
    if packet:
        packet[_anywhere(chance, packet)] ^= 1 << int(chance.random() * 8)


def _set_byte(chance: random.Random, packet: bytearray, *_: object) -> None:
    if packet:
        odd = chance.random() < 0.5
        packet[_anywhere(chance, packet)] = chance.choice(ODD_BYTES) if odd else int(chance.random() * 256)


def _cut(chance: random.Random, packet: bytearray, *_: object) -> None:
    del packet[_anywhere(chance, packet) :]


def _take_out(chance: random.Random, packet: bytearray, *_: object) -> None:
    at = _anywhere(chance, packet)
    del packet[at : at + chance.choice((1, 2, 4, 16))]


def _put_in(chance: random.Random, packet: bytearray, *_: object) -> None:
    at = _anywhere(chance, packet)
    packet[at:at] = chance.randbytes(chance.choice((1, 2, 4, 8)))


def _repeat(chance: random.Random, packet: bytearray, *_: object) -> None:
    at = _anywhere(chance, packet)
    packet += packet[at : at + 40]


def _join(chance: random.Random, packet: bytearray, _: Seed, seeds: Sequence[Seed]) -> None:
    packet += chance.choice(seeds).data[:SPLICE_MAX_BYTES]


def _lie_about_length(chance: random.Random, packet: bytearray, seed: Seed, _: Sequence[Seed]) -> None:
    if not seed.lengths:
        return
    at = chance.choice(seed.lengths)
    if at + 2 > len(packet):
        return
    if chance.random() < 0.5:
        told = chance.choice(ODD_LENGTHS)
    else:
        told = int.from_bytes(packet[at : at + 2], "big") + chance.choice((-4, -2, -1, 1, 2, 4))
    packet[at : at + 2] = (told & 0xFFFF).to_bytes(2, "big")


def _lie_about_count(chance: random.Random, packet: bytearray, seed: Seed, _: Sequence[Seed]) -> None:
    if not seed.counts:
        return
    at = chance.choice(seed.counts)
    if at < len(packet):
        # The upper bits are mostly a version: a packet of another one is soon refused.
        packet[at] = packet[at] & 0xC0 | int(chance.random() * 64)


Step = Callable[[random.Random, bytearray, Seed, Sequence[Seed]], None]
STEPS: tuple[Step, ...] = (
    _flip_bit,
    _set_byte,
    _cut,
    _take_out,
    _put_in,
    _repeat,
    _join,
    _lie_about_length,
    _lie_about_length,
    _lie_about_count,
)

ODD_WORDS = ("", "0", "-1", "65536", "4294967296", "9" * 400, "\x00", "²", "a" * 600, "%s", " ", "UDP/TLS/RTP/SAVPF")


def mutated_lines(chance: random.Random, text: str) -> str:
    """Return a text of lines with some lost, doubled, moved, or with odd words in them; bytes break too."""
    lines = text.splitlines(keepends=True)
    for _ in range(chance.randint(1, STEPS_MAX)):
        at = int(chance.random() * len(lines)) if lines else 0
        match int(chance.random() * 7):
            case 0 if lines:
                del lines[at]
            case 1 if lines:
                lines.insert(int(chance.random() * len(lines)), lines[at])
            case 2 if lines:
                lines[at] = _with_an_odd_word(chance, lines[at])
            case 3:
                lines[at : at + 10] = lines[at : at + 10] * 2
            case 4:
                del lines[at + int(chance.random() * 10) :]
            case 5 if lines:
                lines[at] = bytes(mutated(chance, [Seed(lines[at].encode())])).decode(errors="replace")
            case _ if lines:
                lines[at] = lines[at].rstrip("\r\n")
    return "".join(lines)


def _with_an_odd_word(chance: random.Random, line: str) -> str:
    """Exchange what stands between two of the characters that part words in a description."""
    cuts = [place for place, sign in enumerate(line) if sign in " :/=\r"]
    if not cuts:
        return line
    start = chance.choice(cuts)
    end = next((place for place in cuts if place > start), len(line))
    return line[: start + 1] + chance.choice(ODD_WORDS) + line[end:]
