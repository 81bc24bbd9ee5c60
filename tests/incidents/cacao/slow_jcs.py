"""RFC 8785 and Ed25519 written a second time, slowly and with other means, as an oracle."""

import hashlib
from fractions import Fraction


def slow_canonical(value):
    """Return the canonical form, straight from the text of RFC 8785."""
    match value:
        case None:
            return b"null"
        case True:
            return b"true"
        case False:
            return b"false"
        case str():
            return slow_text(value)
        case list():
            return b"[" + b",".join(slow_canonical(one) for one in value) + b"]"
        case dict():
            pairs = sorted((units(key), key) for key in value)
            return (
                b"{"
                + b",".join(slow_text(k) + b":" + slow_canonical(value[k]) for _, k in pairs)
                + b"}"
            )
        case _:
            return slow_number(float(value)).encode()


def units(text):
    found = []
    for point in map(ord, text):
        if point > 0xFFFF:
            found += [0xD800 + (point - 0x10000 >> 10), 0xDC00 + (point - 0x10000 & 0x3FF)]
        else:
            found.append(point)
    return found


def slow_text(text):
    out = '"'
    for one in text:
        if one in '"\\':
            out += "\\" + one
        elif one in "\b\t\n\f\r":
            out += "\\" + "btnfr"["\b\t\n\f\r".index(one)]
        elif one < " ":
            out += "\\u00" + format(ord(one), "02x")
        else:
            out += one
    return (out + '"').encode()


def slow_number(double):
    """Write a double by trying one digit more until it reads back (ECMA-262, 6.1.6.1.20)."""
    if double == 0:
        return "0"
    if double < 0:
        return "-" + slow_number(-double)
    for count in range(1, 18):
        mantissa, exponent = f"{double:.{count - 1}e}".split("e")
        if float(f"{mantissa}e{exponent}") == double:
            break
    digits = mantissa.replace(".", "")
    k, n = len(digits), int(exponent) + 1
    assert float(Fraction(int(digits)) * Fraction(10) ** (n - k)) == double
    if k <= n <= 21:
        return digits + "0" * (n - k)
    if 0 < n <= 21:
        return digits[:n] + "." + digits[n:]
    if -6 < n <= 0:
        return "0." + "0" * -n + digits
    sign = "+" if n - 1 > 0 else "-"
    return digits[0] + ("." + digits[1:] if k > 1 else "") + "e" + sign + str(abs(n - 1))


P = 2**255 - 19
Q = 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, -1, P) % P
BASE_Y = 4 * pow(5, -1, P) % P
BASE_X = 15112221349535400772501151409588531511454012693041857206046113283949847762202


def add(one, two):
    (a, b), (c, d) = one, two
    k = D * a * b * c * d % P
    x = (a * d + b * c) * pow(1 + k, -1, P) % P
    return x, (b * d + a * c) * pow(1 - k, -1, P) % P


def times(scalar, point):
    total = (0, 1)
    while scalar:
        if scalar & 1:
            total = add(total, point)
        point = add(point, point)
        scalar >>= 1
    return total


def packed(point):
    x, y = point
    return (y | (x & 1) << 255).to_bytes(32, "little")


def number(*chunks):
    return int.from_bytes(hashlib.sha512(b"".join(chunks)).digest(), "little")


def slow_sign(seed, message):
    """Return the public key and the Ed25519 signature (RFC 8032, 5.1.6), in affine points."""
    digest = hashlib.sha512(seed).digest()
    scalar = int.from_bytes(digest[:32], "little") & (2**254 - 8) | 2**254
    base = (BASE_X, BASE_Y)
    public = packed(times(scalar, base))
    r = number(digest[32:], message) % Q
    point = packed(times(r, base))
    s = (r + number(point, public, message) * scalar) % Q
    return public, point + s.to_bytes(32, "little")
