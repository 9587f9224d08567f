"""The colours of figures, each seen on white and on black alike, and what tells lines apart where colours do not."""

SERIES = ("#2f7fe0", "#cf6a0c", "#2b9348", "#b55fd6", "#d9483b", "#0f95a5", "#a67c00", "#d0569a")
"""Each has a contrast of 3 : 1 or more with the paper of the light and of the dark page (WCAG 2.2, 1.4.11)."""
ABOVE, BELOW, NONE = SERIES[0], SERIES[1], "#808890"
"""What is above 0, what is below, and what is not there."""
DASHES: tuple[tuple[int, ...], ...] = ((1, 0), (7, 3), (2, 2), (8, 3, 2, 3), (12, 4), (4, 2, 1, 2, 1, 2))
SHAPES = ("circle", "square", "triangle-up", "diamond", "cross", "triangle-down", "triangle-right", "triangle-left")
LETTERS = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
"""What stands for a line or a group on a terminal."""
