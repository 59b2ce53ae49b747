"""Terminal colours, or nothing."""


class Paint:
    # Readable on a dark ground and on a light one: no yellow, and nothing bright but bold.
    CODES = {"heading": "1", "mark": "35", "alarm": "1;31", "quiet": "2", "changed": "1", "good": "32"}

    def __init__(self, on):
        self.on = on

    def __call__(self, style, text):
        return f"\033[{self.CODES[style]}m{text}\033[0m" if self.on and text else text
