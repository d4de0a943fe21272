"""LinkedIn's own ways: little text, versions that end, tokens that are renewed."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from stand_ins import Memory, Sandbox, post

from connectors.errors import AuthExpired, OutcomeUnknown
from connectors.http import Wire
from connectors.linkedin import LinkedIn, little, plain
from connectors.sandbox import demo_credentials

pytestmark = pytest.mark.anyio


@given(st.text(alphabet=st.sampled_from("aŵ |{}@[]()<>#\\*_~\n.#1"), max_size=40))
def test_no_text_is_taken_for_markup_and_none_is_changed(text: str) -> None:
    assert plain(little(text)) == text


def test_a_hashtag_stays_a_hashtag_and_a_lone_hash_does_not() -> None:
    assert little("#Brechu (ffliw) # 1") == "#Brechu \\(ffliw\\) \\# 1"


async def test_a_text_with_every_special_character_arrives_whole(sandbox: Sandbox) -> None:
    text = "Clinig (ffliw) [1] {a} <b> a_b *c* ~d~ e|f @g #Brechu \\ diwedd"
    made, credentials = LinkedIn(Wire(sandbox=sandbox.address)), demo_credentials("linkedin", "bwrdd")
    outgoing, pictures = post("linkedin", text)
    attempt = Memory(pictures, sandbox)
    await made.prepare(outgoing, credentials, attempt)
    await made.publish(outgoing, credentials, attempt)
    assert sandbox.posts()[0]["text"] == text


async def test_whether_an_edit_answered_in_another_way_was_made_the_post_itself_tells(sandbox: Sandbox) -> None:
    made, credentials = LinkedIn(Wire(sandbox=sandbox.address)), demo_credentials("linkedin", "bwrdd")
    outgoing, pictures = post("linkedin", "Bore da (eto)")
    receipt = await made.publish(outgoing, credentials, Memory(pictures, sandbox))
    sandbox.fault(platform="linkedin", call="edit", kind="garble", status=200, garble="html", count=2)
    assert await made.edit(receipt, outgoing, credentials) == receipt
    with pytest.raises(OutcomeUnknown):
        await made.edit(receipt, post("linkedin", "Prynhawn da")[0], credentials)


async def test_a_version_that_has_ended_holds_the_account(sandbox: Sandbox) -> None:
    made = LinkedIn(Wire(sandbox=sandbox.address, linkedin_version="202504"))
    outgoing, pictures = post("linkedin", "Bore da")
    attempt, credentials = Memory(pictures, sandbox), demo_credentials("linkedin", "bwrdd")
    for call in (made.prepare, made.publish):
        with pytest.raises(AuthExpired) as refused:
            await call(outgoing, credentials, attempt)
        assert refused.value.code == "version-ended"
    with pytest.raises(AuthExpired):
        await made.find(outgoing, credentials, attempt)


async def test_a_renewed_token_works(sandbox: Sandbox) -> None:
    made, credentials = LinkedIn(Wire(sandbox=sandbox.address)), demo_credentials("linkedin", "bwrdd")
    renewed = await made.refresh(credentials)
    assert renewed is not None
    assert renewed.secrets["access_token"] != credentials.secrets["access_token"]
    assert (await made.verify(renewed)).account == credentials.account
