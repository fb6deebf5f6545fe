"""Phrasings of every kind of question. `{A}`, `{B}` take a class with or without article, `{Ap}` a plural, `{As}` one with
an indefinite article, `{Ax}` a bare noun; `{U}` a unit; `{T}` a time reference; `{L}` a list of classes."""

from __future__ import annotations

_HM = "[how much|what amount of|how much of the [area|image|scene|land]|what part of the [area|image|picture|land|map]]"
_PC = "[percent|percentage|per cent|pct|%|share|fraction|proportion|portion]"
_AREA = "[the image|the scene|the area|this image|this scene|this area|the picture|the map|the view|the tile|the ground|the land|the surface|here|the region|the photo|the frame]"
_COV = "[covered by|covered with|covered in|occupied by|taken up by|made up of|made of|under|filled with|classified as|used as]"

SHARE: tuple[str, ...] = (
    f"what {_PC} of {_AREA} is {_COV} {{A}}",
    f"what {_PC} of {_AREA} is {{A}}",
    f"[what is|what's|tell me|give me|find|calculate|compute|estimate|measure] the {_PC} of {{A}}",
    f"[what is|what's|give me] the {_PC} of {_AREA} [that is|which is|] [{_COV}|] {{A}}",
    f"how [big|large|high] is the {_PC} of {{A}}",
    f"how [big|large] a {_PC} of {_AREA} is {{A}}",
    f"how much of {_AREA} is [{_COV}|] {{A}}",
    f"how much of {_AREA} [do|does] {{A}} [cover|take up|make up|occupy|account for|fill]",
    f"what {_PC} of {_AREA} [do|does] {{A}} [cover|take up|make up|occupy|account for|fill|represent|constitute]",
    "{Ax} [percentage|percent|share|fraction|coverage|cover %|cover in percent|proportion|coverage percentage|as a percentage]",
    "[percentage|percent|share|fraction|proportion|coverage] of {A}",
    "{A} in [%|percent|per cent]",
    "what is the [coverage|cover|extent] of {A} [in percent|in %|as a percentage|as a share of the total|relative to the whole]",
    f"[roughly|about|approximately|] what {_PC} is {{A}}",
    "how [dominant|widespread|extensive|prevalent|common] [is|are] {A} [in percent|in relative terms|relative to the whole area|as a share of the scene]",
    f"how [green|wooded|forested|built up] is {_AREA} in percent if you count {{A}}",
    "to what [extent|degree] is [the area|the scene|the land|the image] [covered by|covered with|under] {A}",
    "{A} [cover|covers|make up|makes up] [how much|what percentage|what share|what fraction] of {N}".replace(
        "{N}", _AREA
    ),
    "what is the relative [area|cover|extent] of {A}",
    "[express|give|report] the {Ax} [cover|area|extent] as a [percentage|fraction|share]",
    f"out of the [whole|total|entire] [image|area|scene], [how much|what {_PC}] is {{A}}",
    "how many percent [is|are|of the area is|of the image are] {A}",
    "how much {Ax} [is there|is visible|do you see|can you see|is in the image|is present|exists|is shown|is left]",
    "how much {Ax} is there [in the image|here|in this area|in the scene|around here|on this map]",
    "[amount|quantity] of {Ax}",
    "how much {Ax}",
    "I [want|need|would like|'d like] to know [how much|what percentage of] {Ax} there is",
    "do you know [how much|what share] of [this|the area|the image] is {A}",
    "what is the coverage percentage of {A} in [the image|this image]",
    f"the [image|area|scene] is what {_PC} {{Ax}}",
    f"{{Ax}} {_PC} of {_AREA}",
    "is {_x} how much {Ax}".replace("is {_x} ", ""),
    "half {Ax}, a third {Ax}, or how much",
)

