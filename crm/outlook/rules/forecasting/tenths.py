"""A probability as people say it: so many times out of ten."""


def in_tenths(p: float) -> int:
    """“约十次里六次” for 0.6: from 1 to 9, because nothing open is impossible or certain.

    Raises ValueError outside 0 to 1.
    """
    if not 0 <= p <= 1:
        raise ValueError(f"{p} is no probability")
    return min(max(int(10 * p + 0.5), 1), 9)
