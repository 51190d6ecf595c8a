"""Philox4x32-10 and what is made of it, in plain Python integers, one element at a time (Salmon et al., 2011)."""

import math

# counter, key, words: the test vectors that Random123 ships for philox4x32, 10 rounds
KNOWN = [
    ((0, 0, 0, 0), (0, 0), "6627e8d5 e169c58d bc57ac4c 9b00dbd8"),
    ((0xFFFFFFFF,) * 4, (0xFFFFFFFF,) * 2, "408f276d 41c83b0e a20bc7c6 6d5451fd"),
    (
        (0x243F6A88, 0x85A308D3, 0x13198A2E, 0x03707344),
        (0xA4093822, 0x299F31D0),
        "d16cfe09 94fdcceb 5001e420 24126ea1",
    ),
]
# seed, step, stream, op
STREAMS = [(0, 0, 0, 0), (1234567890123456789, 7, 3, 2), (-1, 2**40 + 5, 2**32 - 1, 2**16 - 1)]


def philox4x32(counter, key):
    c, k = list(counter), list(key)
    for turn in range(10):
        if turn:
            k = [(k[0] + 0x9E3779B9) % 2**32, (k[1] + 0xBB67AE85) % 2**32]
        high0, low0 = divmod(0xD2511F53 * c[0], 2**32)
        high1, low1 = divmod(0xCD9E8D57 * c[2], 2**32)
        c = [high1 ^ c[1] ^ k[0], low1, high0 ^ c[3] ^ k[1], low0]
    return c


def word(seed, step, stream, op, element):
    block_high, block_low = divmod(element // 4, 2**32)
    key_high, key_low = divmod(seed % 2**64, 2**32)
    counter = (block_low, step % 2**32, stream, op + 2**16 * block_high)
    return philox4x32(counter, (key_low, key_high))[element % 4]


def half(seed, step, stream, op, element):
    return word(seed, step, stream, op, element // 2) // 2 ** (16 * (element % 2)) % 2**16


def uniform(seed, step, stream, op, element):
    return word(seed, step, stream, op, element) // 2**8 / 2**24


def normal(seed, step, stream, op, element):
    even = element - element % 2
    radius = math.sqrt(-2 * math.log(uniform(seed, step, stream, op, even) + 2**-24))
    angle = 2 * math.pi * uniform(seed, step, stream, op, even + 1)
    return radius * (math.sin(angle) if element % 2 else math.cos(angle))