#: A share against a limit, to be answered by yes or no.
LIMIT: tuple[str, ...] = (
    f"is [more than|over|at least|less than|under] [half|a third|a quarter|two thirds|10 %|60 percent] of {_AREA} {{Ax}}",
    f"[does|do] {{A}} [cover|take up|make up] [more than|over|at least|less than|under] [half|a third|20 %|40 percent] of {_AREA}",
    "is it [mostly|mainly] {Ax}",
)
AREA: tuple[str, ...] = (
    "[what is|what's|tell me|give me|calculate|compute|find|estimate|measure|determine] the [total|overall|] [area|size|extent|surface|surface area|acreage] of {A}",
    "[what is|what's] the [total|] [area|surface|extent|size] [covered by|occupied by|under|of] {A} in {U}",
    "how [big|large|extensive|vast] [is|are] {A}",
    "how [big|large|extensive] [is|are] {A} in {U}",
    "how many {U} of {Ax} [are there|are visible|can you see|do we have|does the image contain|do you see|]",
    "how many {U} [are|is] [covered by|covered with|under|occupied by|taken up by|classified as|] {A}",
    "how many {U} [do|does] {A} [cover|occupy|take up|span|extend over|measure|have]",
    "how much [area|land|space|ground|surface] [do|does] {A} [cover|occupy|take up|span|take|use]",
    "how much [area|land|space|ground|surface] is [covered by|covered with|occupied by|taken up by|under|used by|used for] {A}",
    "{Ax} [area|surface|surface area|size|extent|acreage] [in {U}|]",
    "{Ax} in {U}",
    "{U} of {Ax}",
    "[area|size|extent|surface] of {A} [in {U}|]",
    "what [area|surface|extent] [do|does] {A} [cover|have|occupy|take up] [in {U}|]",
    "how much {Ax} [is there|do you see|is present|in the image|] in {U}",
    "[give|report|state|list] the {Ax} [area|extent|size] in {U}",
    "what is the absolute area of {A}",
    "what area is covered by {A}",
    "[measure|calculate|work out] [how large|how big] {A} [is|are]",
    "I need the [area|surface|number] of {Ax} [in {U}|]",
    "how far do {A} extend in terms of area",
    "how many [square metres|square meters|hectares|square kilometres|acres] [is|are] {A}",
    "what is the [size|area] of the area covered by {A}",
    "[over|on] what area do {A} [spread|stretch|extend]",
    "what size [is|are] {A}",
    "what is the footprint of {A} [in {U}|]",
)

WHERE: tuple[str, ...] = (
    "where [is|are] {A}",
    "where [is|are] {A} [located|found|situated|concentrated|visible|mostly|mainly|in the image|on the map|in this scene]",
    "where can [I|you|we|one] [find|see|spot] {A}",
    "in [which|what] [part|corner|side|area|section|portion|direction|half|quadrant] of {AREA} [is|are] {A} [located|found|]",
    "[which|what] [part|corner|side|area|section|half] of {AREA} [has|contains|shows|holds] [the most|most of the|] {Ax}",
    "[show me|tell me|point out|find|locate|indicate] where {A} [is|are]",
    "[what is|what's|give|describe] the [location|position|whereabouts|distribution] of {A}",
    "[locate|localise|localize|pinpoint] {A}",
    "on [which|what] side [is|are] {A}",
    "where [do|does] {A} [lie|occur|sit|appear|grow|show up]",
    "where [do|can] you see {A}",
    "where's {A}",
    "[position|location] of {A}",
    "[is|are] {A} in the [north or south|east or west|left or right|upper or lower part|north or the south|centre or at the edge]",
    "in which direction [do|does] {A} lie",
    "where are most of {A}",
    "how [is|are] {A} distributed [across|over|within] {AREA}",
    "where exactly [is|are] {A}",
    "which part of the [image|map|picture] is {Ax}",
)

EXISTS: tuple[str, ...] = (
    "[is|are] there [any|some|] {Ax} [in {AREA}|here|visible|present|around|]",
    "[is|are] there {As}",
    "[do|can] [you|we|I] [see|find|spot|detect|make out] [any|some|] {Ax} [in {AREA}|here|]",
    "[does|do] {AREA} [contain|have|include|show|hold] [any|some|] {Ax}",
    "[is|are] {A} [present|visible|there|found|shown|detectable|to be seen] [in {AREA}|here|]",
    "[is|are] [any|some] {Ax} [present|visible|there|to be seen|in sight|in view] [in {AREA}|]",
    "any {Ax} [here|around|there|in the image|in view|]",
    "[check|tell me|say|find out] [whether|if] there [is|are] [any|] {Ax} [in {AREA}|]",
    "[did|have] you [find|found] [any|] {Ax}",
    "does {Ax} [exist|occur|appear] [in {AREA}|here]",
    "is [this|the] [area|place|scene|image] [free of|without] {Ax}",
    "[is|are] {As} present",
    "is {As} [visible|present] in the image",
    "presence of {Ax}",
    "does [this|the] [place|area|region] have {As}",
    "can {Ax} be [seen|found|detected|identified]",
    "is there [really|actually|maybe|possibly|perhaps] [any|some] {Ax}",
    "{Ax} [present|visible|there] or not",
    "no {Ax} here, right",
    "[is|are] [the area|the land|it|this] [covered with|covered by] any {Ax}",
)

