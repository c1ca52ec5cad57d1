"""What one owner reads from the first notice to the end, and on the ways beside it: played, then told.

``play.py`` plays a company through the calendar by the code that a run uses, ``scenes.py`` puts a path on,
``paths.py`` holds the paths and what has to come in each, ``pages.py`` writes them down.
"""
