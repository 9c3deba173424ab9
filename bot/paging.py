"""Lists in pages."""


def count_pages(total: int, size: int) -> int:
    """Return how many pages of `size` a list of `total` fills, at least one.

    >>> [count_pages(total, 10) for total in (0, 10, 11)]
    [1, 1, 2]
    """
    return max(1, -(-total // size))


def nearest_page(page: int, total: int, size: int) -> int:
    """Return the number of a page, from 0, that is there: the last one for a later one.

    >>> [nearest_page(page, 11, 10) for page in (0, 1, 9)]
    [0, 1, 1]
    """
    return min(max(page, 0), count_pages(total, size) - 1)
