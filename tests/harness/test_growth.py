"""The instruments of the growth measurement: the histogram of lag, a family under one parent."""

from __future__ import annotations

from bench import grow, lateness

PAGE = """# HELP campus_agent_scheduler_lag_seconds How late looks were sent: sent minus due.
# TYPE campus_agent_scheduler_lag_seconds histogram
campus_agent_scheduler_lag_seconds_bucket{le="0.01"} 80.0
campus_agent_scheduler_lag_seconds_bucket{le="0.1"} 99.0
campus_agent_scheduler_lag_seconds_bucket{le="0.5"} 100.0
campus_agent_scheduler_lag_seconds_bucket{le="+Inf"} 100.0
campus_agent_scheduler_lag_seconds_count 100.0
"""


def test_a_percentile_of_lag_is_the_bound_of_its_bucket() -> None:
    lag = lateness.read(PAGE)
    assert (lateness.percentile(lag, 0.8), lateness.percentile(lag, 0.99), lateness.percentile(lag, 0.999)) == (
        0.01,
        0.1,
        0.5,
    )
    assert lateness.beyond(lag, 0.1) == 1


def test_only_the_window_counts() -> None:
    lag = lateness.read(PAGE)
    assert set(lateness.since(lag, lag).values()) == {0.0}


def test_the_family_hangs_on_the_first_host() -> None:
    hosts = grow._family()
    parents = [host["parent"]["device"] for host in hosts if "parent" in host]
    assert parents == [hosts[0]["id"]] * grow.CHILDREN
    assert len(hosts) == grow.HOSTS
