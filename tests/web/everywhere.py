"""Every page, and who may look at it."""

from tests.web.scene import Scene


def everywhere(scene: Scene) -> list[tuple[str, str]]:
    """(person, address)."""
    post, review = f"/posts/{scene.draft}", f"/posts/{scene.to_decide}"
    return [
        ("nia", "/"), ("nia", "/account"), ("nia", "/posts"), ("nia", "/posts?status=archived"), ("nia", "/posts/new"),
        ("nia", post), ("nia", f"{post}/edit"), ("nia", f"{post}/pictures"), ("nia", f"{post}/preview"),
        ("nia", f"{post}/ask-for-translation"), ("nia", "/consents"), ("nia", "/deliveries"),
        ("elin", "/"), ("elin", "/translate"), ("elin", f"/posts/{scene.translating}/translate"), ("elin", "/review"),
        ("elin", f"{review}/review"),
        ("tom", "/"), ("tom", f"{review}/review"), ("tom", f"/posts/{scene.approved}/schedule"),
        ("tom", f"/posts/{scene.scheduled}/schedule"), ("tom", f"/posts/{scene.scheduled}"), ("tom", "/deliveries"),
        ("tom", "/deliveries/week"), ("tom", f"/deliveries/{scene.delivery}"), ("tom", "/log"),
        ("sara", f"{review}/review"), ("sara", f"/consents/{scene.consent}"), ("sara", "/log"),
        ("gwen", "/consents"), ("gwen", "/consents/new"), ("gwen", f"/consents/{scene.consent}"),
        ("nia", "/consent-requests"), ("nia", f"/consent-requests/new?post={scene.draft}"),
        ("nia", f"/consent-requests/{scene.asked}"), ("nia", f"/consents/new?request={scene.asked}"),
        ("gwen", "/consent-imports"), ("gwen", "/consents?show=withdrawn"), ("gwen", f"/consents/{scene.disputed}"),
        ("mari", "/log"), ("mari", "/log?words=clinig&topic=signing&since-day=1&since-month=11&since-year=2026"),
        ("mari", "/log/verification"), ("mari", f"/posts/{scene.scheduled}/story"),
        ("huw", "/administration"), ("huw", "/administration/people"), ("huw", "/administration/teams"),
        ("huw", "/administration/keys"),
    ]  # fmt: skip
