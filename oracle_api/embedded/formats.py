"""Format models of dates and numbers: TO_CHAR, TO_DATE and the implicit conversions."""

from __future__ import annotations

import datetime as dt
import re
from decimal import Decimal

from oracle_api.embedded.errors import OracleError, year_error
from oracle_api.embedded.nanotime import fraction_of, nanosecond_of, with_fraction

_MONTH_NAMES = (
    "JANUARY FEBRUARY MARCH APRIL MAY JUNE JULY AUGUST SEPTEMBER OCTOBER NOVEMBER DECEMBER"
)
_DAY_NAMES = "MONDAY TUESDAY WEDNESDAY THURSDAY FRIDAY SATURDAY SUNDAY"
_MONTHS = _MONTH_NAMES.split()
_DAYS = _DAY_NAMES.split()
_ELEMENT = re.compile(
    r'"(?P<literal>[^"]*)"|(?P<word>FM|FX|SYYYY|YYYY|RRRR|YY|RR|MONTH|MON|MM|DDD|DD|DAY|DY|D'
    r"|HH24|HH12|HH|MI|SSSSS|SS|FF[1-9]?|AM|PM|A\.M\.|P\.M\.|TZH|TZM|TZR|IW|Q|X)"
    r"|(?P<punctuation>[^A-Za-z0-9])|(?P<iso>T(?=HH))",
    re.IGNORECASE,
)


def _elements(model: str) -> list[tuple[str, str]]:
    """Cut a format model into (element in upper case, text as written)."""
    elements = []
    position = 0
    while position < len(model):
        match = _ELEMENT.match(model, position)
        if match is None:
            raise OracleError(1821, "date format not recognized")
        if match["literal"] is not None:
            elements.append(("LITERAL", match["literal"]))
        elif match["word"]:
            elements.append((match["word"].upper(), match["word"]))
        else:
            elements.append(("LITERAL", match.group()))
        position = match.end()
    return elements


def format_datetime(value: dt.datetime, model: str) -> str:
    """Return TO_CHAR(value, model).

    Raises:
        OracleError: ORA-01821 for a model that is not known.
    """
    fill = True
    parts = []
    for element, written in _elements(model):
        if element == "FM":
            fill = not fill
        elif element == "LITERAL":
            parts.append(written)
        elif element != "FX":
            text = _format_element(value, element, fill)
            if element in ("MONTH", "MON", "DAY", "DY"):
                text = _like(text, written)
            parts.append(text if fill else (text.lstrip("0") or "0"))
    return "".join(parts)


def _like(text: str, written: str) -> str:
    if written.isupper():
        return text.upper()
    return text.capitalize() if written[0].isupper() else text.lower()


