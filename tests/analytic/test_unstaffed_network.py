"""Property 2: moves of an unstaffed network are Poisson by convolution; recycling: moments follow from one lead."""

from __future__ import annotations

import itertools

import numpy as np
from scipy import stats

from rpmsim.engine import replay_days, simulate
from rpmsim.model.plan import Model
from tests.analytic.conftest import Sample
from tests.analytic.standard_errors import (
    LEAST_EVENTS,
    assert_agrees,
    assert_distribution,
    errors_of_covariance,
    errors_of_mean,
)
from tests.analytic.visits import Edge, Network, chances_of_days
from tests.reference.comparison import arrivals_of
from tests.reference.models import channel, days, delay, model, out, stage
from tests.reference.record import Record

DAYS = 91
REPLICATIONS = 12_000


def exact_days(count: int) -> np.ndarray:
    return np.eye(count + 1)[count]


SLOW = chances_of_days(stats.lognorm(s=0.7, scale=9.0).cdf, DAYS)
GAMMA = chances_of_days(stats.gamma(2, scale=2.5).cdf, DAYS, least=0)
WEIBULL = chances_of_days(stats.weibull_min(0.8, scale=6.0).cdf, DAYS)


def network(recycling: bool) -> tuple[Model, Network]:
    """Two channels, three stages in a row with a way past the middle one, weeks as periods."""
    again = [out("first", 0.45, delay("weibull", scale=6, shape=0.8))] if recycling else []
    built = model(
        [
            stage(
                "first",
                out("second", 0.5, delay("gamma", mean=5, shape=2, least=0)),
                out("third", 0.2, days(3)),
                out("nurture", None),
                kind="lead",
            ),
            stage(
                "second",
                out("third", 0.6, delay("lognormal", median=9, sigma=0.7)),
                out("lost", None, days(2)),
                kind="mql",
            ),
            stage(
                "third",
                out("won", 0.4, delay("gamma", mean=5, shape=2, least=0)),
                out("nurture", 0.3, days(1)),
                out("lost", None, delay("weibull", scale=6, shape=0.8)),
                kind="sql",
            ),
            stage("nurture", *again, out("lost", None, days(8)), kind="nurture"),
        ],
        [
            channel("weekly", "first", 14, "week", weekday_pattern=(3.0, 1.0, 1.0, 1.0, 1.0, 0.0, 0.0)),
            channel("daily", "second", 0.7),
        ],
        days=DAYS,
        period="week",
    )
    edges = [
        Edge("first", "second", 0.5, GAMMA),
        Edge("first", "third", 0.2, exact_days(3)),
        Edge("first", "nurture", 0.3, exact_days(0)),
        Edge("second", "third", 0.6, SLOW),
        Edge("second", "lost", 0.4, exact_days(2)),
        Edge("third", "won", 0.4, GAMMA),
        Edge("third", "nurture", 0.3, exact_days(1)),
        Edge("third", "lost", 0.3, WEIBULL),
        Edge("nurture", "lost", 0.55 if recycling else 1.0, exact_days(8)),
    ]
    if recycling:
        edges.append(Edge("nurture", "first", 0.45, WEIBULL))
    return built, Network(("first", "second", "third", "nurture"), tuple(edges))


def arrivals(built: Model) -> dict[str, np.ndarray]:
    """Expected by stage and day: 14 a week by weekday weights, 0.7 a day."""
    weights = np.array([3.0, 1.0, 1.0, 1.0, 1.0, 0.0, 0.0]) / 7
    first = built.first_day.weekday()
    return {
        "first": np.array([14 * weights[(first + d) % 7] for d in range(DAYS)]),
        "second": np.full(DAYS, 0.7),
    }


def moves_by_edge(built: Model, edges: tuple[Edge, ...], arrays: dict[str, np.ndarray]) -> np.ndarray:
    """Moves by replication, edge of the network, and period."""
    labels = Record(built).labels["edge"]
    places = [labels.index((edge.source, edge.target)) for edge in edges]
    return arrays["moves"].sum((3, 4))[:, :, places].transpose(0, 2, 1).astype(float)


def test_counts_without_cycles_are_poisson_with_the_mean_of_the_convolution(sample: Sample) -> None:
    built, net = network(recycling=False)
    arrays = sample(built, REPLICATIONS, 1)
    moves = moves_by_edge(built, net.edges, arrays)
    weeks = Record(built).period_of_day
    rates = net.rates(arrivals(built))
    exact = np.stack([rates[:, weeks == w].sum(1) for w in range(moves.shape[2])], axis=1)

    come = arrivals_of(Record(built).labels["edge"], arrays["moves"]).astype(float)
    due = np.array([sum(a[weeks == w].sum() for a in arrivals(built).values()) for w in range(moves.shape[2])])
    assert_agrees("arrivals", errors_of_mean(come, due, due))
    often = exact * len(moves) > LEAST_EVENTS
    assert often.mean() > 0.8
    assert (moves[:, exact == 0] == 0).all()
    assert_agrees("means", errors_of_mean(moves, exact, exact)[often])
    assert_agrees("variances", errors_of_covariance(moves, moves, exact, exact + 2 * exact**2)[often])
    for e in range(len(net.edges)):
        mean = exact[e, -2]
        assert_distribution(
            f"edge {e}", moves[:, e, -2], stats.poisson(mean).pmf(np.arange(int(mean + 8 * mean**0.5 + 8)))
        )


