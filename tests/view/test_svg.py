"""An SVG shows every node and its marks with plain attributes only, and its texts are never markup."""

import re
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kernel_magics.view import arrange, to_svg
from kernel_magics.view.look import DARK, KINDS, LIGHT, LOOK
from kernel_magics.view.marks import draw_icon
from kernel_magics.view.measure import shorten, text_width
from tests.examples import examples
from tests.recorded import check_recorded
from tests.view.examples import EVIL, chain, node, recorded_view, view

SPACE = "{http://www.w3.org/2000/svg}"
ELEMENTS = {"svg", "style", "g", "path", "rect", "circle", "text", "title"}


def parsed(text):
    """The root element; every element and attribute is one of the harmless ones."""
    root = ElementTree.fromstring(text)
    for element in root.iter():
        assert element.tag.removeprefix(SPACE) in ELEMENTS
        assert not [
            name for name in element.attrib if name.startswith("on") or "href" in name or name == "style"
        ]
    return root


def cards(root):
    return [group for group in root.iter(f"{SPACE}g") if group.get("class") == "dagbook-node"]


def shown(root):
    return [text.text for text in root.iter(f"{SPACE}text")]


def test_recorded_picture():
    """The picture of the recorded view is the recorded one."""
    check_recorded("view_v1.svg", to_svg(recorded_view()))


def test_every_node_has_a_card_with_name_and_tooltip():
    """Names are readable in the picture; doc, cell and error are in the tooltip."""
    example = recorded_view()
    root = parsed(to_svg(example))
    tips = {card.get("data-name"): card.find(f"{SPACE}title").text for card in cards(root)}
    for one in example["nodes"]:
        tip = tips[one["name"]]
        assert one["doc"].strip() in tip
        assert f"cell {one['cell']}" in tip
        assert one["error"] is None or one["error"]["message"] in tip
    assert {"spend", "rolling_spend", "ctr"} <= set(shown(root))
    assert root.get("role") == "img"
    assert root.get("aria-label") == "Dataflow quickstart: 21 nodes"


def test_a_missing_input_is_drawn_as_a_dashed_ghost():
    """What a waiting node waits for is in the picture, dashed, with a question mark and a dashed edge."""
    root = parsed(to_svg(view(node("ctr", "veiws", waiting=["veiws"], state="waiting"))))
    ghost = next(card for card in cards(root) if card.get("data-name") is None)
    assert [text.text for text in ghost.iter(f"{SPACE}text")] == ["veiws", "?"]
    assert ghost.find(f"{SPACE}rect").get("stroke-dasharray")
    edge = next(path for path in root.iter(f"{SPACE}path") if path.get("data-from") == "veiws")
    assert edge.get("stroke-dasharray")


def test_inputs_outside_of_the_view_are_no_ghosts():
    """A focused view leaves out inputs; they are not shown as missing."""
    root = parsed(to_svg(view(node("ctr", "clicks", "views"))))
    assert len(cards(root)) == 1
    assert not [path for path in root.iter(f"{SPACE}path") if path.get("data-from")]


def test_kinds_states_and_verdicts_differ_without_colour():
    """Each mark is another shape, not only another colour."""

    for family in ("kinds", "states", "verdicts", "impacts"):
        icons = {draw_icon(look["icon"], "", 0, 0, 16, "") for look in LOOK[family].values()}
        assert len(icons) == len(LOOK[family])
    outlines = {cards(parsed(to_svg(view(node("a", kind=kind)))))[0][1].get("d") for kind in KINDS}
    assert len(outlines) == len(KINDS)


@pytest.mark.parametrize(
    ("state", "more", "shown"),
    [
        ("fresh", {"conditions": [{"message": "m", "held": True, "detail": ""}]}, "states fresh"),
        ("fresh", {"conditions": [{"message": "m", "held": False, "detail": ""}]}, "states failed"),
        (
            "fresh",
            {"severity": "warn", "conditions": [{"message": "m", "held": False, "detail": ""}]},
            "verdicts warned",
        ),
        ("stale", {"conditions": [{"message": "m", "held": False, "detail": ""}]}, "states stale"),
    ],
)
def test_a_check_that_ran_shows_its_verdict(state, more, shown):
    """A check that does not hold looks failed, one that warns has a warning; a stale one is stale."""
    family, word = shown.split()
    picture = to_svg(view(node("check_a", kind="check", state=state, **more)), theme="light")
    card = picture[: picture.index("</text>")]
    assert LOOK[family][word]["icon"]["stroke"] in card
    colour = LIGHT.state[LOOK[family][word].get("state", word)]
    assert (f'stroke="{colour}" stroke-width="1.7"') in card


