"""Every page, in the order of a post's life."""

from collections.abc import Sequence
from typing import Any

from gateway.web.controllers.accounts import Accounts
from gateway.web.controllers.administration import Administration
from gateway.web.controllers.calendar import Calendar
from gateway.web.controllers.channels import Channels
from gateway.web.controllers.consent_events import ConsentEvents
from gateway.web.controllers.consent_imports import ConsentImports
from gateway.web.controllers.consent_requests import ConsentRequests
from gateway.web.controllers.consents import Consents
from gateway.web.controllers.correcting import Correcting
from gateway.web.controllers.deliveries import Deliveries
from gateway.web.controllers.drifts import Drifts
from gateway.web.controllers.home import Home
from gateway.web.controllers.keys import Keys
from gateway.web.controllers.log import Log
from gateway.web.controllers.messages import Messages
from gateway.web.controllers.own_account import Account
from gateway.web.controllers.passwords import Passwords
from gateway.web.controllers.people import People
from gateway.web.controllers.pictures import Pictures
from gateway.web.controllers.posts import Posts
from gateway.web.controllers.reviewing import Reviewing
from gateway.web.controllers.rules import Rules
from gateway.web.controllers.scheduling import Scheduling
from gateway.web.controllers.second_factor import SecondFactor
from gateway.web.controllers.sign_ins import SignIns, choose_language
from gateway.web.controllers.takedowns import Removals, Takedowns
from gateway.web.controllers.terms import OwnTerms
from gateway.web.controllers.translating import Translating
from gateway.web.controllers.writing import Writing

CONTROLLERS: Sequence[Any] = (
    SignIns, SecondFactor, Account, choose_language, Home, Posts, Correcting, Writing, Pictures, Translating, Reviewing,
    Scheduling, Deliveries, Calendar, Takedowns, Removals, Drifts, Consents, ConsentEvents, ConsentRequests,
    ConsentImports, Log, Administration, People, Keys, Channels, Accounts, Rules, OwnTerms, Messages, Passwords,
)  # fmt: skip
