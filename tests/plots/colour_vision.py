"""What colours look like to people whose colour vision differs, and how far apart colours are.

Simulation: Machado, Oliveira and Fernandes (2009), severity 1. Distance: CIEDE2000 (Sharma et al., 2005).
"""

from __future__ import annotations

import numpy as np

SIMULATIONS = {
    "usual": np.eye(3),
    "protanopia": np.array(
        [
            [0.152286, 1.052583, -0.204868],
            [0.114503, 0.786281, 0.099216],
            [-0.003882, -0.048116, 1.051998],
        ]
    ),
    "deuteranopia": np.array(
        [
            [0.367322, 0.860646, -0.227968],
            [0.280085, 0.672501, 0.047413],
            [-0.011820, 0.042940, 0.968881],
        ]
    ),
    "tritanopia": np.array(
        [
            [1.255528, -0.076749, -0.178779],
            [-0.078411, 0.930809, 0.147602],
            [0.004733, 0.691367, 0.303900],
        ]
    ),
}
TO_XYZ = np.array(
    [[0.4124564, 0.3575761, 0.1804375], [0.2126729, 0.7151522, 0.0721750], [0.0193339, 0.1191920, 0.9503041]]
)
WHITE = np.array([0.95047, 1.0, 1.08883])


def linear(colour):
    """Linear RGB of a colour such as #0072B2."""
    parts = np.array([int(colour[k : k + 2], 16) for k in (1, 3, 5)]) / 255
    return np.where(parts <= 0.04045, parts / 12.92, ((parts + 0.055) / 1.055) ** 2.4)


def lab(rgb):
    """CIELAB of linear RGB."""
    ratio = TO_XYZ @ rgb / WHITE
    x, y, z = np.where(ratio > 216 / 24389, np.cbrt(ratio), (24389 / 27 * ratio + 16) / 116)
    return np.array([116 * y - 16, 500 * (x - y), 200 * (y - z)])


def seen(colour, simulation):
    """CIELAB of a colour as somebody sees it."""
    return lab(np.clip(SIMULATIONS[simulation] @ linear(colour), 0, 1))


def distance(one, other):
    """CIEDE2000 between two colours in CIELAB."""
    (L1, a1, b1), (L2, a2, b2) = one, other
    mean_c7 = ((np.hypot(a1, b1) + np.hypot(a2, b2)) / 2) ** 7
    widened = 1.5 - 0.5 * np.sqrt(mean_c7 / (mean_c7 + 25**7))
    a1, a2 = a1 * widened, a2 * widened
    C1, C2 = np.hypot(a1, b1), np.hypot(a2, b2)
    h1, h2 = np.degrees(np.arctan2(b1, a1)) % 360, np.degrees(np.arctan2(b2, a2)) % 360
    turn = (h2 - h1 + 180) % 360 - 180 if C1 * C2 else 0.0
    L, C = (L1 + L2) / 2, (C1 + C2) / 2
    h = (h1 + turn / 2) % 360 if C1 * C2 else h1 + h2
    dH = 2 * np.sqrt(C1 * C2) * np.sin(np.radians(turn / 2))
    cos = lambda degrees: np.cos(np.radians(degrees))  # noqa: E731
    T = 1 - 0.17 * cos(h - 30) + 0.24 * cos(2 * h) + 0.32 * cos(3 * h + 6) - 0.2 * cos(4 * h - 63)
    SL = 1 + 0.015 * (L - 50) ** 2 / np.sqrt(20 + (L - 50) ** 2)
    SC, SH = 1 + 0.045 * C, 1 + 0.015 * C * T
    around = 30 * np.exp(-(((h - 275) / 25) ** 2))
    RT = -2 * np.sqrt(C**7 / (C**7 + 25**7)) * np.sin(np.radians(2 * around))
    dL, dC, dH = (L2 - L1) / SL, (C2 - C1) / SC, dH / SH
    return float(np.sqrt(dL**2 + dC**2 + dH**2 + RT * dC * dH))