COUNT: tuple[str, ...] = (
    "how many {Ap} [are there|are visible|can you see|do you see|are in the image|are present|are shown|can be seen|does the image show|exist|can be counted|]",
    "how many [separate|distinct|individual|different|isolated] {Ap} [are there|are visible|can you see|can be identified|]",
    "[count|number] the {Ap}",
    "count {Ap}",
    "[what is|what's|give me|tell me] the [number|count|amount|total number] of {Ap}",
    "number of {Ap}",
    "how many [patches|parcels|pieces|areas|clusters|regions|segments|blobs|parts|stands|islands|zones] of {Ax} [are there|do you see|can be found|]",
    "into how many [patches|parts|pieces|fragments] [is|are] {A} [split|divided|broken|fragmented]",
    "{Ap} count",
    "number of [separate|distinct|] [patches|pieces|parcels] of {Ax}",
    "[how many|what number of] {Ax} patches [are there|]",
    "is there one {Ax} or several",
    "how [fragmented|scattered|patchy|broken up] [is|are] {A}",
    "are there several {Ap} or just one",
    "how many [times|places] do {Ap} [occur|appear]",
    "[can|could] you count {Ap}",
)

LARGER: tuple[str, ...] = (
    "which [is|one is|of the two is|class is|area is|type is|] [larger|bigger|more extensive|more widespread|more common|greater]{c} {A} or {B}",
    "which [covers|occupies|takes up|has] [more|the larger|the greater|the bigger|the most] [area|land|space|ground|of the image|surface|coverage|]{c} {A} or {B}",
    "what [is|covers|takes up] [larger|bigger|more|more area|more space]{c} {A} or {B}",
    "[is|are] {A} [larger|bigger|more extensive|greater in area] or [smaller|less extensive] than {B}",
    "[compare|contrast] {A} [and|with|to|against] {B}",
    "[compare|contrast] the [area|size|extent|coverage] of {A} [and|with|to|against] {B}",
    "{A} or {B}[,|:|] [which is|what's|which one is|which covers] [more|larger|bigger|more area]",
    "is there more {Ax} or [more|] {Bx}",
    "do you see more {Ax} or [more|] {Bx}",
    "between {A} and {B}[,|] which [is larger|is bigger|covers more|dominates|takes more space|has the greater area|is more extensive]",
    "{Ax} [vs|versus|vs.] {Bx}",
    "of {A} and {B}[,|] which [is larger|is the larger|covers more|one is more extensive|dominates]",
    "does {A} or {B} [cover more|occupy more|dominate|take up more space|have the larger area]",
    "which [land cover|class|of these] [is larger|has a larger area|covers more]{c} {A} or {B}",
    "what dominates, {A} or {B}",
    "more {Ax} or more {Bx}",
    "who wins by area{c} {A} or {B}",
    "[what|which] is there more of{c} {A} or {B}",
    "how [do|does] {A} [compare|stack up] [to|with|against] {B}",
)

SMALLER: tuple[str, ...] = (
    "which [is|one is|of the two is|class is|] [smaller|less extensive|less common|rarer]{c} {A} or {B}",
    "which [covers|occupies|takes up|has] [less|the smaller|the least|the lesser] [area|land|space|ground|]{c} {A} or {B}",
    "is there less {Ax} or [less|] {Bx}",
    "between {A} and {B}[,|] which is [smaller|less extensive|the smaller one|rarer]",
    "of {A} and {B}[,|] which [is smaller|covers less]",
    "{A} or {B}[,|:] which is [smaller|less]",
    "what [is|covers] [smaller|less|less area]{c} {A} or {B}",
    "[which|what] is there less of{c} {A} or {B}",
)

MORE_YN: tuple[str, ...] = (
    "[is|are] there [more|a larger area of|a bigger area of] {Ax} than {Bx} [in {AREA}|]",
    "[do|does] {A} [cover|occupy|take up] [more|more area|more space|a larger area|more ground] than {B}",
    "[is|are] {A} [larger|bigger|more extensive|more common|greater|more widespread] than {B}",
    "does {A} exceed {B} [in area|]",
    "is the [area|extent|share|coverage] of {A} [larger|greater|bigger|higher] than [that of|the area of|] {B}",
    "is the [number|amount] of {A} [greater|larger|higher] than the [number|amount] of {B}",
    "do {A} outweigh {B}",
    "[do|can] you see more {Ax} than {Bx}",
    "more {Ax} than {Bx}",
)

LESS_YN: tuple[str, ...] = (
    "[is|are] there [less|fewer|a smaller area of] {Ax} than {Bx} [in {AREA}|]",
    "[do|does] {A} [cover|occupy|take up] [less|less area|less space|a smaller area] than {B}",
    "[is|are] {A} [smaller|less extensive|less common|less widespread] than {B}",
    "is the [area|extent|share] of {A} [smaller|lower|less] than [that of|] {B}",
    "[less|fewer] {Ax} than {Bx}",
)

DIFFERENCE: tuple[str, ...] = (
    "how much [more|larger|bigger] [is|are] {A} than {B}",
    "how much more {Ax} than {Bx} [is there|]",
    "[what is|what's|calculate|give] the [difference|gap] [in area|in size|in cover|] between {A} and {B}",
    "by how much [do|does] {A} [exceed|outweigh|surpass] {B}",
    "by how [much|many {U}] is {A} [larger|bigger|smaller] than {B}",
    "how many {U} more {Ax} than {Bx}",
    "area difference between {A} and {B}",
    "how much [smaller|less] [is|are] {A} than {B}",
    "[what is the ratio of|ratio of] {A} to {B}",
)

