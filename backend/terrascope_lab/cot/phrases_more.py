# ruff: noqa: E501 - tables of phrases read best one to a line

"""Looser, more conversational phrasings, added to those of `phrases`."""

from __future__ import annotations

_PC = "[percent|percentage|share|fraction|proportion|part|portion|slice|chunk|bit]"
_SEE = "[can you make out|do you make out|can be made out|do you notice|can one see|would you say|does one see|catches the eye|shows up]"
_THEN = "[since|since then|between the two|between both shots|from one picture to the other|from the old to the new image|over these years|compared to before|compared with the earlier image|meanwhile|by now|]"

MORE: dict[str, tuple[str, ...]] = {
    "share": (
        f"what {_PC} of {{AREA}} would [you say|you call|count as|be classed as|be|qualify as|pass as] {{Ax}}",
        f"[roughly|about|approximately|just|exactly] [how much|what {_PC}] of [it|this|that|the whole|the ground|what we see] is {{Ax}}",
        "how [wooded|forested|tree-covered] is [it|the landscape|the area|the place|this] [overall|in general|]::trees",
        "how [green|vegetated|leafy] is [it|the landscape|the area|the place|this] [overall|in general|]::vegetation",
        "how [built-up|urbanised|developed|paved over] is [it|the landscape|the area|the place|this] [in percent|in per cent]::built-up area",
        "how [watery|wet|much under water] is [the landscape|the area|the place|this] [overall|]::water",
        "how [sandy|barren|bare] is [it|the landscape|the area|the place|this]::bare land",
        "how [grassy] is [it|the landscape|the area|the place|this]::grass",
        "how [snowy|icy] is [it|the landscape|the area|the place|this]::snow",
        "how [swampy|marshy|boggy] is [it|the landscape|the area|the place|this]::wetland",
        "[give|show|tell] [me|us|] the {Ax} [coverage|cover|fraction|share|percentage|ratio|rate]",
        "the {Ax} [fraction|share|percentage|coverage|ratio|rate] [please|if you can|]",
        "[amount|extent|degree|level] of {Ax} [cover|coverage|] [in %|in percent|]",
        "is [a big|a large|a small|much|a lot|most] [part|of it|of the area|of the land|] {Ax}[, how much|, and how much|: what share|]",
        "how much [ground|land|terrain|space|room] [goes to|belongs to|is given over to|is devoted to|is left to] {A}",
        "{A} [account for|make up|represent|constitute|take] what [share|percentage|part]",
        "I'd like the {Ax} [share|fraction|percentage]",
        f"how much {{Ax}} {_SEE}",
    ),
    "area": (
        "how [big|large|huge|small|vast|extensive] [a|an|] {Ax} [is it|do we have|is this|are we talking about]",
        "what's the [acreage|hectarage|size|footprint|spread|dimension|dimensions] of {A}",
        "{Ax} [size|acreage|extent|surface|footprint|spread]",
        "how many {U} of {Ax} [are we looking at|are we talking about|make up the scene|would that be|lie here|do you get|did you find]",
        "[work out|sum up|add up|tally|total up|figure out|determine] [the|all|all the|] {Ax} [area|surface|acreage|] [in {U}|]",
        "[total|overall|whole|entire] {Ax} [area|extent|surface|] [in {U}|]",
        "how [big|large] [is|are] [all|all of|the whole of|] {A} [put together|altogether|]",
        "how much [surface|area|ground] [lies|is] [under|below|beneath] {A}",
        "{Ax} [area|surface] [please|?|] [in {U}|]",
        "how [big|large] has {A} become",
    ),
    "where": (
        "[whereabouts|in what place|at what spot] [is|are] {A}",
        "[point|direct|guide|lead] me to {A}",
        "where [should|do|could|must|would] [I|we|you] [look|search|go] [for|to find|to see] {A}",
        "in [which|what] [corner|part|quarter|area|direction] [do I|can I|will I|would I|could one] [find|see|spot|get to] {A}",
        "[which|what] [side|corner|part|edge] [of the image|of the map|of the scene|] [holds|has|contains|shows|is taken by] {A}",
        "where did [they|people|somebody|nature] [put|place|build|leave] {A}",
        "where [do|does] {A} [sit|hide|begin|run|stretch|spread|pass|flow]",
        "[north|south|east|west|left|right|top|bottom] or [south|north|west|east|right|left]: where [is|are] {A}",
        "{A}: where", "where {A}", "tell me the place of {A}", "where abouts would {A} be",
    ),
    "exists": (
        "[do|did|can|could|would|will] [we|one|I|you] [have|find|come across|meet|encounter|run into|get to see|notice|make out] [a|an|any|some|] {Ax} [in here|here|there|somewhere|anywhere|]",
        "[any|some] {Ax} [at all|anywhere|somewhere|in there|in sight|around here|to be found]",
        "is {Ax} a thing [here|in this shot|in this picture]",
        "[has|have] [somebody|anyone|people|they] [built|put up|laid out|planted] [any|] {Ax} [here|]",
        "can {Ax} be [made out|found|spotted|detected|recognised|located]",
        "[is|are] there {As} [to be found|to be seen|running through|somewhere|nearby|anywhere|in there|inside]",
        "does {Ax} [grow|run|flow|stand|lie|show up|pass] [here|there|through here]",
        "could there be [a|an|some|any] {Ax} [somewhere|here|in this picture|in there|]",
        "[is|are] {Ax} [part of|in] [the scene|the picture|this view]",
        "[does|do] {A} [exist|occur|appear|feature] [in this picture|here|there]",
        "true or false: there is {Ax} here", "yes or no: {Ax}", "do you recognise any {Ax}",
    ),
    "count": (
        "[number|enumerate|tally|count up|count out] the {Ap} [for me|please|]",
        "how many {Ap} [would you count|would you say|make up the scene|float over the scene|lie here|lie in the area|stand here|are dotted about|are to be found|show up|come up|did you find]",
        "[tell|give] me [how many|the number of] {Ap} [lie|are|stand] [here|there|in the area|]",
        "in how many [separate|distinct|different|] [stands|pieces|patches|bits|blocks|places] [do|does|is|are] {A} [come|occur|found|split|]",
        "how many [individual|single|separate|] {Ap}", "{Ap}: how many", "number of {Ap} [please|visible|]", "do I see one, two or more {Ap}",
    ),
    "larger": (
        "what's [bigger|larger|more] [here|in this scene|]: {A} or {B}",
        "{A} [versus|against|or] {B}[,|:|;| -] [who|which|what] [is ahead|wins|has the upper hand|comes out on top|leads|prevails|is greater|covers more ground|takes the lead]",
        "does {A} take up more [room|space|land] or {B}",
        "is [it|this|the land] [mainly|mostly|more|predominantly|rather] {Ax} or [mainly|mostly|more|rather|] {Bx}",
        "would you say {A} [is|are] [more widespread|more extensive|larger|bigger] or {B}",
        "[what|which] [is|covers|occupies] [greater|more ground|more]{c} {A} or {B}",
        "[which|which one|who] of the two [prevails|dominates|leads]{c} {A} or {B}",
        "{Ax} or {Bx}", "rank {A} and {B} by size", "is {Ax} or {Bx} [ahead|in the lead|dominant|prevailing]",
    ),
    "smaller": (
        "which one's [smaller|the smaller|less|tinier]{c} {A} or {B}", "[what|which] [takes|needs|fills] [less|the least] [room|space|land]{c} {A} or {B}",
        "which of the two is [the smaller one|smaller|rarer|less common]{c} {A} or {B}", "does {A} or {B} [cover less|occupy less|come last]",
    ),
    "more_yn": (
        "[do|does] {A} [outstrip|outdo|beat|surpass|top|exceed|outrank|dominate over] {B} [in area|in size|]",
        "is {Ax} [ahead of|superior in area to|more abundant than|more plentiful than|greater than] {Bx}",
        "is the {Ax} [part|area|portion] [larger|bigger] than the {Bx} [part|area|portion|]", "would you say there is more {Ax} than {Bx}",
    ),
    "less_yn": ("[do|does] {A} [lag behind|fall short of|come after] {B} [in area|in size|]", "is there not as much {Ax} as {Bx}", "is {Ax} [rarer|scarcer] than {Bx}"),
    "difference": (
        "by what [margin|amount] [do|does] {A} [beat|exceed|outdo|surpass] {B}", "how many more {U} of {Ax} than of {Bx}",
        "how much [bigger|larger] [is|are] {A} [compared to|in comparison with|relative to] {B}", "what is {A} minus {B}", "how wide is the gap between {A} and {B} in area",
    ),
    "total": (
        "what [do|does] {A} and {B} add up to", "{A} and {B} taken together[, what share|, how much|]", "how much if you [add|count|put|lump] {A} and {B} [together|]",
        "the [sum|total] of {A} and {B}", "how much is {A} with {B}",
    ),
    "both": ("{A} and {B}: how much [of each|each|is there of each]", "how much of each{c} {A} and {B}", "give [me|] both {A} and {B}", "[draw|trace|outline|mark] {A} as well as {B}"),
    "touch": (
        "do {A} [come|go|run|get|extend|reach] [right|all the way|straight|] [up to|down to|to the edge of|to] {B}",
        "does {A} [border on|run along|lie against|sit next to|rub against|join|meet with|lean on] {B}", "[is|are] {A} [running|lying|standing|sitting] [along|against|beside|next to|right by|at] {B}",
        "[is|are] {A} and {B} [direct neighbours|immediate neighbours|in direct contact|joined|linked|side by side]", "do {A} and {B} have [contact|a line in common|an edge in common|a common edge]",
        "[does|do] any {Ax} [meet|touch|reach|border|adjoin] {B}", "is {A} [right at|immediately beside|contiguous with|flush with|attached to] {B}",
    ),
    "distance": (
        "how many [metres|meters|m|km|kilometres] [lie|are|separate] [between] {A} and {B}", "how far off [is|are] {A} [from|as seen from] {B}", "what's the [shortest|quickest] [way|path|line|route] from {A} to {B}",
        "[closest|nearest] [approach|point|distance] of {A} to {B}", "the [gap|space|distance|stretch] between {A} and {B}", "how [near|close|far] [do|does] {A} [get|come|lie|reach] to {B}",
        "[is|are] {A} [close by|near|not far from|a long way from|at a distance from] {B}", "how long is the way from {A} to {B}", "from {A} to {B}: how far", "how [distant|remote] [is|are] {A} from {B}",
    ),
    "change": (
        f"how [has|have] {{A}} [fared|done|developed|moved|evolved|been changing|gone] {_THEN}", f"did {{A}} [get|become|turn] [bigger or smaller|larger or smaller|bigger|smaller|larger|more|less] {_THEN}",
        f"[has|have] {{A}} [grown|shrunk|advanced|receded|spread|declined|increased|dwindled|retreated|moved] {_THEN}", "is there [more|less|as much] {Ax} [now|today|nowadays] [than|as] [then|before|it used to be|in the past]",
        f"[is|are] {{A}} [larger|smaller|bigger|the same|unchanged] {_THEN}", "{Ax} [then and now|then versus now|before versus after|over time|through time]", "is it [greener|leafier] now than it was::vegetation",
        "[has|did] the [town|city|village|settlement] [grown|grow|sprawl|spread|expand]::built-up area", "[has|did] the [lake|river|pond|reservoir] [risen|rise|fallen|fall|shrunk|shrink|changed]::water",
    ),
    "gain": (
        f"how much [land|ground|area] [was turned|turned|was converted|changed] into {{Ax}} {_THEN}", f"how many {{U}} of new {{Ax}} [appeared|came up|were built|were planted|are there|sprang up] {_THEN}",
        f"[area|land|ground] newly [built on|developed|sealed|urbanised] {_THEN}::built-up area", f"where [has|did] new {{Ax}} [appear|appeared|come up|spring up|grow|grown] {_THEN}", f"new {{Ax}} {_THEN}", f"how much {{Ax}} has [come|been] [in addition|on top|added] {_THEN}",
    ),
    "loss": (
        f"how much {{Ax}} did [we|they|the area|the region] lose {_THEN}", f"how much of {{A}} [dried out|dried up|fell dry|ran dry] {_THEN}::water", f"[clear-felled|felled|logged|cleared|deforested] [area|land] {_THEN}::trees",
        f"how much [ice|snow] has [melted away|thawed|gone|disappeared] {_THEN}::snow", f"how much {{Ax}} is [gone|missing|no longer there|lost] {_THEN}", f"how much [forest|woodland|wood] was [cut|cut down|felled|cleared|chopped down] {_THEN}::trees",
        f"what became of the lost {{Ax}} {_THEN}", f"by how much did {{A}} [shrink|decline|go down|drop|fall] {_THEN}", f"did {{A}} [vanish|disappear|go away|die off|get destroyed] {_THEN}",
    ),
    "flood": (
        "how much [ground|land|terrain|area] [ended up|came to lie|went|stands|is standing] under water", "how [big|bad|large|widespread|serious|extensive] was the [flooding|flood|inundation|deluge|high water]",
        "[which|what] [land|area|part] [got|was|is] [inundated|flooded|swamped|submerged|drowned]", "extent of the [inundation|flooding|flood] [in {U}|] [please|]", "how much did the water [swallow|take|cover|drown|spread over]",
        "what did the flood [cover|swallow|take|hit|affect]", "where did the water spread [to|]", "flooded or not", "how far did the flood [go|reach|spread]", "[mark|draw|show] what [was|is] under water [now|after the flood]",
    ),
    "flooded_class": (
        "how [many {U}|much] of {Ax} did the [flood|water] [swallow|take|cover|drown|hit|reach|destroy]", "was any part of {A} under water [after the flood|]", "{Ax} [under water|hit by the flood|lost to the flood|affected by flooding]",
        "did the [water|flood] get into {A}", "how badly [was|were] {A} flooded", "how much {Ax} [ended up|went] under water",
    ),
    "dominant": (
        "what's the [main|biggest|chief|principal] thing [you see|here|from above|]", "which [cover|class|type] [wins|leads|comes first|is on top] [overall|]", "what [sort|kind] of [country|land|terrain|landscape|area] is [this|it|that] [mostly|mainly|]",
        "what makes up [the bulk|most|the majority|the greater part] of [the scene|it|the area]", "what is there most of", "what do we [mainly|mostly|chiefly] [have|see] here", "the [main|dominating|leading] [surface|cover|feature]",
        "what [covers|fills|occupies] the [most|largest share|greatest part]",
    ),
    "least": ("what is the [scarcest|rarest|smallest|least] [cover type|cover|class|surface|thing]", "what is there least of", "which [cover|class|type] [comes last|is scarcest|is least represented]", "what do you see the least of"),
    "describe": (
        "[walk|talk|take|guide] me through [this|the] [image|scene|picture|view]", "what [have|do] we [got|have] here", "give [me|us|] a [quick|brief|short|] [rundown|summary|overview|account|idea|sketch] of [the land cover|the scene|the area|what is there|this]",
        "put [the scene|this|the image|the picture] into words", "what's [down there|to see|out there|around here|on it|up]", "[say|tell me] something about [the scene|this image|this place|the area|the landscape]", "what does [it|the place|this area] look like",
        "what am I [seeing|looking at]", "report on [this|the] [area|scene|image]", "[break down|outline|sum up|characterise] [the scene|the land cover|the area|this]", "which things [can be seen|are in the picture]", "what is in [there|the frame]",
    ),
    "segment": (
        "[draw|trace|colour in|color in|paint|shade|pull out|cut out|get|grab|pick|isolate|separate|vectorise|circle|encircle] [the|all|all the|every|] {Ax} [for me|please|]", "I [need|want|would like|'d like] [polygons|outlines|a mask|the mask|shapes|the outline] [for|of] {A}",
        "{Ax} please", "mask out {A}", "[polygons|outlines|contours|boundaries|shapes] [for|of] {A}", "turn {A} into polygons", "show {A} on the map", "let me see {A}", "where's the mask of {A}", "put {A} on a layer", "find me {A}",
    ),
    "rural": ("[town|city|urban] or [countryside|country|rural|village]", "are we in [a city|a town|the countryside|the country|a rural area] [here|]", "is [this|it] [more|rather] [urban|rural|a town|countryside]", "is it [urban|rural|city-like|a metropolis|farm country]"),
    "cloud_use": ("is the [picture|image|shot|scene|view] [spoiled|ruined|hidden|obscured|blocked|covered] by [cloud|clouds|haze|fog]", "[clear|cloudless|blue|overcast] sky", "is the sky [clear|overcast|cloudy|grey]", "is it [cloudy|overcast|hazy|clear]", "can I [use|trust|work with] this [image|picture|shot] [or is it too cloudy|despite the clouds|]", "cloud-free"),
    "change_any": ("spot the [differences|difference|changes]", f"what's [new|different|changed] {_THEN}", "in what way [is|has|did] [the landscape|the area|the place|it] [different|changed|change] [now|]", "anything [new|different|changed]", f"what [happened|has happened|went on|took place] [here|] {_THEN}", "how do the two [images|pictures|dates|scenes] differ", "then and now", "tell me the changes", "is everything [the same|unchanged|as before]"),
}  # fmt: skip

#: Words that may be slipped in anywhere without changing what is asked.
FILLERS: tuple[str, ...] = (
    "really", "actually", "overall", "roughly", "altogether", "exactly", "perhaps", "basically", "kind of", "more or less", "in your opinion", "would you say", "if any", "at all", "from above", "in this spot",
    "in this shot", "at present", "as far as you can tell", "generally", "then", "so", "just", "please", "all in all", "in the end", "in your view", "visible", "on the ground", "around here", "in there", "you think", "currently",
)  # fmt: skip