def _format_element(value: dt.datetime, element: str, fill: bool) -> str:
    offset = int((value.utcoffset() or dt.timedelta(0)).total_seconds()) // 60
    simple = {
        "YYYY": f"{value.year:04d}",
        "SYYYY": f" {value.year:04d}" if fill else f"{value.year}",
        "RRRR": f"{value.year:04d}",
        "YY": f"{value.year % 100:02d}",
        "RR": f"{value.year % 100:02d}",
        "MM": f"{value.month:02d}",
        "MON": _MONTHS[value.month - 1][:3],
        "MONTH": _MONTHS[value.month - 1].ljust(9 if fill else 0),
        "DD": f"{value.day:02d}",
        "DDD": f"{value.timetuple().tm_yday:03d}",
        "D": str(value.isoweekday() % 7 + 1),
        "DY": _DAYS[value.weekday()][:3],
        "DAY": _DAYS[value.weekday()].ljust(9 if fill else 0),
        "HH24": f"{value.hour:02d}",
        "HH": f"{(value.hour + 11) % 12 + 1:02d}",
        "HH12": f"{(value.hour + 11) % 12 + 1:02d}",
        "MI": f"{value.minute:02d}",
        "SS": f"{value.second:02d}",
        "SSSSS": f"{value.hour * 3600 + value.minute * 60 + value.second:05d}",
        "TZH": f"{'-' if offset < 0 else '+'}{abs(offset) // 60:02d}",
        "TZM": f"{abs(offset) % 60:02d}",
        "TZR": f"{'-' if offset < 0 else '+'}{abs(offset) // 60:02d}:{abs(offset) % 60:02d}",
        "IW": f"{value.isocalendar().week:02d}",
        "Q": str((value.month + 2) // 3),
        "X": ".",
    }
    if element in simple:
        return simple[element]
    if element.startswith("FF"):
        # Without a number it is as many digits as the type has.
        digits = int(element[2:] or (9 if nanosecond_of(value) else 6))
        return f"{fraction_of(value):09d}"[:digits]
    half = "AM" if value.hour < 12 else "PM"
    return half if "." not in element else f"{half[0]}.M."


_DIGITS = {
    "YYYY": 4, "RRRR": 4, "YY": 2, "RR": 2, "MM": 2, "DD": 2, "HH24": 2,
    "HH12": 2, "HH": 2, "MI": 2, "SS": 2, "TZM": 2,
}  # fmt: skip


class _DateParser:
    """Reads a date by a format model, from left to right."""

    def __init__(self, text: str) -> None:
        self.text = text.strip()
        self.position = 0
        self.fields: dict[str, int] = {}

    def literal(self, written: str) -> None:
        for character in written:
            rest = self.text[self.position :]
            if not rest:
                return
            if not rest[0].isalnum() or rest[0].upper() == character.upper():
                self.position += 1
            elif character.isalnum():
                raise OracleError(1861, "literal does not match format string")

    def element(self, element: str) -> None:
        if self.position >= len(self.text):
            if element in ("HH24", "HH12", "HH", "MI", "SS", "TZH", "TZM") or element[:2] == "FF":
                return
            raise OracleError(1840, "input value not long enough for date format")
        if element in ("MON", "MONTH"):
            self._month()
        elif element in ("AM", "PM", "A.M.", "P.M."):
            self._take(r"[AaPp]\.?[Mm]\.?", 1855, "AM/A.M. or PM/P.M. required")
            self.fields["PM"] = int(self._last.upper().startswith("P"))
        elif element == "TZH":
            self.fields["TZH"] = int(self._take(r"[+-]?\d{1,2}", 1858, _NOT_NUMERIC))
            self.fields["NEGATIVE"] = int(self._last.startswith("-"))
        elif element.startswith("FF"):
            digits = self._take(r"\d{1,9}", 1858, _NOT_NUMERIC)
            self.fields["FF"] = int(digits.ljust(9, "0"))
        elif element == "X":
            self.literal(".")
        elif element == "SYYYY":
            self.fields["SYYYY"] = int(self._take(r"[+-]?\d{1,4}", 1858, _NOT_NUMERIC))
        elif element in _DIGITS:
            size = _DIGITS[element]
            digits = self._take(rf"\d{{1,{size}}}", 1858, _NOT_NUMERIC)
            self.fields[element] = int(digits)
        else:
            raise OracleError(1820, "format code cannot appear in date input format")

    def _take(self, pattern: str, code: int, message: str) -> str:
        match = re.compile(pattern).match(self.text, self.position)
        if match is None:
            raise OracleError(code, message)
        self.position = match.end()
        self._last = match.group()
        return self._last

    def _month(self) -> None:
        rest = self.text[self.position :].upper()
        for number, name in enumerate(_MONTHS, 1):
            for candidate in (name, name[:3]):
                if rest.startswith(candidate):
                    self.fields["MM"] = number
                    self.position += len(candidate)
                    return
        raise OracleError(1843, "not a valid month")

    def year(self) -> int:
        fields, now = self.fields, dt.datetime.now()
        for element in ("YYYY", "RRRR", "SYYYY", "RR", "YY"):
            if element not in fields:
                continue
            year = fields[element]
            if element == "YY" and year < 100:
                return now.year // 100 * 100 + year
            if element.startswith("RR") and year < 100:
                # RR takes the nearer century, with the turn at 50.
                return now.year // 100 * 100 + year - (100 if year >= 50 > now.year % 100 else 0)
            return year
        return now.year

    def hour(self) -> int:
        fields = self.fields
        if "HH24" in fields:
            return fields["HH24"]
        hour = fields.get("HH12", fields.get("HH", 0))
        return hour % 12 + 12 * fields["PM"] if "PM" in fields else hour

    def result(self) -> dt.datetime:
        fields = self.fields
        month = fields.get("MM", dt.datetime.now().month)
        if not 1 <= month <= 12:
            raise OracleError(1843, "not a valid month")
        for name, limit, code, message in _LIMITS:
            if abs(fields.get(name, 0)) > limit:
                raise OracleError(code, message)
        tzinfo = None
        if "TZH" in fields:
            minutes = abs(fields["TZH"]) * 60 + fields.get("TZM", 0)
            sign = -1 if fields.get("NEGATIVE") else 1
            tzinfo = dt.timezone(dt.timedelta(minutes=sign * minutes))
        year = self.year()
        if not dt.MINYEAR <= year <= dt.MAXYEAR:
            raise year_error()
        try:
            whole = dt.datetime(
                year, month, fields.get("DD", 1), self.hour(), fields.get("MI", 0),
                fields.get("SS", 0), tzinfo=tzinfo,
            )  # fmt: skip
            return with_fraction(whole, fields.get("FF", 0))
        except ValueError:
            raise OracleError(
                1847, "day of month must be between 1 and last day of month"
            ) from None


_NOT_NUMERIC = "a non-numeric character was found where a numeric was expected"
_LIMITS = (
    ("HH24", 23, 1850, "hour must be between 0 and 23"),
    ("HH12", 12, 1849, "hour must be between 1 and 12"),
    ("HH", 12, 1849, "hour must be between 1 and 12"),
    ("MI", 59, 1851, "minutes must be between 0 and 59"),
    ("SS", 59, 1852, "seconds must be between 0 and 59"),
    ("TZH", 15, 1874, "time zone hour must be between -15 and 15"),
    ("TZM", 59, 1875, "time zone minute must be between -59 and 59"),
)


def parse_datetime(text: str, model: str) -> dt.datetime:
    """Return TO_DATE(text, model), aware if the model has a time zone.

    Raises:
        OracleError: ORA-01821 for a model that is not known, ORA-01843 and its neighbours
            for a text that does not follow it.
    """
    parser = _DateParser(text)
    for element, written in _elements(model):
        if element == "LITERAL":
            parser.literal(written)
        elif element not in ("FM", "FX"):
            parser.element(element)
    if parser.position < len(parser.text):
        raise OracleError(1830, "date format picture ends before converting entire input string")
    return parser.result()


def number_text(value: Decimal | int) -> str:
    """Return a number as TO_CHAR without a format writes it: no zero before the point."""
    text = f"{value:f}" if isinstance(value, Decimal) else str(value)
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    sign, digits = ("-", text[1:]) if text.startswith("-") else ("", text)
    if digits.startswith("0."):
        digits = digits[1:]
    return "0" if digits in ("", "0") else sign + digits


def format_number(value: Decimal, model: str) -> str:
    """Return TO_CHAR(value, model) for models of 9, 0, comma, G, point, D and FM.

    Raises:
        OracleError: ORA-01481 for any other model.
    """
    upper = model.upper().replace("G", ",").replace("D", ".")
    fill = not upper.startswith("FM")
    upper = upper.removeprefix("FM")
    if not re.fullmatch(r"[90,]*(\.[90]*)?", upper):
        raise OracleError(1481, "invalid number format model")
    whole, _, fraction = upper.partition(".")
    rounded = round(abs(value), len(fraction)) if fraction else round(abs(value))
    digits, _, decimals = f"{rounded:.{len(fraction)}f}".partition(".")
    places = whole.replace(",", "")
    least = len(places) - places.index("0") if "0" in places else 0
    digits = (digits.lstrip("0") if len(places) else "").rjust(least, "0")
    width = len(upper) + 1
    if len(digits) > len(places):
        return "#" * width
    if not digits and not fraction:
        digits = "0"
    grouped = _group(digits, whole)
    if not fill and "0" not in fraction:
        decimals = decimals.rstrip("0")
    text = grouped + ("." + decimals if "." in upper else "")
    if value < 0:
        text = "-" + text
    return text.rjust(width) if fill else text


def _group(digits: str, whole: str) -> str:
    """Put the commas of the model's whole part between the digits."""
    remaining = list(digits)
    parts: list[str] = []
    for character in reversed(whole):
        if not remaining:
            break
        parts.append("," if character == "," else remaining.pop())
    return "".join(reversed(parts)).lstrip(",")
