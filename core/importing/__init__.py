"""The memory's back-fill: files from before Slate, taken in from folders, ZIPs and buckets without changing one of them.

First every file is read and found (core/importing/scan.py: facts, owners, the index; as fast as the disk gives the bytes);
then, in the background, its bytes are kept, its looks fingerprinted and its small pictures made (core/importing/second_phase.py).
"""
