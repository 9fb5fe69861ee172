"""What the programs say, and how they fail."""
import sys


def say(program, text, stream=None):
    """One line of the container's log."""
    print(f"{program}: {text}", file=stream or sys.stderr, flush=True)


class Failure(Exception):
    """The end of a job: an exit status and a sentence."""

    def __init__(self, status, text):
        super().__init__(text)
        self.status = status
