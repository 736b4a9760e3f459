"""The wall between organizations: no query shape, row or trick crosses it."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import (
    ColumnElement,
    column,
    delete,
    exists,
    func,
    insert,
    literal_column,
    select,
    table,
    tablesample,
    text,
    union,
    update,
)
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import aliased, load_only
from sqlmodel import Session, col

from backend.adapters.database import Database
from backend.adapters.database_tenancy import TenancyError
from backend.core import clock
from backend.models import Organization, Role, RolePermission
from backend.models.base import ACROSS_ORGANIZATIONS, Record
from tests.postgres import NORTH, SOUTH, new_database

NORTH_NAMES = {"n-reader", "n-signer"}
ROLES: Any = Role.__table__  # type: ignore[attr-defined]  # SQLModel does not tell the type checker


@pytest.fixture
def filled(database: Database) -> Database:
    _fill(database)
    return database


@pytest.fixture(scope="module", params=[False, pytest.param(True, marks=pytest.mark.postgres)])
def readable(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Database]:
    """A filled database that no test changes."""
    with new_database(request, tmp_path_factory.mktemp("readable"), request.param) as database:
        _fill(database)
        yield database


def _fill(database: Database) -> None:
    with database.system_write() as session:
        session.add_all(
            [
                Role(id="n1", organization_id=NORTH, name="n-reader"),
                Role(id="n2", organization_id=NORTH, name="n-signer"),
                Role(id="s1", organization_id=SOUTH, name="s-reader"),
                Role(id="s2", organization_id=SOUTH, name="s-signer"),
                Role(id="s3", organization_id=SOUTH, name="s-admin"),
            ]
        )
        session.flush()
        session.add(RolePermission(organization_id=NORTH, role_id="n1", permission="study:view"))
        session.add(RolePermission(organization_id=SOUTH, role_id="s1", permission="study:view"))


def _is(a: Any, b: Any) -> ColumnElement[bool]:
    comparison: ColumnElement[bool] = a == b
    return comparison


other = aliased(Role)
NAME_QUERIES: dict[str, Callable[[], Any]] = {
    "column": lambda: select(col(Role.name)),
    "entity": lambda: select(Role).with_only_columns(col(Role.name)),
    "alias": lambda: select(other.name),
    "where that widens": lambda: select(col(Role.name)).where(
        _is(Role.organization_id, SOUTH) | _is(Role.organization_id, NORTH)
    ),
    "subquery": lambda: select(select(col(Role.name)).subquery().c.name),
    "entity subquery": lambda: select(select(Role).subquery().c.name),
    "common table": lambda: select(select(col(Role.name)).cte("roles_of_all").c.name),
    "union": lambda: union(select(col(Role.name)), select(other.name)),
    "class over a subquery": lambda: select(aliased(Role, select(Role).subquery()).name),
    "function": lambda: select(func.lower(col(Role.name))),
    "window": lambda: select(
        func.first_value(col(Role.name)).over(partition_by=col(Role.id))
    ).select_from(Role),
    "two classes in one expression": lambda: select(
        func.substr(col(Role.name) + col(Organization.name), 1, func.length(col(Role.name)))
    ).join_from(Role, Organization, _is(Organization.id, Role.organization_id)),
    "condition on another class": lambda: select(col(Role.name)).where(
        _is(other.id, Role.id), other.name.is_not(None)
    ),
    "order by a subquery": lambda: select(col(Role.name)).order_by(
        select(func.count(other.id)).where(other.id <= Role.id).scalar_subquery()
    ),
    "row number": lambda: select(
        select(col(Role.name), func.row_number().over(order_by=col(Role.id)).label("number"))
        .subquery()
        .c.name
    ),
    "groups": lambda: select(col(Role.name)).group_by(col(Role.name)).having(func.count() > 0),
    "in subquery": lambda: select(col(Role.name)).where(col(Role.id).in_(select(other.id))),
    "join": lambda: select(col(Role.name)).join(
        Organization, _is(Organization.id, Role.organization_id)
    ),
    "join from outside": lambda: (
        select(col(Role.name))
        .select_from(Organization)
        .join(Role, _is(Organization.id, Role.organization_id))
    ),
    "exists": lambda: select(col(Role.name)).where(exists().where(_is(other.id, Role.id))),
    "self join": lambda: select(other.name).join(Role, _is(Role.id, other.id)),
    "distinct": lambda: select(col(Role.name)).distinct().order_by(col(Role.name)),
}


@pytest.mark.parametrize("shape", NAME_QUERIES)
def test_every_shape_of_query_sees_only_its_own_rows(readable: Database, shape: str) -> None:
    with readable.read(NORTH) as session:
        assert set(session.execute(NAME_QUERIES[shape]()).scalars()) == NORTH_NAMES
    with readable.system_read() as session:
        assert set(session.execute(NAME_QUERIES[shape]()).scalars()) > NORTH_NAMES


COUNT_QUERIES: dict[str, Callable[[], Any]] = {
    "of everything": lambda: select(func.count()).select_from(Role),
    "of a column": lambda: select(func.count(col(Role.id))),
    "of a subquery": lambda: select(func.count()).select_from(select(Role).subquery()),
    "in a scalar subquery": lambda: select(select(func.count(col(Role.id))).scalar_subquery()),
    "correlated": lambda: select(
        select(func.count(col(Role.id)))
        .where(_is(Role.organization_id, Organization.id))
        .scalar_subquery()
    ),
    "of pairs": lambda: select(func.count()).select_from(
        select(Role.id, other.id.label("other_id")).where(_is(Role.id, other.id)).subquery()  # type: ignore[call-overload]
    ),
}


@pytest.mark.parametrize("shape", COUNT_QUERIES)
def test_counts_say_nothing_of_others(readable: Database, shape: str) -> None:
    with readable.read(NORTH) as session:
        assert session.execute(COUNT_QUERIES[shape]()).scalars().all() == [2]


def test_an_organization_sees_of_organizations_only_itself(readable: Database) -> None:
    with readable.read(NORTH) as session:
        assert session.execute(select(col(Organization.slug))).scalars().all() == ["north"]
        assert session.get(Organization, SOUTH) is None


def test_a_row_of_another_organization_is_not_found_by_its_identifier(readable: Database) -> None:
    with readable.read(NORTH) as session:
        assert session.get(Role, "s1") is None
        own = session.get(Role, "n1")
        assert own is not None
        assert own.name == "n-reader"


# ---------------------------------------------------------------- what is changed


def test_an_update_of_everything_changes_only_its_own_rows(filled: Database) -> None:
    with filled.write(NORTH) as session:
        result: Any = session.execute(update(Role).values(is_built_in=True))
        assert result.rowcount == 2
    with filled.system_read() as session:
        changed = session.execute(select(col(Role.id)).where(col(Role.is_built_in)))
        assert set(changed.scalars()) == {"n1", "n2"}


def test_a_delete_of_everything_removes_only_its_own_rows(filled: Database) -> None:
    with filled.write(NORTH) as session:
        session.execute(delete(RolePermission))
        session.execute(delete(Role).where(col(Role.id).in_(select(other.id))))
    with filled.system_read() as session:
        assert set(session.execute(select(col(Role.id))).scalars()) == {"s1", "s2", "s3"}
        assert len(session.execute(select(RolePermission)).all()) == 1


REFUSED: dict[str, Callable[[Session], Any]] = {
    "text": lambda s: s.execute(text("SELECT name FROM roles")),
    "rows from text": lambda s: s.execute(
        select(Role).from_statement(text("SELECT * FROM roles"))
    ).all(),
    "text in a condition": lambda s: s.execute(select(Role).where(text("1 = 1"))),
    "literal column": lambda s: s.execute(
        select(literal_column("name")).select_from(Role)  # type: ignore[arg-type]
    ),
    "core table": lambda s: s.execute(select(ROLES.c.name)),
    "core table beside a class": lambda s: s.execute(select(Organization.id, ROLES.c.name)),  # type: ignore[call-overload]
    "core count": lambda s: s.execute(select(func.count()).select_from(ROLES)),
    "core table in a subquery": lambda s: s.execute(
        select(Organization).where(col(Organization.id).in_(select(ROLES.c.organization_id)))
    ),
    "core columns in a condition": lambda s: s.execute(
        select(Organization).where(exists().where(_is(ROLES.c.organization_id, SOUTH)))
    ),
    "core table behind an outer join": lambda s: s.execute(
        select(Organization.slug).outerjoin(ROLES, _is(ROLES.c.organization_id, Organization.id))  # type: ignore[call-overload]
    ),
    "window over an unnamed class": lambda s: s.execute(
        select(func.first_value(col(Role.name)).over(partition_by=col(Role.id)))
    ),
    "second class in an expression": lambda s: s.execute(
        select(func.coalesce(col(Organization.name), col(Role.name)))
    ),
    "class only in the order": lambda s: s.execute(
        select(col(Organization.name)).order_by(col(Role.name))
    ),
    "class only in a group": lambda s: s.execute(
        select(func.count(col(Organization.id))).group_by(col(Role.name))
    ),
    "class only in a having": lambda s: s.execute(
        select(func.count(col(Organization.id))).having(func.max(col(Role.name)) > "")
    ),
    "unnamed class in a subquery": lambda s: s.execute(
        select(
            select(func.first_value(col(Role.name)).over().label("name")).subquery().c.name
        ).select_from(Organization)
    ),
    "update from another class": lambda s: s.execute(
        update(Role).values(name=col(Organization.name)).where(_is(Organization.id, SOUTH))
    ),
    "table by name": lambda s: s.execute(select(column("name")).select_from(table("roles"))),
    "table by name with columns": lambda s: s.execute(
        select(table("roles", column("name")).c.name)
    ),
    "core union": lambda s: s.execute(union(select(col(Role.name)), select(ROLES.c.name))),
    "whole row": lambda s: s.execute(select(ROLES.table_valued())),
    "sample": lambda s: s.execute(select(func.count()).select_from(tablesample(ROLES, 100))),
    "core subquery as a class": lambda s: s.execute(
        select(aliased(Role, select(ROLES).subquery()))
    ),
    "bulk update by key": lambda s: s.execute(update(Role), [{"id": "s1", "name": "taken"}]),
    "update past the mapper": lambda s: s.execute(
        update(Role).values(name="x"), execution_options={"dml_strategy": "core_only"}
    ),
    "core alias": lambda s: s.execute(select(ROLES.alias("r").c.name)),
    "core update": lambda s: s.execute(ROLES.update().values(name="x")),
    "core delete": lambda s: s.execute(ROLES.delete()),
    "bulk insert": lambda s: s.execute(
        insert(Role), [{"id": "x", "organization_id": SOUTH, "name": "x"}]
    ),
    "bulk insert that refers elsewhere": lambda s: s.execute(
        insert(RolePermission), [{"id": "x", "role_id": "s1", "permission": "x"}]
    ),
    "bulk insert that refers to nothing": lambda s: s.execute(
        insert(RolePermission), [{"id": "x", "role_id": "none", "permission": "x"}]
    ),
    "bulk insert of one that is another's": lambda s: s.execute(
        insert(Role),
        [{"id": "x", "name": "x"}, {"id": "y", "organization_id": SOUTH, "name": "y"}],
    ),
    "bulk insert of what a query finds": lambda s: s.execute(
        insert(Role), [{"id": "x", "name": select(ROLES.c.name).limit(1).scalar_subquery()}]
    ),
    "bulk insert of a column": lambda s: s.execute(insert(Role), [{"id": "x", "name": Role.name}]),
    "bulk insert that tells": lambda s: s.execute(
        insert(Role).returning(col(Role.name)), [{"id": "x", "name": "x"}]
    ),
    "bulk insert into a table": lambda s: s.execute(insert(ROLES), [{"id": "x", "name": "x"}]),
    "an organization inside an organization": lambda s: s.execute(
        insert(Organization), [{"id": "x", "name": "x", "slug": "x"}]
    ),
    "insert with values": lambda s: s.execute(insert(Role).values(id="x", name="x")),
    "insert from select": lambda s: s.execute(
        insert(RolePermission).from_select(["id", "role_id"], select(Role.id, Role.id))  # type: ignore[call-overload]
    ),
    "bulk save": lambda s: s.bulk_save_objects([Role(organization_id=SOUTH, name="x")]),
    "bulk mappings": lambda s: s.bulk_insert_mappings(Role, [{"organization_id": SOUTH}]),  # type: ignore[arg-type]
    "connection": lambda s: s.connection(),
    "moving rows": lambda s: s.execute(update(Role).values(organization_id=SOUTH)),
    "moving rows by column": lambda s: s.execute(
        update(Role).values({Role.organization_id: SOUTH})
    ),  # type: ignore[dict-item]
}


def test_rows_that_are_inserted_by_value_belong_to_the_organization(filled: Database) -> None:
    with filled.write(NORTH) as session:
        session.execute(
            insert(RolePermission),
            [
                a_permission(f"x{number}", role_id="n2") | {"permission": f"{number}"}
                for number in range(3)
            ],
        )
    with filled.system_read() as session:
        query = select(col(RolePermission.organization_id)).where(
            col(RolePermission.role_id) == "n2"
        )
        assert list(session.execute(query).scalars()) == [NORTH] * 3


def test_rows_that_are_inserted_by_value_are_referred_to_like_others(filled: Database) -> None:
    with filled.write(NORTH) as session:
        session.execute(insert(Role), [a_role("new")])
        session.execute(insert(RolePermission), [a_permission("p", role_id="new")])
    with filled.write(NORTH) as session:
        query = select(col(RolePermission.role_id)).where(col(RolePermission.id) == "p")
        assert session.execute(query).scalar_one() == "new"


def test_a_row_whose_insertion_failed_is_nobodys(filled: Database) -> None:
    with filled.write(NORTH) as session:
        with pytest.raises(IntegrityError), session.begin_nested():
            session.execute(insert(Role), [a_role("s1")])
        with pytest.raises(TenancyError):
            session.execute(insert(RolePermission), [a_permission("p", role_id="s1")])
        session.rollback()


def a_role(key: str) -> dict[str, Any]:
    return {"id": key, "created_at": clock.now(), "name": key, "is_built_in": False}


def a_permission(key: str, role_id: str) -> dict[str, Any]:
    return {"id": key, "created_at": clock.now(), "role_id": role_id, "permission": "x"}


@pytest.mark.parametrize("trick", REFUSED)
def test_what_no_criterion_can_reach_is_refused(readable: Database, trick: str) -> None:
    with readable.write(NORTH) as session:
        with pytest.raises(TenancyError):
            REFUSED[trick](session)
        session.rollback()


# ---------------------------------------------------------------- new rows, and rows that refer to others


def test_new_rows_are_stamped_with_the_organization(filled: Database) -> None:
    with filled.write(NORTH) as session:
        session.add(Role(id="new", name="new"))
    with filled.system_read() as session:
        row = session.get(Role, "new")
        assert row is not None
        assert row.organization_id == NORTH


def test_a_new_row_of_another_organization_is_refused(filled: Database) -> None:
    with pytest.raises(TenancyError), filled.write(NORTH) as session:
        session.add(Role(id="new", name="new", organization_id=SOUTH))
    with filled.system_read() as session:
        assert session.get(Role, "new") is None


def test_an_organization_is_not_made_by_a_session_of_another(filled: Database) -> None:
    with pytest.raises(TenancyError), filled.write(NORTH) as session:
        session.add(Organization(id="third", slug="third", name="Third"))


@pytest.mark.parametrize("role_id", ["s1", "nobody"])
def test_a_row_that_refers_to_another_organization_is_refused(
    filled: Database, role_id: str
) -> None:
    with pytest.raises(TenancyError, match="role_id"), filled.write(NORTH) as session:
        session.add(RolePermission(role_id=role_id, permission="study:edit"))
    with pytest.raises(TenancyError, match="role_id"), filled.system_write() as session:
        session.add(RolePermission(organization_id=NORTH, role_id=role_id, permission="study:edit"))

    def point_elsewhere(session: Session) -> None:
        permission = session.execute(select(RolePermission)).scalars().one()
        permission.role_id = role_id

    with pytest.raises(TenancyError, match="role_id"), filled.write(NORTH) as session:
        point_elsewhere(session)


def test_a_row_may_refer_to_its_own_organization_new_or_stored(filled: Database) -> None:
    with filled.write(NORTH) as session:
        session.add(RolePermission(role_id="n2", permission="stored:unseen"))
        role = session.get(Role, "n1")
        assert role is not None
        session.add(RolePermission(role_id=role.id, permission="stored:held"))
    with filled.system_write() as session:
        session.add(Role(id="n9", organization_id=NORTH, name="n-new"))
        session.flush()
        session.add(RolePermission(organization_id=NORTH, role_id="n9", permission="stored:new"))
    with filled.read(NORTH) as session:
        assert len(session.execute(select(RolePermission)).all()) == 4


def test_every_table_belongs_to_an_organization() -> None:
    # The organizations themselves, and how far the trail of all of them was sent to a collector.
    of_the_installation = {"organizations", "audit_cursors"}
    others = [
        made for made in Record.metadata.sorted_tables if made.name not in of_the_installation
    ]
    assert len(others) > 15
    for made in others:
        assert not made.columns["organization_id"].nullable


def test_a_row_does_not_move_to_another_organization(filled: Database) -> None:
    def move(session: Session) -> None:
        row = session.get(Role, "n1")
        assert row is not None
        row.organization_id = SOUTH

    with pytest.raises(TenancyError), filled.write(NORTH) as session:
        move(session)
    with pytest.raises(TenancyError), filled.system_write() as session:
        move(session)


@pytest.mark.parametrize("change", ["rename", "delete"])
def test_a_row_carried_over_from_elsewhere_is_refused(filled: Database, change: str) -> None:
    with filled.system_read() as session:
        row = session.get(Role, "s1")
        assert row is not None

    def carry_over(session: Session, row: Role) -> None:
        session.add(row)
        if change == "rename":
            row.name = "taken"
        else:
            session.delete(row)

    with pytest.raises(TenancyError), filled.write(NORTH) as session:
        carry_over(session, row)
    with filled.read(SOUTH) as session:
        kept = session.get(Role, "s1")
        assert kept is not None
        assert kept.name == "s-reader"


def test_merging_a_row_of_another_organization_does_not_overwrite_it(filled: Database) -> None:
    stranger = Role(id="s1", organization_id=SOUTH, name="taken")
    with pytest.raises(TenancyError), filled.write(NORTH) as session:
        session.merge(stranger)
    with filled.read(SOUTH) as session:
        kept = session.get(Role, "s1")
        assert kept is not None
        assert kept.name == "s-reader"


def test_a_system_session_must_name_the_organization_of_a_new_row(filled: Database) -> None:
    with (
        pytest.raises(TenancyError, match="name its organization"),
        filled.system_write() as session,
    ):
        session.add(Role(name="nobody's"))


def test_a_session_without_an_organization_does_not_open(database: Database) -> None:
    with pytest.raises(ValueError, match="organization"):
        database.read("")
    with pytest.raises(ValueError, match="organization"):
        database.write("")


# ---------------------------------------------------------------- looking across, and what is remembered


def test_looking_across_gives_plain_columns_but_no_rows_of_others(readable: Database) -> None:
    with readable.read(NORTH) as session:
        count = session.execute(
            select(func.count(col(Role.id))), execution_options=ACROSS_ORGANIZATIONS
        )
        assert count.scalar_one() == 5
        with pytest.raises(TenancyError, match="another organization"):
            session.execute(select(Role), execution_options=ACROSS_ORGANIZATIONS).all()


def test_looking_across_does_not_reach_as_far_as_changing(filled: Database) -> None:
    with filled.write(NORTH) as session:
        session.execute(
            update(Role).values(is_built_in=True), execution_options=ACROSS_ORGANIZATIONS
        )
    with filled.read(SOUTH) as session:
        assert session.execute(select(col(Role.id)).where(col(Role.is_built_in))).all() == []


def test_partly_loaded_rows_are_walled_as_well(readable: Database) -> None:
    with readable.read(NORTH) as session:
        rows = session.execute(select(Role).options(load_only(Role.name))).scalars().all()  # type: ignore[arg-type]
        assert {row.name for row in rows} == NORTH_NAMES


def test_refreshing_a_row_stays_inside_the_wall(filled: Database) -> None:
    with filled.write(NORTH) as session:
        row = session.get(Role, "n1")
        assert row is not None
        session.refresh(row)
        session.expire(row)
        assert row.name == "n-reader"


def test_one_cached_query_serves_each_organization_its_own_rows(readable: Database) -> None:
    for _ in range(3):
        for organization, count in ((NORTH, 2), (SOUTH, 3)):
            with readable.read(organization) as session:
                assert session.execute(select(func.count(col(Role.id)))).scalar_one() == count


def test_only_the_end_of_the_audit_chain_is_looked_for_across_organizations() -> None:
    backend = Path(__file__).parents[2] / "backend"
    users = {
        path.relative_to(backend).as_posix()
        for path in backend.rglob("*.py")
        if "ACROSS_ORGANIZATIONS" in path.read_text("utf-8")
    }
    assert users == {"adapters/database_tenancy.py", "models/audit.py", "models/base.py"}
