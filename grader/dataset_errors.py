"""What is said to an instructor whose data set cannot be used."""


class DatasetError(ValueError):
    """A data set, or the file that it should come from, is not what it has to be; `advice` says what to do about it.

    `where` names the file and the array, `expected` and `got` are phrases with numbers.
    """

    def __init__(self, where: str, *, expected: str, got: str, advice: str) -> None:
        super().__init__(f"{where}: expected {expected}, got {got}. {advice}")
        self.where = where
        self.expected = expected
        self.got = got
        self.advice = advice
