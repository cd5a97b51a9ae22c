"""What an attacker inside the relay can see and hear of what it wrote down, with a real decoder and a fair judge.

A decoder gives some picture for almost any bytes: it conceals what it cannot read. So the judge knows the true
picture (a board of black and white fields) and asks whether what was decoded resembles it: the correlation of the
brightness of its fields with the board's is at least 0.8. Noise, and what a decoder makes up, has none to speak of. A
second of sound counts as heard if more than half of its energy lies at the pitch that was played.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from statistics import correlation

import av
from av.error import FFmpegError

from benchmarks.tapped_worker import AUDIO, RECORD, VIDEO, WORDS

COLUMNS, ROWS = 8, 4
BOARD = [float((column + row) % 2) for row in range(ROWS) for column in range(COLUMNS)]
RESEMBLES = 0.8
PITCH_HZ = 440
SAMPLES_PER_S = 48_000
PACKETS_PER_S = 50
HEARD_SHARE = 0.5
SEQUENCES = 1 << 16

av.logging.set_level(None)


class Tapped:
    """The file of one tapped worker, read once."""

    def __init__(self, file: Path) -> None:
        """Sort what was written down by kind, and by whose it is."""
        self.rtp: dict[int, dict[int, list[bytes]]] = {VIDEO: defaultdict(list), AUDIO: defaultdict(list)}
        self.words: list[bytes] = []
        data, at = file.read_bytes(), 0
        while at + RECORD.size <= len(data):
            kind, whose, size = RECORD.unpack_from(data, at)
            content = data[at + RECORD.size : at + RECORD.size + size]
            at += RECORD.size + size
            if kind == WORDS:
                self.words.append(content)
            else:
                self.rtp[kind][whose].append(content)

    def frames(self) -> tuple[int, int]:
        """How many whole frames passed, and how many of them a decoder shows readably."""
        whole = readable = 0
        for packets in self.rtp[VIDEO].values():
            decoder = av.CodecContext.create("vp8", "r")
            for frame in _frames(packets):
                whole += 1
                try:
                    shown = decoder.decode(av.Packet(frame))
                except FFmpegError:
                    continue
                readable += any(_resembles(picture) for picture in shown)
        return whole, readable

    def sounds(self) -> tuple[int, int]:
        """How many seconds of sound passed, and in how many of them the pitch is heard."""
        seconds = heard = 0
        for packets in self.rtp[AUDIO].values():
            payloads = [payload for _, _, _, payload in map(_parsed, packets) if payload]
            for at in range(0, len(payloads) - PACKETS_PER_S + 1, PACKETS_PER_S):
                seconds += 1
                heard += _pitch_share(payloads[at : at + PACKETS_PER_S]) > HEARD_SHARE
        return seconds, heard


def _parsed(packet: bytes) -> tuple[int, int, bool, bytes]:
    """Sequence, timestamp, marker and payload of an RTP packet (RFC 3550, 5.1)."""
    offset = 12 + 4 * (packet[0] & 0x0F)
    if packet[0] & 0x10:
        offset += 4 + 4 * int.from_bytes(packet[offset + 2 : offset + 4], "big")
    end = len(packet) - (packet[-1] if packet[0] & 0x20 else 0)
    sequence, timestamp = int.from_bytes(packet[2:4], "big"), int.from_bytes(packet[4:8], "big")
    return sequence, timestamp, bool(packet[1] & 0x80), packet[offset:end]


def _frames(packets: list[bytes]) -> Iterator[bytes]:
    """Put VP8 frames together (RFC 7741); one that lacks a packet is none."""
    parts: list[bytes] = []
    awaited = -1
    for sequence, _, marker, payload in map(_parsed, packets):
        begins, content = _described(payload)
        if begins:
            parts = [content]
        elif parts and sequence == awaited:
            parts.append(content)
        else:
            parts = []
        awaited = (sequence + 1) % SEQUENCES
        if marker and parts:
            yield b"".join(parts)
            parts = []


def _described(payload: bytes) -> tuple[bool, bytes]:
    """Whether a VP8 payload begins a frame, and what is behind its descriptor (RFC 7741, 4.2)."""
    first, at = payload[0], 1
    if first & 0x80:
        more = payload[1]
        at = 2
        if more & 0x80:
            at += 2 if payload[at] & 0x80 else 1
        at += bool(more & 0x40) + bool(more & 0x30)
    return first & 0x17 == 0x10, payload[at:]  # S set, first partition


def _resembles(picture: av.VideoFrame) -> bool:
    plane = picture.planes[0]
    luma, stride = bytes(plane), plane.line_size
    wide, high = picture.width // COLUMNS, picture.height // ROWS
    means = []
    for row in range(ROWS):
        lines = range(row * high + high // 4, row * high + 3 * high // 4)
        for column in range(COLUMNS):
            start, end = column * wide + wide // 4, column * wide + 3 * wide // 4
            means.append(sum(sum(luma[line * stride + start : line * stride + end]) for line in lines) / 1.0)
    return len(set(means)) > 1 and correlation(means, BOARD) >= RESEMBLES


def _pitch_share(payloads: list[bytes]) -> float:
    """The share of the energy at the pitch (Goertzel), of what an Opus decoder makes of these packets."""
    decoder = av.CodecContext.create("opus", "r")
    samples: list[float] = []
    for payload in payloads:
        try:
            for frame in decoder.decode(av.Packet(payload)):
                samples += memoryview(bytes(frame.planes[0])).cast(
                    "f" if frame.format.name.startswith("flt") else "h"
                )
        except FFmpegError:
            continue
    energy = sum(sample * sample for sample in samples)
    if not energy:
        return 0.0
    best = 0.0
    for pitch in (PITCH_HZ, 2 * PITCH_HZ):  # two channels lie in one row where they are interleaved
        turn = 2 * math.cos(2 * math.pi * pitch / SAMPLES_PER_S)
        before = last = 0.0
        for sample in samples:
            before, last = last, sample + turn * last - before
        power = before * before + last * last - turn * before * last
        best = max(best, 2 * power / (len(samples) * energy))
    return best
