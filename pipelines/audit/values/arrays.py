"""Compare tensors: in safetensors, NumPy and ONNX files."""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipelines.audit.values import documents
from pipelines.audit.values.difference import Difference, Rules, Tolerance, of_numbers

Array = NDArray[Any]

# NumPy has no bfloat16 and no eight-bit floats; the former are the upper halves of float32.
DTYPES = {
    name: dtype
    for names, dtypes in (
        ("F64 F32 F16 BF16 I64 I32 I16 I8", "<f8 <f4 <f2 <u2 <i8 <i4 <i2 i1"),
        ("U64 U32 U16 U8 BOOL F8_E4M3 F8_E5M2", "<u8 <u4 <u2 u1 ? u1 u1"),
    )
    for name, dtype in zip(names.split(), dtypes.split(), strict=True)
}


def compare(recorded: Array, found: Array, where: str, tolerance: Tolerance) -> Iterator[Difference]:
    """Yield the largest difference of two arrays, if they differ; integers have to be equal."""
    if recorded.shape != found.shape or recorded.dtype != found.dtype:
        yield Difference(where, _form(recorded), _form(found))
    elif np.issubdtype(recorded.dtype, np.number) and recorded.size:
        yield from _numbers(recorded, found, where, tolerance)
    elif not np.array_equal(recorded, found):
        place = _place(np.asarray(recorded != found).argmax(), recorded)
        yield Difference(f"{where}{list(place)}", str(recorded[place]), str(found[place]))


def compare_safetensors(recorded: Path, found: Path, rules: Rules) -> Iterator[Difference]:
    """Compare each tensor, and the metadata."""
    old, new = _read_safetensors(recorded), _read_safetensors(found)
    yield from _mapping(old[0], new[0], rules.tensors)
    yield from documents.compare(old[1], new[1], "metadata", rules)


def compare_npy(recorded: Path, found: Path, rules: Rules) -> Iterator[Difference]:
    """Compare an array; of bytes, as stored pictures are, by the tolerance of pixels."""
    old, new = (np.load(path, mmap_mode="r", allow_pickle=False) for path in (recorded, found))
    yield from compare(old, new, "array", rules.pixels if old.dtype == np.uint8 else rules.tensors)


def compare_onnx(recorded: Path, found: Path, rules: Rules) -> Iterator[Difference]:
    """Compare initializers and constants, the metadata, and the graph without both."""
    (old, old_facts, old_graph), (new, new_facts, new_graph) = _read_onnx(recorded), _read_onnx(found)
    yield from _mapping(old, new, rules.tensors)
    yield from documents.compare(old_facts, new_facts, "metadata", rules)
    if old_graph != new_graph:
        yield Difference("graph", f"{len(old_graph)} bytes without tensors", f"other {len(new_graph)} bytes")


def _mapping(old: Mapping[str, Array], new: Mapping[str, Array], tolerance: Tolerance) -> Iterator[Difference]:
    for name in sorted(old.keys() | new.keys()):
        if name not in new or name not in old:
            yield Difference(f"tensor {name}", "there" if name in old else "none", "there" if name in new else "none")
        else:
            yield from compare(old[name], new[name], f"tensor {name}", tolerance)


def _numbers(recorded: Array, found: Array, where: str, tolerance: Tolerance) -> Iterator[Difference]:
    # Bytes are pixels here, which have a tolerance; other integers count something, and have none.
    exact = not np.issubdtype(recorded.dtype, np.inexact) and recorded.dtype != np.uint8
    old, new = recorded.astype(np.float64), found.astype(np.float64)
    with np.errstate(invalid="ignore", divide="ignore", over="ignore"):
        amount = np.where((old == new) | (np.isnan(old) & np.isnan(new)), 0.0, np.abs(new - old))
        allowed = 0.0 if exact else tolerance.absolute + tolerance.relative * np.abs(old)
        excess = np.where(amount == 0, 0.0, np.nan_to_num(amount / allowed, nan=np.inf, posinf=np.inf))
    place = _place(excess.argmax(), recorded)
    spelt = f"{where}[{', '.join(map(str, place))}]" if place else where
    worst = of_numbers(float(old[place]), float(new[place]), Tolerance(0, 0) if exact else tolerance, spelt)
    if worst:
        yield worst


def _place(flat: Any, array: Array) -> tuple[int, ...]:
    return tuple(int(i) for i in np.unravel_index(int(flat), array.shape))


def _form(array: Array) -> str:
    return f"{array.dtype}{list(array.shape)}"


def _read_safetensors(path: Path) -> tuple[dict[str, Array], dict[str, Any]]:
    with path.open("rb") as file:
        length = int.from_bytes(file.read(8), "little")
        if length > path.stat().st_size:
            msg = "not a safetensors file"
            raise ValueError(msg)
        header = json.loads(file.read(length))
    metadata = header.pop("__metadata__", {})
    data = np.memmap(path, np.uint8, "r", offset=8 + length) if any(_size(entry) for entry in header.values()) else None
    return {name: _tensor(entry, data) for name, entry in header.items()}, metadata


def _size(entry: Mapping[str, Any]) -> int:
    first, last = entry["data_offsets"]
    return int(last - first)


def _tensor(entry: Mapping[str, Any], data: Any) -> Array:
    first, last = entry["data_offsets"]
    raw = data[first:last] if last > first else np.empty(0, np.uint8)
    array: Array = raw.view(DTYPES[entry["dtype"]]).reshape(entry["shape"])
    if entry["dtype"] == "BF16":
        return (array.astype(np.uint32) << 16).view(np.float32)
    return array


def _read_onnx(path: Path) -> tuple[dict[str, Array], dict[str, Any], bytes]:
    import onnx
    from onnx import numpy_helper

    model = onnx.load(str(path))
    tensors = {tensor.name: numpy_helper.to_array(tensor) for tensor in model.graph.initializer}
    del model.graph.initializer[:]
    for index, node in enumerate(model.graph.node):
        for attribute in node.attribute:
            if attribute.type == onnx.AttributeProto.TENSOR:
                tensors[f"{node.name or index}.{attribute.name}"] = numpy_helper.to_array(attribute.t)
                attribute.t.Clear()
    facts = {entry.key: documents.parsed(entry.value) for entry in model.metadata_props}
    del model.metadata_props[:]
    return tensors, facts, model.SerializeToString(deterministic=True)
