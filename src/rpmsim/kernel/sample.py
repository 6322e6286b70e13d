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
def normal_quantile(u):
    """Standard normal quantile (Acklam's rational approximation with one Halley step: full double precision)."""
    if u < 0.02425:
        q = math.sqrt(-2.0 * math.log(u))
        x = (
            (
                (((-7.784894002430293e-03 * q - 3.223964580411365e-01) * q - 2.400758277161838) * q - 2.549732539343734)
                * q
                + 4.374664141464968
            )
            * q
            + 2.938163982698783
        ) / (
            (((7.784695709041462e-03 * q + 3.224671290700398e-01) * q + 2.445134137142996) * q + 3.754408661907416) * q
            + 1.0
        )
    elif u > 1.0 - 0.02425:
        return -normal_quantile(1.0 - u)
    else:
        q = u - 0.5
        r = q * q
        x = (
            (
                (
                    (
                        ((-3.969683028665376e01 * r + 2.209460984245205e02) * r - 2.759285104469687e02) * r
                        + 1.383577518672690e02
                    )
                    * r
                    - 3.066479806614716e01
                )
                * r
                + 2.506628277459239
            )
            * q
        ) / (
            (
                (
                    ((-5.447609879822406e01 * r + 1.615858368580409e02) * r - 1.556989798598866e02) * r
                    + 6.680131188771972e01
                )
                * r
                - 1.328068155288572e01
            )
            * r
            + 1.0
        )
    e = 0.5 * math.erfc(-x / math.sqrt(2.0)) - u
    step = e * math.sqrt(2.0 * math.pi) * math.exp(x * x / 2.0)
    return x - step / (1.0 + x * step / 2.0)


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
        return n - binomial(n, 1.0 - p, state)
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
def hypergeometric(good, bad, drawn, state):
    """Number of good ones among ``drawn`` without replacement: search outwards from the mode, exact."""
    total = good + bad
    low = max(0, drawn - bad)
    high = min(good, drawn)
    if low == high:
        return low
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
    u = next_unit(state)
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
