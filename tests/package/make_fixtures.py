"""Makes fixtures/ with NumPy, onnx and Pillow: files and figures that this project's own readers must agree with.

    pip install numpy==2.4.6 onnx==1.23.2 pillow==12.0.0
    python tests/package/make_fixtures.py
    npx prettier --ignore-path /dev/null --write tests/package/fixtures
"""

import base64
import io
import json
import pathlib
import struct
import warnings
import zipfile
from unittest import mock

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper
from PIL import Image

HERE = pathlib.Path(__file__).parent / "fixtures"
REAL = "float16 float32 float64 int8 int16 int32 int64 uint8 uint16 uint32 uint64 bool".split()
DTYPES = [*REAL, "complex64", "complex128"]


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
    cases = {dtype: npy(values(dtype, (2, 3), i)) for i, dtype in enumerate(REAL)}
    cases["scalar"] = npy(np.array(2.5, np.float32))
    cases["one dimension"] = npy(np.arange(5, dtype=np.int64))
    cases["empty"] = npy(np.zeros((0, 3), np.float32))
    cases["column-major"] = npy(np.asfortranarray(values("float32", (2, 3, 4), 1)))
    cases["big-endian"] = npy(values("int32", (3, 2), 2).astype(">i4"))
    cases["version 2"] = npy(values("float32", (4,), 3), (2, 0))
    cases["version 3"] = npy(values("float32", (4,), 3), (3, 0))
    return cases


class Stream(io.BytesIO):
    """A file that cannot be sought in, so that zipfile writes sizes behind the data."""

    def seekable(self):
        return False

    def seek(self, *_):
        raise io.UnsupportedOperation

    tell = seek


def npy_bytes(array):
    out = io.BytesIO()
    np.lib.format.write_array(out, array)
    return out.getvalue()


def archive(members, stream=io.BytesIO, method=zipfile.ZIP_DEFLATED, comment=b""):
    """A zip file of (name, content)."""
    out = stream()
    # A name that is there twice is a warning.
    with warnings.catch_warnings(action="ignore"), zipfile.ZipFile(out, "w", method) as target:
        target.comment = comment
        for name, content in members:
            target.writestr(zipfile.ZipInfo(name), content, compress_type=method)
    return out.getvalue()


# Sizes, offsets and counts in the fields of 64 bits, as in archives of more than 4 GiB.
zip64 = mock.patch.multiple(zipfile, ZIP64_LIMIT=0, ZIP_FILECOUNT_LIMIT=0)


def npz_cases():
    arrays = {"x": values("float32", (1, 3), 4), "a/b": values("int64", (2, 2), 5)}
    tensors = {k: expected(v) for k, v in arrays.items()}
    members = [(f"{name}.npy", npy_bytes(array)) for name, array in arrays.items()]
    files = {}
    for name, save in (("stored", np.savez), ("deflated", np.savez_compressed)):
        out = io.BytesIO()
        save(out, **arrays)
        files[name] = out.getvalue()
    for name, method in (("stored", zipfile.ZIP_STORED), ("deflated", zipfile.ZIP_DEFLATED)):
        files[f"{name}, sizes behind the data"] = archive(members, Stream, method)
        with zip64:
            files[f"{name}, zip64"] = archive(members, method=method)
            files[f"{name}, zip64, sizes behind the data"] = archive(members, Stream, method)
    files["with a comment"] = archive(members, comment=b"made by hand")
    return {name: {"file": text(file), "tensors": tensors} for name, file in files.items()} | {
        "without arrays": {"file": text(archive([])), "tensors": {}}
    }


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


AGAIN = {".npy": "Save the array again with numpy.save.", ".npz": "Save the arrays again with numpy.savez.",
         ".pb": "Save it again with onnx.save_tensor."}