TOTAL: tuple[str, ...] = (
    "how much of {AREA} is [either|] {A} [or|and] {B} [together|combined|in total|taken together]",
    "[what is|what's|give me] the [combined|total|joint|summed] [area|share|percentage|extent|cover] of {A} and {B}",
    "how [big|large] are {A} and {B} [together|combined|in sum|in total]",
    "{A} and {B} [together|combined|in total][,|] how [much|many {U}]",
    "how much [area|land] do {A} and {B} [cover|take up|occupy] [together|combined|in total|altogether]",
    "[sum|total|add up] [of|] {A} and {B}",
    "{A} plus {B} [in {U}|in percent|]",
)

BOTH: tuple[str, ...] = (
    "how much {Ax} and [how much|] {Bx} [is there|are there|do you see|]",
    "[what are|give me|tell me] the [shares|areas|percentages|sizes|fractions] of {A} and {B}",
    "[percentages|shares|areas|coverage] of {A} and {B}",
    "[segment|map|mark|outline] {A} and {B}",
    "[show|mark|highlight|segment] [me|] {A} and [also|] {B}",
)

TOUCH: tuple[str, ...] = (
    "[do|does] {A} [touch|border|adjoin|meet|reach|abut|share a border with|share a boundary with|come into contact with|connect to] {B}",
    "[do|does] {A} and {B} [touch|meet|share a border|share a boundary|border each other|adjoin|touch each other|have a common border|come into contact|connect]",
    "[is|are] {A} [adjacent to|next to|bordering|touching|beside|in contact with|connected to|adjoining|right next to|alongside|contiguous with|directly next to] {B}",
    "[is|are] {A} and {B} [adjacent|touching|neighbours|neighbors|next to each other|in contact|connected|contiguous|side by side]",
    "is there a [common|shared] [border|boundary|edge] between {A} and {B}",
    "what is the [boundary|spatial|border] relation[ship|] between {A} and {B}",
    "does the [edge|border|boundary] of {A} [touch|meet] {B}",
    "[how long|what] is the [common|shared] [border|boundary] [between|of] {A} and {B}",
    "do any {Ap} [touch|border|reach|meet] {B}",
    "[is|are] [any|some] {Ax} [adjacent to|next to|touching|bordering|right at] {B}",
    "adjacency [of|between] {A} and {B}",
    "are {A} [separated|apart|detached|isolated] from {B}",
    "[do|does] {A} [run|lie|go|extend] along {B}",
    "[is|are] {A} [surrounded by|enclosed by|lined by] {B}",
    "{A} [touching|bordering|next to] {B}",
)

DISTANCE: tuple[str, ...] = (
    "how far [is|are] {A} [away from|from|off] {B}",
    "how far apart are {A} and {B}",
    "how far [is it|] from {A} to {B}",
    "how far is [it to|] the [nearest|closest] {Ax} from {B}",
    "[what is|what's|give me|tell me|calculate|measure] the [shortest|minimum|smallest|closest|nearest|] distance [between|from] {A} [and|to] {B}",
    "[distance|min distance|minimum distance|shortest distance] [between|from] {A} [and|to] {B}",
    "how [close|near] [is|are] {A} [to|] {B}",
    "how many [metres|meters|kilometres|kilometers|km|m] [is it|are there|] [from|between] {A} [and|to] {B}",
    "what separates {A} from {B} in [metres|distance|terms of distance]",
    "how [close|near] do {A} [get|come] to {B}",
    "what is the gap between {A} and {B} [in metres|in meters|in km|]",
    "how far away [is|are] the [nearest|closest] {Ap} from {B}",
    "[is|are] {A} [near|close to|far from|within walking distance of] {B}",
    "[is|are] there [any|] {Ax} [near|close to|in the vicinity of|within reach of|not far from] {B}",
    "are {A} far [away|] from {B}",
    "do {A} [lie|come] close to {B}",
)