@pytest.mark.parametrize("colours", [LIGHT, DARK], ids=["light", "dark"])
def test_texts_are_readable_on_their_cards(colours):
    """Contrast of every text with all that is behind it is at least 4.5, as WCAG requires; that of icons at least 3."""

    def luminance(colour):
        parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
        linear = [part / 12.92 if part <= 0.03928 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    def contrast(one, other):
        light, dark = sorted((luminance(one), luminance(other)), reverse=True)
        return (light + 0.05) / (dark + 0.05)

    alerts = [colours.alert[state] for state, look in LOOK["states"].items() if look["card"].get("fill")]
    for under in (colours.background, colours.card, colours.lane, *colours.fill.values(), *alerts):
        for text in (colours.text, colours.soft, *colours.state.values()):
            assert contrast(under, text) >= 4.5, (under, text)
    for under in (colours.background, colours.card, *colours.fill.values()):
        assert all(contrast(under, icon) >= 3 for icon in (*colours.kind.values(), colours.faint))


def test_themes():
    """`auto` adds one style block for dark systems; the fixed themes have colours in attributes alone."""
    example = recorded_view()
    auto, light, dark = (to_svg(example, theme=theme) for theme in ("auto", "light", "dark"))
    assert re.sub("<style>.*</style>", "", auto) == light
    assert "<style" not in dark
    assert DARK.fill["value"] in dark
    assert LIGHT.fill["input"] not in dark


def test_an_evil_text_stays_text():
    """Markup in names, docs, types, tags and errors never becomes an element."""
    evil = node(
        EVIL, EVIL + "2", doc=EVIL, type=EVIL, cell=EVIL, group=EVIL, waiting=[EVIL + "2"], state="failed"
    )
    evil |= {"error": {"code": EVIL, "message": EVIL, "hint": EVIL}, "summary": {"type": EVIL, "shape": EVIL}}
    evil |= {"variants": [{"when": {EVIL: EVIL}, "inputs": [EVIL + "2"], "cell": EVIL}]}
    check = node(
        "check", kind="check", severity="fail", conditions=[{"message": EVIL, "held": False, "detail": EVIL}]
    )
    root = parsed(to_svg(view(evil, check, title=EVIL)))
    assert cards(root)[0].get("data-name") == EVIL
    assert EVIL in cards(root)[0].find(f"{SPACE}title").text


@examples(60)
@given(st.lists(st.text(), unique=True, max_size=6), st.text())
def test_any_names_give_well_formed_xml(names, doc):
    """Control characters, surrogates, quotes: the picture can always be parsed."""
    nodes = [node(name, *names[:number], doc=doc, type=doc) for number, name in enumerate(names)]
    assert len(cards(parsed(to_svg(view(*nodes, title=doc))))) == len(names)


def test_large_graphs_get_small_cards():
    """Past 150 nodes, cards are lower and the picture stays below a kilobyte and a half for each node."""
    small, large = chain(100), chain(400)
    assert arrange(large).positions["n1"].height < arrange(small).positions["n1"].height
    assert len(to_svg(large)) < 400 * 1_500


def test_an_empty_view_is_a_picture_too():
    """Nothing defined yet is not an error."""
    assert parsed(to_svg(view())).get("aria-label") == "Dataflow demo: 0 nodes"


def test_top_to_bottom():
    """A layout made for the other direction is drawn as it is."""
    example = recorded_view()
    root = parsed(to_svg(example, arrange(example, "TB")))
    assert int(root.get("width")) > int(root.get("height"))


def test_names_are_shown_as_a_whole():
    """A card is as wide as its name; only what no card could hold is cut, and at its end."""
    name = "rolling_mean_of_the_hourly_temperature_lag_28"
    assert name in shown(parsed(to_svg(view(node(name), node("other")))))
    [cut, _] = [
        text for text in shown(parsed(to_svg(view(node(name * 3), node("other"))))) if text[0] in "ro"
    ]
    assert cut.endswith("…")
    assert name.startswith(cut[:20])


def test_a_text_is_cut_at_its_end():
    """What is left fits its room."""
    short = shorten("rolling_mean_of_the_hourly_temperature_lag_28", 120, 13)
    assert short.startswith("rolling_mean")
    assert short.endswith("…")
    assert text_width(short, 13) <= 120
    assert shorten("ctr", 120, 13) == "ctr"