def refused_npy():
    good = npy_bytes(values("float32", (2, 3), 1))
    begin, end = 10, len(good) - 24

    def header(old, new):
        assert good.count(old) == 1
        return good[:begin] + good[begin:end].replace(old, new).rstrip().ljust(end - begin - 1) + b"\n" + good[end:]

    records = npy_bytes(np.zeros(2, [("a", "<f4"), ("b", "<i4")]))
    no_file = "This is not a .npy file: its first bytes are not NumPy's. Save the array with numpy.save."
    in_header = f"The .npy file ends within its header. {AGAIN['.npy']}"
    unreadable = lambda key: f"The .npy header has no readable '{key}'. {AGAIN['.npy']}"
    elements = lambda descr: (
        f"The .npy file holds elements of type '{descr}', expected real numbers. Convert the array with astype().")
    shape = lambda dims: f"The .npy file has the impossible shape ({dims}). {AGAIN['.npy']}"
    count = lambda have: (
        f"The .npy file has {have} bytes of elements, expected 24 for float32 [2,3]. {AGAIN['.npy']}")
    version = lambda which: (
        f"The .npy file has format version {which}, expected 1.0, 2.0 or 3.0. {AGAIN['.npy']}")
    return {
        "empty": (b"", no_file),
        "another file": (b"not an array at all", no_file),
        "nothing but its first bytes": (good[:6], in_header),
        "cut before the length of its header": (good[:9], in_header),
        "cut in its header": (good[:40], in_header),
        "cut before a long length": (good[:6] + b"\2\0" + good[8:10], in_header),
        "cut in its elements": (good[:-1], count(23)),
        "without its elements": (good[:-24], count(0)),
        "with bytes behind its elements": (good + b"\0", count(25)),
        "version 0": (good[:6] + b"\0\0" + good[8:], version("0.0")),
        "version 4": (good[:6] + b"\4\0" + good[8:], version("4.0")),
        "version 1.1": (good[:6] + b"\1\1" + good[8:], version("1.1")),
        "complex numbers": (npy_bytes(values("complex64", (2,), 1)), elements("<c8")),
        "text": (npy_bytes(np.array(["ab"])), elements("<U2")),
        "dates": (npy_bytes(np.zeros(1, "<M8[s]")), elements("<M8[s]")),
        "records": (records, unreadable("descr")),
        "Python objects": (header(b"<f4", b"|O"), elements("|O")),
        "an unknown byte order": (header(b"'<f4'", b"'!f4'"), elements("!f4")),
        "no type": (header(b"'<f4'", b"''"), elements("")),
        "no descr": (header(b"'descr'", b"'type'"), unreadable("descr")),
        "no order": (header(b"False", b"None"), unreadable("fortran_order")),
        "no shape": (header(b"(2, 3)", b"2"), unreadable("shape")),
        "a shape without end": (header(b"(2, 3)", b"(2, 3"), unreadable("shape")),
        "a negative dimension": (header(b"(2, 3)", b"(-2, 3)"), shape("-2, 3")),
        "a signed dimension": (header(b"(2, 3)", b"(-0, +3)"), shape("-0, +3")),
        "a dimension that is no number": (header(b"(2, 3)", b"(0x2, 3)"), shape("0x2, 3")),
        "a dimension that cannot be counted": (
            header(b"(2, 3), }", b"(9007199254740993, 9), }"), shape("9007199254740993, 9")),
        "a shape that overflows": (
            header(b"(2, 3), }", b"(4294967296, 4294967296), }"), shape("4294967296, 4294967296")),
    }


def refused_npz():
    array = npy_bytes(values("float32", (1, 3), 4))
    good = archive([("x.npy", array)])
    stored = archive([("x.npy", array)], method=zipfile.ZIP_STORED)
    with zip64:
        wide = archive([("x.npy", array)])
    central = good.index(b"PK\1\2")
    patched = lambda data, at, value: data[:at] + value + data[at + len(value):]
    huge = struct.pack("<I", 1 << 30)
    stored_central = stored.index(b"PK\1\2")
    no_zip = f"This is not a .npz file. {AGAIN['.npz']}"
    damaged = f"The .npz file is damaged or truncated. {AGAIN['.npz']}"
    member = lambda name, what: f"The .npz file's member '{name}' {what}. {AGAIN['.npz']}"
    cases = {
        "empty": (b"", no_zip),
        "another file": (array, no_zip),
        "cut in its directory": (good[:-30], no_zip),
        "a directory elsewhere": (patched(good, len(good) - 6, huge), damaged),
        "a member elsewhere": (patched(good, central + 42, huge), damaged),
        "a member that inflates to more than it says": (
            patched(good, central + 24, struct.pack("<I", len(array) - 1)), damaged),
        "a member that inflates to less than it says": (
            patched(good, central + 24, struct.pack("<I", len(array) + 1)), damaged),
        "a member that deflate cannot have made so small": (patched(good, central + 24, huge), damaged),
        "a member that says it is a terabyte": (
            patched(wide, wide.index(b"PK\1\2") + 46 + len("x.npy") + 4, struct.pack("<Q", 1 << 40)), damaged),
        "a stored member of two sizes": (patched(stored, stored_central + 24, huge), damaged),
        "a wrong checksum": (patched(good, central + 16, b"\1\2\3\4"), damaged),
        "a stored member that was changed": (patched(stored, stored.index(b"NUMPY") + 125, b"\7"), damaged),
        "deflated data that is none": (patched(good, 36, b"\xff" * 20), damaged),
        "an encrypted member": (patched(good, central + 8, b"\1\0"), member("x.npy", "is encrypted")),
        "a member of another method": (
            archive([("x.npy", array)], method=zipfile.ZIP_BZIP2), member("x.npy", "is compressed by method 12")),
        "a member that is no array": (
            archive([("x.npy", array), ("notes.txt", b"hello")]), member("notes.txt", "is no .npy array")),
        "a folder": (archive([("a/", b""), ("a/x.npy", array)]), member("a/", "is no .npy array")),
        "a name that is there twice": (
            archive([("x.npy", array), ("x.npy", array)]),
            f"The .npz file holds array 'x' twice. {AGAIN['.npz']}"),
        "a member that cannot be read": (
            archive([("x.npy", array[:40])]),
            f"Array 'x': The .npy file ends within its header. {AGAIN['.npy']}"),
    }
    return cases


