"""What was sealed by an earlier version of the software stays what was approved."""

from approvals.content import Content
from approvals.outgoing import Part, digest, seal, unseal
from connectors.contract import Outgoing


def test_a_document_from_before_there_were_captions_is_still_read_and_has_its_digest() -> None:
    sealed = seal("post", 1, Content(), (Part("facebook", "account", Outgoing("Bore da", ("cy",))),))
    older = sealed.document.replace(b'"captions":[],', b"").replace(b'"localized":[],', b"")
    assert len(older) == len(sealed.document) - len('"captions":[],"localized":[],')
    assert unseal(older, digest(older)) == unseal(sealed.document, sealed.digest)
