"""Every page, and who may look at it."""

from tests.web.scene import Scene


def everywhere(scene: Scene) -> list[tuple[str, str]]:
    """(person, address)."""
    post, review = f"/posts/{scene.draft}", f"/posts/{scene.to_decide}"
    return [
        ("nia", "/"), ("nia", "/account"), ("nia", "/posts"), ("nia", "/posts?status=archived"), ("nia", "/posts/new"),
        ("nia", post), ("nia", f"{post}/edit"), ("nia", f"{post}/pictures"), ("nia", f"{post}/preview"),
        ("nia", f"{post}/ask-for-translation"), ("nia", "/consents"), ("nia", "/deliveries"),
        ("nia", "/deliveries/week"), ("nia", "/deliveries/takedowns"),
        ("nia", f"/posts/{scene.corrected}"), ("nia", f"/posts/{scene.correction}"),
        ("nia", f"/posts/{scene.correction}/edit"), ("nia", f"/posts/{scene.correction}/preview"),
        ("elin", f"/posts/{scene.correction}/review"),
        ("elin", "/"), ("elin", "/translate"), ("elin", f"/posts/{scene.translating}/translate"), ("elin", "/review"),
        ("elin", f"{review}/review"),
        ("tom", "/"), ("tom", f"{review}/review"), ("tom", f"/posts/{scene.approved}/schedule"),
        ("tom", f"/posts/{scene.scheduled}/schedule"), ("tom", f"/posts/{scene.scheduled}"), ("tom", "/deliveries"),
        ("tom", "/deliveries/week"), ("tom", "/deliveries/month"), ("tom", "/deliveries/month?group=channel"),
        ("tom", "/deliveries?show=asking"), ("tom", f"/deliveries/{scene.delivery}"),
        ("tom", f"/deliveries/{scene.sent.published}"), ("tom", f"/deliveries/{scene.sent.asks}"),
        ("tom", f"/deliveries/{scene.sent.half}"), ("tom", f"/deliveries/{scene.sent.missed}"),
        ("tom", f"/deliveries/{scene.sent.by_hand}"), ("tom", "/deliveries/takedowns?show=all"),
        ("tom", "/deliveries/drifts"), ("tom", "/deliveries/drifts?show=settled"), ("tom", "/log"),
        ("sara", f"{review}/review"), ("sara", f"/consents/{scene.consent}"), ("sara", "/log"),
        ("gwen", "/consents"), ("gwen", "/consents/new"), ("gwen", f"/consents/{scene.consent}"),
        ("nia", "/consent-requests"), ("nia", f"/consent-requests/new?post={scene.draft}"),
        ("nia", f"/consent-requests/{scene.asked}"), ("nia", f"/consents/new?request={scene.asked}"),
        ("gwen", "/consent-imports"), ("gwen", "/consents?show=withdrawn"), ("gwen", f"/consents/{scene.disputed}"),
        ("mari", "/log"), ("mari", "/log?words=clinig&topic=signing&since-day=1&since-month=11&since-year=2026"),
        ("mari", "/log/verification"), ("mari", f"/posts/{scene.scheduled}/story"),
        ("nia", "/account/messages"), ("tom", "/account/messages"), ("huw", "/administration/messages"),
        ("nia", "/sign-in/forgotten"), ("nia", "/sign-in/new-password"),
        ("huw", "/administration"), ("huw", "/administration/people"), ("huw", "/administration/people?left=yes"),
        ("huw", "/administration/people/new"), ("huw", f"/administration/people/{scene.person}"),
        ("huw", "/administration/teams"), ("huw", "/administration/keys"), ("huw", "/administration/route"),
        ("huw", "/administration/policy"), ("huw", "/administration/channels"),
        ("huw", f"/administration/channels/{scene.channel}"),
        ("huw", f"/administration/channels/{scene.channel}/register"),
        ("huw", f"/administration/channels/{scene.channel}/accounts/new"),
        ("huw", f"/administration/accounts/{scene.account}/credentials"),
        ("huw", "/administration/channels/new"), ("huw", "/administration/channels/new?platform=facebook"),
        ("huw", "/administration/channels/new?platform=facebook&model=paired"),
        ("elin", "/terms"), ("elin", "/terms/names"), ("tom", "/terms/phrases"), ("mari", "/terms/phone-pairs"),
        ("nia", "/account/password"),
        ("huw", "/removals/new"),
    ]  # fmt: skip
