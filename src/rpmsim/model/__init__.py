"""The meaning of a scenario: plain immutable values, no files, no compiled code.

Everything here is a frozen dataclass of names, dates and :class:`~rpmsim.model.number.Number`, so two
models are equal exactly if they mean the same. The distributions are written down in ``docs/background/model.md``.
"""
