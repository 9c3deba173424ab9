"""/role and /team: who answers farmers and who runs the bot."""

import logging
import re
from typing import Any

from telegram import CallbackQuery, Update
from telegram.error import TelegramError
from telegram.ext import BaseHandler, CommandHandler
from telegram.helpers import create_deep_linked_url

from bot.handlers.context import GoviContext
from bot.handlers.guard import guarded, in_private
from bot.handlers.incoming import ADDRESSED, get_user
from bot.handlers.menu import renew_menu
from bot.handlers.pressing import answer_press, show_instead
from bot.handlers.registering import on_button
from bot.handlers.replying import Place, place_of, reply, send
from bot.i18n.moments import say_date, say_time
from bot.keyboards.people import (
    ASK_REMOVAL,
    REMOVE,
    SHOW_TEAM,
    removal_keyboard,
    team_keyboard,
)
from bot.paging import count_pages, nearest_page
from bot.rendering import Rendered, render_text
from bot.services.farmers import read_language
from bot.services.granting import remove, set_role
from bot.services.invites import create_invite, redeem
from bot.services.roles import (
    Member,
    Role,
    find_grant,
    find_member,
    list_team,
    name_of,
    require,
)

PAGE = 10
#: What an admin writes after /role; a farmer holds no role.
ROLES = {"officer": Role.OFFICER, "admin": Role.ADMIN, "farmer": None}
_USER_ID_DIGITS = 16

logger = logging.getLogger(__name__)


def handlers() -> list[BaseHandler[Update, GoviContext, Any]]:
    """Return what `bot.application` registers."""
    return [
        CommandHandler("role", give_role, filters=ADDRESSED),
        CommandHandler("team", show_team, filters=ADDRESSED),
        on_button(SHOW_TEAM, turn_team_page, is_private=True),
        on_button(ASK_REMOVAL, ask_removal, is_private=True),
        on_button(REMOVE, remove_member, is_private=True),
    ]


@guarded
@in_private
async def give_role(update: Update, context: GoviContext) -> None:
    """Make an invite link, or set a person's role; anything else gets the usage."""
    match [word.lower() for word in context.args or []]:
        case ["officer" | "admin" as word]:
            await _invite(update, context, word)
        case [digits, word] if word in ROLES and _is_user_id(digits):
            await _set_role(update, context, int(digits), word)
        case _:
            await context.read(require, get_user(update).id, Role.ADMIN)
            await reply(update, context, context.text("team.usage"))


def _is_user_id(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) <= _USER_ID_DIGITS


async def _invite(update: Update, context: GoviContext, word: str) -> None:
    hours = context.desk.services.settings.invite_hours
    role = Role(word)
    invite = await context.run(create_invite, get_user(update).id, role, hours)
    text = context.text(
        "team.invite",
        role=context.text(f"role.{word}"),
        until=say_time(invite.expires_at),
        link=create_deep_linked_url(context.bot.username, invite.payload),
    )
    await reply(update, context, text)


async def _set_role(update: Update, context: GoviContext, user_id: int, word: str) -> None:
    is_changed = await context.run(set_role, get_user(update).id, user_id, ROLES[word])
    name = await context.read(name_of, user_id)
    key = "team.set" if is_changed else "team.set_already"
    text = context.text(key, name=name, role=context.text(f"role.{word}"))
    await reply(update, context, text)
    if is_changed:
        await _announce(context, user_id)


async def accept_invite(update: Update, context: GoviContext, payload: str) -> None:
    """Give the person who opened an invite link its role, and tell who made it."""
    user = get_user(update)
    taken = await context.run(redeem, user.id, user.full_name, payload)
    text = context.text(f"team.welcome.{taken.role.value}")
    await send(context, Place(user.id), render_text(text))
    if taken.is_new:
        words = context.words.into(await context.read(read_language, taken.invited_by))
        role = words.text(f"role.{taken.role.value}")
        name = await context.read(name_of, user.id)
        news = words.text("team.joined", name=name, role=role)
        await _tell(context, taken.invited_by, news)
    await renew_menu(context, user.id)


@guarded
@in_private
async def show_team(update: Update, context: GoviContext) -> None:
    """List everyone with a role; admins get buttons to remove them."""
    await send(context, place_of(update), await _team(update, context, 0))


async def turn_team_page(
    update: Update, context: GoviContext, query: CallbackQuery, match: re.Match[str]
) -> None:
    """Show another page of the list, or go back to it."""
    rendered = await _team(update, context, int(match[1]))
    await answer_press(query)
    await show_instead(query, rendered)


async def ask_removal(
    update: Update, context: GoviContext, query: CallbackQuery, match: re.Match[str]
) -> None:
    """Ask whether the role is really to be taken away."""
    member = await context.read(find_grant, get_user(update).id, int(match[1]))
    if member is None:
        await answer_press(query, context.text("team.gone_already"))
        await show_instead(query, await _team(update, context, 0))
        return
    text = context.text("team.ask_removal", name=member.name, role=_role(context, member))
    keyboard = removal_keyboard(
        context.text("team.yes_remove"), context.text("team.no_keep"), member.grant_id
    )
    await answer_press(query)
    await show_instead(query, render_text(text, keyboard))


async def remove_member(
    update: Update, context: GoviContext, query: CallbackQuery, match: re.Match[str]
) -> None:
    """Take a role away at once; pressed again, it says that it is done."""
    removed_id = await context.run(remove, get_user(update).id, int(match[1]))
    done = "team.gone_already" if removed_id is None else "team.removed"
    await answer_press(query, context.text(done))
    if removed_id == get_user(update).id:
        await show_instead(query, render_text(context.text("team.removed")))
    else:
        await show_instead(query, await _team(update, context, 0))
    if removed_id is not None:
        await _announce(context, removed_id)


async def _announce(context: GoviContext, user_id: int) -> None:
    """Tell a person what they are now, and give them the menu for it."""
    member = await context.read(find_member, user_id)
    words = context.words.into(await context.read(read_language, user_id))
    key = f"team.welcome.{member.role.value}" if member else "team.welcome.farmer"
    await _tell(context, user_id, words.text(key))
    await renew_menu(context, user_id)


async def _tell(context: GoviContext, user_id: int, text: str) -> None:
    """Write to a person; one who never wrote to the bot, or blocked it, hears nothing."""
    try:
        await send(context, Place(user_id), render_text(text))
    except TelegramError as error:
        facts = {"user_id": user_id, "reason": str(error)}
        logger.warning("not told about a role", extra=facts)


async def _team(update: Update, context: GoviContext, page: int) -> Rendered:
    members, can_remove = await context.read(list_team, get_user(update).id)
    page = nearest_page(page, len(members), PAGE)
    shown = members[page * PAGE : (page + 1) * PAGE]
    lines = [context.text("team.heading", count=len(members))]
    lines += [_line(context, each) for each in shown]
    keyboard = team_keyboard(shown, can_remove, page, count_pages(len(members), PAGE))
    return render_text("\n".join(lines), keyboard)


def _line(context: GoviContext, member: Member) -> str:
    return context.text(
        "team.line",
        name=member.name,
        role=_role(context, member),
        since=say_date(member.since),
        by=member.granted_by or context.text("team.by_settings"),
    )


def _role(context: GoviContext, member: Member) -> str:
    return context.text(f"role.{member.role.value}")
