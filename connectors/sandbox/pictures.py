"""What kind of picture some bytes are, for platforms that look themselves."""

_STARTS = {b"\xff\xd8\xff": "image/jpeg", b"\x89PNG": "image/png", b"GIF8": "image/gif", b"RIFF": "image/webp"}


def sniff(content: bytes) -> str:
    return next((kind for start, kind in _STARTS.items() if content.startswith(start)), "application/octet-stream")