def test_periods_of_an_edge_and_exclusive_edges_are_independent(sample: Sample) -> None:
    built, net = network(recycling=False)
    moves = moves_by_edge(built, net.edges, sample(built, REPLICATIONS, 2))
    for e in range(len(net.edges)):
        assert_uncorrelated(f"edge {e} in successive weeks", moves[:, e, :-1], moves[:, e, 1:])
    names = [(edge.source, edge.target) for edge in net.edges]
    never_both = [(("first", "second"), ("first", "third")), (("third", "won"), ("third", "lost")),
                  (("first", "nurture"), ("second", "third")), (("second", "lost"), ("third", "won"))]  # fmt: skip
    for a, b in never_both:
        x, y = moves[:, names.index(a)], moves[:, names.index(b)]
        for lag in (0, 2):
            assert_uncorrelated(f"{a} and {b}", x[:, : x.shape[1] - lag], y[:, lag:])


def assert_uncorrelated(name: str, x: np.ndarray, y: np.ndarray) -> None:
    """Covariance 0, for independent Poisson counts, of which a product has the variance E X E Y."""
    variance = x.mean(0) * y.mean(0)
    often = variance * len(x) > LEAST_EVENTS
    assert often.any()
    assert_agrees(name, errors_of_covariance(x, y, np.zeros(x.shape[1]), variance)[often])


def test_covariance_of_edges_in_sequence_counts_the_leads_that_take_both(sample: Sample) -> None:
    built, net = network(recycling=False)
    check_covariances(sample, built, net, seed=3, pairs=[(0, 3), (3, 5), (0, 5), (1, 6), (6, 8)])


def test_recycling_has_the_moments_of_one_lead(sample: Sample) -> None:
    built, net = network(recycling=True)
    arrays = sample(built, REPLICATIONS, 4)
    moves = moves_by_edge(built, net.edges, arrays)
    weeks = Record(built).period_of_day
    rates = net.rates(arrivals(built))
    exact = np.stack([rates[:, weeks == w].sum(1) for w in range(moves.shape[2])], axis=1)
    assert_agrees("means", errors_of_mean(moves, exact)[exact * len(moves) > LEAST_EVENTS])
    check_covariances(sample, built, net, seed=5, pairs=[(0, 0), (9, 9), (2, 9), (9, 0), (5, 9)])


def check_covariances(sample: Sample, built: Model, net: Network, seed: int, pairs: list[tuple[int, int]]) -> None:
    """Covariances of edges between three-week spans, exact against sampled."""
    moves = moves_by_edge(built, net.edges, sample(built, REPLICATIONS, seed))
    weeks = Record(built).period_of_day
    spans = [range(5), range(5, 9), range(9, moves.shape[2])]
    inside = [np.isin(weeks, list(span)).astype(float) for span in spans]
    errors, exacts = [], []
    for (a, b), (i, j) in itertools.product(pairs, itertools.product(range(3), repeat=2)):
        exact = net.covariance(arrivals(built), a, inside[i], b, inside[j])
        x, y = moves[:, a, list(spans[i])].sum(1), moves[:, b, list(spans[j])].sum(1)
        if exact * len(moves) > LEAST_EVENTS:
            errors.append(float(errors_of_covariance(x, y, np.array(exact))))
        exacts.append(exact)
    assert max(exacts) > 1
    assert_agrees("covariances", np.array(errors))


def test_many_leads_of_a_day_leave_in_their_periods(sample: Sample) -> None:
    """Where only the period of an end matters, leads of a day are counted together: by hand, and as day by day."""
    wide = chances_of_days(stats.lognorm(s=1.6, scale=1.5).cdf, DAYS, least=0)
    built = model(
        [
            stage(
                "visit",
                out("won", 0.08, delay("gamma", mean=5, shape=2, least=0)),
                out("lost", None, delay("lognormal", median=1.5, sigma=1.6, least=0)),
                kind="lead",
            )
        ],
        [
            channel("many", "visit", 400, "week", weekday_pattern=(3.0, 1.0, 1.0, 1.0, 1.0, 0.0, 0.2)),
            channel("few", "visit", 3.0),
        ],
        days=DAYS,
        period="week",
    )
    edges = (Edge("visit", "won", 0.08, GAMMA), Edge("visit", "lost", 0.92, wide))
    moves = moves_by_edge(built, edges, sample(built, 4_000, 3))
    weights = np.array([3.0, 1.0, 1.0, 1.0, 1.0, 0.0, 0.2]) / 7.2
    first = built.first_day.weekday()
    rates = Network(("visit",), edges).rates(
        {"visit": np.array([400 * weights[(first + d) % 7] + 3 for d in range(DAYS)])}
    )
    weeks = Record(built).period_of_day
    exact = np.stack([rates[:, weeks == w].sum(1) for w in range(moves.shape[2])], axis=1)
    assert_agrees("means", errors_of_mean(moves, exact, exact))
    assert_agrees("variances", errors_of_covariance(moves, moves, exact, exact + 2 * exact**2))

    together = simulate(built, 1, first=5, seed=3)
    by_day = replay_days(built, 5, seed=3)
    of_weeks = np.add.reduceat(by_day["moves"].values, np.searchsorted(weeks, range(moves.shape[2])), axis=1)
    assert (of_weeks == together["moves"].values).all()
