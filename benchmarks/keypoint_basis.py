"""Makes core/pictures/keypoint_basis.npy: the mean and the main components of SIFT descriptors, from pictures in some folders.

    python -m benchmarks.keypoint_basis FOLDER…

Pictures that figures are measured on must not be among them. The file holds 29 × 128 half floats and nothing of any picture.
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
from PIL import Image

from benchmarks.recognition import picture
from core.pictures import keypoints

_EACH = 600


def main() -> None:
    files = [file for folder in sys.argv[1:] for file in sorted(Path(folder).iterdir())]
    images = [Image.open(file) for file in files] + [picture(number) for number in range(12)]
    found = np.concatenate([keypoints.keypoints(keypoints.grey_of(one), _EACH).descriptors for one in images])
    mean = found.mean(axis=0)
    _, vectors = np.linalg.eigh(np.cov((found - mean).T))
    basis = vectors[:, ::-1][:, : keypoints.BITS].T
    np.save(Path(keypoints.__file__).with_name("keypoint_basis.npy"), np.vstack([mean, basis]).astype(np.float16))
    print(f"{len(images)} pictures, {len(found)} descriptors")


if __name__ == "__main__":
    main()
