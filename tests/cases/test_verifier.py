"""The verifier on exported files: anyone can check a case, and any change of it is found."""

import copy
import json
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from hypothesis import given, settings
from hypothesis import strategies as st

from chalicelib import verify
from chalicelib.adapters.case_signing import CaseSigner
from chalicelib.domain import cases
from chalicelib.domain.case_files import export
from chalicelib.domain.cases import Head, Record

ROOT = Path(__file__).parents[2]
AT = datetime(2026, 11, 24, 9, 20, 0, 5, tzinfo=UTC)
RECORDS = [
    Record("booked", "citizen", {"matters": ["meldebescheinigung"], "minutes": 10, "note": "Grüße"}),
    Record("fee-asked", "clerk:hd-1", {"amount": 550, "waived": False, "reason": None}),
    Record("closed", "clerk:hd-1", {"delivery": {"way": "post"}}),
]


def new_signer() -> CaseSigner:
    key = ec.generate_private_key(ec.SECP256R1())
    return CaseSigner(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode())


SIGNER, OTHER = new_signer(), new_signer()
KEYS = dict([verify.load_key(SIGNER.public_key_pem.encode())])


def exported(*, booking: str = "b1", signer: CaseSigner = SIGNER, records: int = 3) -> str:
    head = Head(0, 0, cases.START, None, "")
    salts = [bytes([number]) * 16 for number in range(records)]
    entries, payloads, end = cases.seal(head, RECORDS[:records], at=AT, salts=salts, booking_id=booking)
    signed = Head(1, records, end, signer.sign(booking, records, end), "n")
    return export(signed, entries, payloads, booking_id=booking)


def document(**options: Any) -> dict[str, Any]:
    read: dict[str, Any] = json.loads(exported(**options))
    return read


def code(changed: Any) -> int:
    """The verifier's exit code for a document or its text."""
    text = changed if isinstance(changed, str) else json.dumps(changed)
    try:
        return verify.report(text, keys=KEYS, receipts=[])[0]
    except verify.Unreadable:
        return verify.UNREADABLE


def test_an_exported_case_holds() -> None:
    assert code(exported()) == verify.HOLDS


def test_without_a_key_it_says_that_the_signature_was_not_checked() -> None:
    found, words = verify.report(exported(), keys={}, receipts=[])
    assert (found, "NOT checked" in words) == (verify.UNSIGNED, True)


@pytest.mark.parametrize("erased", [[0], [1], [0, 1, 2]])
def test_an_erased_payload_leaves_it_standing(erased: list[int]) -> None:
    case = document()
    case["payloads"] = [payload for at, payload in enumerate(case["payloads"]) if at not in erased]
    found, words = verify.report(json.dumps(case), keys=KEYS, receipts=[])
    assert (found, "Contents erased" in words) == (verify.HOLDS, True)


def leaves(item: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[tuple[Any, ...], Any]]:
    """Every value of the document that is not itself a container, with the way to it."""
    if isinstance(item, dict | list) and item:
        for key, inner in item.items() if isinstance(item, dict) else enumerate(item):
            yield from leaves(inner, (*path, key))
    else:
        yield path, item


def put(case: Any, path: tuple[Any, ...], value: Any) -> Any:
    changed = copy.deepcopy(case)
    place = changed
    for key in path[:-1]:
        place = place[key]
    place[path[-1]] = value
    return changed


def variants(value: Any) -> Iterator[Any]:
    """Every way to change one character of a text by one bit and to another case; neighbours of all else."""
    if isinstance(value, str):
        for at, letter in enumerate(value):
            for other in {chr(ord(letter) ^ 1), chr(ord(letter) ^ 2), letter.swapcase()} - {letter}:
                yield value[:at] + other + value[at + 1 :]
        yield value + "A"
        yield value[:-1]
        yield None
    elif isinstance(value, bool):
        yield from (not value, int(value), None)
    elif isinstance(value, int):
        yield from (value + 1, value - 1, float(value), str(value), None)
    else:
        yield from (0, "", False, {"x": 1})


def test_no_character_of_any_value_can_be_changed() -> None:
    """Exhaustive: each character of each value, signature and salts included."""
    case, tried, held = document(), 0, []
    for path, value in leaves(case):
        for other in variants(value):
            tried += 1
            if code(put(case, path, other)) == verify.HOLDS:
                held.append((path, value, other))
    assert held == []
    assert tried > 3000


def members(item: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[tuple[Any, ...], Any]]:
    for key, inner in item.items() if isinstance(item, dict) else enumerate(item):
        if isinstance(item, dict):
            yield path, key
        if isinstance(inner, dict | list):
            yield from members(inner, (*path, key))


def test_no_member_can_be_renamed_added_or_left_out() -> None:
    case = document()
    for path, name in members(case):
        for new in (None, name + "x", name.upper()):
            changed = copy.deepcopy(case)
            place = changed
            for key in path:
                place = place[key]
            value = place.pop(name)
            if new:
                place[new] = value
            assert code(changed) != verify.HOLDS, (path, name, new)


@given(st.data())
@settings(max_examples=300, deadline=None)
def test_no_byte_of_the_file_changes_what_it_says(data: st.DataObject) -> None:
    """Whatever byte is put wherever: the file says the same as before, or it does not hold."""
    text = exported().encode()
    at = data.draw(st.integers(0, len(text) - 1))
    changed = text[:at] + bytes([data.draw(st.integers(0, 255))]) + text[at + 1 :]
    try:
        said = changed.decode()
        same = json.loads(said) == json.loads(text)
    except ValueError:
        return
    assert same or code(said) != verify.HOLDS


