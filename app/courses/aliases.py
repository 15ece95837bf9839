"""The names under which entrants stand on a board until they choose otherwise."""

from random import Random

ADJECTIVES = (
    "Amber", "Autumn", "Brave", "Bright", "Calm", "Clever", "Cosy", "Crimson", "Curly", "Dainty", "Dewy",
    "Early", "Evergreen", "Fragrant", "Frosty", "Gentle", "Golden", "Green", "Hardy", "Hidden", "Humble",
    "Jolly", "Late", "Leafy", "Lively", "Lofty", "Lush", "Mellow", "Merry", "Misty", "Mossy", "Nimble",
    "Patient", "Proud", "Quiet", "Rambling", "Rustic", "Scarlet", "Shady", "Silver", "Slender", "Sturdy",
    "Sunny", "Tender", "Thrifty", "Twining", "Violet", "Wild",
)  # fmt: skip
NOUNS = (
    "Acorn", "Alder", "Apple", "Aster", "Bamboo", "Basil", "Birch", "Bramble", "Cedar", "Cherry", "Clover",
    "Cypress", "Dahlia", "Daisy", "Elder", "Fennel", "Fern", "Foxglove", "Hazel", "Heather", "Hedge", "Holly",
    "Ivy", "Jasmine", "Juniper", "Larch", "Laurel", "Lavender", "Lilac", "Linden", "Lupin", "Maple", "Medlar",
    "Mint", "Myrtle", "Orchid", "Peony", "Poppy", "Quince", "Rose", "Rowan", "Sage", "Sorrel", "Thistle",
    "Thyme", "Tulip", "Willow", "Yarrow",
)  # fmt: skip
NUMBERS = range(10, 100)


def new_alias(random: Random) -> str:
    """One of 207,360 names such as `Mossy Quince 42`. It says nothing about who bears it."""
    return f"{random.choice(ADJECTIVES)} {random.choice(NOUNS)} {random.choice(NUMBERS)}"