def varint(value):
    out = b""
    while value > 127:
        out += bytes([value & 127 | 128])
        value >>= 7
    return out + bytes([value])


def refused_pb():
    array = values("float32", (2, 3), 5)
    good = numpy_helper.from_array(array, "t")
    tensor = lambda **fields: TensorProto(name="t", **fields).SerializeToString()
    damaged = f"The .pb file is damaged, truncated or no ONNX tensor. {AGAIN['.pb']}"
    unfit = lambda what: f"Tensor 't' of the .pb file has data that does not fit {what}. {AGAIN['.pb']}"
    external = TensorProto(
        name="t", data_type=TensorProto.FLOAT, dims=[2], data_location=TensorProto.EXTERNAL)
    external.external_data.add(key="location", value="#0")
    raw = array.tobytes()
    f32, i64 = TensorProto.FLOAT, TensorProto.INT64
    return {
        "empty": (b"", damaged),
        "another file": (b"not a tensor at all", damaged),
        "cut": (good.SerializeToString()[:-1], damaged),
        "no type": (tensor(dims=[2], float_data=[1, 2]), damaged),
        "an unknown type": (tensor(data_type=99, dims=[2], float_data=[1, 2]), damaged),
        "a negative dimension": (tensor(data_type=f32, dims=[-1], float_data=[1]), damaged),
        "dims that cannot be counted": (tensor(data_type=f32, dims=[2**62, 2**62]), damaged),
        "a field number of 0": (good.SerializeToString() + b"\0\0", damaged),
        "an unknown field that is cut": (good.SerializeToString() + varint(100 << 3 | 2) + b"\5a", damaged),
        "data in another file": (
            external.SerializeToString(),
            "Tensor 't' of the .pb file keeps its data in another file. Save it with its data."),
        "dims that promise more than there is": (
            tensor(data_type=f32, dims=[2**31, 2**10]), unfit("float32 [2147483648,1024]")),
        "too little raw data": (
            tensor(data_type=f32, dims=[2, 3], raw_data=raw[:-4]), unfit("float32 [2,3]")),
        "too much raw data": (
            tensor(data_type=f32, dims=[2, 3], raw_data=raw + raw), unfit("float32 [2,3]")),
        "too few values": (tensor(data_type=f32, dims=[2], float_data=[1]), unfit("float32 [2]")),
        "float values for integers": (tensor(data_type=i64, dims=[1], float_data=[1.5]), unfit("int64 [1]")),
        "integers of another width": (tensor(data_type=i64, dims=[1], int32_data=[1]), unfit("int64 [1]")),
        "integers for float values": (tensor(data_type=f32, dims=[1], int32_data=[1]), unfit("float32 [1]")),
        "data in two fields": (
            tensor(data_type=f32, dims=[1], float_data=[1], raw_data=raw[:4]), unfit("float32 [1]")),
        "data of another type and none of its own": (
            tensor(data_type=f32, dims=[0], int64_data=[1]), unfit("float32 [0]")),
        "too few strings": (
            tensor(data_type=TensorProto.STRING, dims=[2], string_data=[b"a"]), unfit("string [2]")),
    }


def refused_cases():
    """Files that are refused, and what is said of each behind its name."""
    return {
        kind: {name: {"file": text(file), "message": message} for name, (file, message) in cases.items()}
        for kind, cases in ((".npy", refused_npy()), (".npz", refused_npz()), (".pb", refused_pb()))
    }


