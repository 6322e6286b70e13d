"""Samplers of counts: exact, by inversion where two scenarios must stay paired."""

from __future__ import annotations

import math

import numpy as np

from rpmsim.kernel.compiled import part
from rpmsim.kernel.random import next_unit

SEARCH_BELOW = 200.0
"""Poisson means up to here are inverted by sequential search (exact); above, by a Cornish-Fisher expansion to third
order, whose error in a probability is below 1e-4 there (measured in tests/unit/kernel)."""


@part
def _ratio(r, a7, a6, a5, a4, a3, a2, a1, a0, b7, b6, b5, b4, b3, b2, b1):
    top = ((((((a7 * r + a6) * r + a5) * r + a4) * r + a3) * r + a2) * r + a1) * r + a0
    return top / (((((((b7 * r + b6) * r + b5) * r + b4) * r + b3) * r + b2) * r + b1) * r + 1.0)


@part
def normal_quantile(u):
    """Standard normal quantile to 16 figures (Wichura 1988, algorithm AS 241)."""
    q = u - 0.5
    if abs(q) <= 0.425:
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
def poisson_quantile(mean, u):
    """Smallest n whose Poisson probability of at most n reaches ``u``; never falls when ``mean`` rises."""
    if mean <= 0.0:
        return 0
    if mean <= SEARCH_BELOW:
        p = math.exp(-mean)
        total = p
        n = 0
        while u > total and p > 1e-18 * total:
            n += 1
            p *= mean / n
            total += p
        return n
    z = normal_quantile(u)
    root = math.sqrt(mean)
    x = mean + root * z + (z * z - 1.0) / 6.0 + (z - z * z * z) / (72.0 * root)
    return max(0, math.floor(x + 0.5))


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
        z = normal_quantile(next_unit(state))
        v = 1.0 + c * z
        if v <= 0.0:
            continue
        v = v * v * v
        if math.log(next_unit(state)) < 0.5 * z * z + d - d * v + d * math.log(v):
            return d * v * boost / shape


@part
def binomial(n, p, state):
    """Binomial variate: inversion for small means, transformed rejection (Hoermann 1993, BTRS) for large ones."""
    if n <= 0 or p <= 0.0:
        return 0
    if p >= 1.0:
        return n
    if p > 0.5:
        return n - _binomial_below_half(n, 1.0 - p, state)
    return _binomial_below_half(n, p, state)


@part
def _binomial_below_half(n, p, state):
    if n * p < 10.0:
        q = 1.0 - p
        r = math.exp(n * math.log1p(-p))
        u = next_unit(state)
        x = 0
        while u > r and x < n:
            u -= r
            x += 1
            r *= (n - x + 1) * p / (x * q)
        return x
    spq = math.sqrt(n * p * (1.0 - p))
    b = 1.15 + 2.53 * spq
    a = -0.0873 + 0.0248 * b + 0.01 * p
    c = n * p + 0.5
    vr = 0.92 - 4.2 / b
    alpha = (2.83 + 5.1 / b) * spq
    lpq = math.log(p / (1.0 - p))
    m = math.floor((n + 1) * p)
    h = math.lgamma(m + 1.0) + math.lgamma(n - m + 1.0)
    while True:
        u = next_unit(state) - 0.5
        v = next_unit(state)
        us = 0.5 - abs(u)
        k = math.floor((2.0 * a / us + b) * u + c)
        if k < 0.0 or k > n:
            continue
        if us >= 0.07 and v <= vr:
            return int(k)
        v = math.log(v * alpha / (a / (us * us) + b))
        if v <= h - math.lgamma(k + 1.0) - math.lgamma(n - k + 1.0) + (k - m) * lpq:
            return int(k)


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
"""Draws without replacement up to here are inverted from the smallest number on; above, outwards from the mode."""


@part
def hypergeometric(good, bad, drawn, state):
    """Number of good ones among ``drawn`` without replacement, exact by inversion."""
    total = good + bad
    low = max(0, drawn - bad)
    high = min(good, drawn)
    if low == high:
        return low
    if low == 0 and high <= FEW_DRAWN:
        # The chance of none, by the shorter of two equal products.
        p = 1.0
        more = max(good, drawn)
        for i in range(high):
            p *= (total - more - i) / (total - i)
        if p > 1e-280:
            u = next_unit(state)
            x = 0
            while u > p and x < high:
                u -= p
                p *= (good - x) * np.float64(drawn - x) / ((x + 1.0) * (bad - drawn + x + 1.0))
                x += 1
            return x
    return _hypergeometric_from_mode(good, bad, drawn, low, high, next_unit(state))


@part
def _hypergeometric_from_mode(good, bad, drawn, low, high, u):
    total = good + bad
    mode = int((good + 1.0) * (drawn + 1.0) / (total + 2.0))
    mode = min(max(mode, low), high)
    log_p = (
        math.lgamma(good + 1.0)
        - math.lgamma(mode + 1.0)
        - math.lgamma(good - mode + 1.0)
        + math.lgamma(bad + 1.0)
        - math.lgamma(drawn - mode + 1.0)
        - math.lgamma(bad - drawn + mode + 1.0)
        - math.lgamma(total + 1.0)
        + math.lgamma(drawn + 1.0)
        + math.lgamma(total - drawn + 1.0)
    )
    p_up = math.exp(log_p)
    p_down = p_up
    up = mode
    down = mode
    u -= p_up
    if u <= 0.0:
        return mode
    while up < high or down > low:
        if up < high:
            p_up *= (good - up) * np.float64(drawn - up) / ((up + 1.0) * (bad - drawn + up + 1.0))
            up += 1
            u -= p_up
            if u <= 0.0:
                return up
        if down > low:
            p_down *= down * np.float64(bad - drawn + down) / ((good - down + 1.0) * (drawn - down + 1.0))
            down -= 1
            u -= p_down
            if u <= 0.0:
                return down
    return mode