_BETWEEN = (
    "[between the two [dates|images|pictures|acquisitions]|between the dates|over time|since then|over the years|from the first to the second image|"
    "between {Y1} and {Y2}|from {Y1} to {Y2}|since {Y1}|between t1 and t2|across the two images|during this period|over the period|in the meantime|from before to after|]"
)
CHANGE: tuple[str, ...] = (
    f"[how did|how has|how have|how much did|how much has] {{A}} [change|changed|develop|developed|evolve|evolved|shifted] {_BETWEEN}",
    f"[what happened to|what changed in|what became of] {{A}} {_BETWEEN}",
    f"[did|has|have] {{A}} [change|changed|grow|grown|shrink|shrunk|increase|increased|decrease|decreased|expand|expanded] {_BETWEEN}",
    f"[what is|give me|calculate|describe|quantify|measure] the change [in|of] {{A}} {_BETWEEN}",
    "[is|was] there [more|less] {Ax} [now|after|at the end|in the second image|in the later image|today|at the later date] [than before|than in the first image|than at the start|]",
    f"[do|does|did] {{A}} [increase|decrease|grow or shrink|expand or contract] {_BETWEEN}",
    f"{{Ax}} [change|changes|trend|dynamics|development|evolution] {_BETWEEN}",
    f"[net|overall] [change|difference] [of|in] {{A}} {_BETWEEN}",
    "[compare|difference of] {A} [before and after|at the two dates|in both images|between the dates|then and now]",
    f"[is|are] {{A}} [growing|shrinking|expanding|receding|stable|increasing|decreasing] {_BETWEEN}",
    f"by how much [did|has|have] {{A}} [change|changed|increased|decreased|grown|shrunk] {_BETWEEN}",
    "{A} before and after",
    "how different [is|are] {A} [now|in the second image|after|today]",
)
GAIN: tuple[str, ...] = (
    f"how much {{Ax}} [was|has been|is|were] [gained|added|created|newly formed|new] {_BETWEEN}",
    f"how much new {{Ax}} [is there|appeared|emerged|came up] {_BETWEEN}",
    f"[where|how much] [did|has] {{A}} [expand|expanded|grow|grown|spread|advance|increase] {_BETWEEN}",
    f"[new|gained|additional] {{Ax}} {_BETWEEN}",
    f"how many {{U}} of {{Ax}} [were|have been] [added|gained|created] {_BETWEEN}",
    f"[what is|how large is] the [gain|increase|growth|expansion] [of|in] {{A}} {_BETWEEN}",
    f"what [area|share] [became|turned into|was converted to|has become] {{Ax}} {_BETWEEN}",
    "[what|how much|which area] is {Ax} now [but|that|and] was not before",
)
LOSS: tuple[str, ...] = (
    f"how much {{Ax}} [was|has been|were|got] [lost|removed|destroyed|cleared|gone] {_BETWEEN}",
    f"how much {{Ax}} [disappeared|vanished|has gone|went away|did we lose|did the area lose] {_BETWEEN}",
    f"[where|how much] [did|has] {{A}} [shrink|shrunk|retreat|retreated|recede|decline|decrease] {_BETWEEN}",
    f"[lost|removed|missing|destroyed] {{Ax}} {_BETWEEN}",
    f"how many {{U}} of {{Ax}} [were|have been|got] [lost|removed|destroyed|cleared] {_BETWEEN}",
    f"[what is|how large is] the [loss|decrease|decline|reduction] [of|in] {{A}} {_BETWEEN}",
    f"what {_PC} of {{A}} [was|were|has been] [lost|destroyed|removed] {_BETWEEN}",
    "[what|how much|which area] was {Ax} before [but|and] is [not|no longer] now",
)
#: Questions whose class and direction are in the verb: (pattern, label, kind).
VERBAL_CHANGE: tuple[tuple[str, str, str], ...] = (
    (f"how much [deforestation|forest clearing|logging|tree felling|clear-cutting] [happened|took place|occurred|is there|was there|] {_BETWEEN}", "trees", "loss"),
    (f"[is|was|has] there [been|] [any|] [deforestation|forest loss|logging] {_BETWEEN}", "trees", "loss"),
    (f"[deforested area|area of deforestation|forest clearance|tree loss] {_BETWEEN}", "trees", "loss"),
    (f"how much [land|area] was [deforested|logged|cleared of trees] {_BETWEEN}", "trees", "loss"),
    (f"how many trees were cut [down|] {_BETWEEN}", "trees", "loss"),
    (f"how much [reforestation|afforestation|regrowth of forest|forest regrowth] [happened|took place|is there|] {_BETWEEN}", "trees", "gain"),
    (f"[reforested area|newly planted forest] {_BETWEEN}", "trees", "gain"),
    (f"how much [urban growth|urbanisation|urbanization|urban sprawl|construction|new development|building activity] [happened|took place|was there|is there|] {_BETWEEN}", "built-up area", "gain"),
    (f"[how much|has] [has|] the [city|town|village] [grown|expanded|spread] {_BETWEEN}", "built-up area", "gain"),
    (f"[how much land was|what area was] [built on|built over|urbanised|sealed|developed] {_BETWEEN}", "built-up area", "gain"),
    (f"was anything [new|] built {_BETWEEN}", "built-up area", "gain"),
    (f"how much did the [lake|reservoir|river] [dry up|dry out|fall dry|recede|shrink] {_BETWEEN}", "water", "loss"),
    (f"how much [water|of the lake] [dried up|has dried up|receded|evaporated] {_BETWEEN}", "water", "loss"),
    (f"how much [snow|ice] [melted|has melted|has gone|thawed] {_BETWEEN}", "snow", "loss"),
    (f"has the glacier retreated {_BETWEEN}", "snow", "loss"),
    (f"how much [new farmland|agricultural expansion] [is there|happened|] {_BETWEEN}", "cropland", "gain"),
    (f"how much desertification [took place|is there|] {_BETWEEN}", "bare land", "gain"),
    (f"how much greener did [it|the area] get {_BETWEEN}", "vegetation", "gain"),
)  # fmt: skip
FLOOD: tuple[str, ...] = (
    f"how [much|many {{U}}] [land|area|] [was|is|were|got|has been|have been] [flooded|inundated|under water|submerged|drowned] {_BETWEEN}",
    f"[what is|what's|give me|calculate|how large is|how big is] the [flooded|inundated|submerged] [area|extent|surface|land] [in {{U}}|] {_BETWEEN}",
    "[flooded|inundated] [area|land|surface] [in {U}|]",
    "[flood|inundation] [extent|area|map|mapping|size]",
    f"[how extensive|how large|how severe|how bad|how big] [is|was] the [flood|flooding|inundation] {_BETWEEN}",
    f"[is|was|are|were] [there|] [any|] [flooding|flooded areas|a flood|flooded land] {_BETWEEN}",
    "[where is|where was|where are] the [flood|flooding|flooded area|flooded land|inundated areas]",
    f"what {_PC} of {_AREA} [is|was|got] [flooded|inundated|under flood water|newly flooded]",
    "[did|has] the river [burst its banks|flood|overflow|break its banks|spill over]",
    "[segment|map|show|mark|delineate|outline] the [flooded area|flood|inundated land|flooded land|flood extent]",
    f"how much [area|land] did the flood [cover|affect|hit|reach|put under water] {_BETWEEN}",
    "what area was affected by the flood",
    "how much [more|additional|new] water is there after the [flood|rain|storm]",
    "how much of the area is newly flooded",
)
FLOODED_CLASS: tuple[str, ...] = (
    f"how much {{Ax}} [was|were|is|got|has been] [flooded|inundated|under water|submerged|drowned|hit by the flood|affected by the flood] {_BETWEEN}",
    f"[what|which] [share|area|amount] of {{A}} [was|is|got] [flooded|inundated|under water] {_BETWEEN}",
    "[flooded|inundated|submerged] {Ax}",
    "how much flooded {Ax} is there",
    "how many {U} of {Ax} [were|are|got] [flooded|inundated|under water]",
    "[were|are|did] [any|] {Ap} [flooded|get flooded|inundated|under water]",
    "[did|has] the flood [reach|hit|cover|damage|affect] {A}",
    "area of {A} [under water|flooded|hit by the flood]",
)

