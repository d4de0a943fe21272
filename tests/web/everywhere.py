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
        ("mari", "/log"), ("mari", "/log/verification"), ("mari", f"/posts/{scene.scheduled}/story"),
        ("huw", "/administration"), ("huw", "/administration/people"), ("huw", "/administration/teams"),
        ("huw", "/administration/keys"), ("huw", "/removals/new"),
    ]  # fmt: skip
