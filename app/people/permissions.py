"""Which role may do what: one pure table, deny by default."""

from dataclasses import dataclass
from enum import StrEnum


class Role(StrEnum):
    """The roles of the field; each is held for one clinic or for the whole organisation."""

    TECHNICIAN = "technician"
    EVALUATOR = "evaluator"
    MANAGER = "manager"
    AUTHOR = "author"
    MEDICAL_DIRECTOR = "medical_director"
    AUDITOR = "auditor"
    ADMINISTRATOR = "administrator"


ROLE_LABELS = {
    Role.TECHNICIAN: "Technician",
    Role.EVALUATOR: "Evaluator",
    Role.MANAGER: "Clinic manager",
    Role.AUTHOR: "Author",
    Role.MEDICAL_DIRECTOR: "Medical director",
    Role.AUDITOR: "Auditor",
    Role.ADMINISTRATOR: "Administrator",
}

# These speak for the whole organisation: a release, an export and an account know no clinic.
ORGANISATION_ROLES = frozenset({Role.AUTHOR, Role.MEDICAL_DIRECTOR, Role.AUDITOR, Role.ADMINISTRATOR})

# A manager hands out only what works under her; everything else is an administrator's.
MANAGER_GIVES = frozenset({Role.TECHNICIAN, Role.EVALUATOR})


class Action(StrEnum):
    """What a page or command lets somebody do."""

    LEARN = "learn"
    SEE_BOARD = "see_board"
    MANAGE_PEOPLE = "manage_people"
    GIVE_ALL_ROLES = "give_all_roles"
    ASSIGN = "assign"
    GRANT_ATTEMPT = "grant_attempt"
    MANAGE_DEVICES = "manage_devices"
    ACCOMMODATE = "accommodate"
    FOLLOW_UP = "follow_up"
    MAKE_PROCTOR_CODE = "make_proctor_code"
    CHANGE_CERTIFICATION = "change_certification"
    CHANGE_MANY = "change_many"
    INTERLOCK = "interlock"
    SIGN_OFF = "sign_off"
    SEE_RELEASES = "see_releases"
    PUBLISH_RELEASE = "publish_release"
    SIGN_RELEASE = "sign_release"
    EXPORT = "export"
    READ_PAPER = "read_paper"
    SEE_CASES = "see_cases"
    OPEN_CASE = "open_case"
    SIGN_CASE = "sign_case"
    DECIDE_APPEAL = "decide_appeal"
    SEE_STATISTICS = "see_statistics"
    MANAGE_TOKENS = "manage_tokens"
    RECALL = "recall"
    READ_RECORD = "read_record"
    ADD_EVIDENCE = "add_evidence"
    DECIDE_EVIDENCE = "decide_evidence"


TABLE: dict[Role, frozenset[Action]] = {
    Role.TECHNICIAN: frozenset({Action.LEARN}),
    Role.EVALUATOR: frozenset({Action.SIGN_OFF, Action.MAKE_PROCTOR_CODE}),
    Role.MANAGER: frozenset(
        {
            Action.SEE_BOARD,
            Action.MANAGE_PEOPLE,
            Action.ASSIGN,
            Action.GRANT_ATTEMPT,
            Action.MANAGE_DEVICES,
            Action.INTERLOCK,
            Action.ACCOMMODATE,
            Action.FOLLOW_UP,
            Action.MAKE_PROCTOR_CODE,
            Action.READ_RECORD,
            Action.ADD_EVIDENCE,
        }
    ),
    Role.AUTHOR: frozenset(
        {
            Action.SEE_RELEASES,
            Action.PUBLISH_RELEASE,
            Action.SEE_CASES,
            Action.OPEN_CASE,
            Action.DECIDE_APPEAL,
            Action.SEE_STATISTICS,
        }
    ),
    Role.MEDICAL_DIRECTOR: frozenset(
        {
            Action.SEE_BOARD,
            Action.CHANGE_CERTIFICATION,
            Action.CHANGE_MANY,
            Action.INTERLOCK,
            Action.SEE_RELEASES,
            Action.SIGN_RELEASE,
            Action.SEE_CASES,
            Action.SIGN_CASE,
            Action.DECIDE_APPEAL,
            Action.SEE_STATISTICS,
            Action.RECALL,
            Action.READ_RECORD,
            Action.DECIDE_EVIDENCE,
        }
    ),
    Role.AUDITOR: frozenset(
        {
            Action.SEE_BOARD,
            Action.SEE_RELEASES,
            Action.EXPORT,
            Action.READ_PAPER,
            Action.SEE_CASES,
            Action.READ_RECORD,
        }
    ),
    Role.ADMINISTRATOR: frozenset(
        {
            Action.SEE_BOARD,
            Action.MANAGE_PEOPLE,
            Action.GIVE_ALL_ROLES,
            Action.ASSIGN,
            Action.GRANT_ATTEMPT,
            Action.MANAGE_DEVICES,
            Action.CHANGE_MANY,
            Action.ACCOMMODATE,
            Action.FOLLOW_UP,
            Action.SEE_RELEASES,
            Action.PUBLISH_RELEASE,
            Action.READ_PAPER,
            Action.SEE_STATISTICS,
            Action.MANAGE_TOKENS,
        }
    ),
}


def may(role: Role, action: Action) -> bool:
    """Tell whether a role allows an action, wherever it is held."""
    return action in TABLE[role]


def clinics_for(grants: frozenset[tuple[Role, int | None]], action: Action) -> frozenset[int] | None:
    """Return the clinics where these grants allow an action: None means the whole organisation, empty means nowhere."""
    held = [clinic for role, clinic in grants if may(role, action)]
    return None if None in held else frozenset(clinic for clinic in held if clinic is not None)


def may_give(grants: frozenset[tuple[Role, int | None]], role: Role, clinic_id: int | None) -> bool:
    """Tell whether the holder of these grants may give a role for a clinic (None: for the organisation)."""
    if clinics_for(grants, Action.GIVE_ALL_ROLES) is None:
        return clinic_id is None or role not in ORGANISATION_ROLES
    where = clinics_for(grants, Action.MANAGE_PEOPLE)
    return role in MANAGER_GIVES and clinic_id is not None and (where is None or clinic_id in where)


@dataclass(frozen=True, kw_only=True, slots=True)
class Actor:
    """Who acts: the person, their organisation, and the roles that they hold now."""

    account_id: int
    organisation_id: int
    grants: frozenset[tuple[Role, int | None]]

    def clinics(self, action: Action) -> frozenset[int] | None:
        """Return the clinics where the actor may do this: None is all, empty is none."""
        return clinics_for(self.grants, action)

    def can(self, action: Action) -> bool:
        """Tell whether the actor may do this anywhere."""
        return self.clinics(action) != frozenset()
