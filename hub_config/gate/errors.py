"""Everything the gate raises; hostile input always ends in this family."""

from __future__ import annotations

from audit.errors import AuditError, LogFull


class GateError(Exception):
    """Base of the gate's errors; the message is the reason, `hint` the next step."""

    hint = "See the log of the gate."


class GateConfigError(GateError):
    """The gate was started with settings it does not know or cannot use."""

    hint = "Start the gate through `ansim up`, which passes its settings."


class AmbiguousTarget(GateError):
    """A request target that two programs could read differently."""

    hint = "Send the path decoded once, without encoded slashes, dot segments, backslashes or semicolons."


class MalformedFrame(GateError):
    """Bytes on a kernel connection that are not exactly one message of a known protocol."""

    hint = "Reload the page; the notebook client and the gate no longer speak the same protocol."


class Refused(GateError):
    """A request that the tables do not allow; `code` is a key of `REFUSALS`."""

    hint = "The page of the refusal says where to go instead."

    def __init__(self, code: str, detail: str = "") -> None:
        super().__init__(detail or code)
        self.code = code
        self.detail = detail


class AuditUnavailable(GateError):
    """The log did not confirm an event, so the act it describes must not happen; `code` is a key of `REFUSALS`."""

    hint = "Start the audit service; nothing is forwarded until it answers."

    def __init__(self, reason: AuditError | OSError) -> None:
        super().__init__(type(reason).__name__)
        self.code = "audit.full" if isinstance(reason, LogFull) else "audit.unavailable"


class HubUnavailable(GateError):
    """The hub did not answer whether a session is still good."""

    hint = "Start the hub."


class WorkspaceSilent(GateError):
    """No connection from the workspace came in time, or it was cut."""

    hint = "Start the workspace again from the portal."
