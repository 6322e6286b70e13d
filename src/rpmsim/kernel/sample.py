"""Samplers of counts: exact or within a stated error, by inversion where two scenarios must stay paired."""

from __future__ import annotations

import math

import numpy as np

from rpmsim.kernel.compiled import part, small_part
from rpmsim.kernel.random import DRAWN, NORMALS, U64, UNIFORMS, bits_of, draw_on, next_unit, real_of, uniform_at

MANY_NORMALS = 4
"""Normals are made together where at least so many uniforms are left."""

SEARCH_BELOW = 32.0
"""Poisson means up to here are inverted by sequential search (exact); above, by :func:`_count_quantile`."""


@small_part
def _ratio(r, a7, a6, a5, a4, a3, a2, a1, a0, b7, b6, b5, b4, b3, b2, b1):
    top = ((((((a7 * r + a6) * r + a5) * r + a4) * r + a3) * r + a2) * r + a1) * r + a0
    return top / (((((((b7 * r + b6) * r + b5) * r + b4) * r + b3) * r + b2) * r + b1) * r + 1.0)


CENTRAL = 0.425
"""Half the width of the middle of a normal, where its quantile needs no logarithm."""


@small_part
def _central_quantile(q):
    """Standard normal quantile at 0.5 + ``q``, where ``q`` is at most :data:`CENTRAL` from 0."""
    return q * _ratio(
        0.180625 - q * q,
        2.5090809287301226727e3,
        3.3430575583588128105e4,
        6.7265770927008700853e4,
        4.5921953931549871457e4,
        1.3731693765509461125e4,
        1.9715909503065514427e3,
        1.3314166789178437745e2,
        3.3871328727963666080e0,
        5.2264952788528545610e3,
        2.8729085735721942674e4,
        3.9307895800092710610e4,
        2.1213794301586595867e4,
        5.3941960214247511077e3,
        6.8718700749205790830e2,
        4.2313330701600911252e1,
    )


@part
def normal_quantile(u):
    """Standard normal quantile to 16 figures (Wichura 1988, algorithm AS 241)."""
    q = u - 0.5
    if abs(q) <= CENTRAL:
        return _central_quantile(q)
    r = math.sqrt(-math.log(u if q < 0.0 else 1.0 - u))
    if r <= 5.0:
        x = _ratio(
            r - 1.6,
            7.74545014278341407640e-4,
            2.27238449892691845833e-2,
            2.41780725177450611770e-1,
            1.27045825245236838258e0,
            3.64784832476320460504e0,
            5.76949722146069140550e0,
            4.63033784615654529590e0,
            1.42343711074968357734e0,
            1.05075007164441684324e-9,
            5.47593808499534494600e-4,
            1.51986665636164571966e-2,
            1.48103976427480074590e-1,
            6.89767334985100004550e-1,
            1.67638483018380384940e0,
            2.05319162663775882187e0,
        )
    else:
        x = _ratio(
            r - 5.0,
            2.01033439929228813265e-7,
            2.71155556874348757815e-5,
            1.24266094738807843860e-3,
            2.65321895265761230930e-2,
            2.96560571828504891230e-1,
            1.78482653991729133580e0,
            5.46378491116411436990e0,
            6.65790464350110377720e0,
            2.04426310338993978564e-15,
            1.42151175831644588870e-7,
            1.84631831751005468180e-5,
            7.86869131145613259100e-4,
            1.48753612908506148525e-2,
            1.36929880922735805310e-1,
            5.99832206555887937690e-1,
        )
    return -x if q < 0.0 else x


@part
def _make_normals(state):
    """Make normals of all uniforms that are made of a sequential stream: the middle of the distribution in one go."""
    for i in range(DRAWN):
        state[NORMALS + i] = bits_of(_central_quantile(uniform_at(state, UNIFORMS + i) - 0.5))
    for i in range(DRAWN):
        u = uniform_at(state, UNIFORMS + i)
        if abs(u - 0.5) > CENTRAL:
            state[NORMALS + i] = bits_of(normal_quantile(u))
    state[8] = U64(1)


@small_part
def next_normal(state):
    """Next standard normal of a sequential stream: the quantile of its next uniform."""
    if state[6] == U64(NORMALS):
        draw_on(state)
    place = state[6]
    if state[8] == U64(0):
        if place > U64(NORMALS - MANY_NORMALS):
            return normal_quantile(next_unit(state))
        _make_normals(state)
    state[6] = place + U64(1)
    return real_of(state[place + U64(DRAWN)])


