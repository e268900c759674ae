"""A simulated year: a region in which things happen, every day's jobs, and a referee who reads every e-mail.

``playing`` lives through the days and ``happenings`` makes them eventful; both use the program's own write paths.
``referee`` judges afterwards from what the mail server received and from the facts in the record, which ``knowledge``
reads with the oracle of tests/standing. Nothing here but ``playing`` knows the planner.
"""
