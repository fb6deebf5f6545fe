
"""Questions that the land cover under a picture cannot answer: they teach the model to say so."""

from __future__ import annotations

#: Things that are no land-cover class of ours; asked about with the same words as classes are.
UNKNOWN_THINGS: tuple[tuple[str, str], ...] = tuple(
    (single, plural)
    for single, plural in (
        pair.split("/")
        for pair in ["car/cars", "truck/trucks", "ship/ships", "boat/boats", "airplane/airplanes", "plane/planes", "aircraft/aircraft", "helicopter/helicopters", "train/trains", "bus/buses", "bicycle/bicycles", "motorcycle/motorcycles", "vehicle/vehicles", "tractor/tractors", "tank truck/tank trucks", "person/people", "man/men", "child/children", "pedestrian/pedestrians", "tourist/tourists", "soldier/soldiers", "cow/cows", "sheep/sheep", "horse/horses", "dog/dogs", "bird/birds", "whale/whales", "fish/fish", "elephant/elephants", "animal/animals", "deer/deer", "bear/bears", "insect/insects", "swimming pool/swimming pools", "solar panel/solar panels", "wind turbine/wind turbines", "power line/power lines", "pipeline/pipelines", "overhead powerline/overhead powerlines", "fence/fences", "fence wire/fence wires", "airport/airports", "runway/runways", "stadium/stadiums", "football pitch/football pitches", "tennis court/tennis courts", "golf course/golf courses", "school/schools", "hospital/hospitals", "church/churches", "mosque/mosques", "temple/temples", "restaurant/restaurants", "hotel/hotels", "shop/shops", "supermarket/supermarkets", "bank/banks", "museum/museums", "prison/prisons", "train station/train stations", "railway/railways", "rail track/rail tracks", "bridge/bridges", "tunnel/tunnels", "dam wall/dam walls", "lighthouse/lighthouses", "chimney/chimneys", "cooling tower/cooling towers", "oil tank/oil tanks", "oil rig/oil rigs", "oil spill/oil spills", "volcano/volcanoes", "crater/craters", "landslide/landslides", "earthquake fault/earthquake faults", "waterfall/waterfalls", "cave/caves", "crop circle/crop circles", "ufo/ufos", "alien/aliens", "dinosaur/dinosaurs", "castle/castles", "monument/monuments", "statue/statues", "cemetery/cemeteries", "playground/playgrounds", "parking lot/parking lots", "petrol station/petrol stations", "traffic light/traffic lights", "street lamp/street lamps", "tent/tents", "refugee camp/refugee camps", "container/containers", "crane/cranes", "satellite dish/satellite dishes", "antenna/antennas", "greenhouse/greenhouses", "barn owl/barn owls", "silo/silos", "windmill/windmills", "coral reef/coral reefs", "algae bloom/algae blooms", "plastic/plastics", "garbage/garbages", "landfill/landfills", "mushroom/mushrooms", "flower/flowers", "tulip/tulips", "oak/oaks", "eucalyptus/eucalypts", "palm oil/palm oils", "banana/bananas", "potato/potatoes", "tomato/tomatoes", "coffee/coffees", "missile/missiles", "weapon/weapons", "tank/tanks", "submarine/submarines", "military base/military bases", "border wall/border walls", "drone/drones", "ferry/ferries", "cruise ship/cruise ships", "container ship/container ships", "yacht/yachts", "iceberg/icebergs", "penguin/penguins", "polar bear/polar bears", "telephone/telephones", "computer/computers", "chair/chairs", "table/tables", "window/windows", "door/doors", "balcony/balconies", "elevator/elevators", "mailbox/mailboxes", "bus stop/bus stops", "zebra crossing/zebra crossings", "roundabout/roundabouts", "billboard/billboards", "cat/cats", "cattle/cattle", "swan/swans", "beaver dam/beaver dams", "mosquito/mosquitoes", "nuclear plant/nuclear plants", "power plant/power plants", "substation/substations", "chicken farm animal/chickens", "camel/camels", "goat/goats", "pig/pigs", "spaceship/spaceships", "ghost/ghosts", "unicorn/unicorns", "dragon/dragons", "pyramid/pyramids", "library/libraries", "theatre/theatres", "cinema/cinemas", "pub/pubs", "bakery/bakeries", "pharmacy/pharmacies", "university/universities", "police station/police stations", "fire station/fire stations", "factory worker/factory workers", "umbrella/umbrellas", "sunbed/sunbeds", "surfer/surfers", "swimmer/swimmers", "fisherman/fishermen", "manhole/manholes", "telegraph pole/telegraph poles", "electric pole/electric poles", "cable/cables", "ski lift/ski lifts", "race track/race tracks", "mineral/minerals", "gold/golds", "coal/coals", "oil/oils", "gas/gases", "diamond/diamonds", "copper ore/copper ores", "groundwater/groundwaters", "pixel artefact/pixel artefacts", "smoke plume/smoke plumes", "burning fire/burning fires", "lightning/lightnings", "rainbow/rainbows", "tornado/tornadoes", "hurricane/hurricanes", "star/stars", "moon/moons"]
    )
)  # fmt: skip

