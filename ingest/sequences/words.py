"""What the lists of the sequences set are made of."""

from __future__ import annotations


def words(text: str) -> tuple[str, ...]:
    """Return the words of a text; a hyphen stands for a blank inside one."""
    return tuple(word.replace("-", " ") for word in text.split())


ANIMALS = words(
    """
    ant badger bat bear beaver bee bison buffalo camel cat cheetah cow crab crow deer dog dolphin
    donkey duck eagle eel elephant elk ferret fox frog gecko goat goose hamster hare hawk hedgehog
    heron horse hyena ibis jackal kangaroo koala lemur leopard lion llama lobster lynx magpie mole
    moose moth mouse newt octopus otter owl ox panda parrot penguin pig pony rabbit raven robin
    salmon seal shark sheep snail snake sparrow squid stork swan tiger toad trout turtle viper
    walrus wasp whale wolf wombat yak zebra
    """
)

WORDS = words(
    """
    acorn anvil apron attic autumn bacon bamboo banner barley basin beacon blanket bonfire bucket
    butter cabin canvas carpet ceiling chalk cheese chimney circle clover cobweb collar copper
    cotton crystal curtain cushion dagger danger diary dinner drawer dust easel echo elbow ember
    envelope evening fabric feather fence fever fiddle flour fog fountain frost funnel garlic
    gate ginger glass gravel guest hammock harvest hinge honey iceberg idea ink iron ivory jewel
    journey juice kitchen knot ladder lamp leather lemon letter lilac linen lock lumber magnet
    marble mast meadow mirror mitten moss museum napkin nest noise north notebook oak oar oats
    office olive onion orbit oven paddle page paint paper pebble pepper pillow pocket porch powder
    quarry quilt rain recipe ribbon river roof rope saddle sail salt sand scale shadow shelf shore
    silver sleeve smoke soap spice spoon stable stair storm straw string sugar summer table tailor
    tea tent thread thunder timber tower trail tunnel umbrella urn vase velvet violin voice wagon
    wall water wax wheat whistle window winter wool yard yarn
    """
)

# Ways to spend an evening, in pairs that differ in how much goes on.
QUIET = words(
    """
    reading-a-novel watering-the-plants baking-bread writing-a-letter knitting-a-scarf
    solving-a-crossword watching-the-stars mending-a-shirt drawing-a-map feeding-the-birds
    folding-paper-cranes listening-to-the-rain polishing-old-spoons sorting-photographs
    walking-along-the-canal tending-a-fire pressing-flowers playing-a-game-of-patience
    brewing-a-pot-of-tea planning-a-garden repairing-a-clock picking-blackberries
    carving-a-whistle copying-out-a-poem napping-in-a-hammock
    """
)
LIVELY = words(
    """
    dancing-at-a-wedding singing-in-a-choir cheering-at-a-match riding-a-roller-coaster
    racing-on-bicycles cooking-for-twelve-guests hosting-a-quiz joining-a-parade
    playing-the-drums bargaining-at-a-market rafting-down-a-river learning-to-juggle
    performing-a-sketch flying-a-kite-in-a-gale leading-a-tour judging-a-bake-off
    painting-a-stage-set running-a-relay starting-a-snowball-fight calling-an-auction
    skating-to-music climbing-a-rock-face debating-in-a-club bowling-with-friends
    driving-in-a-rally
    """
)
