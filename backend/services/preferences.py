"""What people have chosen for themselves. Each reads and writes their own, and nobody else's."""

import json
from dataclasses import asdict

from backend.core.caller import Caller
from backend.models import preferences as queries
from backend.models.session import Database
from backend.schemas.preferences import (
    ViewerPreferences,
    WorklistPreferences,
    viewer_preferences,
    worklist_preferences,
)


class PersonalPreferences:
    """Use cases of a person's own choices.

    Args:
        database: Where they are kept.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    def viewer(self, caller: Caller) -> ViewerPreferences:
        """What the caller has chosen for the viewer; the usual where they have chosen nothing."""
        with self._database.read(caller.organization_id) as session:
            row = queries.preferences_of(session, caller.user_id)
            return viewer_preferences(json.loads(row.viewer) if row else {})

    def save_viewer(self, caller: Caller, chosen: ViewerPreferences) -> ViewerPreferences:
        """Keep what the caller has chosen for the viewer.

        Returns:
            What is kept: what is none of the choices has its usual value.
        """
        kept = viewer_preferences(asdict(chosen))
        with self._database.write(caller.organization_id) as session:
            row = queries.preferences_of(session, caller.user_id)
            row = row or queries.Preferences(user_id=caller.user_id)
            row.viewer = json.dumps(asdict(kept))
            session.add(row)
        return kept

    def worklist(self, caller: Caller) -> WorklistPreferences:
        """What the caller has chosen for the worklist; the usual where they have chosen nothing."""
        with self._database.read(caller.organization_id) as session:
            row = queries.preferences_of(session, caller.user_id)
            return worklist_preferences(json.loads(row.worklist) if row else {})

    def save_worklist(self, caller: Caller, chosen: WorklistPreferences) -> WorklistPreferences:
        """Keep what the caller has chosen for the worklist.

        Returns:
            What is kept: what is none of the choices has its usual value.
        """
        kept = worklist_preferences(asdict(chosen))
        with self._database.write(caller.organization_id) as session:
            row = queries.preferences_of(session, caller.user_id)
            row = row or queries.Preferences(user_id=caller.user_id)
            row.worklist = json.dumps(asdict(kept))
            session.add(row)
        return kept
