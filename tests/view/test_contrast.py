"""Texts stand out from what is behind them: a contrast of 4.5:1, and 3:1 for icons, light and dark."""

import re

import pytest

from kernel_magics.quality.page import COLOURS
from kernel_magics.view.catalogue import STYLE
from kernel_magics.view.look import DARK, KINDS, LIGHT, LOOK, STATES, mix

TEXT, ICON = 4.5, 3.0  # the least ratios of WCAG 2.2, level AA
THEMES = {"light": LIGHT, "dark": DARK}
LAB = {"light": ("#ffffff", "#f5f5f5"), "dark": ("#111111", "#212121")}  # JupyterLab's own: pages, code cells
BROWSER = {"light": "#ffffff", "dark": "#121212"}  # Chromium's own ground under `color-scheme`

themes = pytest.mark.parametrize("theme", THEMES)


def contrast(one, other):
    """The ratio of two colours' luminances, as WCAG defines it."""
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


def luminance(colour):
    digits = colour[1:] if len(colour) == 7 else "".join(2 * digit for digit in colour[1:])
    red, green, blue = (linear(int(digits[at : at + 2], 16) / 255) for at in (0, 2, 4))
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def linear(part):
    return part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4


def weak(pairs, least):
    """The pairs of names, text and ground, that are too alike."""
    ratios = {name: round(contrast(text, ground), 2) for name, (text, ground) in pairs.items()}
    return {name: ratio for name, ratio in ratios.items() if ratio < least}


def grounds(colours):
    """What is behind the texts of a graph: its ground, lanes, and the cards of all kinds and states."""
    shown = {state for state in STATES if LOOK["states"][state]["card"].get("fill")}
    return {
        "background": colours.background,
        "card": colours.card,
        "lane": colours.lane,
        "stack": mix(colours.lane, colours.card, 0.5),
        "chosen row": colours.hair,
        **colours.fill,
        **{state: colours.alert[state] for state in shown},
    }


def test_the_ratio_is_that_of_the_standard():
    """Black on white is 21:1, and a colour on itself is 1:1."""
    assert contrast("#000", "#ffffff") == pytest.approx(21)
    assert contrast("#777777", "#777777") == 1


@themes
def test_texts_of_a_graph(theme):
    """Names and secondary texts can be read on every card, and faint icons be seen."""
    colours = THEMES[theme]
    behind = grounds(colours).items()
    texts = {
        (word, ground): (text, under)
        for word, text in (("text", colours.text), ("soft", colours.soft))
        for ground, under in behind
    }
    assert weak(texts, TEXT) == {}
    assert weak({ground: (colours.faint, under) for ground, under in behind}, ICON) == {}


@themes
def test_words_in_the_colour_of_a_state_or_kind(theme):
    """Each is read on the graph's ground, on cards and lanes, and on a card in its own colour."""
    colours = THEMES[theme]
    plain = {"background": colours.background, "card": colours.card, "lane": colours.lane}
    own = {**colours.fill, **colours.alert}
    pairs = {
        (word, ground): (text, under)
        for word, text in {**colours.kind, **colours.state}.items()
        for ground, under in {**plain, "own": own.get(word, colours.card)}.items()
    }
    assert weak(pairs, TEXT) == {}


@themes
def test_marks_and_rows_below_cells(theme):
    """The marks beside cells and the words of reports are read on JupyterLab's pages and cells."""
    words = {word: THEMES[theme].state[word] for word in STATES} | {
        word: THEMES[theme].kind[word] for word in KINDS
    }
    pairs = {(word, under): (text, under) for word, text in words.items() for under in LAB[theme]}
    assert weak(pairs, TEXT) == {}


@themes
def test_accents(theme):
    """The words of a main button, and the highlights of what is upstream and downstream."""
    table = LOOK["themes"][theme]
    under = {"background": table["background"], "card": THEMES[theme].card, "lane": THEMES[theme].lane}
    words = ("accent", "upstream", "downstream")
    pairs = {(word, name): (table[word], ground) for word in words for name, ground in under.items()}
    assert weak(pairs, TEXT) == {}


@themes
def test_pages_of_reports(theme):
    """Verdicts and secondary texts of reports, drift, differences and the registry."""
    named = variables(COLOURS, theme)
    pairs = {word: (named[word], BROWSER[theme]) for word in ("soft", "bad", "good", "warn")}
    assert weak(pairs, TEXT) == {}


@themes
def test_pages_of_the_catalogue(theme):
    """Texts and links of a catalogue, on its ground and in code."""
    named = variables(STYLE, theme)
    words, behind = ("text", "soft", "link"), ("page", "code")
    pairs = {(word, under): (named[word], named[under]) for word in words for under in behind}
    assert weak(pairs, TEXT) == {}


def variables(style, theme):
    """The opaque colours that a style sheet names, in one theme."""
    light, _, dark = style.partition("prefers-color-scheme: dark")
    found = {
        name: dict(re.findall(r"--(\w+): (#[0-9a-f]{3}(?:[0-9a-f]{3})?)\b", text))
        for name, text in (("light", light), ("dark", dark))
    }
    return {**found["light"], **found[theme]}
