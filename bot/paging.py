"""Lists in pages."""


def count_pages(total: int, size: int) -> int:
    """Return how many pages of `size` a list of `total` fills, at least one.

    >>> [count_pages(total, 10) for total in (0, 10, 11)]
    [1, 1, 2]
    """
    return max(1, -(-total // size))
