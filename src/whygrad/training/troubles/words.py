"""Numbers and settings as the texts of troubles write them."""

from __future__ import annotations


def short(value: float) -> str:
    """A number in three digits.

    Examples
    --------
    >>> short(1234567.0), short(0.000123), short(2.0), short(43210.0)
    ('1.23e+06', '0.000123', '2', '43,210')
    """
    if 1000 <= abs(value) < 1e6:
        return f"{value:,.0f}"
    return f"{value:.3g}"


def share(fraction: float) -> str:
    """A share in per cent, which reads as none or all only if it is.

    Examples
    --------
    >>> share(0.5), share(0.9999), share(1.0), share(0.0001)
    ('50 %', 'more than 99 %', '100 %', 'less than 1 %')
    """
    if 0 < fraction < 0.01:
        return "less than 1 %"
    if 0.99 < fraction < 1:
        return "more than 99 %"
    return f"{100 * fraction:.0f} %"


def rate(value: float) -> str:
    """A learning rate to try, as a keyword and as a flag.

    Examples
    --------
    >>> rate(0.0123)
    'learning_rate=0.01 (--learning-rate 0.01)'
    """
    return f"learning_rate={value:.1g} (--learning-rate {value:.1g})"
