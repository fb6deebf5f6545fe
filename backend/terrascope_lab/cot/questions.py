"""Questions in everyday words: what is asked (kind, classes, unit, time) and one of very many ways to ask it."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass

from terrascope.landcover import LABELS
from terrascope.landcover.words import FOREIGN_WORDS, WORDS, labels_in
from terrascope.networks.embedded.purposes import PURPOSES, THREATS
from terrascope_lab.cot import phrases as P
from terrascope_lab.cot.grammar import expand
from terrascope_lab.cot.phrases_free import CONTEXT_AFTER, CONTEXT_BEFORE, CONTEXT_CLASS, CORE, FREE
from terrascope_lab.cot.phrases_more import FILLERS, MORE
from terrascope_lab.cot.phrases_purpose import HOMES, PURPOSE
from terrascope_lab.cot.phrases_wide import WIDE
from terrascope_lab.cot.unanswerable import IMPOSSIBLE, MORE_IMPOSSIBLE, UNKNOWN_THINGS

#: Kind of question -> patterns. Kinds with their own making (`among`, the refusals) have none.
PATTERNS: dict[str, tuple[str, ...]] = {
    "share": P.SHARE, "area": P.AREA, "where": P.WHERE, "exists": P.EXISTS, "count": P.COUNT, "larger": P.LARGER,
    "smaller": P.SMALLER, "more_yn": P.MORE_YN, "less_yn": P.LESS_YN, "difference": P.DIFFERENCE, "total": P.TOTAL,
    "both": P.BOTH, "touch": P.TOUCH, "distance": P.DISTANCE, "change": P.CHANGE, "gain": P.GAIN, "loss": P.LOSS,
    "flood": P.FLOOD, "flooded_class": P.FLOODED_CLASS, "dominant": P.DOMINANT, "least": P.LEAST, "describe": P.DESCRIBE,
    "segment": P.SEGMENT, **{kind: tuple(phrase for _, phrase in PURPOSE[kind]) for kind in PURPOSES},
    "rural": P.RURAL, "cloud_use": P.CLOUD_USE, "change_any": P.CHANGE_ANY, "among": (), "limit": P.LIMIT, "refuse_unseen": (), "refuse_class": (), "refuse_dates": (),
}  # fmt: skip
for _more in (MORE, FREE, WIDE):
    PATTERNS.update({kind: PATTERNS[kind] + more for kind, more in _more.items()})
KINDS: tuple[str, ...] = tuple(PATTERNS)
#: How often each kind is asked in training.
WEIGHTS: dict[str, float] = {
    "share": 7, "area": 7, "where": 4, "exists": 5, "count": 4, "larger": 6, "smaller": 2, "more_yn": 3, "less_yn": 1.5,
    "difference": 2, "total": 2, "both": 1.5, "touch": 5, "distance": 5, "change": 5, "gain": 3, "loss": 3.5, "flood": 4,
    "flooded_class": 2, "dominant": 3.5, "least": 1, "describe": 3, "segment": 4, "suit_build": 4, "suit_farm": 2.5,
    "suit_grass": 1.5, "suit_water": 1.5, "suit_wood": 1.5, "suit_nature": 1.5, "suit_leisure": 1.5, "suit_other": 2.5,
    "risk_flood": 3.5, "risk_fire": 2, "risk_ground": 1.2, "risk_heat": 1.2, "risk_other": 0.5, "rural": 1.5, "cloud_use": 1.5, "change_any": 2.5, "among": 4, "limit": 0,
    "refuse_unseen": 8, "refuse_class": 5, "refuse_dates": 2.5,
}  # fmt: skip
TWO_CLASSES = frozenset({"larger", "smaller", "more_yn", "less_yn", "difference", "total", "both", "touch", "distance"})
TWO_DATES = frozenset({"change", "gain", "loss", "flood", "flooded_class", "change_any"})
FIXED_LABELS: dict[str, tuple[str, ...]] = {
    "flood": ("water",), "rural": ("built-up area", "vegetation"), "cloud_use": ("clouds",),
    "change_any": ("vegetation", "built-up area", "water"),
    **{kind: purpose.classes for kind, purpose in PURPOSES.items() if purpose.classes and kind not in THREATS},
}  # fmt: skip

UNITS: dict[str, tuple[str, ...]] = {
    "m2": ("m2", "m²", "square metres", "square meters", "sqm", "sq m", "square meter"),
    "ha": ("ha", "hectares", "hectare", "ha"),
    "km2": ("km2", "km²", "square kilometres", "square kilometers", "sq km", "sqkm"),
    "acres": ("acres", "acre"),
}
_AREA_KINDS = frozenset({"area", "difference", "total", "gain", "loss", "flood", "flooded_class"})
_LATEST = ("", "", "now", "after", "in the latest image", "in the second image", "in the last image", "afterwards", "at the later date",
           "in the most recent picture", "today", "after the event", "in the post-event image", "currently", "in {Y2}", "in image 2", "in t2")  # fmt: skip
_FIRST = ("before", "in the first image", "in the earlier image", "in the first picture", "at the earlier date", "in the older image", "originally",
          "before the event", "in the pre-event image", "in image 1", "in t1", "in {Y1}", "at the beginning", "initially", "at the start", "back in {Y1}")  # fmt: skip
_SCENE = ("the image", "the scene", "this image", "this area", "the area", "the picture", "the map", "this scene", "the tile", "the view", "the photo",
          "this satellite image", "the region", "this place", "this picture")  # fmt: skip
_LEAD = ("please tell me ", "can you tell me ", "could you say ", "i want to know ", "i wonder ", "tell me, ", "hey, ", "ok so ", "please, ",
         "quick question: ", "could you please check ", "help me: ", "so ", "and ", "well, ", "looking at the image, ", "in this scene, ",
         "based on the image, ", "for this area: ", "in the image, ", "for my report: ", "as a farmer, i ask: ", "in this picture ")  # fmt: skip
_TAIL = (" please", " in this image", " in the scene", " here", " in this area", " on the map", " in the picture", " roughly", " approximately",
         " in total", " exactly", " thanks", " within the area", " in the selected area", " in this satellite image", " in the frame")  # fmt: skip


@dataclass(frozen=True)
class Question:
    """A question and what it asks.

    Attributes
    ----------
    text, kind, labels
        Wording; one of `KINDS`; labels of `landcover.LABELS` in the order in which they are to be segmented.
    unit
        "auto", "%", "m2", "ha", "km2", "acres", "m" or "km".
    early
        True where it asks about the first date instead of the latest.
    options
        Multiple-choice texts, empty without.
    """

    text: str
    kind: str
    labels: tuple[str, ...]
    unit: str = "auto"
    early: bool = False
    options: tuple[str, ...] = ()


def typo(text: str, rng: random.Random) -> str:
    """Return the text with one slip of the fingers."""
    letters = [i for i, char in enumerate(text) if char.isalpha()]
    if len(letters) < 6:
        return text
    at = rng.choice(letters[1:])
    kind = rng.randrange(4)
    if kind == 0:
        return text[:at] + text[at + 1 :]
    if kind == 1:
        return text[:at] + text[at] + text[at:]
    if kind == 2 and at + 1 < len(text):
        return text[:at] + text[at + 1] + text[at] + text[at + 2 :]
    return text[:at] + rng.choice("abcdefghijklmnopqrstuvwxyz") + text[at + 1 :]


#: The words that people use most, singular and plural.
EVERYDAY: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "water": (("water", "lake", "river", "pond", "sea"), ("lakes", "rivers", "ponds")),
    "trees": (("forest", "woodland", "tree cover"), ("woods", "trees", "forests")),
    "grass": (("grass", "meadow", "pasture", "grassland"), ("meadows", "pastures")),
    "cropland": (("farmland", "cropland", "agriculture", "farm"), ("fields", "crops", "farms")),
    "shrubs": (("scrub", "bush", "shrubland"), ("bushes", "shrubs")),
    "bare land": (("sand", "bare soil", "beach", "desert", "rock", "bare ground"), ("dunes", "rocks", "beaches")),
    "buildings": (("house", "building", "roof"), ("houses", "buildings", "homes", "roofs")),
    "roads": (("road", "street", "highway"), ("roads", "streets")),
    "built-up area": (("town", "village", "city", "settlement", "urban area"), ("towns", "villages", "settlements")),
    "wetland": (("marsh", "swamp", "wetland", "bog"), ("wetlands", "swamps", "marshes")),
    "snow": (("snow", "ice", "glacier"), ("glaciers",)),
    "clouds": (("cloud", "cloud cover"), ("clouds",)),
    "vegetation": (("vegetation", "greenery", "green"), ("plants", "green areas")),
    "open land": (("open land", "open space"), ("open areas",)),
}  # fmt: skip


def noun(label: str, rng: random.Random, form: str = "any") -> str:
    """Return a word for a class: `form` is "any", "single" or "plural"."""
    single, plural = EVERYDAY[label] if rng.random() < 0.45 else WORDS[label]
    if rng.random() < 0.04 and label in FOREIGN_WORDS:
        return rng.choice(FOREIGN_WORDS[label])
    if form == "plural":
        return rng.choice(plural)
    if form == "single":
        return rng.choice(single)
    pool = single if rng.random() < 0.6 else plural
    return pool[min(int(rng.expovariate(0.18)), len(pool) - 1)] if rng.random() < 0.5 else rng.choice(pool)


def _fill(pattern: str, names: Sequence[tuple[str, str]], rng: random.Random, unit: str, years: tuple[int, int]) -> str:
    text = expand(pattern, rng)
    for slot, (single, plural) in zip("AB", names):
        either = single if rng.random() < 0.55 else plural
        article = "an" if single[:1] in "aeiou" else "a"
        the = rng.choice(("the ", "", "")) if not either.startswith("the ") else ""
        for key, value in (("", the + either), ("x", either), ("p", plural), ("s", f"{article} {single}")):
            text = text.replace("{" + slot + key + "}", value)
    text = text.replace("{c}", rng.choice((":", ",", "", " -")))
    text = text.replace("{AREA}", rng.choice(_SCENE)).replace("{U}", rng.choice(UNITS.get(unit, UNITS["ha"])))
    return _years(text, years)


def _years(text: str, years: tuple[int, int]) -> str:
    return text.replace("{Y1}", f"{years[0]} (t1)").replace("{Y2}", f"{years[1]} (t2)")


def _names(label: str, rng: random.Random) -> tuple[str, str]:
    plural = EVERYDAY[label][1] if rng.random() < 0.45 else WORDS[label][1]
    if rng.random() < 0.05 and label in FOREIGN_WORDS:
        word = rng.choice(FOREIGN_WORDS[label])
        return word, word
    if rng.random() < 0.12:
        return label, label
    return noun(label, rng, "single"), rng.choice(plural)


_SMALL_WORDS = frozenset({"the", "a", "an", "is", "are", "of", "in", "there", "do", "does", "any", "it"})


def dressed(text: str, rng: random.Random, around: bool = True) -> str:
    """Dress a question as people do: words around it, words left out, slips of the fingers, marks."""
    if around and text:
        if rng.random() < 0.12:
            text = rng.choice(_LEAD) + text
        elif rng.random() < 0.12:
            text = expand(rng.choice(CONTEXT_BEFORE), rng) + " " + text
        if rng.random() < 0.1:
            text += rng.choice(_TAIL)
        elif rng.random() < 0.08:
            after = expand(rng.choice(CONTEXT_AFTER), rng)
            text += after if after[0] in ",." else f" {after}"
        if rng.random() < 0.025:
            place = noun(rng.choice(list(LABELS)), rng)
            text = expand(rng.choice(CONTEXT_CLASS), rng).replace("{x}", place) + " " + text
        if rng.random() < 0.1:
            words = text.split(" ")
            words.insert(rng.randint(0, len(words)), rng.choice(FILLERS))
            text = " ".join(words)
        if rng.random() < 0.12:
            text = " ".join(word for word in text.split(" ") if word not in _SMALL_WORDS or rng.random() < 0.4)
    while rng.random() < 0.13:
        text = typo(text, rng)
    if rng.random() < 0.65 and text and text[-1] not in ".?!":
        text += rng.choice(("?", "?", "?", ".", " ?", "??", "!"))
    return text


def make_question(rng: random.Random, dates: int, present: Sequence[str], kind: str | None = None) -> Question:
    """Return a random question for a scene.

    Parameters
    ----------
    dates
        Number of time points of the scene.
    present
        Labels that occur in it; they are asked about more often than others.
    kind
        One of `KINDS`; drawn by `WEIGHTS` if left out.
    """
    if kind is None:
        kind = rng.choices(KINDS, [WEIGHTS[k] * (0.35 if dates == 1 and k in TWO_DATES else 1.0) for k in KINDS])[0]
    years = (rng.randint(1984, 2012), rng.randint(2013, 2026))
    if kind == "refuse_unseen" and rng.random() < 0.06:
        return Question(_gibberish(rng), kind, ())
    if kind == "refuse_unseen":
        return Question(
            dressed(expand(rng.choice(rng.choice((IMPOSSIBLE, MORE_IMPOSSIBLE))), rng), rng, rng.random() < 0.5),
            kind,
            (),
        )
    if kind == "refuse_class":
        return _unknown_class(rng, years)
    if (kind in TWO_DATES and dates == 1 and kind != "flood") or kind == "refuse_dates":
        base = kind if kind in TWO_DATES and kind != "flood" else rng.choice(("change", "gain", "loss", "change_any"))
        asked = _ask(rng, base, present, years)
        return asked if dates > 1 else Question(asked.text, "refuse_dates", ())
    if kind == "among" or (kind in ("dominant", "exists") and rng.random() < 0.12):
        return _among(rng, present)
    asked = _ask(rng, kind, present, years)
    if dates > 1 and kind not in TWO_DATES:
        early = rng.random() < 0.35
        when = _years(rng.choice(_FIRST if early else _LATEST), years)
        text = f"{when}, {asked.text}" if rng.random() < 0.15 and when else _append(asked.text, when)
        asked = Question(text, asked.kind, asked.labels, asked.unit, early)
    return asked


def _gibberish(rng: random.Random) -> str:
    """Keys that were hit at random."""
    keys = rng.choice(("asdfghjkl", "qwertzuiop", "bcdfghjklmnpqrstvwxz", "abcdefghijklmnopqrstuvwxyz"))
    return " ".join("".join(rng.choices(keys, k=rng.randint(3, 10))) for _ in range(rng.randint(1, 3)))


def _append(text: str, extra: str) -> str:
    if not extra:
        return text
    body, mark = (text[:-1].rstrip(), text[-1]) if text[-1:] in "?." else (text, "")
    return f"{body} {extra}{mark}"


def _pick(rng: random.Random, present: Sequence[str], count: int) -> list[str]:
    everything = list(LABELS)
    chosen: list[str] = []
    while len(chosen) < count:
        pool = list(present) if present and rng.random() < 0.7 else everything
        label = rng.choice(pool)
        overlaps = any(LABELS[label] & LABELS[other] for other in chosen)
        if label in chosen or (overlaps and rng.random() < 0.9):
            continue
        chosen.append(label)
    return chosen


def _ask(rng: random.Random, kind: str, present: Sequence[str], years: tuple[int, int]) -> Question:
    """One of the ordinary kinds."""
    unit = "auto"
    if kind in _AREA_KINDS:
        unit = rng.choice(("auto", "m2", "ha", "km2", "acres", "ha"))
    if kind in P.FOREIGN and rng.random() < 0.06:
        return _foreign(rng, kind, present)
    if kind in ("gain", "loss") and rng.random() < 0.35:
        pattern, label, kind = rng.choice(P.VERBAL_CHANGE)
        return Question(dressed(_fill(pattern, (), rng, "ha", years), rng), kind, (label,))
    if kind.startswith(("suit_", "risk_")):
        return _suitability(rng, kind, present, years)
    pattern = rng.choice(_pool(kind, rng))
    pattern, _, fixed = pattern.partition("::")
    if fixed:
        given = tuple(fixed.split("+"))
        names = [_names(label, rng) for label in given]
        return Question(dressed(_fill(pattern, names, rng, "ha", years), rng), kind, given)
    if kind in FIXED_LABELS:
        labels = list(FIXED_LABELS[kind])
    elif kind in ("dominant", "least", "describe"):
        labels = []
    else:
        labels = _pick(rng, present, 2 if kind in TWO_CLASSES else 1)
        if kind == "flooded_class" and labels[0] in ("water", "clouds", "snow"):
            labels = [rng.choice(("cropland", "grass", "built-up area", "trees", "buildings", "roads"))]
    text = _fill(pattern, [_names(label, rng) for label in labels], rng, unit, years)
    if kind in _AREA_KINDS and not any(
        word in text.split() for words in UNITS.values() for word in " ".join(words).split()
    ):
        if unit != "auto" and rng.random() < 0.35:
            text += " in " + rng.choice(UNITS[unit])
        else:
            unit = "auto"
    if kind == "distance":
        unit = "km" if any(word in text.split() for word in ("km", "kilometres", "kilometers")) else "auto"
        if unit == "auto" and rng.random() < 0.15:
            unit = rng.choice(("m", "km"))
            text += " in " + rng.choice(
                {"m": ("metres", "meters", "m"), "km": ("km", "kilometres", "kilometers")}[unit]
            )
    return Question(dressed(text, rng), kind, tuple(labels), unit)


def _pool(kind: str, rng: random.Random) -> tuple[str, ...]:
    """The plain, the looser or the free phrases of a kind."""
    if kind in CORE and rng.random() < 0.2:
        return CORE[kind]
    wide = WIDE.get(kind, ())
    pools = [pool for pool in (PATTERNS[kind], MORE.get(kind, ()), FREE.get(kind, ()), wide, wide) if pool]
    return rng.choice(pools)


def _suitability(rng: random.Random, kind: str, present: Sequence[str], years: tuple[int, int]) -> Question:
    """Whether a place suits, or is in danger: the classes are those that are named, or the usual evidence."""
    evidence, pattern = rng.choice(PURPOSE[kind])
    evidence = evidence or "+".join(
        "{H}" if name == "built-up area" and kind in THREATS else name for name in PURPOSES[kind].classes
    )
    word, _ = rng.choice(HOMES)
    asked = _pick(rng, present, 1)[0]
    while asked in ("water", "clouds", "snow") and evidence != "{A}":
        asked = rng.choice(("cropland", "grass", "built-up area", "buildings", "roads", "wetland"))
    text = _fill(pattern.replace("{H}", word), [_names(asked, rng)], rng, "ha", years)
    homes = "buildings" if "buildings" in labels_in(text) else "built-up area"
    labels = tuple(dict.fromkeys(evidence.replace("{H}", homes).replace("{A}", asked).split("+")))
    return Question(dressed(text, rng), kind, labels)


def _foreign(rng: random.Random, kind: str, present: Sequence[str]) -> Question:
    text = expand(rng.choice(P.FOREIGN[kind]), rng)
    count = ("{F}" in text) + ("{G}" in text)
    labels = [label for label in _pick(rng, present, count) if label in FOREIGN_WORDS] if count else []
    while len(labels) < count:
        labels = rng.sample(list(FOREIGN_WORDS), count)
    for slot, label in zip(("{F}", "{G}"), labels):
        text = text.replace(slot, rng.choice(FOREIGN_WORDS[label]))
    fixed = FIXED_LABELS.get(kind, tuple(labels))
    unit = (
        "ha"
        if kind == "area"
        and any(word in text.split() for word in ("hektar", "ha", "hectares", "d'hectares", "hectáreas"))
        else "auto"
    )
    return Question(dressed(text, rng, False), kind, fixed, unit)


def _unknown_class(rng: random.Random, years: tuple[int, int]) -> Question:
    kind = rng.choice(
        (
            "share",
            "area",
            "where",
            "exists",
            "count",
            "count",
            "exists",
            "segment",
            "larger",
            "more_yn",
            "touch",
            "distance",
            "where",
        )
    )
    names = [rng.choice(UNKNOWN_THINGS)]
    if rng.random() < 0.3 and kind in ("exists", "count", "where", "share"):  # "wolves in the forest"
        place = rng.choice(("the ", "this ", "")) + noun(rng.choice(list(LABELS)), rng)
        text = f"{_fill(rng.choice([p for p in PATTERNS[kind] if '::' not in p]), names, rng, 'ha', years)} {rng.choice(('in', 'on', 'near', 'by', 'under'))} {place}"
        return Question(dressed(text, rng), "refuse_class", ())
    if kind in TWO_CLASSES:
        other = _names(rng.choice(list(LABELS)), rng) if rng.random() < 0.5 else rng.choice(UNKNOWN_THINGS)
        names.append(other)
        rng.shuffle(names)
    text = _fill(rng.choice([p for p in PATTERNS[kind] if "::" not in p]), names, rng, "ha", years)
    return Question(dressed(text, rng), "refuse_class", ())


_OPTION_STYLE = (
    "{x}",
    "{x}",
    "{X}",
    "dense {x}",
    "large {x}",
    "the {x}",
    "{x} patches",
    "large {x} area",
    "visible {x}",
)


def _among(rng: random.Random, present: Sequence[str]) -> Question:
    count = rng.choice((2, 2, 3, 4, 4))
    labels: list[str] = []
    while len(labels) < count:
        label = rng.choice(list(present)) if present and rng.random() < 0.5 else rng.choice(list(LABELS))
        if label not in labels:
            labels.append(label)
    options = []
    for label in labels:
        word = noun(label, rng)
        options.append(rng.choice(_OPTION_STYLE).replace("{x}", word).replace("{X}", word.capitalize()))
    shown = list(zip(labels, options))
    if rng.random() < 0.5:  # the mask order is the same, whatever the options' order
        rng.shuffle(shown)
    labels = [shown[0][0], *sorted((label for label, _ in shown[1:]), key=list(LABELS).index)]
    options = [option for _, option in shown]
    pattern = rng.choice(P.COMPARE_OPTIONS + P.DOMINANT) if rng.random() < 0.8 else rng.choice(P.DOMINANT)
    text = _fill(pattern, (), rng, "ha", (2000, 2020))
    if rng.random() < 0.25 and count < 4:
        return Question(
            dressed(f"{text}: {', '.join(options[:-1])} or {options[-1]}", rng, False), "among", tuple(labels)
        )
    return Question(dressed(text, rng, False), "among", tuple(labels), options=tuple(options))
