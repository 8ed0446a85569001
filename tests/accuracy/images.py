"""Photos as a classifier sees them: writes calibration.npy, heldout.npy [N, 3, 224, 224] and labels.json.

    images.py FOLDER_OF_PHOTOS OUT CALIBRATION_COUNT

Every fifth photo and no other is for calibration, up to the count. Short side to 256, the middle 224 cut out, BGR, minus the mean
(SqueezeNet 1.1's preprocessing). labels.tsv beside the photos: file, class, ...
"""

import json
import sys
from pathlib import Path

import numpy as np
from PIL import Image

folder, out, count = Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3])
MEAN = np.array([103.94, 116.78, 123.68], np.float32)


def pixels(file: Path) -> np.ndarray:
    image = Image.open(file).convert("RGB")
    scale = 256 / min(image.size)
    width, height = (max(224, round(side * scale)) for side in image.size)
    left, top = (width - 224) // 2, (height - 224) // 2
    cropped = image.resize((width, height), Image.BILINEAR).crop((left, top, left + 224, top + 224))
    return (np.asarray(cropped, np.float32)[..., ::-1] - MEAN).transpose(2, 0, 1)


rows = [line.split("\t") for line in (folder / "labels.tsv").read_text().splitlines()]
calibration = rows[::5][:count]
heldout = [row for row in rows if row not in calibration]
out.mkdir(parents=True, exist_ok=True)
for name, chosen in (("calibration", calibration), ("heldout", heldout)):
    np.save(out / f"{name}.npy", np.stack([pixels(folder / row[0]) for row in chosen]))
(out / "labels.json").write_text(json.dumps([int(row[1]) for row in heldout]))
