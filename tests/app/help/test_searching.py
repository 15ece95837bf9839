"""Search in pages: parts with addresses, every word, and the most telling first."""

from app.help.searching import passages, search

PAGE = """<head><title>no</title></head><nav id="menu">menu</nav><main>
<section id="zeros" aria-labelledby="h-z"><h2 id="h-z">What a zero is</h2><p>Exactly zero, of either sign.</p></section>
<ul><li id="torch-pruned"><h3>torch-pruned</h3><p>Still wrapped: call <code>prune.remove</code> first. zero</p></li></ul>
<table><tr id="grading.file"><th>file</th><td>What a student uploads</td></tr></table></main>"""
KNOWN = passages("/help", PAGE)


def test_a_page_is_cut_where_it_has_addresses_and_its_frame_is_left_out() -> None:
    assert [(each.address, each.title) for each in KNOWN] == [
        ("/help#zeros", "What a zero is"),
        ("/help#torch-pruned", "torch-pruned"),
        ("/help#grading.file", ""),
    ]
    assert KNOWN[1].text == "Still wrapped: call prune.remove first. zero"


def test_every_word_has_to_be_there_and_headings_weigh_more() -> None:
    assert [hit.address for hit in search(KNOWN, "ZERO")] == ["/help#zeros", "/help#torch-pruned"]
    assert [hit.address for hit in search(KNOWN, "zero wrapped")] == ["/help#torch-pruned"]
    assert search(KNOWN, "zero nothing") == search(KNOWN, "  ") == []


def test_a_hit_shows_the_word_where_it_stands() -> None:
    [hit] = search(KNOWN, "uploads")

    assert (hit.title, hit.before, hit.word) == ("grading.file", "file What a student ", "uploads")
