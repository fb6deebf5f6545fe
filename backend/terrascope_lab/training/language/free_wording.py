"""Questions written by hand, learnt as they stand, beside those of the phrase grammar.

One line each: kinds that would do, the best first | classes | number of dates | question.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import NamedTuple

from terrascope.networks.embedded.purposes import PURPOSES
from terrascope.networks.embedded.reading import TWO_DATES

#: [kind, classes joined by "+" ("-" for none in particular), question]
WRITTEN = Path(__file__).with_name("written.json")

_TEXT = """
share,area | water | 1 | Roughly what slice of this picture is lake?
share,area | water | 1 | I'd like the water fraction, please
share,area | trees | 1 | How wooded is the landscape overall?
share,area | trees | 1 | What part of the scene would you say is forest?
share,area | cropland | 1 | Proportion under the plough?
share,area | grass | 1 | How much of what we see is pasture land
share,area | built-up area | 1 | how urbanised is it, in percent
share,area | vegetation | 1 | how green is this place, percentage wise?
share,area | bare land | 1 | how much sand can one make out
share,area | wetland | 1 | what portion would count as marsh?
share,area | snow | 1 | is a big part snow covered? how much?
share,area,cloud_use | clouds | 1 | what's the cloudiness of this acquisition in per cent
share,area | shrubs | 1 | give the bushland coverage
share,area | water | 1 | to what extent does water occupy the frame
share,area | buildings | 1 | fraction of the ground under roofs?
area | water | 1 | How many hectares of lake are we looking at?
area | trees | 1 | forest size?
area | trees | 1 | Could you work out the acreage of the woods for me
area | cropland | 1 | total farmland, in square kilometers
area | built-up area | 1 | how big is the village
area | water | 1 | give me the surface of the reservoir in m2
area,share | grass | 1 | what is the extent of meadows here
area | buildings | 1 | sum up the roof area in square meters
area | bare land | 1 | how many ha are barren?
area | wetland | 1 | size of the swamp, hectares
area | roads | 1 | how many square meters of asphalt
area | shrubs | 1 | scrub area in acres?
where | water | 1 | On which side of the picture is the river?
where | trees | 1 | whereabouts are the woods
where | built-up area | 1 | In what corner do I find the town?
where | cropland | 1 | which portion of the map has the fields?
where | bare land | 1 | point me to the sandy parts
where | clouds | 1 | where do the clouds sit
where | buildings | 1 | where did people put their houses
where | water | 1 | Where should I look for a pond?
exists | water | 1 | Do we have a lake in here?
exists | trees | 1 | Any woodland at all?
exists | buildings | 1 | Has somebody built houses in this spot?
exists | wetland | 1 | could there be a bog somewhere in this picture
exists | snow | 1 | can snow be made out?
exists | roads | 1 | Is a road running through?
exists | cropland | 1 | is farming practised here, i.e. do you find fields
exists | clouds | 1 | are clouds a thing in this shot?
exists | water | 1 | would I come across a stream here?
exists | grass | 1 | is there a meadow to be found
exists | shrubs | 1 | do bushes grow there
count | water | 1 | How many ponds would you count?
count | buildings | 1 | number the houses for me
count | trees | 1 | in how many separate stands does the forest come
count | water | 1 | tell me how many lakes lie in the area
count | cropland | 1 | how many individual farm parcels?
count | built-up area | 1 | count of towns
count | wetland | 1 | how many swamps do you make out
count | clouds | 1 | how many clouds float over the scene?
larger | water,trees | 1 | What's bigger here: the lake or the woods?
larger,more_yn | trees,cropland | 1 | Forest versus farmland, who is ahead?
larger | built-up area,vegetation | 1 | does the city take up more room or the greenery
larger | grass,cropland | 1 | Pasture or crops - which has the upper hand?
larger | water,bare land | 1 | is it mainly sea or mainly sand?
larger,more_yn | shrubs,trees | 1 | Would you say scrub is more widespread or forest?
larger | roads,buildings | 1 | roads or roofs, what covers more ground?
more_yn,larger | trees,water | 1 | Is there more forest than open water?
more_yn,larger | cropland,built-up area | 1 | do fields outstrip the urban land
more_yn,larger | water,bare land | 1 | is the lake larger than the desert part?
less_yn,smaller,more_yn,larger | grass,trees | 1 | Does grass cover less than the woods?
smaller,larger | water,wetland | 1 | Which one's smaller, the pond or the marsh?
difference | trees,grass | 1 | by what margin does forest beat grassland?
difference | cropland,water | 1 | how many more hectares of crops than of water
total | trees,shrubs | 1 | what do woods and scrub add up to?
total | water,wetland | 1 | water and wetlands taken together, what share?
touch | water,buildings | 1 | Do the houses come right up to the lake?
touch | trees,cropland | 1 | does the wood border on the fields?
touch | roads,water | 1 | Is the road running along the river bank, touching it?
touch | built-up area,trees | 1 | are town and forest direct neighbours
touch | grass,water | 1 | does any meadow meet the stream?
touch | cropland,built-up area | 1 | Are the fields contiguous with the village?
distance,touch | water,buildings | 1 | what's the shortest way from the houses to the water
distance | trees,roads | 1 | How many metres lie between the forest and the road?
distance | built-up area,water | 1 | How far off is the nearest river from town
distance | cropland,wetland | 1 | closest approach of farmland to the marsh
distance,touch | water,trees | 1 | how near does the lake get to the woods?
distance | buildings,roads | 1 | the gap between buildings and street?
distance,touch | built-up area,trees | 1 | is woodland close by the settlement?
change,loss,gain | trees | 2 | How has the forest fared between the two shots?
change,loss,gain | water | 2 | did the lake get bigger or smaller
change,gain | built-up area | 2 | Has the town grown?
loss,change | trees | 2 | how much woodland did we lose
loss,change | water | 2 | how much of the reservoir dried out
gain,change | cropland | 2 | how much land was turned into fields?
gain,change | built-up area | 2 | area newly built on
loss,change | snow | 2 | how much ice has melted away
change,loss,gain | vegetation | 2 | is it greener now than it was
loss,change | trees | 2 | clear-felled area?
change,gain,loss | bare land | 2 | has the desert advanced
change,gain | buildings | 2 | how many m2 of new houses appeared
flood | water | 2 | How much ground ended up under water?
flood | water | 2 | how big was the flooding
flood | water | 2 | which land got inundated
flood | water | 2 | extent of the inundation in hectares please
flooded_class,flood | cropland | 2 | How many hectares of fields did the flood swallow?
flooded_class,flood | built-up area | 2 | was any part of the town under water after the flood
flooded_class,flood | grass | 2 | flooded meadows?
dominant,describe | | 1 | What's the main thing you see from above?
dominant,describe | | 1 | which cover wins overall
dominant,describe | | 1 | what sort of country is this mostly
dominant,describe | | 1 | What makes up the bulk of the scene?
least | | 1 | what is the scarcest cover type?
describe,dominant | | 1 | walk me through this image
describe,dominant | | 1 | What have we got here?
describe,dominant | | 1 | Give a quick rundown of the land cover
describe,dominant | | 1 | Put the scene into words
describe,dominant | | 1 | what's down there?
segment,share,area,exists | water | 1 | draw the lake for me
segment,share,area,exists | trees | 1 | I need polygons for the forest
segment,share,area,exists | buildings | 1 | trace every roof
segment,share,area,exists | roads | 1 | pull out the road network
segment,share,area,exists | cropland | 1 | colour in the farmland
segment,share,area,exists | clouds | 1 | mask out the clouds
segment,share,area,exists | wetland | 1 | wetlands please
suit_build | | 1 | Would this be a decent spot for a new housing estate?
suit_build | | 1 | Is there spare ground for putting up houses?
suit_build | | 1 | Could one put a new district here
suit_farm | | 1 | Could a farmer make a living on this land?
suit_farm | | 1 | is this good ground for growing wheat
risk_flood | | 1 | Should the villagers worry about high water?
risk_flood | | 1 | How threatened are the houses by the river?
risk_flood,distance,touch | | 1 | could rising water get to the town
risk_fire | | 1 | would a blaze in the woods endanger the village?
risk_fire | | 1 | wildfire threat level for the settlement?
rural,dominant | | 1 | town or countryside?
rural,dominant | | 1 | Are we in a city here?
cloud_use,share,area,exists | clouds | 1 | is the picture spoiled by cloud?
cloud_use,share,area,exists | clouds | 1 | clear sky?
change_any | | 2 | Spot the differences
change_any | | 2 | what's new since the older picture
change_any | | 2 | in what way is the landscape different now?
change_any | | 2 | anything new?
refuse_dates | | 1 | how much forest was cut since the last picture?
refuse_dates | | 1 | what has changed?
"""

#: Questions that land cover cannot answer.
UNANSWERABLE: tuple[str, ...] = (
    "What's the lake called?", "which town am I looking at", "Which country does this show?", "how old are those trees", "Are these spruce or fir?",
    "What do they grow in the fields?", "is it maize?", "how much would a plot here cost me", "Who does the land belong to?", "Who is the mayor?",
    "how many people call this home", "Is the water safe for swimming?", "how deep does the lake go", "How warm is the sea?", "what hour was this shot?",
    "Which month are we in?", "Count the cars for me", "Do you spot any ships?", "how many cows graze there", "Is there an airport?",
    "where are the swimming pools", "any solar farms?", "show me the wind turbines", "Did the government do enough?", "Which party do they vote for here?",
    "Tell me something funny", "hello there", "what's 7 times 6", "sdlkfj weoiru", "???", "Is the farmer rich?", "when was the church built",
    "how tall are the houses", "Which birds nest here?", "Are there wolves in the forest?", "what's the crop yield", "will the river flood next spring?",
    "How many floors has that building?", "Which satellite made this?", "what's the soil ph", "is there oil under the ground", "what's the weather like",
    "how far is Paris", "What's the address?", "Is this area beautiful?", "how many trains pass per day", "mark all the bridges", "do elephants live here",
    "any tanks or soldiers?", "is the airplane bigger than the ship?", "what language do people speak", "how fast does the river flow",
    "How much carbon is stored in the trees?", "is the factory owner at home", "what's the name of the main street", "how many tents stand in the camp",
    "who took the photo", "what do you think about love", "how salty is the lagoon", "which animal is largest",
)  # fmt: skip


class Free(NamedTuple):
    """A hand-written question: its kind, its classes in order, number of dates."""

    text: str
    kind: str
    labels: tuple[str, ...]
    dates: int


#: What is looked for where a question about suitability or risk names no class.
_EVIDENCE = {
    **{kind: purpose.classes for kind, purpose in PURPOSES.items()}, "flood": ("water",), "rural": ("built-up area", "vegetation"),
    "change_any": ("vegetation", "built-up area", "water"), "cloud_use": ("clouds",),
}  # fmt: skip


def free_questions() -> list[Free]:
    """Return the answerable ones, of this file and of `written.json`."""
    found = []
    for line in _TEXT.strip().splitlines():
        kinds, classes, dates, text = (part.strip() for part in line.split("|", 3))
        kind = kinds.split(",")[0]
        if kind == "refuse_dates":
            continue
        labels = tuple(part for part in classes.split(",") if part)
        if kind.startswith("risk_") and "houses" in text:
            labels = (_EVIDENCE[kind][0], "buildings")
        found.append(Free(text, kind, labels or _EVIDENCE.get(kind, ()), int(dates)))
    for kind, classes, text in _written():
        if kind != "refuse_unseen":
            labels = () if classes == "-" else tuple(classes.split("+"))
            found.append(Free(text, kind, labels or _EVIDENCE.get(kind, ()), 2 if kind in TWO_DATES else 1))
    return found


def unanswerable() -> list[str]:
    """Return the others, of this file and of `written.json`."""
    return [*UNANSWERABLE, *(text for kind, _, text in _written() if kind == "refuse_unseen")]


def _written() -> list[list[str]]:
    found: list[list[str]] = json.loads(WRITTEN.read_text(encoding="utf-8"))
    return found
