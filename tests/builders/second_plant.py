"""More that a plant writes, thought of after the rules were frozen: a second look at them."""

import random
import string

from tests.builders.columns import Draw


def kinds(rng: random.Random) -> dict[str, Draw]:
    """Return how these are written, by kind."""

    def n(length: int) -> str:
        return "".join(rng.choices(string.digits, k=length))

    def a(length: int) -> str:
        return "".join(rng.choices(string.ascii_uppercase, k=length))

    def h(length: int) -> str:
        return "".join(rng.choices("0123456789ABCDEF", k=length))

    return {
        "manufacturing order": lambda: f"MO-{n(9)}",
        "order, slash": lambda: f"4711/{rng.randrange(2019, 2027)}/{n(3)}",
        "order, grouped": lambda: f"{n(2)}-{n(3)}-{n(3)}-{n(3)}",
        "article, leading 00": lambda: f"00 {n(2)} {n(3)} {n(3)}",
        "article, leading 00, dashed": lambda: f"00{n(2)}-{n(3)}-{n(3)}",
        "article, leading 0, grouped": lambda: f"0{n(2)} {n(2)} {n(2)} {n(2)}",
        "article, bracket in front": lambda: f"({n(3)}) {n(3)}-{n(4)}",
        "encoder position": lambda: f"+{n(8)}",
        "encoder position, padded": lambda: f"+00{n(9)}",
        "offset": lambda: f"{rng.choice('+-')}{n(3)} {n(3)}",
        "nato stock number": lambda: f"5305-{n(2)}-{n(3)}-{n(4)}",
        "cas number": lambda: f"{n(rng.randrange(2, 8))}-{n(2)}-{n(1)}",
        "duns": lambda: f"{n(2)}-{n(3)}-{n(4)}",
        "container": lambda: f"{rng.choice(['MSCU', 'MAEU', 'TCLU'])}{n(7)}",
        "air waybill": lambda: f"020-{n(8)}",
        "parcel": lambda: f"1Z{a(1)}{n(15)}",
        "parcel, 20 digits": lambda: f"00340{n(15)}",
        "epc": lambda: "30" + h(22),
        "gln": lambda: f"40{n(11)}",
        "isin of a supplier": lambda: f"DE{n(10)}",
        "legal entity": lambda: f"5299{n(2)}{a(4)}{n(2)}{a(6)}{n(2)}",
        "creditor reference": lambda: f"RF{n(2)}{n(16)}",
        "tax number of a firm": lambda: f"{n(3)}/{n(3)}/{n(5)}",
        "trade register": lambda: f"HRB {n(6)}",
        "heat number": lambda: f"{n(6)}{a(1)}",
        "coil": lambda: f"C{n(3)} {n(3)} {n(2)}",
        "week lot": lambda: f"{rng.randrange(2020, 2027)}-W{rng.randrange(1, 53):02d}-{n(3)}",
        "lot, day of year": lambda: f"{rng.randrange(20, 27)}{rng.randrange(1, 366):03d}-{n(5)}",
        "program number": lambda: f"O{n(4)}",
        "memory address": lambda: f"DB{n(2)}.DBX{n(2)}.{rng.randrange(8)}",
        "register": lambda: f"4{n(4)}",
        "endpoint of a controller": lambda: f"192.168.{rng.randrange(9)}.{rng.randrange(255)}:502",
        "mac without colons": lambda: "001B1B" + h(6),
        "eui-64": lambda: "00-1B-1B-FF-FE-" + "-".join(h(2) for _ in range(3)),
        "firmware, four parts": lambda: f"{rng.randrange(1, 5)}.{n(2)}.{n(2)}.{n(4)}",
        "license key of a machine": lambda: "-".join(a(2) + n(3) for _ in range(5)),
        "cycle time": lambda: f"00:0{rng.randrange(9)}:{rng.randrange(60):02d}.{n(3)}",
        "coordinates of a point": lambda: f"X{n(3)}.{n(2)} Y{n(3)}.{n(2)}",
        "percent": lambda: f"{rng.uniform(80, 100):.1f} %",
        "torque": lambda: f"{rng.uniform(1, 90):.2f}Nm",
        "dated number, 12 digits": lambda: (
            f"2025{rng.randrange(1, 13):02d}{rng.randrange(1, 29):02d}{n(4)}"
        ),
        "dated number, 14 digits": lambda: (
            f"2025{rng.randrange(1, 13):02d}{rng.randrange(1, 29):02d}"
            f"{rng.randrange(24):02d}{rng.randrange(60):02d}{rng.randrange(60):02d}"
        ),
        "year of manufacture": lambda: f"{rng.randrange(1965, 2026)}-01-01",
        "drawing with sheet": lambda: f"{n(3)}.{n(3)}.{n(3)}-{n(2)}",
        "cost center": lambda: f"{n(4)}-{n(2)}-{n(4)}",
        "spare part, letters inside": lambda: f"{n(8)}{a(1)}",
        "spare part, letters around": lambda: f"{a(2)}{n(6)}{a(1)}",
    }
