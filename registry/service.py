"""The registry as the rest of the zone sees it: one object with every use case."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, tzinfo
from pathlib import Path

from audit.db import Database
from audit.log import AuditLog
from registry.desk import utc_now
from registry.directory import Directory
from registry.emergency import Emergency
from registry.endings import Endings
from registry.erasure import Erasure
from registry.freezing import Freezing
from registry.holdings import Holdings
from registry.identities import Identities
from registry.intake import NoReviews, Reviews
from registry.joining import Joining
from registry.lostpassword import LostPassword
from registry.people import People
from registry.projects import Projects
from registry.secondfactor import SecondFactor
from registry.service_use import ServiceUse
from registry.session_ends import SessionEnds
from registry.totp import SecretBox


class Registry(
    People,
    Joining,
    SecondFactor,
    LostPassword,
    Identities,
    Emergency,
    SessionEnds,
    ServiceUse,
    Projects,
    Freezing,
    Holdings,
    Endings,
    Erasure,
):
    """Who may use which data, for what, until when.

    Every change is one transaction with its audit event: if the event cannot be written, nothing changed.
    Every refusal by the rules is an event too. A change takes `by`, who acts, and `source`, from where.
    """

    def __init__(
        self,
        db: Database,
        log: AuditLog,
        *,
        secrets_key: bytes,
        demo: bool,
        notice_version: str,
        dataset_roots: tuple[Path, ...] = (),
        treated_outside: bool = False,
        reviews: Reviews | None = None,
        directory: Directory | None = None,
        time_zone: tzinfo | None = None,
        clock: Callable[[], datetime] = utc_now,
    ) -> None:
        """Opens the registry in `db`; `secrets_key` has 32 bytes and encrypts second factors.

        Datasets lie below one of `dataset_roots`; without any they may lie anywhere. `reviews` knows which files
        were found adequate; `directory` checks passwords; `treated_outside` says that the zone also takes data that
        was treated before it came.
        """
        super().__init__(db, log, clock=clock)
        self._secrets = SecretBox(secrets_key)
        self._directory = directory
        self._time_zone = time_zone
        self._demo = demo
        self._dataset_roots = dataset_roots
        self._notice_version = notice_version
        self._treated_outside = treated_outside
        self._reviews = reviews or NoReviews()

    @property
    def passwords_elsewhere(self) -> bool:
        """Whether people sign in with a password that the zone does not keep."""
        return self._directory is not None

    @property
    def demo(self) -> bool:
        """Whether this is a demo zone, which takes demo data only."""
        return self._demo

    @property
    def notice_version(self) -> str:
        """The version of the notice that people must have accepted."""
        return self._notice_version
