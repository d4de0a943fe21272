"""Pictures: taken in by content, rebuilt from pixels in a process of their own, proved clean twice, and stored.

* `intake`: what may come in, by content and by limits
* `process`: `Decoder`, the decoding processes and the proof; the only way to a `Clean` picture
* `worker`: the decoding process itself, with clean, colour, obscure, people, encode and rendition
* `verify`: the proof, by exiftool's tags (metadata) and a walk of the container (containers)
* `store`: proved pictures by content, originals encrypted in quarantine
"""
