# ruff: noqa: E501 - tables of words: one row a line reads best
"""Phrasings of the composed questions (level 2), and one plain wording of every task.

`[a|b]` is a choice; `{A}`, `{B}`, `{C}` take classes, `{M}` a distance, `{P}` a part of the image, `{AREA}` the image.
"""

from __future__ import annotations

_WHICH = "[which|which one|what]"
_TELL = "[tell me|say|work out|find out|check|determine]"
_FAR = "[within|no more than|at most|less than]"
_MUCH = "[how much|what share|what percentage|what part|what proportion|what fraction]"
_JUDGE = "[judging by|based on|going by|from|looking at] {AREA}"
_LAND = "[this area|this place|the land|the scene|this landscape|this region|the area shown]"
_TO_FROM = "[from|away from|of]"

PHRASES: dict[str, tuple[str, ...]] = {
    "regions": (
        "how many [separate|distinct|single|connected|] [patches|regions|areas|pieces|blocks] of {Ax} [are there|can you see|do you find|does {AREA} show|are visible|]",
        "[what is|give|find|state|determine] the number of [separate|distinct|connected|single|] [patches|regions|pieces|blocks] of {Ax}",
        "[count|count up] the [separate|distinct|connected|single|] [patches|regions|areas|pieces] of {Ax} [in {AREA}|here|]",
        "into how many [separate|connected|distinct|] [patches|regions|pieces|parts] [is|are] {A} [split|divided|broken up]",
        "[number|count] of [separate|connected|distinct|] [patches|regions|blocks] of {Ax} [in {AREA}|]",
    ),
    "ordering": (
        "[order|rank|sort|arrange] {A}, {B} and {C} [by area|by size|by how much they cover|by extent] [from largest to smallest|starting with the largest|, largest first|in descending order]",
        "[put|list] {A}, {B} and {C} in order [of area|of size|of extent|of cover][, largest first|, from the largest to the smallest|, biggest first]",
        "{A}, {B}, {C}: [what is the order by area|rank them by area|which covers most and which least|sort them by size], [largest first|from most to least]",
        "[what|which] is the [ranking|order] of {A}, {B} and {C} [by area|by cover|in extent], [largest first|from most to least]",
    ),
    "nearer": (
        f"{_WHICH} [is|lies] [closer to|nearer to] {{C}}[,|:] {{A}} or {{B}}",
        "[is|are] {A} or {B} [closer to|nearer to] {C}",
        f"{_TELL} [whether|if] {{A}} or {{B}} [is|are|lies|lie] [closer to|nearer to] {{C}}",
        "[starting|going|measured] from {C}, [which do you reach first|which is nearer|which is closer][:|,] {A} or {B}",
        "[of|between] {A} and {B}, which [is|lies] at the [shorter|smaller|lesser] distance from {C}",
    ),
    "within": (
        f"{_MUCH} of {{A}} [lies|is|is found|is located] {_FAR} {{M}} {_TO_FROM} {{B}}",
        f"{_MUCH} of {{A}} is {_FAR} {{M}} away from {{B}}",
        f"{_TELL} {_MUCH} of {{A}} [lies|is] {_FAR} {{M}} [from|of] {{B}}",
        "[with|taking|drawing] a buffer of {M} [around|round|about] {B}, " + _MUCH + " of {A} [falls|lies|is] [inside it|within it]",
        "[if|when] you [draw|put|lay] a {M} [buffer|zone|belt] [around|round] {B}, " + _MUCH + " of {A} [does it hold|is in it|does it take in]",
    ),
    "largest_region": (
        "how [large|big] is the [largest|biggest] [connected|single|continuous|] [patch|region|piece|block|area] of {A}",
        "what is the [area|size|extent] of the [largest|biggest] [connected|single|continuous|] [patch|region|piece|block] of {A}",
        f"{_TELL} [how large|how big] the [largest|biggest] [patch|region|block|piece] of {{A}} is",
        "[find|take|look at] the [largest|biggest] [connected|continuous|single|] [patch|region|block|piece] of {A}[: how large is it|, what is its area| and give its area]",
        "the [largest|biggest] [connected|single|continuous|] [patch|region|block] of {A}[: what area does it have| covers what area| is how large]",
    ),
    "dominant_part": (
        "[which|what] [class|land cover|kind of cover|type of land|cover type] [covers most of|dominates|prevails in|takes up most of] the {P} of {AREA}",
        "what [dominates|prevails in|covers most of|fills most of] the {P} of {AREA}",
        "[in|looking at|for] the {P} of {AREA}, [which land cover|what class|what kind of cover] [is dominant|is the main one|prevails|covers more than half]",
        f"{_TELL} [which class|what cover|which land cover] [dominates|covers most of|fills most of] the {{P}} of {{AREA}}",
        "[what|which] is the [main|dominant|prevailing] [class|land cover|cover type|cover] in the {P} of {AREA}",
    ),
    "boundary_and_ranking": (
        "[do|does] {A} [touch|border|adjoin|meet] {B}, and which [of the two|of them|one] [is larger|covers more|is more extensive|takes up more space]",
        "[are|is] {A} [next to|adjacent to|in contact with] {B}, and which [covers more|is the larger|is bigger|is more extensive]",
        f"{_TELL} [whether|if] {{A}} [and|and also] {{B}} [touch|are adjacent|share a boundary|border each other] and which [of them|of the two|one] [is larger|covers more]",
        "[of|between] {A} and {B}, which is [larger|bigger|more extensive], and do they [touch|share a boundary|border each other|meet]",
    ),
    "character": (
        f"[is|would you call] {_LAND} [urban, agricultural or natural|built up, farmed or natural|a town, farmland or nature]",
        f"what [character|kind of landscape|kind of land use|type of landscape] does {_LAND} have[: urban, agricultural or natural|, urban, agricultural or natural|: built up, farmed or natural]",
        f"{_JUDGE}, [is this|would you say it is] an urban, an agricultural or a natural landscape",
        f"how would you [classify|characterise|describe] {_LAND}[: as urban, agricultural or natural| - urban, agricultural or natural|, urban, farmed or natural]",
    ),
    "building_land": (
        f"[is|would] {_LAND} [offer|have|be] [enough|sufficient] [open ground|open land|free ground] [away from water|clear of water|out of reach of water] [to build on|for building|for new houses|for construction]",
        "[could|can] [one|we|you|a town] [build|build houses|put up houses|expand] here on open ground {M} or more from [water|any water|the water]",
        f"{_JUDGE}, is there [suitable|good|enough] [building land|land to build on|ground for building] at least {{M}} [from|away from] water",
        f"[does|would] {_LAND} [suit|be suitable for|allow] [construction|new buildings|development|a new settlement], [keeping|staying] {{M}} [away from|from|clear of] water",
        "[is|would] the site [suitable|fit|good] for [building|construction|development|housing] if [houses|buildings] must [stay|stand|keep] at least {M} from water",
    ),
    "irrigation": (
        "[could|can] [most of|the greater part of|at least half of] {A} be [irrigated|watered] from [water|surface water|open water] {M} away [or nearer|or less|at most]",
        "[is|would] [water|surface water|open water] [close enough|near enough] to [irrigate|water] [most of|at least half of] {A}, [with pipes of at most {M}|if it may be {M} away at most|within {M}]",
        f"{_JUDGE}, [does|do] [most of|at least half of] {{A}} [lie|have water] within {{M}} [of water|of surface water|for irrigation]",
        "[are the farmers|are the fields|is farming here] [well placed|in a good place] for irrigation, [with|that is with] at least half of {A} within {M} of water",
    ),
    "flood_exposure": (
        "how [exposed|vulnerable] [is|are] {A} to [flooding|floods|high water], [taking|counting] what lies within {M} of water",
        "[what|how high|how great] is the [flood exposure|flood risk|risk of flooding] of {A}, [counting|taking] what [lies|is|stands] within {M} of water",
        f"{_JUDGE}, is the [flood risk|flood exposure|danger of floods] for {{A}} low, moderate or high [if what lies within {{M}} of water is at risk|counting what is within {{M}} of water]",
        "[rate|assess|judge|estimate] the [flood risk|flood exposure|exposure to floods] of {A} [by what lies within {M} of water|with a {M} zone along the water]",
    ),
    "fragmentation": (
        "[is|are] {A} [one continuous block|continuous|connected] or [fragmented|broken up|split up] [here|in {AREA}|]",
        "[does|do] {A} form [one large block|one continuous block|a continuous cover] or [many fragments|separate fragments|scattered pieces]",
        "[for wildlife|for animals that need large habitats|for ecological connectivity|as a habitat], [is|are] {A} [continuous or fragmented|connected or fragmented|in one piece or broken up]",
        f"{_TELL} [whether|if] {{A}} [is|are] [fragmented or continuous|continuous or fragmented|broken up or in one block]",
        f"{_JUDGE}, how [fragmented|connected] [is|are] {{A}}[: continuous or fragmented|, continuous or fragmented|]",
    ),
    "riparian": (
        "[is|are] the [shore|banks|waterside|water's edge|shoreline] [mostly|mainly|for the greater part] [wooded|lined with trees|under trees|forested]",
        "[do|does] [trees|woods|forest|woodland] [line|cover|protect|shade] [most of|the greater part of|more than half of] the [shore|banks|waterside|shoreline]",
        f"{_JUDGE}, [is there|does the water have] a [wooded|forested|treed] [buffer|belt|strip|fringe] along most of the [shore|banks|waterside]",
        "[is|would you say] the [riparian zone|zone along the water|strip beside the water] [is|] [mostly wooded|mainly forest|dominated by trees]",
    ),
    "building_damage": (
        "[what|which] [percentage|share|proportion|fraction] of the [buildings|houses] [was|were|has been|have been] destroyed [by the disaster|between the two images|in the event|]",
        "[how much|what part] of the [building stock|housing stock|town|settlement], by number of buildings, [was|has been] destroyed",
        "[how many percent|how many in a hundred] of the [buildings|houses] [were|have been] [destroyed|lost] [in the disaster|by the event|]",
        "[estimate|assess|calculate|give|report] the [share|percentage|proportion] of [destroyed buildings|buildings that were destroyed|houses that were destroyed]",
        "[after|following] the [disaster|event], what [percentage|share|proportion] of the [buildings|houses] [is|are|was|were] destroyed",
    ),
    "direction_of_change": (
        "[did|has|have] {A} [grow or shrink|increase or decrease|expand or retreat|gain or lose ground|become more or less] [between the two dates|from the first to the second image|]",
        "[is|are] there more or less {Ax} [in the second image|at the later date|afterwards|after than before]",
        f"{_TELL} [whether|if] {{A}} [grew or shrank|increased or decreased|expanded or retreated] [between the dates|from t1 to t2|]",
        "[which way|in which direction] did [the area of|the extent of|the cover of|] {A} [change|develop|go] [between the two dates|from the earlier to the later image|][: did it grow or shrink|, up or down|]",
        "comparing [the two images|both dates|before and after], [did|has|have] {A} [increased or decreased|grown or shrunk|gained or lost area]",
    ),
}  # fmt: skip

