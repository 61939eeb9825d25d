"""Sign with an ed25519 key in a file, and check signatures: DSSE envelopes by securesystemslib."""

import json
import os
import stat
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
    load_pem_public_key,
)
from securesystemslib.dsse import Envelope
from securesystemslib.exceptions import VerificationError
from securesystemslib.signer import CryptoSigner, SSlibKey  # type: ignore[attr-defined]

from pipelines.errors import AuditError

PAYLOAD_TYPE = "application/vnd.in-toto+json"
ADVICE = "transferline audit-key FILE makes a pair: FILE is private, FILE.pub is for those who check"


def make_keys(file: Path) -> Path:
    """Write a new private key, which only its owner can read, and beside it the public one, whose path is returned.

    Raises:
        AuditError: one of the files exists; keys are never replaced.
    """
    public = file.with_name(f"{file.name}.pub")
    key = Ed25519PrivateKey.generate()
    file.parent.mkdir(parents=True, exist_ok=True)
    try:
        # In this order: a public key that exists already must not lose its private one.
        _write(public, key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo), mode=0o644)
        _write(file, key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()), mode=0o600)
    except FileExistsError as error:
        msg = f"{error.filename}: exists already; a key is not replaced, name another file"
        raise AuditError(msg) from error
    return public


def load_signer(file: Path) -> CryptoSigner:
    """Read a private key.

    Raises:
        AuditError: the file is missing, is not an ed25519 private key without a password, or others can read it.
    """
    key = _load(file, load_pem_private_key, password=None)
    if not isinstance(key, Ed25519PrivateKey):
        msg = f"{file}: not an ed25519 private key; {ADVICE}"
        raise AuditError(msg)
    if os.name == "posix" and file.stat().st_mode & (stat.S_IRWXG | stat.S_IRWXO):
        msg = f"{file}: others may read or change this private key; chmod 600 {file}"
        raise AuditError(msg)
    return CryptoSigner(key)


def load_public(file: Path) -> SSlibKey:
    """Read a public key.

    Raises:
        AuditError: the file is missing or is not an ed25519 public key.
    """
    key = _load(file, load_pem_public_key)
    if not isinstance(key, Ed25519PublicKey):
        msg = f"{file}: not an ed25519 public key; {ADVICE}"
        raise AuditError(msg)
    return SSlibKey.from_crypto(key)


def sealed(statement: dict[str, Any], signer: CryptoSigner | None) -> dict[str, Any]:
    """Put a statement into an envelope, signed if there is a signer."""
    envelope = Envelope(json.dumps(statement, ensure_ascii=False).encode(), PAYLOAD_TYPE, {})
    if signer:
        envelope.sign(signer)
    return dict(envelope.to_dict())


def opened(file: Path, key: SSlibKey) -> Any:
    """Return the statement in an envelope that `key` has signed.

    Raises:
        AuditError: the file is not such an envelope, or its signature is missing, of another key, or wrong.
    """
    try:
        envelope = Envelope.from_dict(json.loads(file.read_text(encoding="utf-8")))
    except FileNotFoundError as error:
        msg = f"{file}: not found"
        raise AuditError(msg) from error
    except Exception as error:
        msg = f"{file}: not a DSSE envelope ({type(error).__name__}: {error})"
        raise AuditError(msg) from error
    if not envelope.signatures:
        msg = f"{file}: not signed; transferline audit --key FILE signs"
        raise AuditError(msg)
    if key.keyid not in envelope.signatures:
        msg = f"{file}: signed by {', '.join(envelope.signatures)}, not by this key ({key.keyid})"
        raise AuditError(msg)
    try:
        envelope.verify([key], 1)
    except VerificationError as error:
        msg = f"{file}: the signature is wrong: it was changed after it was signed"
        raise AuditError(msg) from error
    if envelope.payload_type != PAYLOAD_TYPE:
        msg = f"{file}: holds {envelope.payload_type}, expected {PAYLOAD_TYPE}"
        raise AuditError(msg)
    return json.loads(envelope.payload)


def _load(file: Path, read: Any, **options: Any) -> Any:
    try:
        return read(file.read_bytes(), **options)
    except FileNotFoundError as error:
        msg = f"{file}: no such key; {ADVICE}"
        raise AuditError(msg) from error
    except (ValueError, TypeError) as error:
        msg = f"{file}: not a key in PEM form without a password ({error}); {ADVICE}"
        raise AuditError(msg) from error


def _write(file: Path, content: bytes, *, mode: int) -> None:
    descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
    with os.fdopen(descriptor, "wb") as stream:
        stream.write(content)