_R = "[the river|the lake|the town|this village|the city|this place|the sea|the road|the street|the mountain|the region|this area|the forest|the island|the farm|the reservoir|the country]"
_P = "[the mayor|the president|the owner|the farmer|the king|the governor|the minister|the landowner|the photographer|the pilot|the author|Napoleon|Einstein|the prime minister|anyone|the neighbour]"
_CITY = "[Paris|London|Berlin|New York|Tokyo|Madrid|Lisbon|Rome|Sydney|Delhi|Cairo|Lagos|Moscow|Brazil|France|Germany|Kenya|India|Canada|Texas|California|Queensland|Bavaria|Peru|Dubai|Slovenia|Vienna|Mexico]"
_WHICH_SPECIES = "[tree|plant|crop|bird|fish|animal|grass|bush|flower|shrub]"

IMPOSSIBLE: tuple[str, ...] = (
    f"[what is|what's|tell me|do you know|give me] the name of {_R}",
    f"[what|how] is {_R} called",
    "which [city|town|country|river|lake|state|province|continent|county|district|village|mountain] is [this|it|shown here|in the image|that]",
    "[what|which] [country|city|place|continent|state] [is this|are we in|was this taken in|does this show|is it]",
    f"is this [in|near|part of|located in|] {_CITY}",
    f"how far is [it|this|the town] [to|from] {_CITY}",
    "where [on earth|in the world] [is this|are we|was this taken]",
    "what are the [coordinates|gps coordinates|latitude and longitude|address|postal code|zip code|street names|street name] [of this place|here|of the house|]",
    f"which {_WHICH_SPECIES} species [grows|grow|live|lives|is found|are there|is this|dominates] [here|in the area|]",
    f"what [kind|type|species|sort|variety] of {_WHICH_SPECIES} [is this|are these|grows here|grow here|is grown here|lives here|do you see|is it]",
    "what [crop|crops|kind of crops] [is|are] [grown|planted|cultivated] [here|in the fields|on the farm|]",
    "[is|are] [this|these|it|the crop|the fields] [wheat|maize|corn|soy|soybeans|barley|cotton|sugar cane|sunflowers|potatoes|sorghum|canola]",
    "which cropping season best matches the vegetation state [in the image|]",
    "are [the trees|these trees] [oaks|pines|birches|eucalyptus|spruces|palms|apple trees]",
    "how [old|tall|high|deep|warm|cold|heavy|fast|dirty|salty|clean|polluted|acidic|thick|noisy|rich|expensive] [is|are] [the trees|the forest|the lake|the river|the water|the buildings|the houses|the city|the snow|the crops|the soil|the road|the bridge]",
    "what is the [depth|temperature|quality|colour|ph|salinity|pollution level|volume|flow|flow rate|speed|age|height|price|value|weight|biomass|carbon stock|oxygen content|level] of [the water|the lake|the river|the forest|the trees|the soil|the land|the buildings|the snow|the crops|the air]",
    "is the [water|air|soil|river|lake] [clean|safe to drink|drinkable|polluted|contaminated|warm|cold|salty|fresh|toxic|fertile|deep]",
    "can [I|we|one|you] [drink|swim in|fish in|eat|buy|sell|rent|visit] [the water|the lake|the river|this|it|the land|a house here]",
    "[how much|what] [does|is] [the land|a house|this property|a hectare|the forest|the farm|it|this field|this land|the building|the timber] [cost|worth|valued at|the price]",
    "what is the [price|market value|rent|tax|cost|property value] [of|for] [the land|a house|this|the farm|these fields|]",
    f"who [owns|bought|sold|built|lives in|rules|manages|planted|farms|governs|discovered|took|photographed] [this|the land|the forest|the buildings|the house|here|{_R}|the image]",
    f"who is {_P}", f"[what does|what did] {_P} [think|say|do|eat|own] [about this|here|today|]",
    f"is {_P} [here|at home|happy|rich|visible]",
    "who [won|will win|lost] the [election|war|match|cup|championship|world cup]",
    "which [party|politician|government|candidate] [governs|is best|should I vote for|won|rules here]",
    "is the [government|president|mayor|policy|law] [good|bad|corrupt|fair|responsible]",
    "[why|how come] [did|do|is|are] [the government|people|farmers|they|the owners] [cut the trees|live here|build here|leave|so poor|so rich|angry|allow this]",
    "how many [people|inhabitants|residents|families|citizens|households|voters] [live|are living|are there|work|voted] [here|in this town|in the city|in the area|in this village|]",
    "[what is|what's] the [population|population density|gdp|income|crime rate|unemployment rate|literacy rate|religion|language|religion of the people|average age] [here|of this town|of the area|of the city|]",
    "what [language|religion|currency|food|music|clothes] [do people|do they] [speak|have|use|eat|like|wear] here",
    "what [time|hour] [is it|was it|was the image taken|of day is it|of day was it]",
    "[what day|which month|what year|which season|when|what date] [is it|was this taken|was the image taken|was this picture made|is shown]",
    "when was [the city|the town|the house|the bridge|this|the road|the dam|the forest] [founded|built|planted|constructed|made|established]",
    "[what is|what's|how is|how was] the [weather|temperature|wind speed|humidity|rainfall|forecast] [here|today|tomorrow|like|going to be|at that time|]",
    "will it [rain|snow|be sunny|flood|storm] [tomorrow|next week|today|soon|next year]",
    "is it [raining|hot|cold|windy|night|morning|noon|winter|summer|sunny outside|monday]",
    "what will [happen|this look like|the city look like|the forest look like] [in ten years|next year|in the future|in 2050|tomorrow]",
    "how [many|much] [cars|traffic|trees per hectare|fish|tourists|noise|money|carbon|oxygen|electricity|rain] [pass here|is there per day|are there per hour|live in the lake|is stored here|does it produce|falls here|is consumed]",
    "how many [floors|storeys|rooms|windows|doors|apartments] [do the buildings have|does the house have|are there]",
    "what [colour|color|brand|model|material] [is|are] [the car|the roofs|the house|the door|the walls|the boat|the roof]",
    "what [satellite|camera|sensor|instrument|drone] took [this|the image|the picture]",
    "[tell|write] me [a joke|a poem|a story|a song|a fairy tale|an essay|a recipe|python code|something funny]",
    "[hi|hello|hey|good morning|good evening|how are you|thanks|thank you|bye|ok|yes|no|test|what|why|please|help|who are you|what can you do|are you a robot|what is your name|do you love me|stop|cool|lol|sure]",
    "what is [2+2|two plus two|the square root of 16|12 times 12|the meaning of life|the capital of France|love|quantum physics|a black hole|python|the best phone|your favourite colour|the speed of light|pi]",
    "[play|book|order|buy|send|call|open|delete|install|translate|turn on] [music|a flight|a pizza|me a ticket|an email|my mother|the file|everything|this program|this text|the light]",
    "[asdf|qwerty|xxyz|blah blah|lorem ipsum dolor|foo bar|aaaa|zzz|hjkl dsf|1234|...|???|!!|fghj tzui|wkejr sdf oiu|abc|mnbv cxy|trlala|hmm|gfdgdf dgfd|0|42|x|qwe rty uio]",
    "", "[colourless green ideas sleep furiously|banana phone seven|the the the|is of and or|purple the why|time flies like an arrow|fish bicycle moon|how why where]",
    "is [this|it|the place] [beautiful|nice|famous|boring|haunted|safe|dangerous to walk|a good holiday destination|touristic|holy|legal|romantic]",
    "[should|can] I [invest|move|live|travel|buy land|retire|go on holiday|get married|park my car] here",
    "what [happened|was] here in [1492|the war|the middle ages|world war two|roman times|the past century]",
    "is there [gold|oil|gas|a treasure|life|wifi|internet|electricity|an archaeological site|a metal deposit|groundwater] [here|under the ground|below the surface|in the area|]",
    "how many [bedrooms|euros|dollars|litres|degrees|kilograms|tonnes of carbon|cubic metres of water|kilowatts|votes] [are there|is that|does it hold|are stored|]",
    "how [happy|angry|rich|poor|old|healthy|religious] are [the people|the farmers|they|the residents] [here|]",
    "what is the [yield|harvest|crop yield|production|productivity|irrigation rate] of [the fields|the farm|this crop|the cropland|]",
    "which [house|building|field|tree] belongs to [me|Mr Smith|the mayor|John|the state|the church]",
    "what is the [elevation|altitude|slope|height above sea level] [here|of the hill|of this place|]",
    "is the [water|lake|river|sea|air|soil|food] [safe|fit|good|ok|healthy|dangerous] [for|to] [swimming|drinking|swim in|drink|fishing|bathing|eating|breathe]",
    "[tell|show|say|sing] me something [funny|nice|interesting about you|else|new|about history|about love|in French]",
    "are there [wolves|bears|sharks|snakes|tigers|birds|bees|frogs|deer|rabbits|ghosts|people|hikers|cars|boats|monkeys|lions] [in|on|near|at] the [forest|woods|lake|river|meadow|fields|water|town|grass|beach|road]",
    "[do|are|can] [any|some|] [wolves|bears|fish|birds|cows|sheep|horses|deer|people|tourists|ships|boats] [live|swim|graze|walk|sail|sleep] [in|on|near|at] the [forest|woods|lake|river|meadow|fields|pasture|beach]",
    "which [animal|bird|fish|tree|plant|flower|crop|car|company|person|team|language|brand|school|street|country] is [largest|biggest|most common|dominant|best|fastest|the main one|older|nearest|cheapest]",
    "what's the [address|phone number|name|owner|price|age|speed|smell|sound|taste|title|author|file size|resolution of my screen|postcode|website|colour of the sky]",
    "will [the river|the lake|the forest|it|the town|this field|the snow|the price|the farm] [flood|dry up|burn|grow|melt|rise|fall|change|survive|be sold] [next year|next spring|soon|tomorrow|in the future|one day]",
    "[did|does|do|will] [the government|the mayor|the farmers|the owner|the company|the people|they] [know|care|agree|pay|help|protest|like it|do enough|plan to build here|sell the land]",
    "how [many|much] [fish|trees per hectare|litres|tonnes|kilometres per hour|euros|dollars|people|children|kilowatt hours|calories] [are in the lake|per hectare|does the river carry|does the crop weigh|does it cost|live in the houses|go to school here|does the plant make]",
    "what [do|does|did] [people|they|the farmers|the villagers|the owner|the cows] [eat|drink|earn|think|do for a living|believe|wear|grow|produce|sell] [here|there|]",
    "how [fast|deep|salty|clean|cold|warm|old|strong|loud|heavy|tall|high|expensive|rich|healthy|famous|busy] [does the river flow|is the lake|is the sea|is the water|are the trees|are the houses|is the forest|is the road|is the bridge|is the farmer|is the town|is the village]",
    "[what|which] [month|hour|day|season|year|date|century] [are we in|is this|was this shot|was it|is it now|does the picture show]",
    "[is|was] the [farmer|factory owner|mayor|driver|photographer|fisherman|king|neighbour] [rich|at home|happy|old|angry|a good man|married|alive]",
    "[quién|wer|qui|quem] [es el dueño|wohnt hier|est le propriétaire|é o dono]", "wie heißt [der fluss|die stadt|der see|das dorf]",
    "comment s'appelle [la ville|la rivière|le lac]", "cómo se llama [el río|la ciudad|el pueblo]", "como se chama [o rio|a cidade]",
    "wie [spät|warm|teuer|alt] ist [es|das|der wald|das haus]", "combien [coûte|vaut] [la maison|le terrain]", "[cuánta gente|quantas pessoas|wie viele menschen|combien de personnes] [vive aquí|vivem aqui|leben hier|vivent ici]",
)  # fmt: skip