@small_part
def _count_quantile(mean, variance, lean, s, z):
    """Quantile of a binomial (``s`` = p (1 - p), ``lean`` = 1 - 2 p) or Poisson count (0, 1) at that of a normal.

    The expansion of Cornish and Fisher to the inverse of the variance, and in the terms without ``lean`` to its power
    3/2. What is expanded is the count and a uniform in (-1/2, 1/2), whose probability of at most n + 1/2 is the count's
    of at most n: that turns the variance into one smaller by 1/12, and what is rounded into the count's own quantile.
    The error in a probability is below 4e-6 from a mean of 16 on (of the rarer outcome), below 6e-7 from 32 on, and
    falls with the square of the variance (measured in tests/unit/kernel).
    """
    w = variance - 1.0 / 12.0
    root = math.sqrt(w)
    inverse = 1.0 / w
    q = z * z
    even = (q - 1.0) * (1.0 / 6.0) + (2.0 + s) * ((3.0 * q + 7.0) * q - 16.0) * (inverse * (1.0 / 1620.0))
    last = (((36.0 * s + 468.0) * s - 207.0) * q + ((1024.0 * s + 1792.0) * s - 458.0)) * q
    last += (-1732.0 * s - 6676.0) * s + 2729.0
    odd = ((1.0 + 14.0 * s) - (1.0 + 2.0 * s) * q) * (1.0 / 72.0) + last * (inverse * (1.0 / 155520.0))
    return mean + lean * even + z * root * (1.0 + odd * inverse)


_ONE, _TWO, _THREE, _FOUR = U64(1), U64(2), U64(3), U64(4)  # a place without a sign is not counted from the end

_INVERSE = 1.0 / np.maximum(np.arange(256), 1)
"""1 / n, further than a search goes: at a mean of 32 the chance of more than 250 is below 1e-100."""


@part
def poisson_quantile(mean, u):
    """Smallest n whose Poisson probability of at most n reaches ``u``.

    It does not fall when ``mean`` rises, but for 6 of a million ``u`` by one where ``mean`` passes
    :data:`SEARCH_BELOW`, and by rounding within 1e-12 of 1.
    """
    if mean <= 0.0:
        return 0
    if mean <= SEARCH_BELOW:
        p = math.exp(-mean)
        total = p
        n = U64(0)
        while True:
            # Four at a time, which do not wait for each other.
            first, second = mean * _INVERSE[n + _ONE], mean * _INVERSE[n + _TWO]
            third, fourth = mean * _INVERSE[n + _THREE], mean * _INVERSE[n + _FOUR]
            two, last = first * second, third * fourth
            after = total + p * ((first + two) + two * (third + last))
            if u <= after or p * (two * last) <= 1e-18 * after:
                break
            p *= two * last
            total = after
            n += _FOUR
        while u > total and p > 1e-18 * total:
            n += _ONE
            p *= mean * _INVERSE[n]
            total += p
        return np.int64(n)
    return max(0, math.floor(_count_quantile(mean, mean, 1.0, 0.0, normal_quantile(u)) + 0.5))


@part
def gamma_unit(shape, state):
    """Gamma variate of mean 1 (Marsaglia and Tsang 2000); draws from the sequential stream ``state``."""
    boost = 1.0
    a = shape
    if a < 1.0:
        boost = next_unit(state) ** (1.0 / a)
        a += 1.0
    d = a - 1.0 / 3.0
    c = 1.0 / math.sqrt(9.0 * d)
    while True:
        z = next_normal(state)
        v = 1.0 + c * z
        if v <= 0.0:
            continue
        v = v * v * v
        u = next_unit(state)
        # The first bound is inside the second one.
        if u < 1.0 - 0.0331 * (z * z) * (z * z) or math.log(u) < 0.5 * z * z + d - d * v + d * math.log(v):
            return d * v * boost / shape


SEARCH_COUNTS_BELOW = 16.0
"""Counts of a smaller mean are found by sequential search."""

MOST_FOUND = 120
"""A search ends here, should rounding have left something over: the chance of more is below 1e-50."""

POWER_BELOW = 1024
"""Powers below are products, which take less time than a logarithm and lose no more than 3 of 16 figures."""

NEAR = 32
"""The chance of a number this near to the mode comes from it by products, which take less time than logarithms."""


@part
def _log_one_plus(x):
    """log(1 + x): a logarithm, and what the rounding of 1 + x left out of it."""
    w = 1.0 + x
    return math.log(w) - ((w - 1.0) - x) / w


@part
def _stirling(x):
    """What log(x!) has beyond (x + 1/2) log(x + 1) - (x + 1) + log(2 pi) / 2, to 1e-12."""
    y = x + 1.0
    if y < 10.0:
        return math.lgamma(y) - (x + 0.5) * math.log(y) + y - 0.5 * math.log(2.0 * math.pi)
    r = 1.0 / (y * y)
    return (1.0 / 12.0 - (1.0 / 360.0 - (1.0 / 1260.0 - r / 1680.0) * r) * r) / y


@part
def _log_fall(m, d):
    """log(m! / (m + d)!) + d log(m + 1) - d, of which no term is larger than a few ``d``."""
    return _stirling(m) - _stirling(m + d) - (m + d + 0.5) * _log_one_plus(d / (m + 1.0))


@part
def binomial(n, p, state):
    """Binomial variate: inversion by sequential search for small means, by :func:`_count_quantile` for others."""
    if n <= 0 or p <= 0.0:
        return 0
    if p >= 1.0:
        return n
    rare = min(p, 1.0 - p)
    if n * rare < SEARCH_COUNTS_BELOW:
        x = _binomial_by_search(n, rare, next_unit(state))
    else:
        x = _binomial_quantile(n, rare, next_normal(state))
    return x if p <= 0.5 else n - x


