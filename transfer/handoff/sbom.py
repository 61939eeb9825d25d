"""The software bill of materials, in CycloneDX: what a receiver needs, and what the models were made with."""

import contextlib
import re
import uuid
from collections.abc import Iterable, Mapping, Sequence
from importlib import metadata
from pathlib import Path

from cyclonedx.contrib.license.factories import LicenseFactory
from cyclonedx.model import HashAlgorithm, HashType, Property
from cyclonedx.model.bom import Bom, BomMetaData
from cyclonedx.model.component import Component, ComponentScope, ComponentType
from cyclonedx.output.json import JsonV1Dot6
from packageurl import PackageURL

from transfer import atomic
from transfer.handoff import checksums
from transfer.handoff.layout import Part
from transfer.handoff.requirements import REQUIRES

PINNED = re.compile(r"^([A-Za-z0-9][\w.-]*)(?:\[[^\]]*\])?==(\S+)", re.MULTILINE)
NAME = re.compile(r"[A-Za-z0-9][\w.-]*")
# Anything but a name that CycloneDX knows is written as a name of its own; a whole licence text is not.
LONGEST_LICENCE = 60
NAMESPACE = uuid.UUID("b6fdb6c4-8f1e-5d3a-9a4e-2f0d5a1c7e11")


def write(path: Path, parts: Sequence[Part], *, name: str, version: str, lock: Path, fingerprint: str) -> None:
    """Write models, data and packages. The serial number is made of the content, and there is no date."""
    bom = Bom(metadata=BomMetaData(component=_component(name, version, ComponentType.APPLICATION)))
    for part in parts:
        bom.components.add(_model(part, version))
    bom.components.add(_data(fingerprint))
    needed = closure(REQUIRES)
    for package, installed in locked(lock).items():
        bom.components.add(_package(package, installed, is_needed=package in needed))
    _connect(bom, [part.folder for part in parts])
    hashes = [f"{component.name}=={component.version}" for component in sorted(bom.components)]
    bom.serial_number = uuid.uuid5(NAMESPACE, "\n".join([name, version, fingerprint, *hashes, *_digests(parts)]))
    bom.metadata.timestamp = None  # type: ignore[assignment]
    atomic.write_text(path, JsonV1Dot6(bom).output_as_string(indent=1) + "\n")


def _connect(bom: Bom, models: Sequence[str]) -> None:
    """Say who needs whom: the bundle its models, these what runs them, and that what it needs in turn."""
    known = {component.name: component for component in bom.components}
    assert bom.metadata.component is not None
    bom.register_dependency(bom.metadata.component, [known[name] for name in models])
    for name in models:
        bom.register_dependency(known[name], [known[needed] for needed in REQUIRES if needed in known])
    for name, component in known.items():
        if component.type == ComponentType.LIBRARY and component.scope == ComponentScope.REQUIRED:
            bom.register_dependency(component, [known[other] for other in _needs(name) if other in known])


def locked(lock: Path) -> dict[str, str]:
    """Return name and installed version of those packages of a lock file that are installed here, sorted."""
    found = {}
    for name, _ in PINNED.findall(lock.read_text(encoding="utf-8")):
        try:
            found[_normal(name)] = metadata.version(name)
        except metadata.PackageNotFoundError:
            # The lock is for all systems: some packages are for others than this.
            continue
    return dict(sorted(found.items()))


def closure(names: Iterable[str]) -> set[str]:
    """Return the packages and all that they need in turn, without optional extras, as far as they are installed."""
    found: set[str] = set()
    waiting = [_normal(name) for name in names]
    while waiting:
        name = waiting.pop()
        if name in found:
            continue
        with contextlib.suppress(metadata.PackageNotFoundError):
            waiting += _needs(name)
            found.add(name)
    return found


def _needs(name: str) -> list[str]:
    """Return what an installed package asks for, but for its optional extras."""
    lines = [line for line in metadata.requires(name) or [] if "extra ==" not in line]
    return [_normal(match[0]) for line in lines if (match := NAME.match(line))]


def _normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def _component(name: str, version: str, kind: ComponentType) -> Component:
    return Component(name=name, version=version, type=kind, bom_ref=f"{kind.value}:{name}@{version}")


def _model(part: Part, version: str) -> Component:
    component = _component(part.folder, version, ComponentType.MACHINE_LEARNING_MODEL)
    component.scope = ComponentScope.REQUIRED
    component.hashes.add(HashType(alg=HashAlgorithm.SHA_256, content=checksums.of_file(part.onnx)))
    component.properties.add(Property(name="transferline:file", value=f"{part.folder}/model.onnx"))
    return component


def _data(fingerprint: str) -> Component:
    component = _component("training-data", fingerprint[:12], ComponentType.DATA)
    component.scope = ComponentScope.EXCLUDED
    component.properties.add(Property(name="transferline:fingerprint", value=fingerprint))
    return component


def _package(name: str, version: str, *, is_needed: bool) -> Component:
    component = _component(name, version, ComponentType.LIBRARY)
    component.purl = PackageURL("pypi", name=name, version=version)
    component.scope = ComponentScope.REQUIRED if is_needed else ComponentScope.EXCLUDED
    role = "needed to run the models" if is_needed else "installed where the models were made"
    component.properties.add(Property(name="transferline:role", value=role))
    known: Mapping[str, str] = metadata.metadata(name)  # type: ignore[assignment]
    licence = known.get("License-Expression") or known.get("License") or ""
    if 0 < len(licence.strip()) <= LONGEST_LICENCE:
        component.licenses.add(LicenseFactory().make_from_string(licence.strip()))
    return component


def _digests(parts: Sequence[Part]) -> list[str]:
    return [checksums.of_file(part.onnx) for part in parts]
