"""Every page, in the order of a post's life."""

from collections.abc import Sequence
from typing import Any

from gateway.web.controllers.home import Home
from gateway.web.controllers.posts import Posts
from gateway.web.controllers.sign_ins import Account, SignIns, choose_language

CONTROLLERS: Sequence[Any] = (SignIns, Account, choose_language, Home, Posts)
