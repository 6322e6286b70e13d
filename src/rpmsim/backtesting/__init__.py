"""The track record: forecasts at past origins, beside every baseline that a skeptic would bring.

``known`` holds what was known at an origin; ``baselines`` puts together the forecasts of ``series_baselines``,
``smoothing``, ``pipeline_baselines``, ``cohort_average`` and ``life_table``, and ``past_errors`` makes distributions
of them.
"""
