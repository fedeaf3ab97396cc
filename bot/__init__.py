"""People: the command set, its cards, and the front ends that dress them."""
