"""Buttons, and the callback data behind them: ids only, never text, at most 64 bytes.

Callback data begins with a prefix that names its module: "1:" answers, "f1:" escalations as farmers
see them, "t1:" tips, "p1:" people, "k1:" and "q1:" numbered, for curation and the officers' queue.
The digit is the version of the format; a button of another version is out of date.
"""
