"""Text that people write and tables that they keep, read with the position of every value; below every language.

A file becomes text (:mod:`.source`), the text a tree (:mod:`.yaml_text`) or rows (:mod:`.sheet`), and what is wrong
with it is gathered (:mod:`.complaints`). A language is a table of types (:mod:`.schema`).
"""