@small_part
def _binomial_quantile(n, p, z):
    s = p * (1.0 - p)
    x = _count_quantile(n * p, n * s, 1.0 - 2.0 * p, s, z)
    return min(n, max(0, np.int64(math.floor(x + 0.5))))


@part
def _binomial_by_search(n, p, u):
    if u <= 1.0 - n * p:
        # The chance of none is at least this (Bernoulli's inequality).
        return 0
    r = (1.0 - p) ** n if n < POWER_BELOW else math.exp(n * _log_one_plus(-p))
    odds = p / (1.0 - p)
    top = (n + 1.0) * odds
    most = min(n, MOST_FOUND)
    x = 0
    while u > r and x < most:
        u -= r
        x += 1
        r *= top / x - odds
    return x


@part
def split(count, sums, parts, into, state):
    """Split a count over shares that are summed in ``sums``; the last of the ``parts`` takes what is left."""
    left = count
    before = 0.0
    for j in range(parts):
        rest = 1.0 - before
        into[j] = left if j == parts - 1 else binomial(left, (sums[j] - before) / rest if rest > 0.0 else 1.0, state)
        left -= into[j]
        before = sums[j]


FEW_DRAWN = 48
"""The chance that none of so few are drawn is a product; of more, it is made of logarithms."""


@part
def hypergeometric(good, bad, drawn, state):
    """Number of good ones among ``drawn`` without replacement: inversion for small numbers, rejection for large ones.

    Unless the number is small and can be none, it is that of the rarer kind in the smaller part which is drawn.
    """
    low = max(0, drawn - bad)
    few = min(good, drawn)
    if low == few:
        return low
    total = good + bad
    rare, taken = good, drawn
    # The second condition keeps the chance of none within the range of numbers.
    if few > FEW_DRAWN or total - max(good, drawn) - few < 1e-5 * total - 1.0:
        rare, taken = min(good, bad), min(drawn, total - drawn)
        few = min(rare, taken)
    if few <= FEW_DRAWN or np.float64(rare) * taken < SEARCH_COUNTS_BELOW * total:
        x = _hypergeometric_by_search(rare, total - rare, taken, next_unit(state))
    else:
        x = _hypergeometric_by_rejection(rare, total - rare, taken, state)
    if taken < drawn:
        x = rare - x
    return x if rare == good else drawn - x


@part
def _hypergeometric_by_search(good, bad, drawn, u):
    total = good + bad
    few = min(good, drawn)
    rest = total - max(good, drawn)
    # The chance of none.
    p = 1.0
    if few <= FEW_DRAWN:
        for i in range(few):
            p *= (rest - i) / (total - i)
    else:
        slope = math.log((rest + 1.0) / (total + 1.0))
        p = math.exp(_log_fall(rest, -few) - _log_fall(total, -few) + few * slope)
    most = min(few, MOST_FOUND)
    x = 0
    while u > p and x < most:
        u -= p
        p *= (good - x) * np.float64(drawn - x) / ((x + 1.0) * (bad - drawn + x + 1.0))
        x += 1
    return x


@part
def _hypergeometric_by_rejection(good, bad, drawn, state):
    """Ratio of uniforms (Stadlober 1990, HRUA)."""
    total = good + bad
    mean = good * (drawn / total)
    variance = mean * (bad / total) * (total - drawn) / (total - 1.0)
    width = 2.0 * math.sqrt(2.0 / math.e * (variance + 0.5)) + 3.0 - 2.0 * math.sqrt(3.0 / math.e)
    while True:
        u = next_unit(state)
        k = np.floor(mean + 0.5 + width * (next_unit(state) - 0.5) / u)
        if 0.0 <= k <= min(good, drawn) and _hypergeometric_has(good, bad, drawn, np.int64(k), u):
            return np.int64(k)


@part
def _hypergeometric_has(good, bad, drawn, k, u):
    """Whether the square of ``u`` is at most the chance of ``k``, in parts of the mode's."""
    mode = np.int64((good + 1.0) * (drawn + 1.0) / (good + bad + 2.0))
    rest = bad - drawn
    d = k - mode
    if abs(d) < NEAR:
        part = 1.0
        for i in range(min(k, mode) + 1, max(k, mode) + 1):
            part *= (good - i + 1.0) * (drawn - i + 1.0) / (i * np.float64(rest + i))
        return u * u <= part if d > 0 else u * u * part <= 1.0
    slope = math.log((good - mode + 1.0) * (drawn - mode + 1.0) / ((mode + 1.0) * (rest + mode + 1.0)))
    good_part = _log_fall(mode, d) + _log_fall(good - mode, -d)
    bad_part = _log_fall(drawn - mode, -d) + _log_fall(rest + mode, d)
    return 2.0 * math.log(u) <= good_part + bad_part + d * slope
