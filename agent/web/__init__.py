"""Pages, JSON and scrapes over HTTP; they only read.

`app` the routes · `shell` what every answer carries and what is refused · `pages` the pages, `sight` what they show,
`words` in whose language · `api` the documents · `scrapes` Prometheus · templates and static files as package data.
"""

from agent.web.app import make_app

__all__ = ["make_app"]
