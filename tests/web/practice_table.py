"""Role × page × status of observed practice and of who may observe it."""

from tests.factories import PASSWORD
from tests.web.row import row

#                                                          stranger ann max eva mira ada tom ida olga
PRACTICE_TABLE = (
    row("sign_offs.show", "GET", "/sign-offs", "303 404 404 200 404 404 404 404 404"),
    row(
        "sign_offs.observe",
        "GET",
        "/sign-offs/observe?technician={ann}&device={device}&skin_type={skin_type}&procedure={procedure}"
        "&observed_on={today}",
        "303 404 404 200 404 404 404 404 404",
    ),
    row(
        "sign_offs.record",
        "POST",
        "/sign-offs/observe",
        "303 404 404 303 404 404 404 404 404",
        technician="{ann}",
        device="{device}",
        skin_type="{skin_type}",
        procedure="{procedure}",
        observed_on="{today}",
        outcome="stopped",
        password=PASSWORD,
    ),
    row("sign_offs.entry", "GET", "/sign-offs/{sign_off}", "303 404 404 200 404 404 404 404 404"),
    row(
        "sign_offs.void",
        "POST",
        "/sign-offs/{sign_off}/void",
        "303 404 404 303 404 404 404 404 404",
        reason="twice",
        password=PASSWORD,
    ),
    row("practice.show", "GET", "/practice", "303 200 404 404 404 404 404 404 404"),
    row("practice.entry", "GET", "/practice/{sign_off}", "303 200 404 404 404 404 404 404 404"),
    row("practice.confirm", "POST", "/practice/{sign_off}/confirm", "303 303 404 404 404 404 404 404 404"),
    row(
        "practice.contest", "POST", "/practice/{sign_off}/contest", "303 303 404 404 404 404 404 404 404", reason="day"
    ),
    row("technician_practice.show", "GET", "/technicians/{ann}/practice", "303 404 200 404 200 200 404 200 404"),
    row("appointments.show", "GET", "/appointments", "303 404 404 404 200 404 404 404 404"),
    row("appointments.new", "GET", "/appointments/new", "303 404 404 404 200 404 404 404 404"),
    row(
        "appointments.appoint",
        "POST",
        "/appointments/new",
        "303 404 404 404 303 404 404 404 404",
        evaluator="{eva}",
        cells="{procedure}|{device}|{skin_type}",
        issuer="Rhine Academy",
        number="RA-7",
        evidence="Trainer for this device.",
        reason="Nobody else can observe.",
        first_on="{today}",
        last_on="{tomorrow}",
        password=PASSWORD,
    ),
    row("appointments.ask_end", "GET", "/appointments/{appointment}/end", "303 404 404 404 200 404 404 404 404"),
    row(
        "appointments.end",
        "POST",
        "/appointments/{appointment}/end",
        "303 404 404 404 303 404 404 404 404",
        reason="She moved away.",
        password=PASSWORD,
    ),
)
