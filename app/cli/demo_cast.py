"""The cast of the demo: who works at Lumen, and how many days ago each technician read, sat and was observed."""

from dataclasses import dataclass

from app.people.permissions import Role

ZONE = "Europe/Zurich"
SAFETY, TIGHTENING, HAIR, SCREENING = "laser-safety", "skin-tightening", "hair-reduction", "client-screening"
COURSES = (SAFETY, TIGHTENING, HAIR, SCREENING)  # in the order in which they are signed


@dataclass(frozen=True, kw_only=True, slots=True)
class Taking:
    """A course that a technician takes: how many days ago what happened; None for what never did."""

    course: str
    assigned: int
    lessons: int = 99
    passed: int | None = None
    failed: tuple[int, ...] = ()
    observed: tuple[int, ...] = ()
    renewed: int | None = None
    suspended: int | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Technician:
    """A technician of the story, with the courses that they take; the day of a pass decides what it is worth today."""

    name: str
    clinic: str
    takes: tuple[Taking, ...]


# What stands in each clinic, by the ids of the courses.
DEVICES = {"Riverside": ("ndyag-1064-us", "ndyag-1064-ms"), "Hafen": ("ndyag-1064-us",)}
STAFF: tuple[tuple[str, str, list[tuple[Role, str | None]]], ...] = (
    ("Max Keller", "max", [(Role.MANAGER, "Riverside"), (Role.MANAGER, "Hafen")]),
    ("Eva Lund", "eva", [(Role.EVALUATOR, "Riverside"), (Role.EVALUATOR, "Hafen")]),
    ("Mira Santos", "mira", [(Role.MEDICAL_DIRECTOR, None)]),
    ("Tom Reed", "tom", [(Role.AUTHOR, None)]),
    ("Ada Novak", "ada", [(Role.AUDITOR, None)]),
)
TECHNICIANS = (
    Technician(
        name="Ann Berg",
        clinic="Riverside",
        takes=(
            Taking(course=SAFETY, assigned=30, passed=20),
            Taking(course=TIGHTENING, assigned=12, lessons=2, observed=(8, 5, 3)),
        ),
    ),
    Technician(
        name="Amara Okafor",
        clinic="Riverside",
        takes=(
            Taking(course=SAFETY, assigned=160, passed=150),
            Taking(course=TIGHTENING, assigned=150, failed=(134,), passed=130, observed=(128, 127, 125)),
            Taking(course=SCREENING, assigned=110, passed=95),
            Taking(course=HAIR, assigned=90, passed=70, observed=(66, 64, 60)),
        ),
    ),
    Technician(
        name="Jonas Lindqvist",
        clinic="Riverside",
        takes=(
            Taking(course=SAFETY, assigned=60, failed=(53,), passed=50),
            Taking(course=TIGHTENING, assigned=40, passed=9, observed=(6,)),
        ),
    ),
    Technician(
        name="María José Etxeberria",
        clinic="Riverside",
        takes=(
            Taking(course=SAFETY, assigned=424, passed=412),
            Taking(course=TIGHTENING, assigned=420, passed=400, observed=(404, 403, 402)),
        ),
    ),
    Technician(
        name="Priya Raman",
        clinic="Riverside",
        takes=(
            Taking(course=SAFETY, assigned=25, failed=(21,), passed=18),
            Taking(course=TIGHTENING, assigned=20, lessons=3),
        ),
    ),
    Technician(
        name="Noah Abadi",
        clinic="Riverside",
        takes=(Taking(course=SAFETY, assigned=4, lessons=0), Taking(course=TIGHTENING, assigned=4, lessons=0)),
    ),
    Technician(
        name="Lena Vogt",
        clinic="Hafen",
        takes=(
            Taking(course=SAFETY, assigned=375, passed=360),
            Taking(course=TIGHTENING, assigned=368, failed=(353,), passed=349, observed=(352, 351, 350)),
        ),
    ),
    Technician(
        name="Tomasz Wiśniewski",
        clinic="Hafen",
        takes=(
            Taking(course=SAFETY, assigned=215, passed=205),
            Taking(course=TIGHTENING, assigned=210, passed=190, observed=(195, 193, 192), suspended=6),
        ),
    ),
    Technician(
        name="Chloé Dubois",
        clinic="Hafen",
        takes=(
            Taking(course=SAFETY, assigned=40, passed=33),
            Taking(course=TIGHTENING, assigned=30, failed=(4,), observed=(3,)),
        ),
    ),
    Technician(
        name="Grace Mbeki",
        clinic="Hafen",
        takes=(
            Taking(course=SAFETY, assigned=405, passed=392, renewed=40),
            Taking(course=TIGHTENING, assigned=400, passed=380, observed=(385, 384, 383), renewed=25),
        ),
    ),
    Technician(
        name="Ines Carvalho",
        clinic="Hafen",
        takes=(
            Taking(course=SAFETY, assigned=400, passed=385, renewed=50),
            Taking(course=TIGHTENING, assigned=390, passed=371, observed=(375, 374, 373)),
        ),
    ),
    Technician(
        name="Yuki Tanaka",
        clinic="Hafen",
        takes=(
            Taking(course=SAFETY, assigned=95, passed=85),
            Taking(course=TIGHTENING, assigned=90, passed=70, observed=(75, 74, 73)),
            Taking(course=SCREENING, assigned=60, passed=45),
            Taking(course=HAIR, assigned=50, passed=30, observed=(28, 26)),
        ),
    ),
)
