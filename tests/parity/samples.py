"""Turns the shared sample photos, speech, text and tokens into calibration feeds, one folder per float32 model.

    samples.py [--data ../shared/data] [--out DIR] [MODEL…]

Writes DIR/<family>__<model>/NNN.npz, keyed by input name; DIR defaults to ${QUANTAB_CACHE:-~/.cache/quantab}/parity-samples. The
preprocessing is each model's own, as far as its source documents it. Models without a natural sample get seeded random data
of the right type and range: those functions say so.
"""

from __future__ import annotations

import argparse
import gzip
import hashlib
import os
import shutil
import wave
from functools import cache
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
from npz import write_npz
from PIL import Image

# Old models list their constants as inputs, which is warned about once per constant.
onnxruntime.set_default_logger_severity(3)

ROOT = Path(__file__).resolve().parents[2]
DATA = ROOT.parent / "shared" / "data"
COUNT = 6


def default_out() -> Path:
    return Path(os.environ.get("QUANTAB_CACHE", Path.home() / ".cache" / "quantab")) / "parity-samples"


class Samples:
    """The raw material, read on demand."""

    def __init__(self, data: Path):
        self.data = data
        self.root = data / "samples"

    @cache  # noqa: B019 (one instance lives as long as the program)
    def photos(self, folder: str) -> list[Image.Image]:
        paths = sorted(p for p in (self.root / folder).iterdir() if p.suffix in (".jpg", ".png"))
        step = max(1, len(paths) // COUNT)
        return [Image.open(p).convert("RGB") for p in paths[::step][:COUNT]]

    @cache  # noqa: B019
    def sound(self, name: str) -> np.ndarray:
        """16 kHz mono, float32 in -1..1."""
        with wave.open(str(self.root / name)) as file:
            return np.frombuffer(file.readframes(file.getnframes()), "<i2").astype(np.float32) / 32768

    def session(self, model: str) -> onnxruntime.InferenceSession:
        return onnxruntime.InferenceSession(self.data / model, providers=["CPUExecutionProvider"])


def stretched(image: Image.Image, width: int, height: int) -> np.ndarray:
    """[height, width, 3], 0..255, resized without keeping the aspect."""
    return np.asarray(image.resize((width, height), Image.BILINEAR), np.float32)


def centred(image: Image.Image, size: int, short_side: int | None = None) -> np.ndarray:
    """[size, size, 3], 0..255: the short side brought to `short_side` (or `size`), then the middle cut out."""
    scale = (short_side or size) / min(image.size)
    width, height = (max(size, round(side * scale)) for side in image.size)
    left, top = (width - size) // 2, (height - size) // 2
    resized = image.resize((width, height), Image.BILINEAR).crop((left, top, left + size, top + size))
    return np.asarray(resized, np.float32)


def chw(pixels: np.ndarray) -> np.ndarray:
    return np.ascontiguousarray(pixels.transpose(2, 0, 1)[None], np.float32)


def cifar(s: Samples):
    for photo in s.photos("imagenet"):
        yield {"modelInput": chw((centred(photo, 32) / 255 - 0.5) / 0.5)}


def fsanet(s: Samples):
    for photo in s.photos("faces"):
        yield {"input": chw((centred(photo, 64)[..., ::-1] - 127.5) / 128)}


def mnist(s: Samples):
    with gzip.open(s.root / "mnist" / "t10k-images-idx3-ubyte.gz") as file:
        images = np.frombuffer(file.read(), np.uint8, offset=16).reshape(-1, 1, 1, 28, 28)
    for image in images[:8]:
        yield {"Input3": image.astype(np.float32)}


def squeezenet(s: Samples):
    for photo in s.photos("imagenet"):
        pixels = centred(photo, 224, 256)[..., ::-1]
        yield {"data_0": chw(pixels - np.array([103.94, 116.78, 123.68], np.float32))}


def fastestdet(s: Samples):
    for photo in [*s.photos("detect"), *s.photos("faces")[:4]]:
        yield {"input.1": chw(stretched(photo, 352, 352)[..., ::-1] / 255)}


def blazeface(s: Samples):
    for photo in s.photos("faces"):
        yield {"input:0": centred(photo, 128)[None] / np.float32(127.5) - np.float32(1)}


def palm(s: Samples):
    for photo in s.photos("faces"):
        yield {"input": chw(centred(photo, 128) / 127.5 - 1)}


def ultraface(s: Samples):
    for photo in s.photos("faces"):
        yield {"input": chw((stretched(photo, 320, 240) - 127) / 128)}


def yolox(s: Samples):
    for photo in [*s.photos("detect"), *s.photos("imagenet")[:4]]:
        ratio = 416 / max(photo.size)
        width, height = (round(side * ratio) for side in photo.size)
        canvas = np.full((416, 416, 3), 114, np.float32)
        canvas[:height, :width] = stretched(photo, width, height)
        yield {"images": chw(canvas[..., ::-1])}


def ocr_detector(s: Samples):
    mean, deviation = np.array([0.485, 0.456, 0.406]), np.array([0.229, 0.224, 0.225])
    for photo in s.photos("ocr"):
        yield {"x": chw((stretched(photo, 320, 192) / 255 - mean) / deviation)}


def ocr_angle(s: Samples):
    for photo in s.photos("ocr"):
        yield {"x": chw(stretched(photo, 192, 48) / 127.5 - 1)}


def bodypix(s: Samples):
    for photo in s.photos("faces"):
        yield {"input": centred(photo, 257)[None] / np.float32(127.5) - np.float32(1)}


def selfie(s: Samples):
    for photo in s.photos("faces"):
        yield {"input_1:0": stretched(photo, 256, 144)[None] / np.float32(255)}


def super_resolution(s: Samples):
    for photo in [*s.photos("photos"), *s.photos("flowers")]:
        luma = Image.fromarray(centred(photo, 224).astype(np.uint8)).convert("YCbCr").getchannel(0)
        yield {"input": np.asarray(luma, np.float32)[None, None] / np.float32(255)}


def candy(s: Samples):
    for photo in [*s.photos("photos"), *s.photos("flowers")][:4]:
        yield {"inputImage": chw(centred(photo, 720))}


def dnsmos(s: Samples):
    speech = np.concatenate([s.sound("speech/silero_test_60s.wav"), s.sound("speech/jfk.wav")])
    for i in range(4):
        yield {"input_1": speech[i * 144160 :][None, :144160]}


def gtcrn(model: str):
    def feeds(s: Samples):
        """Frames 40, 80 … of a 512/256 square-root-Hann STFT; the caches are what the float model made of the frames before."""
        sound = s.sound("speech/gtcrn_noisy_mix.wav")
        window = np.sqrt(np.hanning(513)[:-1])
        session = s.session(model)
        caches = {i.name: np.zeros(i.shape, np.float32) for i in session.get_inputs() if i.name != "mix"}
        for frame in range(40 * COUNT):
            spectrum = np.fft.rfft(sound[frame * 256 :][:512] * window)
            mix = np.stack([spectrum.real, spectrum.imag], -1).astype(np.float32)[None, :, None]
            feed = {"mix": mix, **caches}
            if frame % 40 == 39:
                yield feed
            _, *after = session.run(None, feed)
            caches = dict(zip(caches, after, strict=True))

    return feeds


def wake_sounds(s: Samples) -> list[str]:
    return sorted(f"wakeword/{p.name}" for p in (s.root / "wakeword").glob("positive_*.wav"))[:COUNT]


def melspectrogram(s: Samples):
    """openWakeWord feeds 16-bit sample values as floats."""
    for name in wake_sounds(s):
        yield {"input": (s.sound(name)[:16000] * 32768)[None]}


def speech_embedding(s: Samples):
    """76 frames of the mel model's output, / 10 + 2, as openWakeWord does."""
    mel = s.session("audio/oww_melspectrogram.onnx")
    for name in wake_sounds(s):
        spectrum = mel.run(None, {"input": (s.sound(name)[:32000] * 32768)[None]})[0].squeeze()
        yield {"input_1": (spectrum[60:136] / 10 + 2)[None, :, :, None].astype(np.float32)}


def silero_legacy(s: Samples):
    """Chunks of 512 samples; h and c are what the float model made of the chunks before."""
    yield from silero(s, "audio/silero_vad_legacy.onnx", {"h": (2, 1, 64), "c": (2, 1, 64)}, 0)


def silero_op16(s: Samples):
    """As above, with 64 samples of context in front of each chunk."""
    yield from silero(s, "audio/silero_vad_op16.onnx", {"state": (2, 1, 128)}, 64)


def silero(s: Samples, model: str, shapes: dict, context: int):
    sound = s.sound("speech/silero_test_60s.wav")
    session = s.session(model)
    state = {name: np.zeros(shape, np.float32) for name, shape in shapes.items()}
    for chunk in range(1, 50 * COUNT):
        begin = chunk * 512
        feed = {"input": sound[begin - context : begin + 512][None], "sr": np.array(16000, np.int64), **state}
        if chunk % 50 == 49:
            yield feed
        _, *after = session.run(None, feed)
        state = dict(zip(state, after, strict=True))


def sentences(s: Samples):
    text = (s.root / "text" / "shakespeare_1500_lines.txt").read_bytes()
    for i in range(COUNT):
        yield {"input": np.frombuffer(text[i * 4000 :][:256], np.uint8)[None]}


def magika(s: Samples):
    """The first and the last 1024 bytes without surrounding white space, 256 where there are none."""
    for path in sorted((s.root / "magika").iterdir())[::4][:COUNT]:
        content = path.read_bytes()
        first, last = content[:4096].lstrip()[:1024], content[-4096:].rstrip()[-1024:]
        values = np.full((1, 2048), 256, np.int32)
        values[0, : len(first)] = np.frombuffer(first, np.uint8)
        values[0, 2048 - len(last) :] = np.frombuffer(last, np.uint8)
        yield {"bytes": values}


def plates(s: Samples):
    for photo in s.photos("plates"):
        yield {"input": stretched(photo, 128, 64).astype(np.uint8)[None]}


def stories(s: Samples):
    ids = np.load(s.root / "stories260k" / "input_ids_int64_48x256.npy")
    for row in ids[:COUNT]:
        yield {"input_ids": row[None, :64]}


def stories_loop(s: Samples):
    for feed in stories(s):
        yield {"input_ids": feed["input_ids"][:, :16], "n_new": np.array(8, np.int64)}


def random_ids(vocabulary: int, length: int, dtype=np.int64):
    random = np.random.RandomState(11)
    return [random.randint(1, vocabulary, (1, length)).astype(dtype) for _ in range(COUNT)]


def toy_bert(_):
    """Random: the model is not trained."""
    for ids in random_ids(99, 24):
        yield {"input_ids": ids, "token_type_ids": ids % 2, "input_mask": np.ones_like(ids)}


def toy_encoder(_):
    """Random: the model is not trained."""
    for ids in random_ids(10000, 24):
        yield {"input_ids": ids, "attention_mask": np.ones_like(ids)}


def toy_decoder(s: Samples):
    """Random ids; the hidden states are the toy encoder's."""
    encoder = s.session("random_weights/t5like_random_encoder.onnx")
    for feed, ids in zip(toy_encoder(s), random_ids(10000, 12), strict=True):
        hidden = encoder.run(None, feed)[0]
        mask = feed["attention_mask"].astype(np.float32)
        yield {"input_ids": ids, "encoder_attention_mask": mask, "encoder_hidden_states": hidden}


def toy_beam_search(_):
    """Random: the model is not trained."""
    for ids in random_ids(1000, 6, np.int32):
        counts = {"max_length": 12, "min_length": 1, "num_beams": 2, "num_return_sequences": 1}
        feed = {name: np.array([value], np.int32) for name, value in counts.items()}
        yield {"input_ids": ids, **feed, "length_penalty": np.ones(1, np.float32), "repetition_penalty": np.ones(1, np.float32)}


def nested_loops(_):
    """A structure, not a model: any number will do."""
    yield {"iter": np.array(1, np.int64), "cond_in": np.array(True), "x_in": np.ones(1, np.float32)}


def crop_and_resize(_):
    """Random pictures; the second input says which picture each of the model's two boxes is cut from."""
    random = np.random.RandomState(11)
    for _ in range(4):
        yield {"input:0": random.rand(2, 36, 36, 3).astype(np.float32), "input2:0": np.array([0, 1], np.int32)}


def scan(_):
    """Random: the source of this recurrent model's features is not known."""
    random = np.random.RandomState(11)
    for _ in range(4):
        yield {"Input13165": random.randn(9, 1, 3).astype(np.float32)}


# Every float32 model that is there, by family. Not here: squeezenet1.1_fp16, fp16model_loop and gh_issue_18338 (fp16),
# mobilenetv2_qdq and conv_qdq_external_ini (quantized already), three_layer_nested_subgraph_v2 (ONNX Runtime's calibration has no
# optional inputs, so it is compared in dynamic mode alone).
FEEDS = {
    "audio/dnsmos_sig_bak_ovr.onnx": dnsmos,
    "audio/gtcrn_stream.onnx": gtcrn("audio/gtcrn_stream.onnx"),
    "audio/gtcrn_stream_simple.onnx": gtcrn("audio/gtcrn_stream_simple.onnx"),
    "audio/oww_melspectrogram.onnx": melspectrogram,
    "audio/oww_speech_embedding.onnx": speech_embedding,
    "audio/silero_vad_legacy.onnx": silero_legacy,
    "audio/silero_vad_op16.onnx": silero_op16,
    "cnn/cifar_imageclassifier_opset10.onnx": cifar,
    "cnn/fsanet-1x1_headpose.onnx": fsanet,
    "cnn/mnist-8.onnx": mnist,
    "cnn/squeezenet1.1_fp32_opset13.onnx": squeezenet,
    "detect/FastestDet.onnx": fastestdet,
    "detect/blazeface_front_128.onnx": blazeface,
    "detect/palm_detection_ssd.onnx": palm,
    "detect/ultraface_version-RFB-320.onnx": ultraface,
    "detect/yolox_nano.onnx": yolox,
    "ocr/ch_PP-OCRv3_det.onnx": ocr_detector,
    "ocr/ch_ppocr_mobile_v2_cls.onnx": ocr_angle,
    "random_weights/bert_toy_optimized.onnx": toy_bert,
    "random_weights/t5like_random_decoder.onnx": toy_decoder,
    "random_weights/t5like_random_encoder.onnx": toy_encoder,
    "random_weights/tiny_gpt2_beamsearch.onnx": toy_beam_search,
    "seg/bodypix_mobilenetv1_050_s16_opset8.onnx": bodypix,
    "seg/selfie_segmentation_landscape.onnx": selfie,
    "sr/super_resolution_10.onnx": super_resolution,
    "structure/30_nested_loops.onnx": nested_loops,
    "structure/crop_and_resize_loop.onnx": crop_and_resize,
    "structure/scan_1.onnx": scan,
    "style/candy_opset7.onnx": candy,
    "text/byte_sb_bidi_lstm.onnx": sentences,
    "text/magika_standard_v3_3.onnx": magika,
    "transformer/fast_plate_ocr_cct_xs_v1.onnx": plates,
    "transformer/stories260k_functions_opset17.onnx": stories,
    "transformer/stories260k_greedy_loop_opset17.onnx": stories_loop,
    "transformer/stories260k_opset17.onnx": stories,
    "transformer/stories260k_opset20_extdata/model.onnx": stories,
}

DYNAMIC_ONLY = ["structure/three_layer_nested_subgraph_v2.onnx"]


def folder_name(model: str) -> str:
    return model.removesuffix(".onnx").replace("/", "__")


def tensor_type(kind: onnx.TypeProto) -> onnx.TypeProto.Tensor:
    """An optional tensor is fed as a tensor: a file of samples cannot hold what is not there."""
    return (kind.optional_type.elem_type if kind.HasField("optional_type") else kind).tensor_type


def prepare(data: Path, out: Path, model: str, feeds: dict = FEEDS, makers: tuple = (Path(__file__),)) -> Path:
    """Makes the model's folder of samples unless it is there; every feed is checked against the model's inputs."""
    folder = out / folder_name(model)
    # Beside the folder, which holds samples and nothing else; samples made by another version of their makers are made anew.
    done = folder.with_name(folder.name + ".done")
    version = hashlib.sha256(b"".join(maker.read_bytes() for maker in makers)).hexdigest()
    if done.exists() and done.read_text() == version:
        return folder
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    graph = onnx.load(data / model, load_external_data=False).graph
    constants = {t.name for t in graph.initializer}
    inputs = {i.name: tensor_type(i.type) for i in graph.input if i.name not in constants}
    for number, feed in enumerate(feeds[model](Samples(data))):
        feed = {name: np.ascontiguousarray(values).reshape(np.shape(values)) for name, values in feed.items()}
        assert feed.keys() == inputs.keys(), f"{model}: feed {sorted(feed)}, inputs {sorted(inputs)}"
        for name, values in feed.items():
            wanted = onnx.helper.tensor_dtype_to_np_dtype(inputs[name].elem_type)
            assert values.dtype == wanted, f"{model}: '{name}' is {values.dtype}, not {wanted}"
        write_npz(folder / f"{number:03}.npz", feed)
    done.write_text(version)
    return folder


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=DATA)
    parser.add_argument("--out", type=Path, default=default_out())
    parser.add_argument("models", nargs="*")
    args = parser.parse_args()
    if not args.data.is_dir():
        raise SystemExit(f"'{args.data}' is absent: the shared models and samples are needed here.")
    for model in args.models or FEEDS:
        folder = prepare(args.data, args.out, model)
        print(f"{len(list(folder.glob('*.npz')))} samples  {folder}")


if __name__ == "__main__":
    main()