def cli_files():
    """Files for both command lines, by path: samples in every layout, for inputs x and y of type float32 [1,3]."""
    x = np.array([[1, 2, 3]], np.float32)
    y = 10 * x
    npz = lambda **arrays: archive([(f"{name}.npy", npy_bytes(array)) for name, array in arrays.items()])
    pb = lambda array, name="": numpy_helper.from_array(array, name).SerializeToString()
    files = {
        "x.npy": npy_bytes(x), "X.NPY": npy_bytes(x), "y.npy": npy_bytes(y), "long.npy": npy_bytes(x) + b"\0",
        "complex.npy": npy_bytes(x.astype("complex64")),
        "x.npz": npz(x=x), "xy.npz": npz(x=x, y=y), "XY.NPZ": npz(x=x, y=y), "ab.npz": npz(a=x, b=y), "z.npz": npz(z=y),
        "none.npz": npz(), "notes.npz": archive([("x.npy", npy_bytes(x)), ("notes.txt", b"")]),
        "x.pb": pb(x, "x"), "nameless.pb": pb(y), "floats.pb": TensorProto(
            name="x", data_type=TensorProto.INT64, dims=[1, 3], float_data=[1.5, 2, 3]).SerializeToString(),
        "npz/s9.npz": npz(x=x, y=y), "npz/S10.NPZ": npz(x=y, y=x),
        "npy/s1.npy": npy_bytes(x), "npy/S2.NPY": npy_bytes(y), "npy/notes.txt": b"",
        "pb/a.pb": pb(x, "x"), "pb/b.PB": pb(y, "other"), "pb/output_0.pb": b"not read",
        "inputs/input_0.pb": pb(x), "inputs/INPUT_1.PB": pb(y, "other"), "inputs/output_0.pb": b"not read",
        "named/input_0.pb": pb(y, "y"), "named/input_1.pb": pb(x, "x"),
        "sets/model.txt": b"", "sets/test_data_set_0/input_0.pb": pb(x), "sets/test_data_set_0/input_1.pb": pb(y),
        "sets/test_data_set_0/output_0.pb": b"not read", "sets/test_data_set_10/input_0.pb": pb(x),
        "sets/test_data_set_10/input_1.pb": pb(y), "sets/other/input_0.pb": b"not read",
        "twice/input_0.pb": pb(x), "twice/input_00.pb": pb(x), "claimed/input_0.pb": pb(y, "y"), "claimed/input_1.pb": pb(y),
        "beyond/input_0.pb": pb(x), "beyond/input_7.pb": pb(y), "nameless/a.pb": pb(x, "other"),
        "mixed/a.npy": npy_bytes(x), "mixed/b.npz": npz(x=x), "mixed_pb/a.pb": pb(x), "mixed_pb/input_0.pb": pb(x),
        "broken/s10.npy": b"", "broken/s9.npy": b"", "broken/t1.npy": b"", "empty/notes.md": b"",
    }
    return {name: text(content) for name, content in files.items()}


def number_cases():
    """Numbers as C's printf writes them: [value, digits, text]; JSON has no name for some values."""
    exact = [0.0, 1.0, 0.5, 2.0, 10.0, 100.0, 999.5, 1e5, 123456.0, 1e15, 1e16, 1e21, 1e300, 5e-324, 1.7976931348623157e308]
    ties = [1.125, 2.5, 0.125, 0.375, 29 / 32, 31 / 32, 1.0625, 12.25, 12.75, 1024.5, 1025.5, 0.0009765625, 2.0**-20, 12345.0, 99.95, 9.9995, 99995.0]
    near = [0.15, 0.25, 0.35, 1.005, 1.115, 1.1249999999999998, 1.1250000000000002, 0.1 + 0.2, 1 / 3, 2 / 3, 1e-4, 1e-5, 9.9999e-5, 0.00099995]
    rng = np.random.default_rng(11)
    random = [float(x) for x in 10.0 ** rng.uniform(-12, 12, 60)]
    eighths = [k / 2**n for n in range(1, 8) for k in range(1, 40, 7)]
    numbers = [*exact, *ties, *near, *random, *eighths]
    cases = [[value, digits, f"%.{digits}g" % value] for value in numbers for digits in (1, 3, 4)]
    cases += [[-value, digits, f"%.{digits}g" % -value] for value in (0.0, 1.125, 29 / 32, 1e-7) for digits in (3, 4)]
    return cases + [[name, 4, name] for name in ("nan", "inf", "-inf")]


def byte_cases():
    """[bytes, text]: three digits, in powers of ten."""
    cases = []
    for count in (0, 1, 999, 1000, 1125, 1135, 1145, 10250, 10350, 999499, 999500, 1000000, 1125000, 12345678, 2**40, 2**50):
        unit, value = 0, float(count)
        while value >= 999.5 and unit < 4:
            value, unit = value / 1000, unit + 1
        cases.append([count, f"{count} B" if unit == 0 else "%.3g %s" % (value, ["B", "kB", "MB", "GB", "TB"][unit])])
    return cases


HERE.mkdir(exist_ok=True)
makers = {
    "npy": npy_cases,
    "npz": npz_cases,
    "pb": pb_cases,
    "refused": refused_cases,
    "cli_files": cli_files,
    "numbers": lambda: {"numbers": number_cases(), "bytes": byte_cases()},
    "image": image_cases,
}
for name, make in makers.items():
    (HERE / f"{name}.json").write_text(json.dumps(make(), indent=1) + "\n")
