"""Pages, JSON and scrapes over HTTP; they only read, but for `/-/reload`.

`app` the routes · `guard` what a connection may cost · `shell` what every answer carries and what is refused · `login`
who may read · `reloading` the one route that changes something · `pages` the pages, `sight` what they show, `words` in
whose language · `api` the documents · `scrapes` Prometheus · templates and static files as package data.
"""

from agent.web.app import make_app
from agent.web.guard import Guarded

__all__ = ["Guarded", "make_app"]
