"""Tell Prometheus: pages of text (exposition format 0.0.4), made from memory when they are asked for.

`text` the format · `survey` how all devices stand now · `devices`, `tickets`, `ports` families written by hand ·
`own` the agent's own through prometheus-client · `looked` one look in blackbox_exporter's names · `exposition` pages.
"""

from agent.metrics.exposition import Exposition
from agent.metrics.looked import probe_page
from agent.metrics.own import Own
from agent.metrics.survey import Survey, surveyed

__all__ = ["Exposition", "Own", "Survey", "probe_page", "surveyed"]
