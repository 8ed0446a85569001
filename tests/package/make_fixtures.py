"""Makes fixtures/ with NumPy, onnx and Pillow: files and figures that this project's own readers must agree with.

    pip install numpy==2.4.6 onnx==1.23.2 pillow==12.0.0
    python tests/package/make_fixtures.py
"""

import base64
import io
import json
import pathlib

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper
from PIL import Image

HERE = pathlib.Path(__file__).parent / "fixtures"
DTYPES = "float16 float32 float64 int8 int16 int32 int64 uint8 uint16 uint32 uint64 bool complex64 complex128".split()


def text(data):
    return base64.b64encode(bytes(data)).decode()


def values(dtype, shape, seed):
    rng = np.random.default_rng(seed)
    if dtype == "bool":
        return rng.integers(0, 2, shape).astype(bool)
    if "int" in dtype:
        info = np.iinfo(dtype)
        return rng.integers(info.min, info.max, shape, dtype=dtype, endpoint=True)
    real = rng.standard_normal(shape)
    return (real + 1j * rng.standard_normal(shape) if "complex" in dtype else real).astype(dtype)


def expected(array):
    plain = np.ascontiguousarray(array).astype(array.dtype.newbyteorder("<"))
    return {"dtype": array.dtype.name, "dims": list(array.shape), "elements": text(plain.tobytes())}


def npy(array, version=None):
    out = io.BytesIO()
    np.lib.format.write_array(out, array, version=version)
    return {"file": text(out.getvalue()), **expected(array)}


def npy_cases():
    cases = {dtype: npy(values(dtype, (2, 3), i)) for i, dtype in enumerate(DTYPES)}
    cases["scalar"] = npy(np.array(2.5, np.float32))
    cases["one dimension"] = npy(np.arange(5, dtype=np.int64))
    cases["empty"] = npy(np.zeros((0, 3), np.float32))
    cases["column-major"] = npy(np.asfortranarray(values("float32", (2, 3, 4), 1)))
    cases["big-endian"] = npy(values("int32", (3, 2), 2).astype(">i4"))
    cases["big-endian complex"] = npy(values("complex64", (3,), 2).astype(">c8"))
    cases["version 2"] = npy(values("float32", (4,), 3), (2, 0))
    cases["version 3"] = npy(values("float32", (4,), 3), (3, 0))
    return cases


def npz_cases():
    arrays = {"x": values("float32", (1, 3), 4), "a/b": values("int64", (2, 2), 5)}
    cases = {}
    for name, save in (("stored", np.savez), ("deflated", np.savez_compressed)):
        out = io.BytesIO()
        save(out, **arrays)
        cases[name] = {"file": text(out.getvalue()), "tensors": {k: expected(v) for k, v in arrays.items()}}
    return cases


def pb_cases():
    cases = {}
    for i, dtype in enumerate(DTYPES):
        array = values(dtype, (2, 3), 20 + i)
        cases[f"raw {dtype}"] = {
            "file": text(numpy_helper.from_array(array, "t").SerializeToString()),
            "name": "t",
            **expected(array),
        }
    for dtype in ("float32", "float64", "int8", "uint8", "int32", "int64", "uint32", "uint64", "bool", "float16"):
        array = values(dtype, (2, 3), 40)
        proto = helper.make_tensor("typed", helper.np_dtype_to_tensor_dtype(array.dtype), array.shape, array.flatten())
        assert not proto.raw_data
        cases[f"typed {dtype}"] = {"file": text(proto.SerializeToString()), "name": "typed", **expected(array)}
    proto = helper.make_tensor("s", TensorProto.STRING, [2], ["a", "é"])
    cases["strings"] = {
        "file": text(proto.SerializeToString()), "name": "s", "dtype": "string", "dims": [2], "strings": ["a", "é"],
    }
    return cases


def image_cases():
    rng = np.random.default_rng(7)
    rows, columns = 19, 26
    smooth = np.add.outer(np.arange(rows) * 7, np.arange(columns) * 4)[..., None] + np.array([0, 30, 60])
    pixels = np.clip(smooth + rng.integers(-20, 20, (rows, columns, 3)), 0, 255).astype(np.uint8)
    rgba = np.concatenate([pixels, np.full((rows, columns, 1), 255, np.uint8)], -1)
    image = Image.fromarray(pixels)
    # In float, channel by channel: Image.resize of 8-bit pictures rounds after each direction.
    planes = [Image.fromarray(pixels[..., c].astype(np.float32)) for c in range(3)]
    cases = {}
    for width, height in ((8, 8), (13, 5), (26, 19), (40, 33)):
        resized = np.stack([np.asarray(p.resize((width, height), Image.Resampling.BILINEAR)) for p in planes])
        cases[f"{width} x {height}"] = {
            "width": width, "height": height, "planes": text(resized.astype("<f4").tobytes()),
        }
    gray = np.asarray(image.convert("L"))
    return {
        "pixels": {"width": columns, "height": rows, "rgba": text(rgba.tobytes())},
        "gray": text(gray.tobytes()),
        "resized": cases,
    }


HERE.mkdir(exist_ok=True)
for name, make in {"npy": npy_cases, "npz": npz_cases, "pb": pb_cases, "image": image_cases}.items():
    (HERE / f"{name}.json").write_text(json.dumps(make(), indent=1) + "\n")