@pytest.mark.parametrize(
    "bend",
    [
        lambda case: case["entries"].pop(),
        lambda case: case["entries"].pop(0),
        lambda case: case["entries"].reverse(),
        lambda case: case["entries"].append(case["entries"][-1]),
        lambda case: case["payloads"].append(case["payloads"][0]),
        lambda case: case["payloads"][0].update(seq=9),
        lambda case: case["head"].update(signature=None),
        lambda case: case["entries"].clear(),
    ],
    ids=[
        "cut-end",
        "cut-start",
        "turned",
        "doubled",
        "payload-twice",
        "payload-of-none",
        "unsigned",
        "emptied",
    ],
)
def test_a_bent_chain_does_not_hold(bend: Any) -> None:
    case = document()
    bend(case)
    assert code(case) == verify.BROKEN


def test_cutting_the_end_off_together_with_the_heads_numbers_does_not_hold() -> None:
    """The classic: truncate, and mend seq and hash; the signature is over the old ones."""
    case = document()
    case["entries"].pop()
    case["payloads"].pop()
    case["head"].update(seq=2, hash=case["entries"][-1]["hash"])
    assert code(case) == verify.BROKEN


def test_the_head_of_another_case_does_not_hold() -> None:
    case = document()
    case["head"] = document(booking="b2")["head"]
    assert code(case) == verify.BROKEN


def test_an_older_head_of_the_same_case_does_not_hold() -> None:
    case = document()
    case["head"] = document(records=2)["head"]
    assert code(case) == verify.BROKEN


def test_a_head_signed_by_another_key_does_not_hold() -> None:
    assert code(exported(signer=OTHER)) == verify.BROKEN


def test_a_foreign_signature_under_our_key_id_does_not_hold() -> None:
    case = document()
    foreign = document(signer=OTHER)["head"]["signature"].rpartition(".")[2]
    case["head"]["signature"] = case["head"]["signature"].rpartition(".")[0] + "." + foreign
    assert code(case) == verify.BROKEN


def test_another_spelling_of_the_signature_is_refused() -> None:
    """Base64 leaves four spare bits in the last character; decoders ignore them, we do not."""
    case = document()
    signature = case["head"]["signature"]
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    twin = alphabet[alphabet.index(signature[-1]) ^ 1]
    case["head"]["signature"] = signature[:-1] + twin
    assert code(case) == verify.BROKEN


def test_members_that_stand_twice_are_refused() -> None:
    assert code(exported().replace('"seq": 3,', '"seq": 3, "seq": 3,', 1)) == verify.UNREADABLE


def test_an_id_that_plays_with_the_terminal_is_refused() -> None:
    assert code({**document(), "booking_id": "\x1b[2J"}) == verify.UNREADABLE


def test_a_receipt_names_a_state_that_the_case_had() -> None:
    second = document()["entries"][1]["hash"]
    assert verify.report(exported(), keys=KEYS, receipts=[f"2:{second[:16]}"])[0] == verify.HOLDS


def test_a_receipt_of_another_history_does_not_hold() -> None:
    other = document(booking="b2")["entries"][1]["hash"]
    assert verify.report(exported(), keys=KEYS, receipts=[f"2:{other}"])[0] == verify.BROKEN


@pytest.mark.parametrize("text", ["", "[]", "null", "{", "[" * 100_000, '{"format": 1}', "NaN", '"\\ud800"'])
def test_what_is_no_case_file_is_called_unreadable(text: str) -> None:
    assert code(text) == verify.UNREADABLE


def run(tmp_path: Path, text: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    file, key = tmp_path / "case.json", tmp_path / "public.pem"
    file.write_text(text, encoding="utf-8")
    key.write_text(SIGNER.public_key_pem, encoding="ascii")
    command = [sys.executable, "-m", "chalicelib.verify", str(file), "--key", str(key), *arguments]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60, check=False)


def test_the_command_says_in_plain_words_what_holds(tmp_path: Path) -> None:
    done = run(tmp_path, exported())
    assert (done.returncode, done.stderr) == (0, "")
    assert "The chain holds" in done.stdout
    assert "signed by the key given" in done.stdout


def test_the_command_names_the_entry_that_was_changed(tmp_path: Path) -> None:
    case = document()
    case["payloads"][1]["payload"]["amount"] = 0
    done = run(tmp_path, json.dumps(case))
    assert done.returncode == 1
    assert "the contents of entry 2 are not those that were entered" in done.stdout


def test_the_command_answers_2_for_a_file_that_is_none(tmp_path: Path) -> None:
    assert run(tmp_path, "no case").returncode == 2


def test_the_verifier_needs_nothing_of_the_product_but_the_format() -> None:
    """An auditor copies three files."""
    names = "sorted(m for m in sys.modules if m.startswith('chalicelib'))"
    command = [sys.executable, "-c", f"import sys, chalicelib.verify; print({names})"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60, check=True)
    files = ["chalicelib.domain.canonical_json", "chalicelib.domain.cases", "chalicelib.verify"]
    assert done.stdout.strip() == str(["chalicelib", "chalicelib.domain", *files])


def test_a_key_that_is_not_p256_signs_nothing() -> None:
    key = ec.generate_private_key(ec.SECP384R1())
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
    with pytest.raises(ValueError, match="P-256"):
        CaseSigner(pem).sign("b1", 0, cases.START)


def test_the_time_of_an_entry_keeps_its_microseconds() -> None:
    assert cases.parse_stamp(document()["entries"][0]["at"]) - AT == timedelta(0)