DOMINANT: tuple[str, ...] = (
    "[what is|what's|which is|tell me|name] the [dominant|predominant|main|most common|primary|largest|prevailing|most widespread|major|principal|biggest|most extensive] [land cover|land cover type|land use|class|cover|cover type|type of land cover|surface|surface type|land-cover class|landscape|category]",
    "what [dominates|prevails|predominates] [{AREA}|here|]",
    "which [land cover|class|type|cover type|land cover class|land-use] [dominates|is dominant|is most common|covers the most|covers most of {AREA}|is largest|takes up the most space|has the largest area|prevails]",
    "what covers [most of|the most of|the largest part of|the majority of] {AREA}",
    "what is [most of {AREA}|{AREA} mostly] [made of|covered with|covered by|]",
    "[dominant|predominant|main|most common] [land cover|class|cover|land use]",
    "what is the [land cover|landscape] here mostly",
    "what type of [landscape|land cover|terrain|environment] is [primarily|mainly|mostly] [depicted|shown|seen|visible]",
    "what [kind|type|sort] of [landscape|area|land|terrain|place|environment] is [this|it|shown|here]",
    "what do you see most of",
    "mostly what",
    "what land cover type best describes [the overall environment|the scene|this area]",
    "what is the [biggest|largest] [thing|feature|class] [in {AREA}|here]",
    "what covers the largest area",
)
LEAST: tuple[str, ...] = (
    "[what is|which is] the [least common|smallest|rarest|least extensive|least frequent] [land cover|class|cover type|land use|type]",
    "which [class|land cover|type] [covers the least|is rarest|is smallest|has the smallest area|is least common]",
    "what [is|covers] the least [area|of {AREA}|]",
    "[smallest|rarest|least common] [class|land cover]",
)
DESCRIBE: tuple[str, ...] = (
    "[describe|summarise|summarize|explain|characterise|analyze|analyse|interpret|caption] [the scene|the image|this image|this area|the area|the picture|what you see|the land cover|the landscape|this place|it]",
    "what [do you see|can you see|can be seen|is visible|is shown|is in the image|is here|is there to see|is in this picture|is on the map]",
    "what [does the image show|is this|is this place like|is in it|is going on here|are we looking at|am I looking at]",
    "[give|write|provide] [me|] [a|an] [short|brief|] [description|summary|overview|caption|report] [of the [scene|image|area|land cover]|]",
    "[which|what] [classes|land cover types|land covers|land cover classes|surfaces] [are there|are present|do you see|can you find|are visible|exist here]",
    "[list|name|enumerate] [the|all|all the] [classes|land cover types|land covers|land cover classes|things you see|features]",
    "tell me [about this [place|area|scene|image]|what is here|what you see]",
    "[land cover|landscape] [overview|summary|composition|breakdown|map|classification|statistics]",
    "what is the [composition|make-up|breakdown] of [the area|the scene|the land cover|the landscape]",
    "how is the land [used|distributed|divided] [here|in this area|]",
    "what [kinds|types|sorts] of land cover are [there|here|visible|present]",
    "segment everything",
    "classify the [image|scene|area|land cover]",
    "what's here",
    "what's in the image",
    "overview please",
)
SEGMENT: tuple[str, ...] = (
    "[please|can you please|could you|can you|] [segment|mask|outline|mark|highlight|map|delineate|extract|detect|show|show me|find|identify|draw|trace|digitise|digitize|select|pick out|label] [all|all the|the|every|] {Ax} [in {AREA}|for me|please|]",
    "please segment the {Ax}",
    "{Ax} [mask|segmentation|map|outline|layer|polygon|extraction|detection]",
    "[mask|map|outline|polygons] of {A}",
    "[segmentation|delineation|extraction|mapping] of {A}",
    "[make|create|give me|generate|produce|I need|I want] a [mask|map|layer|polygon] of {A}",
    "{Ax}",
    "[just|only] {A}",
    "show where the {Ax} is as a mask",
)
RURAL: tuple[str, ...] = (
    "is [it|this|the area|this area|this place|the scene] [a|an|] [rural or urban|urban or rural|rural or an urban|urban or a rural] [area|place|one|]",
    "[rural or urban|urban or rural]",
    "is [this|it|the area] [urban|rural|a city|in the city|in the countryside|countryside|a rural area|an urban area|densely populated|urbanised|urbanized]",
    "is [this|it] [a city or the countryside|town or country|countryside or city]",
    "what is the [dominant|] settlement type [visible|] [in this satellite image|here|]",
    "how [urban|rural|urbanised|built up|developed] is [this|this area|the area|the scene|it|this place]",
)
CLOUD_USE: tuple[str, ...] = (
    "[given the cloud cover in this satellite image, |] can [it|this image|the image] be used [for further analysis|for analysis|for mapping|at all|]",
    "is [the image|this image|the scene|the picture|the sky] [usable|clear|cloud-free|cloud free|cloudy|clear enough|free of clouds|good enough|too cloudy|obscured by clouds|overcast]",
    "how [cloudy|clear|overcast|hazy] is [it|the image|the scene|this image]",
    "[do|does] clouds [hide|cover|obscure|block] [the ground|the land|too much|part of the scene|the view]",
    "are there too many clouds [to use it|]",
    "cloud [cover|coverage|percentage|fraction]",
    "how much [cloud|cloud cover] is there",
    "is the view blocked by [clouds|haze|fog]",
)
CHANGE_ANY: tuple[str, ...] = (
    f"what [changed|has changed|is different|happened|is new|are the changes|changes do you see|changes are visible|has happened] {_BETWEEN}",
    f"[what are|list|describe|summarise|summarize|show|detect|find|map|quantify|explain] the [main|biggest|land cover|] [changes|differences] {_BETWEEN}",
    f"[how did|how has] [the area|the land cover|the landscape|this place|the scene|it|the land] [change|changed|develop|developed] {_BETWEEN}",
    f"[did|has] [anything|something] [change|changed] {_BETWEEN}",
    f"[change detection|land cover change|changes] {_BETWEEN}",
    "[compare|difference between|what is the difference between] the [two|] [images|dates|scenes|pictures]",
    f"[is|are] there [any|] [change|changes|differences] {_BETWEEN}",
    "before and after comparison",
)
COMPARE_OPTIONS: tuple[str, ...] = (
    "which [of the following|of these|] [objects|classes|land covers|features|things] [from the list|] [is|can be|are] [clearly|] [visible|seen|present] [in the image|]",
    "what [is|do you see] in the image [from these options|]",
    "which [of the following|of these|class|land cover class|option|one] [is larger|is largest|has the larger area|covers more|covers the most|has the largest area|occupies the larger area|is more extensive] [in the image|]",
    "which class covers [more|a larger] area",
    "which has the larger area",
    "which [land-cover class|land cover class|category] occupies more area",
)

