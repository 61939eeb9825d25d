"""Numbers and names as people read them."""


def percent(share: float, digits: int = 1) -> str:
    """Return a share as people read it: 96.3 %."""
    return f"{share:.{digits}%}".replace("%", "\N{NO-BREAK SPACE}%")


def named(name: str) -> str:
    """Return a name that may be broken at its underscores."""
    return name.replace("_", "_\N{ZERO WIDTH SPACE}")


def duration(seconds: float) -> str:
    """Return seconds as people say them: 0.4 s, 12 s, 3 min 20 s, 1 h 5 min."""
    if seconds < 9.95:
        return f"{seconds:.1f}\N{NO-BREAK SPACE}s"
    whole = round(seconds)
    if whole < 60:
        return f"{whole}\N{NO-BREAK SPACE}s"
    minutes, rest = divmod(whole, 60)
    if minutes < 60:
        return f"{minutes}\N{NO-BREAK SPACE}min {rest}\N{NO-BREAK SPACE}s"
    return f"{minutes // 60}\N{NO-BREAK SPACE}h {minutes % 60}\N{NO-BREAK SPACE}min"
