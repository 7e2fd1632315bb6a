"""Role × page × status: who gets what of every page."""

from collections.abc import Mapping
from dataclasses import dataclass, field

ROLES = ("stranger", "ann", "max", "eva", "mira", "ada", "tom", "ida", "olga")
# What nobody has: an id, a course, a lesson, a hash, a token and a number that are well written.
UNKNOWN = {
    "ann": "999999",
    "gone": "999999",
    "attempt": "999999",
    "failed": "999999",
    "grant": "999999",
    "accommodation": "999999",
    "task": "999999",
    "release": "999999",
    "revised": "999999",
    "case": "999999",
    "appeal": "999999",
    "regrade": "999999",
    "item": "0" * 64,
    "riverside": "999999",
    "course": "no-such-course",
    "lesson": "no-such-lesson",
    "hash": "0" * 64,
    "refreshed": "999999",
    "link": "x" * 43,
    "number": "0000-0000-0000-00000",
    "item_id": "statement/statements/no-such-fact",
}


@dataclass(frozen=True, kw_only=True)
class Row:
    """A page: its endpoint and method, a path with names in it, what its form sends, the status for each role."""

    endpoint: str
    method: str
    path: str
    statuses: tuple[int, ...]
    form: dict[str, str] = field(default_factory=dict)

    @property
    def about(self) -> bool:
        """Whether the page is about one thing, so that there is one that nobody has."""
        return any(f"{{{name}}}" in self.path for name in UNKNOWN)

    def url(self, names: Mapping[str, str]) -> str:
        """Return the page's address."""
        return self.path.format_map(names)

    def fields(self, names: Mapping[str, str]) -> dict[str, str]:
        """Return what the page's form sends."""
        return {name: value.format_map(names) for name, value in self.form.items()}


def row(endpoint: str, method: str, path: str, statuses: str, **form: str) -> Row:
    """Return a line of the table, as it is written below."""
    return Row(
        endpoint=endpoint, method=method, path=path, statuses=tuple(int(one) for one in statuses.split()), form=form
    )


