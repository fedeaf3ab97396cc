"""Picture measures: perceptual hashes, keypoints and alignment."""
