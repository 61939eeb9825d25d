import base64
import json
import stat
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, load_pem_public_key

from pipelines.audit import signing
from pipelines.errors import AuditError


@pytest.fixture
def key(tmp_path: Path) -> Path:
    signing.make_keys(tmp_path / "keys" / "audit")
    return tmp_path / "keys" / "audit"


def public(key: Path) -> Path:
    return key.with_name("audit.pub")


@pytest.fixture
def sealed(key: Path, tmp_path: Path) -> Path:
    file = tmp_path / "provenance.json"
    file.write_text(json.dumps(signing.sealed({"a": "b"}, signing.load_signer(key))))
    return file


def test_what_is_signed_is_opened(key: Path, sealed: Path) -> None:
    assert {"a": "b"} == signing.opened(sealed, signing.load_public(public(key)))


def test_the_signature_is_that_of_dsse(key: Path, sealed: Path) -> None:
    # By hand, from the specification: https://github.com/secure-systems-lab/dsse/blob/master/protocol.md
    envelope = json.loads(sealed.read_text())
    payload, kind = base64.b64decode(envelope["payload"]), envelope["payloadType"].encode()
    encoded = b" ".join([b"DSSEv1", str(len(kind)).encode(), kind, str(len(payload)).encode(), payload])

    signature = base64.b64decode(envelope["signatures"][0]["sig"])
    load_pem_public_key(public(key).read_bytes()).verify(signature, encoded)


def test_only_the_owner_can_read_a_private_key(key: Path) -> None:
    assert 0o600 == stat.S_IMODE(key.stat().st_mode)
    assert b"PRIVATE" in key.read_bytes()
    assert b"PRIVATE" not in public(key).read_bytes()


def test_keys_are_never_replaced(key: Path) -> None:
    before = key.read_bytes(), public(key).read_bytes()

    with pytest.raises(AuditError, match="exists already; a key is not replaced"):
        signing.make_keys(key)
    assert before == (key.read_bytes(), public(key).read_bytes())


def test_a_key_that_others_can_read_is_refused(key: Path) -> None:
    key.chmod(0o644)

    with pytest.raises(AuditError, match="others may read or change this private key; chmod 600"):
        signing.load_signer(key)


def test_other_keys_are_refused(key: Path, tmp_path: Path) -> None:
    other = tmp_path / "rsa"
    made = rsa.generate_private_key(65537, 2048)
    other.write_bytes(made.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    other.chmod(0o600)

    with pytest.raises(AuditError, match="rsa: not an ed25519 private key; transferline audit-key FILE makes a pair"):
        signing.load_signer(other)
    with pytest.raises(AuditError, match="audit: not a key in PEM form"):
        signing.load_public(key)
    with pytest.raises(AuditError, match="none: no such key"):
        signing.load_public(tmp_path / "none")


def change(file: Path, **values: object) -> None:
    file.write_text(json.dumps({**json.loads(file.read_text()), **values}))


def test_a_changed_payload_is_found(key: Path, sealed: Path) -> None:
    change(sealed, payload=base64.b64encode(b'{"a": "c"}').decode())

    with pytest.raises(AuditError, match="the signature is wrong: it was changed after it was signed"):
        signing.opened(sealed, signing.load_public(public(key)))


def test_a_changed_type_is_found(key: Path, sealed: Path) -> None:
    change(sealed, payloadType="text/plain")

    with pytest.raises(AuditError, match="the signature is wrong"):
        signing.opened(sealed, signing.load_public(public(key)))


def test_another_key_has_not_signed(sealed: Path, tmp_path: Path) -> None:
    other = signing.make_keys(tmp_path / "other")

    with pytest.raises(AuditError, match="not by this key"):
        signing.opened(sealed, signing.load_public(other))


def test_an_unsigned_envelope_is_refused(key: Path, tmp_path: Path) -> None:
    file = tmp_path / "unsigned.json"
    file.write_text(json.dumps(signing.sealed({"a": "b"}, None)))

    with pytest.raises(AuditError, match="not signed; transferline audit --key FILE signs"):
        signing.opened(file, signing.load_public(public(key)))


def test_other_files_are_refused(key: Path, tmp_path: Path) -> None:
    file = tmp_path / "other.json"
    for text in ("[]", "{}", "no JSON"):
        file.write_text(text)
        with pytest.raises(AuditError, match="not a DSSE envelope"):
            signing.opened(file, signing.load_public(public(key)))
    with pytest.raises(AuditError, match="not found"):
        signing.opened(tmp_path / "none.json", signing.load_public(public(key)))
