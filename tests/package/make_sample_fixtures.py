"""Makes fixtures/ of pictures, texts and sounds with the libraries that models are trained with.

    pip install numpy==2.4.6 pillow==13.0.0 tokenizers==0.23.3 kaldi-native-fbank==1.23.0 soundfile==0.14.0 soxr==1.1.0 transformers==5.24.0
    python tests/package/make_sample_fixtures.py
    npx prettier --ignore-path /dev/null --write tests/package/fixtures

The tokenizers are trained here, and differ a little from run to run.
"""

import base64
import io
import json
import pathlib
import struct

import kaldi_native_fbank as knf
import numpy as np
import soundfile
import soxr
from PIL import Image
from tokenizers import Tokenizer, decoders, models, normalizers, pre_tokenizers, processors, trainers
from transformers import WhisperFeatureExtractor

HERE = pathlib.Path(__file__).parent / "fixtures"


def text(data):
    return base64.b64encode(bytes(data)).decode()


def floats(array):
    return text(np.ascontiguousarray(array, np.float32).tobytes())


def save(name, content):
    (HERE / f"{name}.json").write_text(json.dumps(content, ensure_ascii=False) + "\n")


# Pictures.


def scene(width=48, height=31):
    y, x = np.mgrid[0:height, 0:width]
    red = 255 * x / (width - 1)
    green = 127 + 120 * np.sin(x / 3.0) * np.cos(y / 4.0)
    blue = np.where((x // 6 + y // 5) % 2, 230, 20)
    return Image.fromarray(np.stack([red, green, blue], -1).round().astype(np.uint8))


def encoded(image, kind, **options):
    out = io.BytesIO()
    image.save(out, kind, **options)
    decoded = Image.open(io.BytesIO(out.getvalue())).convert("RGB")
    width, height = decoded.size
    pixels = text(np.asarray(decoded).tobytes())
    return {"file": text(out.getvalue()), "width": width, "height": height, "rgb": pixels}


def files():
    image = scene()
    return {
        "png": encoded(image, "PNG"),
        "png of a palette": encoded(image.quantize(16), "PNG"),
        "png of greys": encoded(image.convert("L"), "PNG"),
        "jpeg": encoded(image, "JPEG", quality=95, subsampling=0),
        "jpeg of greys": encoded(image.convert("L"), "JPEG", quality=95),
        "progressive jpeg": encoded(image, "JPEG", quality=90, subsampling=0, progressive=True),
        "webp": encoded(image, "WEBP", lossless=True),
    }


FILTERS = {
    "nearest": Image.Resampling.NEAREST,
    "box": Image.Resampling.BOX,
    "bilinear": Image.Resampling.BILINEAR,
    "bicubic": Image.Resampling.BICUBIC,
    "lanczos": Image.Resampling.LANCZOS,
}


def resized():
    image = scene()
    cases = []
    for name, number in FILTERS.items():
        for size in [(20, 13), (56, 40)]:
            pixels = np.asarray(image.resize(size, number))
            case = {"resample": name, "width": size[0], "height": size[1]}
            cases.append({**case, "rgb": text(pixels.tobytes())})
    return cases


def cropped(width, height, edge, target):
    """Resize(edge) and CenterCrop(target) on a picture, the crop beginning at whole pixels, rounded down."""
    image = scene(width, height)
    short = min(width, height)
    w, h = (edge * width // short, edge * height // short)
    left, top = (w - target) // 2, (h - target) // 2
    whole = image.resize((w, h), Image.Resampling.BICUBIC)
    pixels = np.asarray(whole.crop((left, top, left + target, top + target)))
    return {"width": width, "height": height, "edge": edge, "target": target, "rgb": text(pixels.tobytes()),
            "source": text(np.asarray(image).tobytes())}


def pictures():
    source = text(np.asarray(scene()).tobytes())
    crops = [cropped(48, 31, 20, 16), cropped(31, 48, 20, 16), cropped(40, 40, 30, 30), cropped(48, 31, 12, 16)]
    save("pictures", {"files": files(), "source": source, "resized": resized(), "cropped": crops})


# Texts.

CORPUS = [
    "The quick brown fox jumps over the lazy dog.",
    "Quantization maps real numbers to integers of eight bits.",
    "Where there is a range, there is a scale and a zero point.",
    "Ranges are measured on samples; some tens of them are enough.",
    "Tokens are pieces of words, and words are pieces of texts.",
    "Größe, Maß und Öl: naïve café, piñata.",
]
TEXTS = [
    "The quick brown fox",
    "  Quantization of   cafés, unbelievable!  ",
    "Größe 12,5 km — 東京 🙂",
    "",
    "a",
    "Ranges are measured on samples; some tens of them are enough. " * 3,
]
PAIRS = [
    ("Where is the fox?", "The fox jumps over the lazy dog."),
    ("Some tens of samples are enough, and tokens are pieces of words and texts.", "Yes."),
    ("Yes.", "Some tens of samples are enough, and tokens are pieces of words and texts."),
    ("Some tens of samples are enough for ranges.", "Some tens of samples are enough for scales."),
]


def word_piece():
    made = Tokenizer(models.WordPiece(unk_token="[UNK]"))
    made.normalizer = normalizers.BertNormalizer(lowercase=True)
    made.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    made.decoder = decoders.WordPiece()
    special = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
    made.train_from_iterator(CORPUS, trainers.WordPieceTrainer(vocab_size=160, special_tokens=special))
    made.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]", pair="[CLS] $A [SEP] $B:1 [SEP]:1", special_tokens=[("[CLS]", 2), ("[SEP]", 3)])
    return made


def byte_level():
    made = Tokenizer(models.BPE())
    made.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    made.decoder = decoders.ByteLevel()
    special = ["<s>", "<pad>", "</s>"]
    made.train_from_iterator(CORPUS, trainers.BpeTrainer(
        vocab_size=380, special_tokens=special, initial_alphabet=pre_tokenizers.ByteLevel.alphabet()))
    made.post_processor = processors.RobertaProcessing(("</s>", 2), ("<s>", 0), trim_offsets=True, add_prefix_space=False)
    return made


def unigram():
    made = Tokenizer(models.Unigram())
    made.normalizer = normalizers.NFKC()
    made.pre_tokenizer = pre_tokenizers.Metaspace()
    made.decoder = decoders.Metaspace()
    made.train_from_iterator(CORPUS, trainers.UnigramTrainer(
        vocab_size=120, special_tokens=["<pad>", "</s>", "<unk>"], unk_token="<unk>"))
    made.post_processor = processors.TemplateProcessing(
        single="$A </s>", pair="$A </s> $B </s>", special_tokens=[("</s>", 1)])
    return made


def encodings(made, pad, length=16):
    """With and without a length, to which texts are cut and filled up."""
    def of(result):
        return {"input_ids": result.ids, "attention_mask": result.attention_mask, "token_type_ids": result.type_ids}

    inputs = [(each,) for each in TEXTS] + PAIRS
    free = [of(made.encode(*each)) for each in inputs]
    made.enable_truncation(length)
    made.enable_padding(length=length, pad_id=pad, direction="left")
    fixed = [of(made.encode(*each)) for each in inputs]
    made.no_truncation()
    made.no_padding()
    return {"texts": inputs, "free": free, "fixed": fixed, "length": length, "pad": pad,
            "tokenizer": json.loads(made.to_str())}


def tokens():
    save("tokens", {
        "WordPiece": encodings(word_piece(), 0),
        "byte-level BPE": encodings(byte_level(), 1),
        "Unigram": encodings(unigram(), 0),
    })


# Sounds.


def chirp(rate, seconds=0.12, low=80, high=3000):
    """This and noisy() are made by samples_sound.test.mjs as well."""
    t = np.arange(int(rate * seconds)) / rate
    return (0.6 * np.sin(2 * np.pi * (low + (high - low) * t / seconds / 2) * t)).astype(np.float32)


def noisy(sound):
    i = np.arange(len(sound), dtype=np.int64)
    return (sound + 0.2 * ((i * i * 31 + i * 7) % 1009 / 1009 - 0.5)).astype(np.float32)


def wav(code, bits, data, channels=1, rate=8000, extensible=False, before=b""):
    frame = channels * bits // 8
    tag = 0xFFFE if extensible else code
    fmt = struct.pack("<HHIIHH", tag, channels, rate, rate * frame, frame, bits)
    if extensible:
        guid = struct.pack("<H", code) + bytes.fromhex("000000001000800000aa00389b71")
        fmt += struct.pack("<HHI", 22, bits, 3) + guid
    body = b"WAVE" + b"fmt " + struct.pack("<I", len(fmt)) + fmt + before
    body += b"data" + struct.pack("<I", len(data)) + data
    return text(b"RIFF" + struct.pack("<I", len(body)) + body)


def wavs():
    x = np.array([0, 0.5, -0.5, 0.25, -1, 0.99], np.float64)
    two = np.stack([x, x[::-1]], 1)
    pcm = {bits: np.round(x * 2 ** (bits - 1)).astype(np.int64) for bits in (16, 24, 32)}
    of24 = b"".join(int(v).to_bytes(3, "little", signed=True) for v in pcm[24])
    byte = np.round(x * 128 + 128).astype(np.uint8)
    odd = b"LIST" + struct.pack("<I", 3) + b"abc\0"
    return {
        "8 bits": [wav(1, 8, byte.tobytes()), floats((byte - 128.0) / 128)],
        "16 bits": [wav(1, 16, pcm[16].astype("<i2").tobytes()), floats(pcm[16] / 2.0**15)],
        "24 bits": [wav(1, 24, of24), floats(pcm[24] / 2.0**23)],
        "32 bits": [wav(1, 32, pcm[32].astype("<i4").tobytes()), floats(pcm[32] / 2.0**31)],
        "float": [wav(3, 32, x.astype("<f4").tobytes()), floats(x)],
        "double": [wav(3, 64, x.astype("<f8").tobytes()), floats(x)],
        "two channels": [wav(3, 64, two.astype("<f8").tobytes(), channels=2), floats(two.mean(1))],
        "extensible": [wav(3, 32, x.astype("<f4").tobytes(), extensible=True), floats(x)],
        "a chunk of odd size before": [wav(3, 32, x.astype("<f4").tobytes(), before=odd), floats(x)],
    }


def compressed(kind):
    out = io.BytesIO()
    soundfile.write(out, chirp(48000), 48000, format=kind)
    return text(out.getvalue())


def flac(samples, bits, rate=8000):
    """A FLAC file of whole numbers of so many bits, and the mean of its channels."""
    out = io.BytesIO()
    # libsndfile takes the upper bits of 32.
    whole = np.asarray(samples, np.int64)
    subtype = {8: "PCM_S8", 16: "PCM_16", 24: "PCM_24"}[bits]
    soundfile.write(out, (whole << (32 - bits)).astype(np.int32), rate, format="FLAC", subtype=subtype)
    mean = whole.reshape(len(whole), -1).mean(1)
    return [text(out.getvalue()), floats(mean / 2.0 ** (bits - 1))]


def flacs():
    wave = chirp(8000, 0.15).astype(np.float64)
    noise = noisy(wave) - wave
    of = lambda x, bits: np.round(x * (2 ** (bits - 1) - 1)).astype(np.int64)
    rough = wave + noise * 0.3
    save("flac", {
        "one channel": flac(of(wave, 16), 16),
        "two channels, the first simpler": flac(of(np.stack([wave, rough], 1), 16), 16),
        "two channels, the second simpler": flac(of(np.stack([rough, wave], 1), 16), 16),
        "two channels, their mean simpler": flac(of(np.stack([wave + noise, wave - noise], 1), 16), 16),
        "two unlike channels": flac(of(np.stack([wave, np.roll(wave, 500) / 2], 1), 16), 16),
        "three channels": flac(of(np.stack([wave, noise, -wave], 1), 16), 16),
        "8 bits": flac(of(wave, 8), 8),
        "24 bits": flac(of(wave + noise, 24) // 2, 24),
        "noise": flac(np.random.default_rng(1).integers(-32768, 32768, 700), 16),
        "silence": flac(np.zeros(5000), 16),
        "bits that are not used": flac(of(wave, 10) * 64, 16),
        "a few samples": flac([1, -2, 3], 16),
    })


def resampled():
    cases = []
    for source, target in [(44100, 16000), (8000, 16000), (48000, 16000), (16000, 22050)]:
        sound = chirp(source)
        made = soxr.resample(sound, source, target, quality="VHQ")
        cases.append({"from": source, "to": target, "resampled": floats(made)})
    return cases


def fbank(sound, **settings):
    options = knf.FbankOptions()
    options.frame_opts.dither = 0
    options.frame_opts.window_type = settings["window"]
    options.mel_opts.num_bins = settings["bins"]
    options.mel_opts.low_freq = settings["low"]
    options.energy_floor = 0
    made = knf.OnlineFbank(options)
    made.accept_waveform(16000, (sound * settings["scale"]).tolist())
    made.input_finished()
    frames = np.stack([made.get_frame(i) for i in range(made.num_frames_ready)])
    return {**settings, "frames": frames.shape[0], "features": floats(frames)}


def sounds():
    sound = chirp(16000, 0.3)
    extractor = WhisperFeatureExtractor(chunk_length=1, feature_size=24)
    config = {key: value for key, value in extractor.to_dict().items() if key != "mel_filters"}
    whisper = extractor(sound, sampling_rate=16000, return_tensors="np").input_features[0]
    save("sounds", {
        "wav": wavs(),
        "compressed": {"flac": compressed("FLAC"), "mp3": compressed("MP3")},
        "resampled": resampled(),
        "whisper": {"config": config, "dims": list(whisper.shape), "features": floats(whisper)},
        "fbank": [
            fbank(noisy(sound), window="povey", bins=20, low=20, scale=32768),
            fbank(noisy(sound), window="hanning", bins=32, low=20, scale=1),
        ],
    })


if __name__ == "__main__":
    pictures()
    tokens()
    sounds()
    flacs()
