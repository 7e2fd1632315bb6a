"""What a recall asks of a technician, on their phone: read what changed, confirm it, or answer its quiz."""

from typing import Any

from flask import Blueprint, flash, render_template, request
from wtforms import BooleanField

from app.certification import recall_queries, recalls
from app.certification.recalling import Task
from app.people.permissions import Action
from app.releases import showing
from app.reports.recall_tasks import Mine, read_mine, read_task
from app.web import access
from app.web.access import now, reading, requires, transaction, visitor
from app.web.forms import HouseForm, refusals_in
from app.web.recall_task_pages import asked_page, order_of, task_page, told_page

bp = Blueprint("recall_tasks", __name__)


class ReadForm(HouseForm):
    """The tick under the changes."""

    read = BooleanField(recalls.MEANINGS[Task.READ])


@bp.get("/recalls/<id:recall_id>/task")
@requires(Action.LEARN)
def show(recall_id: int) -> Any:
    """Show what changed, old beside new, and what is asked."""
    return _page(recall_id, ReadForm(formdata=None))


@bp.post("/recalls/<id:recall_id>/task")
@requires(Action.LEARN)
def confirm(recall_id: int) -> Any:
    """Confirm that one read every change."""
    form = ReadForm()
    with refusals_in(form), transaction() as changed:
        recalls.acknowledge(changed, actor=visitor().actor, recall_id=recall_id, ticked=bool(form.read.data), now=now())
    if form.errors:
        return _page(recall_id, form), 422
    flash("Thank you. It is recorded, and you have nothing more to do for this recall.", "success")
    return access.go("recall_tasks.show", recall_id=recall_id)


@bp.post("/recalls/<id:recall_id>/task/items")
@requires(Action.LEARN)
def ask(recall_id: int) -> Any:
    """Draw the next question of the quiz."""
    with transaction() as changed:
        item_id = recalls.ask(changed, actor=visitor().actor, recall_id=recall_id, now=now())
    if item_id is None:
        return access.go("recall_tasks.show", recall_id=recall_id)
    return access.go("recall_tasks.item", recall_id=recall_id, item_id=item_id)


@bp.get("/recalls/<id:recall_id>/task/items/<id:item_id>")
@requires(Action.LEARN)
def item(recall_id: int, item_id: int) -> Any:
    """Show a question; once it is answered, what was right, why, and the fact behind it."""
    with reading() as found:
        mine = _mine(found, recall_id)
        actor = visitor().actor
        asked = recall_queries.asked_item(found, actor.organisation_id, recall_id, actor.account_id, item_id)
        if asked.right is None:
            page = asked_page(mine, asked, order_of(asked.shown, request.args.getlist("order")))
            return render_template("recalls/item.html", item=page, recall=mine.recall)
        facts = showing.pieces(found, mine.release.id, [asked.keyed["key_row"], *asked.keyed["facts"]])
    return render_template("recalls/told.html", page=told_page(mine, asked, facts))


@bp.post("/recalls/<id:recall_id>/task/items/<id:item_id>")
@requires(Action.LEARN)
def respond(recall_id: int, item_id: int) -> Any:
    """Take the answer to a question and show what was right; a moved step only shows the steps anew."""
    form = request.form.to_dict(flat=False)
    with transaction() as changed:
        moved = recalls.respond(
            changed, actor=visitor().actor, recall_id=recall_id, item_id=item_id, form=form, now=now()
        )
    return access.go("recall_tasks.item", recall_id=recall_id, item_id=item_id, order=moved)


def _mine(found: Any, recall_id: int) -> Mine:
    actor = visitor().actor
    return read_mine(found, actor.organisation_id, actor.account_id, recall_id, now())


def _page(recall_id: int, form: ReadForm) -> str:
    actor = visitor().actor
    with reading() as found:
        read = read_task(found, actor.organisation_id, actor.account_id, recall_id, now())
    return render_template("recalls/task.html", task=task_page(read, visitor()), form=form)
