import pytest

from grader.networks.shapes import Span, Window, cover, onnx_pads, span


@pytest.mark.parametrize(
    ("length", "size", "stride", "dilation", "expected"),
    [
        (25, 3, 1, 1, Span(25, 1, 1)),
        (25, 2, 1, 1, Span(25, 0, 1)),
        (25, 3, 2, 1, Span(13, 1, 1)),
        (24, 3, 2, 1, Span(12, 0, 1)),
        (7, 3, 1, 2, Span(7, 2, 2)),
        (7, 1, 3, 1, Span(3, 0, 0)),
    ],
)
def test_same_padding_puts_the_odd_element_after(
    length: int, size: int, stride: int, dilation: int, expected: Span
) -> None:
    assert span(length, size, stride, dilation, same=True) == expected


@pytest.mark.parametrize(
    ("length", "size", "stride", "dilation", "positions"),
    [(23, 2, 2, 1, 11), (25, 3, 1, 1, 23), (9, 3, 1, 2, 5), (3, 3, 2, 1, 1), (2, 3, 1, 1, 0)],
)
def test_valid_padding_drops_what_no_whole_window_covers(
    length: int, size: int, stride: int, dilation: int, positions: int
) -> None:
    assert span(length, size, stride, dilation, same=False) == Span(positions, 0, 0)


def test_padding_is_listed_as_top_left_bottom_right() -> None:
    spans = cover((24, 25), Window((3, 2), (2, 1), same=True))

    assert onnx_pads(spans) == [0, 0, 1, 1]
