"""Steps: what the hub does with an order of itself."""

from domain.deciding import transitions


class Step(transitions.Step):
    """What the hub does with an order of itself, or because another of its tables says so."""

    AUTOMATIC = transitions.AUTOMATIC
    """Tried after every fact, until nothing moves any more."""
    ASK = "ask"
    CAPTURE = "capture"
    VOID = "void"
    CANCEL = "cancel"
    RELEASE = "release"
    HOLD = "hold"
    RETRY = "retry timer"
    CAPTURE_AGAIN = "capture retry timer"
    VOID_AGAIN = "void retry timer"
    RENEW = "reservation timer"
    GONE_BEFORE = "a reservation that was gone before it was told"
    CHEQUE_DUE = "cheque timer"
    NO_ANSWER = "follow-up timer"
    EXPIRE = "expiry timer"
    RECALL_DUE = "recall timer"
    NO_REPLACEMENT = "replacement timer"
    STRAY = "a find for a line that left"
    ASKED_AGAIN = "asked again"
    SHRUNK = "a shipment was cancelled"
    RETURN_VALIDATED = "the return is validated"
    RETURN_ENDED = "the return has ended"
