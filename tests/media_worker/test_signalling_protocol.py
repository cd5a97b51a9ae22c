"""Offers understood, answers written, and every other text refused with a reason."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st
from offer_samples import FINGERPRINT, OFFER

from media_worker.signalling.answers import write_answer
from media_worker.signalling.messages import Endpoint, Fingerprint, IceCredentials, RefusedSection, RemoteStream
from media_worker.signalling.protocol import OfferRefused, parse_offer

ENDPOINT = Endpoint(
    ice=IceCredentials("ours", "ourpasswordourpassword12"),
    fingerprints=(Fingerprint("sha-256", "CD:EF"),),
    address="203.0.113.9",
    port=40_000,
)
REMOTES = (
    RemoteStream(stream_id="clerk", audio_ssrc=11, video_ssrc=22, rtx_ssrc=33),
    RemoteStream(stream_id="guest", audio_ssrc=44, video_ssrc=55, rtx_ssrc=66),
)


def answer_to(offer: str) -> list[str]:
    text = write_answer(parse_offer(offer), endpoint=ENDPOINT, remotes=REMOTES, session_id=1)
    return text.split("\r\n")


def test_an_offer_is_understood() -> None:
    offer = parse_offer(OFFER)
    assert offer.ice == IceCredentials("abcd", "abcdefghijklmnopqrstuvwx")
    assert offer.fingerprints == (Fingerprint("sha-256", FINGERPRINT),)
    assert (offer.audio.mid, offer.audio.opus, offer.audio.ssrc) == ("0", 111, 1001)
    video = offer.video
    assert (video.mid, video.vp8, video.rtx, video.ssrc, video.rtx_ssrc) == ("1", 96, 97, 2001, 2002)
    assert sorted(video.extensions.values()) == [3, 13], "40 needs two-byte extensions"


def test_the_answer_takes_vp8_opus_and_retransmissions_only() -> None:
    lines = answer_to(OFFER)
    assert "m=audio 40000 UDP/TLS/RTP/SAVPF 111" in lines
    assert "m=video 40000 UDP/TLS/RTP/SAVPF 96 97" in lines
    assert {"a=rtcp-fb:96 nack", "a=rtcp-fb:96 nack pli", "a=rtcp-fb:96 ccm fir"} <= set(lines)
    assert {"a=rtcp-fb:96 transport-cc", "a=rtcp-fb:96 goog-remb", "a=fmtp:97 apt=96"} <= set(lines)
    assert not [line for line in lines if "H264" in line or "red/" in line or "sdes:mid" in line]


def test_the_answer_names_media_before_its_retransmissions() -> None:
    lines = answer_to(OFFER)
    order = [
        lines.index(f"a={line}") for line in ("ssrc-group:FID 22 33", "ssrc:22 cname:clerk", "ssrc:33 cname:clerk")
    ]
    assert order == sorted(order)
    assert "a=msid:clerk clerk-video" in lines


def test_the_answer_offers_one_address_of_ours_and_none_of_theirs() -> None:
    lines = answer_to(OFFER)
    candidates = {line for line in lines if line.startswith("a=candidate")}
    assert candidates == {"a=candidate:1 1 udp 2130706431 203.0.113.9 40000 typ host"}
    assert not [line for line in lines if "198.51.100.7" in line]
    assert "a=setup:passive" in lines


def test_what_is_not_served_is_answered_with_port_zero() -> None:
    data = "m=application 9 UDP/DTLS/SCTP webrtc-datachannel\r\nc=IN IP4 0.0.0.0\r\na=mid:2\r\n"
    offer = parse_offer(OFFER + data)
    assert isinstance(offer.sections[2], RefusedSection)
    assert "m=application 0 UDP/DTLS/SCTP webrtc-datachannel" in answer_to(OFFER + data)
    assert "a=group:BUNDLE 0 1" in answer_to(OFFER + data)


SECOND = OFFER[OFFER.index("m=audio") :].replace("a=sendrecv", "a=recvonly").replace("a=mid:", "a=mid:r")
SECOND = "".join(line for line in SECOND.splitlines(keepends=True) if "ssrc" not in line)
DATA = "m=application 9 UDP/DTLS/SCTP webrtc-datachannel\r\na=mid:d\r\na=sctp-port:5000\r\n"
WHOLE = OFFER.replace("BUNDLE 0 1", "BUNDLE 0 1 r0 r1 d") + SECOND + DATA


def test_a_second_person_and_data_have_their_places_before_they_come() -> None:
    """Nobody negotiates anew when the guest joins."""
    offer = parse_offer(WHOLE)
    assert offer.second is not None
    assert [section.mid for section in offer.second] == ["r0", "r1"]
    assert offer.data is not None
    lines = answer_to(WHOLE)
    assert "a=group:BUNDLE 0 1 r0 r1 d" in lines
    assert [line for line in lines if line in ("a=sendrecv", "a=sendonly")] == ["a=sendrecv"] * 2 + ["a=sendonly"] * 2
    assert {"a=msid:guest guest-video", "a=ssrc-group:FID 55 66", "a=ssrc:44 cname:guest"} <= set(lines)
    assert {"m=application 40000 UDP/DTLS/SCTP webrtc-datachannel", "a=sctp-port:5000"} <= set(lines)


def test_a_second_person_comes_whole_or_not_at_all() -> None:
    only_voice = OFFER.replace("BUNDLE 0 1", "BUNDLE 0 1 r0") + SECOND[: SECOND.index("m=video")]
    assert parse_offer(only_voice).second is None
    assert "m=audio 0 UDP/TLS/RTP/SAVPF 111 63 0" in answer_to(only_voice)
    with pytest.raises(OfferRefused, match="number their codecs"):
        parse_offer(WHOLE.replace("\r\na=mid:r1", "\r\na=mid:r1").replace(SECOND, SECOND.replace("96", "98")))
    with pytest.raises(OfferRefused, match="not bundled"):
        parse_offer(WHOLE.replace(" d\r\n", "\r\n", 1))


@pytest.mark.parametrize("port", ["0", "65536", "x", "5000 1", ""])
def test_data_without_a_usable_port_is_not_served(port: str) -> None:
    assert parse_offer(WHOLE.replace("sctp-port:5000", f"sctp-port:{port}")).data is None


def test_the_level_of_a_voice_is_not_told_to_the_relay() -> None:
    assert not [line for line in answer_to(OFFER) if "audio-level" in line]


def test_a_browser_without_retransmissions_gets_none() -> None:
    lines = answer_to(OFFER.replace("apt=96", "apt=1"))
    assert "m=video 40000 UDP/TLS/RTP/SAVPF 96" in lines
    assert not [line for line in lines if "FID" in line or "ssrc:33" in line]


@pytest.mark.parametrize(
    ("old", "new", "reason"),
    [
        ("v=0", "x", "no session description"),
        ("opus/48000/2", "G722/8000", "Opus"),
        ("VP8/90000", "VP9/90000", "VP8"),
        ("a=sendrecv", "a=recvonly", "sendrecv"),
        ("a=rtcp-mux", "a=x", "sendrecv audio"),
        ("a=group:BUNDLE 0 1", "a=group:BUNDLE 0", "bundled"),
        ("a=mid:1", "a=mid:0", "same mid"),
        ("a=mid:1", "a=x", "mid"),
        ("a=ice-pwd:abcdefghijklmnopqrstuvwx", "a=ice-pwd:short", "ICE"),
        ("sha-256", "sha-1", "SHA-256"),
        ("a=setup:actpass", "a=setup:passive", "DTLS"),
        ("FID 2001 2002", "FID 2001 99999999999", "32-bit"),
        ("t=0 0", "t=0 0\n" * 3_001, "lines"),
        ("t=0 0", "t=" + "0" * 70_000, "64 KiB"),
        ("t=0 0", "t=0 0\nm=x 9 y z\na=mid:q\n" + "m=audio 9 x 0\n" * 20, "many media sections"),
        ("m=video 9 UDP/TLS/RTP/SAVPF 96 97 102 103", "m=vi<deo 9", "first line"),
    ],
)
def test_other_texts_are_refused_with_a_reason(old: str, new: str, reason: str) -> None:
    assert old in OFFER
    with pytest.raises(OfferRefused, match=reason):
        parse_offer(OFFER.replace(old, new))


def test_no_mutated_offer_is_anything_but_refused() -> None:
    chance = random.Random(4)
    lines = OFFER.split("\r\n")
    for _ in range(5_000):
        changed = list(lines)
        for _ in range(chance.randint(1, 4)):
            at = chance.randrange(len(changed))
            match chance.randrange(4):
                case 0:
                    del changed[at]
                case 1:
                    changed.insert(at, chance.choice(lines))
                case 2:
                    changed[at] = changed[at][: chance.randrange(len(changed[at]) + 1)]
                case _:
                    letters = list(changed[at]) or [" "]
                    letters[chance.randrange(len(letters))] = chance.choice(" :/=;9²\x00ä٣")
                    changed[at] = "".join(letters)
        try:
            text = write_answer(parse_offer("\r\n".join(changed)), endpoint=ENDPOINT, remotes=REMOTES, session_id=1)
        except OfferRefused:
            continue
        assert text.isascii()


@given(st.text())
def test_any_text_is_refused(text: str) -> None:
    with pytest.raises(OfferRefused):
        parse_offer(text)
