"""Scenarios side by side: paired differences, the bridge between them, what binds, and where a band comes from.

``cases`` says what is compared, ``forecasts`` and ``runs`` simulate, ``compare`` puts a comparison together from
``bridge``, ``binding`` and ``variance``; ``document`` says it in plain values, ``dataset`` in labelled arrays.
"""