#                                                          stranger ann max eva mira ada tom ida olga
TABLE = (
    row("static", "GET", "/static/mark.svg", "200 200 200 200 200 200 200 200 200"),
    row("ops.alive", "GET", "/healthz", "200 200 200 200 200 200 200 200 200"),
    row("ops.ready", "GET", "/readyz", "200 200 200 200 200 200 200 200 200"),
    row("verify.ask", "GET", "/verify", "200 200 200 200 200 200 200 200 200"),
    row("verify.answer", "GET", "/verify/{number}", "200 200 200 200 200 200 200 200 200"),
    row("account.enter", "GET", "/sign-in", "200 303 303 303 303 303 303 303 303"),
    row("account.sign_in", "POST", "/sign-in", "422 422 422 422 422 422 422 422 422", email=""),
    row("account.leave", "POST", "/sign-out", "303 303 303 303 303 303 303 303 303"),
    row("account.show", "GET", "/account", "303 200 200 200 200 200 200 200 200"),
    row("account.leave_everywhere", "POST", "/account/sign-out-everywhere", "303 303 303 303 303 303 303 303 303"),
    row("account.open_link", "GET", "/links/{link}", "200 200 200 200 200 200 200 200 200"),
    row("account.use_link", "POST", "/links/{link}", "422 422 422 422 422 422 422 422 422", password="short"),
    row("home.show", "GET", "/", "303 200 303 303 303 303 303 303 303"),
    row("courses.show", "GET", "/courses/{course}", "303 200 404 404 404 404 404 404 404"),
    row("courses.lesson", "GET", "/courses/{course}/lessons/{lesson}", "303 200 404 404 404 404 404 404 404"),
    row("courses.complete", "POST", "/courses/{course}/lessons/{lesson}/read", "303 303 404 404 404 404 404 404 404"),
    row("courses.media", "GET", "/media/{hash}/{course}/light-in-skin.png", "303 200 200 200 200 200 200 200 404"),
    row("exams.start", "GET", "/courses/{course}/exam", "303 200 404 404 404 404 404 404 404"),
    row("exams.begin", "POST", "/courses/{course}/exam", "303 303 404 404 404 404 404 404 404", declared="yes"),
    row("exams.item", "GET", "/attempts/{attempt}/items/1", "303 200 404 404 404 404 404 404 404"),
    row("exams.save", "POST", "/attempts/{attempt}/items/1", "303 303 404 404 404 404 404 404 404"),
    row("exams.flag", "POST", "/attempts/{attempt}/items/1/flag", "303 303 404 404 404 404 404 404 404", flag="on"),
    row("exams.note", "POST", "/attempts/{attempt}/events", "303 204 404 404 404 404 404 404 404", kind="left_page"),
    row("exams.review", "GET", "/attempts/{attempt}/review", "303 200 404 404 404 404 404 404 404"),
    row("submitting.ask", "GET", "/attempts/{attempt}/submit", "303 200 404 404 404 404 404 404 404"),
    row("exams.submit", "POST", "/attempts/{attempt}/submit", "303 303 404 404 404 404 404 404 404"),
    row("breaks.show", "GET", "/attempts/{attempt}/break", "303 200 404 404 404 404 404 404 404"),
    row("breaks.begin", "POST", "/attempts/{attempt}/break", "303 303 404 404 404 404 404 404 404"),
    row("breaks.end", "POST", "/attempts/{attempt}/break/end", "303 303 404 404 404 404 404 404 404"),
    row("results.show", "GET", "/attempts/{failed}/result", "303 200 404 404 404 404 404 404 404"),
    row("refresher.show", "GET", "/refresher", "303 200 404 404 404 404 404 404 404"),
    row("refresher.ask", "POST", "/refresher/items", "303 409 404 404 404 404 404 404 404"),
    row("refresher.course", "GET", "/courses/{course}/refresher", "303 200 404 404 404 404 404 404 404"),
    row("refresher.item", "GET", "/refresher/items/{refreshed}", "303 409 404 404 404 404 404 404 404"),
    row("refresher.respond", "POST", "/refresher/items/{refreshed}", "303 409 404 404 404 404 404 404 404", choice="a"),
    row("board.show", "GET", "/board", "303 404 200 404 200 200 404 200 200"),
    row("scope.show", "GET", "/scope", "303 404 200 404 200 200 404 200 200"),
    row("scope.ask_devices", "GET", "/clinics/{riverside}/devices", "303 404 200 404 404 404 404 200 404"),
    row("scope.set_devices", "POST", "/clinics/{riverside}/devices", "303 404 303 404 404 404 404 303 404"),
    row("technicians.show", "GET", "/technicians/{ann}", "303 404 200 404 200 200 404 200 404"),
    row(
        "technicians.grant_attempt",
        "POST",
        "/technicians/{ann}/extra-attempts",
        "303 404 303 404 404 404 404 303 404",
        course="{course}",
        reason="The fire alarm rang.",
    ),
    row("accommodations.new", "GET", "/technicians/{ann}/accommodations/new", "303 404 200 404 404 404 404 200 404"),
    row(
        "accommodations.grant",
        "POST",
        "/technicians/{ann}/accommodations/new",
        "303 404 303 404 404 404 404 303 404",
        course="*",
        time="5/4",
        first_on="{today}",
        reason="Confirmed by the clinic's doctor.",
    ),
    row(
        "accommodations.end",
        "POST",
        "/technicians/{ann}/accommodations/{accommodation}/end",
        "303 404 303 404 404 404 404 303 404",
    ),
    row("sittings.show", "GET", "/technicians/{ann}/sittings", "303 404 200 404 200 200 404 200 404"),
    row(
        "sittings.finish",
        "POST",
        "/technicians/{ann}/coaching/{task}",
        "303 404 303 404 404 404 404 303 404",
        note="We read the lesson on eyewear again.",
    ),
    row("proctoring.show", "GET", "/proctor-codes", "303 404 200 200 404 404 404 404 200"),
    row(
        "proctoring.make",
        "POST",
        "/proctor-codes",
        "303 404 422 422 404 404 404 404 422",
        technician="{ann}",
        course="{course}",
    ),
    row("assignments.new", "GET", "/assignments/new?clinic={riverside}", "303 404 200 404 404 404 404 200 404"),
    row(
        "assignments.assign",
        "POST",
        "/assignments/new?clinic={riverside}",
        "303 404 303 404 404 404 404 303 404",
        course="{course}",
        everyone="y",
        due_on="{tomorrow}",
    ),
    row("people.show", "GET", "/people?clinic={riverside}", "303 404 200 404 404 404 404 200 404"),
    row("people.ask_invite", "GET", "/people/invite", "303 404 200 404 404 404 404 200 200"),
    row(
        "people.invite",
        "POST",
        "/people/invite",
        "303 404 200 404 404 404 404 200 404",
        name="Nora Weiss",
        email="nora@lumen.example",
        roles="technician",
        place="{riverside}",
    ),
    row("people.person", "GET", "/people/{ann}", "303 404 200 404 404 404 404 200 404"),
    row(
        "people.give_role",
        "POST",
        "/people/{ann}/roles",
        "303 404 303 404 404 404 404 303 404",
        role="evaluator",
        place="{riverside}",
    ),
    row("people.end_role", "POST", "/people/{ann}/roles/{grant}/end", "303 404 303 404 404 404 404 303 404"),
    row("people.ask_disable", "GET", "/people/{ann}/disable", "303 404 200 404 404 404 404 200 404"),
    row("people.disable", "POST", "/people/{ann}/disable", "303 404 303 404 404 404 404 303 404", reason="Left"),
    row("people.enable", "POST", "/people/{gone}/enable", "303 404 303 404 404 404 404 303 404"),
    row("people.make_link", "POST", "/people/{ann}/link", "303 404 200 404 404 404 404 200 404"),
    row("people.clinics", "GET", "/clinics", "303 404 404 404 404 404 404 200 200"),
    row("people.add_clinic", "POST", "/clinics", "303 404 404 404 404 404 404 303 303", name="Seefeld"),
    row("networks.show", "GET", "/clinics/{riverside}/networks", "303 404 404 404 404 404 404 200 404"),
    row(
        "networks.change",
        "POST",
        "/clinics/{riverside}/networks",
        "303 404 404 404 404 404 404 303 404",
        networks="203.0.113.0/24",
    ),
    row("sign_offs.show", "GET", "/sign-offs", "303 404 404 200 404 404 404 404 404"),
    row(
        "sign_offs.attest",
        "POST",
        "/sign-offs",
        "303 404 404 303 404 404 404 404 404",
        technician="{ann}",
        device="{device}",
        skin_type="{skin_type}",
        procedure="{procedure}",
        observed_on="{today}",
    ),
    row("releases.show", "GET", "/releases", "303 404 404 404 200 200 200 200 200"),
    row("releases.review", "GET", "/releases/{release}", "303 404 404 404 200 200 200 200 404"),
    row("releases.lesson", "GET", "/releases/{release}/lessons/{lesson}", "303 404 404 404 200 200 200 200 404"),
    row("releases.sign", "POST", "/releases/{release}/signature", "303 404 404 404 422 404 404 404 404", password=""),
    row("editions.courses", "GET", "/courses", "303 200 200 200 200 200 200 200 200"),
    row("editions.show", "GET", "/courses/{course}/editions", "303 303 303 303 303 303 303 303 404"),
    row("editions.edition", "GET", "/editions/{release}", "303 200 200 200 200 200 200 200 404"),
    row("editions.lesson", "GET", "/editions/{release}/lessons/{lesson}", "303 200 200 200 200 200 200 200 404"),
    row("release_changes.confirm", "POST", "/releases/{revised}/changes", "303 404 404 404 404 404 422 422 404"),
    row("release_changes.count", "POST", "/releases/{revised}/impact", "303 404 404 404 303 409 303 303 404"),
    row(
        "release_changes.impact",
        "GET",
        "/releases/{revised}/impact?format=csv",
        "303 404 404 404 200 200 200 200 404",
    ),
    row("release_changes.ask_withdraw", "GET", "/releases/{release}/withdraw", "303 404 404 404 200 404 404 404 404"),
    row(
        "release_changes.withdraw",
        "POST",
        "/releases/{release}/withdraw",
        "303 404 404 404 422 404 404 404 404",
        password="",
    ),
    row("courses.fact", "GET", "/courses/{course}/facts/settings/none", "303 303 404 404 404 404 404 404 404"),
    row("cases.show", "GET", "/cases", "303 404 404 404 200 200 200 404 404"),
    row("cases.find", "GET", "/cases/new?item={item}", "303 404 404 404 404 404 200 404 404"),
    row(
        "cases.open_new",
        "POST",
        "/cases/new",
        "303 404 404 404 404 404 303 404 404",
        item="{other_item}",
        reason="The protocol changed.",
        evidence="Protocol 4.2, page 12.",
    ),
    row("cases.case", "GET", "/cases/{case}", "303 404 404 404 200 200 200 404 404"),
    row("cases.propose", "POST", "/cases/{case}/proposal", "303 404 404 404 404 404 303 404 404", policy="drop"),
    row("cases.count", "POST", "/cases/{case}/count", "303 404 404 404 303 409 303 404 404"),
    row("cases.sign", "POST", "/cases/{case}/signature", "303 404 404 404 422 404 404 404 404", password=""),
    row(
        "cases.dismiss", "POST", "/cases/{case}/dismissal", "303 404 404 404 303 422 303 404 404", reason="It is right."
    ),
    row(
        "cases.review",
        "POST",
        "/cases/{signed}/reviews/{regrade}",
        "303 404 404 404 303 404 404 404 404",
        outcome="stands",
        reason="It was defensible.",
    ),
    row("appeals.show", "GET", "/appeals", "303 404 404 404 200 200 200 404 404"),
    row("appeals.appeal", "GET", "/appeals/{appeal}", "303 404 404 404 200 200 200 404 404"),
    row(
        "appeals.answer",
        "POST",
        "/appeals/{appeal}/answer",
        "303 404 404 404 303 404 422 404 404",
        upheld="yes",
        answer="You are right.",
    ),
    row("appeals.ask", "GET", "/attempts/{failed}/appeal", "303 200 404 404 404 404 404 404 404"),
    row(
        "appeals.contest",
        "POST",
        "/attempts/{failed}/appeal",
        "303 303 404 404 404 404 404 404 404",
        position="3",
        words="My protocol says otherwise.",
    ),
    row("statistics.show", "GET", "/statistics", "303 404 404 404 200 404 200 200 200"),
    row("statistics.course", "GET", "/statistics/{course}?release={release}", "303 404 404 404 200 404 200 200 404"),
    row(
        "statistics.item",
        "GET",
        "/statistics/{course}/items/{item_id}?release={release}",
        "303 404 404 404 200 404 200 200 404",
    ),
    row(
        "statistics.figures",
        "GET",
        "/statistics/{course}/figures?release={release}&format=csv",
        "303 404 404 404 200 404 200 200 404",
    ),
    row("evidence.show", "GET", "/evidence", "303 404 404 404 404 200 404 404 404"),
    row(
        "evidence.certifications",
        "GET",
        "/evidence/certifications?as_of={today}&format=csv",
        "303 404 404 404 404 200 404 404 404",
    ),
    row("evidence.trail", "GET", "/evidence/trail?as_of={today}&format=jsonl", "303 404 404 404 404 200 404 404 404"),
)