#: One plain wording of every task, used where no other can be filled.
PLAIN: dict[str, str] = {
    "regions": "how many separate patches of {Ax} are there in {AREA}",
    "existence": "is there any {Ax} in {AREA}",
    "counting": "how many separate {Ap} are there in {AREA}",
    "localisation": "where in {AREA} is most of {A}",
    "share": "what percentage of {AREA} is {Ax}",
    "area": "what is the total area of {A}",
    "boundary": "do {A} and {B} share a boundary",
    "distance": "what is the shortest distance between {A} and {B}",
    "ranking": "which covers the larger area, {A} or {B}",
    "together": "what share of {AREA} do {A} and {B} cover together",
    "difference": "by how much does the area of {A} differ from that of {B}",
    "gain": "how much {Ax} was gained between the two dates",
    "loss": "how much {Ax} was lost between the two dates",
    "net_change": "how did the area of {A} change between the two dates",
    "flooding": "what share of {AREA} was newly covered by water at the second date",
    "flooded_class": "how much {Ax} was flooded at the second date",
    "ordering": "order {A}, {B} and {C} by area, largest first",
    "nearer": "which is nearer to {C}, {A} or {B}",
    "within": "what share of {A} lies within {M} of {B}",
    "largest_region": "how large is the largest connected patch of {A}",
    "dominant_part": "which class covers most of the {P} of {AREA}",
    "boundary_and_ranking": "do {A} and {B} touch, and which of them covers more",
    "character": "is this area urban, agricultural or natural",
    "building_land": "is there enough open ground at least {M} from water to build on",
    "irrigation": "does at least half of {A} lie within {M} of water",
    "flood_exposure": "is the flood exposure of {A} low, moderate or high, counting what lies within {M} of water",
    "fragmentation": "is {A} continuous or fragmented",
    "riparian": "is the shore mostly wooded",
    "building_damage": "what percentage of the buildings was destroyed",
    "direction_of_change": "did {A} grow or shrink between the two dates",
}
