"""The colours of page.css: 4.5 to 1 for text, 3 to 1 for lines, marks and the edges of controls (WCAG 2.2, AA)."""

import os
import re
import unittest

from .fixture import FILES

# Each foreground with the grounds that it is used on.
TEXT = [("text", "ground card"), ("muted", "ground card"), ("accent", "ground card"), ("on-accent", "accent"), ("bad", "card"),
        ("good", "good-ground"), ("bad", "bad-ground"), ("hint", "hint-ground"), ("text", "hint-ground"), ("muted", "hint-ground")]
MARKS = [(name, "card") for name in ("control accent good bad hint writable outage unknown series-0 series-1 series-2 series-3 "
                                     "series-4 series-5").split()] + [("accent", "ground"), ("good", "good-ground")]


def palettes():
    """The variables of the light scheme, and of the dark one, which changes some of them."""
    with open(os.path.join(FILES, "page.css"), encoding="utf-8") as file:
        light, dark = [dict(re.findall(r"--([\w-]+): (#[0-9a-f]{6})", block)) for block in file.read().split(":root {")[1:3]]
    return {"light": light, "dark": light | dark}


def luminance(colour):
    parts = [int(colour[index:index + 2], 16) / 255 for index in (1, 3, 5)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def ratio(one, other):
    high, low = sorted((luminance(one), luminance(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


class Contrast(unittest.TestCase):
    def test_the_ratio_is_the_one_of_the_standard(self):
        self.assertAlmostEqual(ratio("#000000", "#ffffff"), 21)
        self.assertAlmostEqual(ratio("#777777", "#ffffff"), 4.48, places=2)

    def test_every_pair_is_readable(self):
        for scheme, colours in palettes().items():
            for pairs, least in ((TEXT, 4.5), (MARKS, 3)):
                for name, grounds in pairs:
                    for ground in grounds.split():
                        with self.subTest(f"{scheme}: {name} on {ground}"):
                            self.assertGreaterEqual(ratio(colours[name], colours[ground]), least)

    def test_no_colour_is_outside_of_the_palette(self):
        with open(os.path.join(FILES, "page.css"), encoding="utf-8") as file:
            rules = re.sub(r":root \{[^}]*\}", "", file.read())
        self.assertEqual(re.findall(r"#[0-9a-fA-F]{3,8}\b", rules), [])


if __name__ == "__main__":
    for scheme, colours in palettes().items():
        for name, grounds in TEXT + MARKS:
            for ground in grounds.split():
                print(f"{scheme:5}  {ratio(colours[name], colours[ground]):5.2f}  {name} on {ground}")
