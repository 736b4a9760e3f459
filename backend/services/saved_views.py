"""Saved views of the worklist: who may keep, share and delete one, and how many studies each shows now."""

import json
from dataclasses import replace

from backend.access import policy
from backend.core.caller import Caller
from backend.core.errors import Malformed, NotAllowed, NotFound
from backend.core.permissions import Permission
from backend.core.worklist_query import WorklistQuery, query_from, values_of
from backend.models import saved_views as queries
from backend.models.saved_views import SavedView
from backend.models.session import Database, Session
from backend.schemas.worklist import ViewOfWorklist
from backend.services.worklist import Worklist

_MOST = 50
_LONGEST_NAME = 60


class SavedViews:
    """Use cases of saved views. Everybody keeps their own; whoever may edit studies may share theirs with the organization.

    Args:
        database: Where they are kept.
        worklist: Counts what they show.
    """

    def __init__(self, database: Database, worklist: Worklist) -> None:
        self._database = database
        self._worklist = worklist

    def listed(self, caller: Caller, time_zone: str) -> tuple[ViewOfWorklist, ...]:
        """The caller's views and the shared ones, each with how many studies it shows now.

        Raises:
            NotAllowed: Without `study:view`.
        """
        with self._database.read(caller.organization_id) as session:
            policy.require(session, caller, Permission.STUDY_VIEW)
            views = list(queries.views_for(session, caller.user_id))
        return tuple(self._counted(caller, view, time_zone) for view in views)

    def question(self, caller: Caller, view_id: str) -> WorklistQuery:
        """What a view asks for.

        Raises:
            NotFound: If it is neither the caller's nor shared.
        """
        with self._database.read(caller.organization_id) as session:
            policy.require(session, caller, Permission.STUDY_VIEW)
            view = _required(session, caller, view_id)
            return query_from(json.loads(view.question))

    def keep(self, caller: Caller, name: str, query: WorklistQuery, *, shared: bool) -> str:
        """Keep a question under a name; the caller's own view of that name is replaced.

        Returns:
            The view's identifier.

        Raises:
            NotAllowed: If it is to be shared, without `study:edit`.
            Malformed: If the name is empty or too long, or there are too many already.
        """
        name = " ".join(name.split())
        if not 1 <= len(name) <= _LONGEST_NAME:
            raise Malformed(f"Give the view a name of 1 to {_LONGEST_NAME} letters.")
        with self._database.write(caller.organization_id) as session:
            policy.require(session, caller, Permission.STUDY_VIEW)
            if shared:
                policy.require(session, caller, Permission.STUDY_EDIT)
            view = queries.view_by_name(session, caller.user_id, name)
            if view is None:
                own = [v for v in queries.views_for(session, caller.user_id) if _is_own(caller, v)]
                if len(own) >= _MOST:
                    raise Malformed(f"Keep at most {_MOST} views; delete one first.")
                view = SavedView(user_id=caller.user_id, name=name)
            view.question = json.dumps(values_of(replace(query, page=1, as_of="", shift=0)))
            view.is_shared = shared
            session.add(view)
            return view.id

    def delete(self, caller: Caller, view_id: str) -> None:
        """Delete a view: one's own, or a shared one by whoever manages people.

        Raises:
            NotFound: If it is neither the caller's nor shared.
            NotAllowed: If it is somebody else's.
        """
        with self._database.write(caller.organization_id) as session:
            policy.require(session, caller, Permission.STUDY_VIEW)
            view = _required(session, caller, view_id)
            if not _may_delete(caller, view):
                raise NotAllowed(
                    "This view is a colleague's; only they or an administrator delete it."
                )
            session.delete(view)

    def _counted(self, caller: Caller, view: SavedView, time_zone: str) -> ViewOfWorklist:
        try:
            query = replace(query_from(json.loads(view.question)), time_zone=time_zone)
            total, is_exact = self._worklist.count(caller, query)
        except Malformed:  # kept by a release that knew other filters: it can still be deleted
            total, is_exact = 0, False
        return ViewOfWorklist(
            view_id=view.id,
            name=view.name,
            is_shared=view.is_shared,
            may_delete=_may_delete(caller, view),
            total=total if is_exact else max(0, total - 1),
            is_exact=is_exact,
        )


def _required(session: Session, caller: Caller, view_id: str) -> SavedView:
    view = queries.view_by_id(session, view_id)
    if view is None or not (view.is_shared or _is_own(caller, view)):
        raise NotFound("This view is there no longer: whoever shared it has taken it away.")
    return view


def _is_own(caller: Caller, view: SavedView) -> bool:
    return view.user_id == caller.user_id


def _may_delete(caller: Caller, view: SavedView) -> bool:
    return _is_own(caller, view) or caller.may(Permission.PEOPLE_MANAGE)