FOREIGN: dict[str, tuple[str, ...]] = {
    "share": (
        "wie viel [prozent|anteil] [der fläche|des bildes|] ist {F}", "wie viel {F} [gibt es|ist zu sehen|]", "anteil [an|von|der] {F}", "wie groß ist der anteil an {F}",
        "quel [pourcentage|part] [de l'image|de la zone|du sol] est [couvert par|occupé par|] {F}", "combien de {F} y a-t-il", "pourcentage de {F}",
        "qué [porcentaje|parte|proporción] [de la imagen|del área|] [es|está cubierto por|ocupa] {F}", "cuánto {F} hay", "porcentaje de {F}", "cuánta {F} hay",
        "qual [a|é a] [porcentagem|percentagem|proporção] de {F}", "quanto de {F} [há|existe]", "wieviel prozent {F}", "quelle part est {F}", "qual percentagem da imagem é {F}",
    ),
    "area": (
        "wie groß ist [die fläche von|der|das|die|] {F} [in hektar|in ha|in quadratmetern|]", "wie viele hektar {F} [gibt es|]", "fläche {F} in ha", "fläche von {F}",
        "quelle est la [surface|superficie] [de|des|du] {F} [en hectares|en ha|]", "combien d'hectares de {F}", "superficie de {F} [en hectáreas|]", "cuántas hectáreas de {F} hay",
        "qual é a área de {F} [em hectares|]", "quantos hectares de {F}", "qué superficie [ocupa|tiene] {F}",
    ),
    "where": ("wo [ist|sind|liegt|liegen] [der|die|das|] {F}", "où [est|sont|se trouve] [le|la|les|] {F}", "dónde [está|están|hay] [el|la|los|las|] {F}", "onde [está|fica|ficam|há] [o|a|os|as|] {F}"),
    "exists": ("gibt es [hier|] {F}", "ist [hier|] {F} [zu sehen|vorhanden|]", "y a-t-il [de la|du|des|un|une|] {F}", "hay {F} [aquí|en la imagen|]", "há {F} [na imagem|aqui|]", "existe {F}", "sieht man {F}"),
    "count": ("wie viele {F} [gibt es|sind zu sehen|sieht man|]", "combien de {F} [sont visibles|voit-on|]", "cuántos {F} hay", "cuántas {F} se ven", "quantos {F} [há|existem]", "anzahl der {F}"),
    "segment": ("[bitte|] [zeige|markiere|segmentiere] [mir|] [den|die|das|] {F}", "[segmente|montre|marque] [le|la|les|] {F}", "[segmenta|muestra|marca] [el|la|los|] {F}", "[segmente|mostre|marque] [o|a|] {F}"),
    "larger": ("was ist größer[,|:] {F} oder {G}", "gibt es mehr {F} oder {G}", "qu'est-ce qui est plus grand[,|] {F} ou {G}", "plus de {F} ou de {G}", "qué es [mayor|más grande][,|] {F} o {G}", "hay más {F} o {G}", "o que é maior[,|] {F} ou {G}"),
    "distance": ("wie weit ist {F} von {G} [entfernt|]", "quelle est la distance entre {F} et {G}", "qué distancia hay entre {F} y {G}", "qual a distância entre {F} e {G}", "abstand zwischen {F} und {G}"),
    "touch": ("[berührt|berühren|grenzt] {F} [an|] {G}", "grenzen {F} und {G} aneinander", "{F} touche-t-il {G}", "est-ce que {F} touche {G}", "¿toca {F} {G}", "{F} [limita con|está junto a] {G}", "{F} faz fronteira com {G}"),
    "describe": ("beschreibe [das bild|die szene|die landschaft]", "was ist [zu sehen|auf dem bild]", "décris [l'image|la scène]", "que voit-on", "describe la [imagen|escena]", "qué se ve", "descreva a [imagem|cena]", "o que se vê [na imagem|]"),
    "dominant": ("was [überwiegt|dominiert]", "quelle est l'occupation du sol dominante", "qué cobertura predomina", "qual é a cobertura predominante", "was ist die vorherrschende landbedeckung"),
    "change": ("wie hat sich {F} verändert", "comment a changé {F}", "cómo ha cambiado {F}", "como mudou {F}", "hat {F} [zugenommen|abgenommen]"),
    "flood": ("wie viel [fläche|land] wurde überflutet", "überflutete fläche", "quelle surface est inondée", "qué superficie está inundada", "qual a área inundada"),
    "change_any": ("was hat sich [verändert|geändert]", "qu'est-ce qui a changé", "qué ha cambiado", "o que mudou"),
}  # fmt: skip
