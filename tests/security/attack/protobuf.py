"""Messages by hand."""


def varint(number):
    out = bytearray()
    while number >= 128:
        out.append(number % 128 + 128)
        number //= 128
    out.append(number)
    return bytes(out)


def field(number, value):
    """A field that has a length: text or bytes."""
    raw = value if isinstance(value, bytes) else value.encode("utf-8", "surrogatepass")
    return varint(number << 3 | 2) + varint(len(raw)) + raw
