"""Requests in protobuf's wire format, made by hand, so that no generated code is needed."""


def varint(number):
    out = bytearray()
    while True:
        low, number = number & 0x7F, number >> 7
        out.append(low | (0x80 if number else 0))
        if not number:
            return bytes(out)


def text(field, value):
    """A string, bytes or a message."""
    value = value.encode() if isinstance(value, str) else value
    return varint(field << 3 | 2) + varint(len(value)) + value


def number(field, value):
    return varint(field << 3) + varint(value)


MARK = "@T" + "0" * 16  # Where the load program writes the time of publication.


def run_reference(stream, suite, run):
    return text(1, stream) + text(2, suite) + text(3, run)


def run_request(stream, suite, run):
    """GetStatusRequest and WatchRunRequest both have the run as field 1."""
    return text(1, run_reference(stream, suite, run))


def etcd_watch(key):
    return text(1, text(1, key))  # create_request.key


def etcd_put(key, size):
    """A put whose watch event weighs about `size` bytes in all; the value begins with the mark."""
    # Around the value: the header, revisions, lengths.
    filler = max(0, size - len(key) - len(MARK) - 55)
    return text(1, key) + text(2, MARK + "x" * filler)


def etcd_range(key):
    return text(1, key) + number(7, 1)  # serializable
